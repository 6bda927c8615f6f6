DROP INDEX grader.idx_rubric_attempts_certain;
ALTER TABLE grader.rubric_job_attempts DROP COLUMN is_certain, DROP COLUMN mended_at;
DROP TABLE grader.rubric_job_readings;
