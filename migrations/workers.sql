-- Who works: each worker process says so every second. Unlogged: after a crash, they all say it again.
CREATE UNLOGGED TABLE grader.rubric_workers (
  worker text PRIMARY KEY, -- host and process
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  running integer NOT NULL
) WITH (fillfactor = 50);
