ALTER TABLE grader.rubric_workers DROP COLUMN cluster, DROP COLUMN cluster_started_at;
