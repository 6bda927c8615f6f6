-- Pages that hold a job's rubric, as PNG pictures, where the submission asked for them; gone with the job.
CREATE TABLE grader.rubric_job_pictures (
  job_id uuid NOT NULL REFERENCES grader.rubric_extraction_jobs(job_id) ON DELETE CASCADE,
  page integer NOT NULL,
  png bytea NOT NULL,
  PRIMARY KEY (job_id, page)
);
-- PNG is compressed already.
ALTER TABLE grader.rubric_job_pictures ALTER COLUMN png SET STORAGE EXTERNAL;
