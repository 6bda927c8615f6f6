-- Which cluster a worker belongs to: only a process of the same cluster, or of a younger one, takes a lost worker's place.
ALTER TABLE grader.rubric_workers
  ADD COLUMN cluster text NOT NULL DEFAULT '', -- host and main process
  ADD COLUMN cluster_started_at timestamptz NOT NULL DEFAULT now();
