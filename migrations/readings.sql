-- What an extraction's document was read as, and the plan of its reading, so that the reading can be mended; gone with
-- the job. The bytes of the document itself are deleted when the job ends.
CREATE TABLE grader.rubric_job_readings (
  job_id uuid PRIMARY KEY REFERENCES grader.rubric_extraction_jobs(job_id) ON DELETE CASCADE,
  document bytea NOT NULL,
  plan jsonb NOT NULL,
  others jsonb NOT NULL DEFAULT '[]',
  is_proposal boolean NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
-- It is deflated already.
ALTER TABLE grader.rubric_job_readings ALTER COLUMN document SET STORAGE EXTERNAL;

-- How often a certain reading was mended afterwards: the measure of certainty in production. No content.
ALTER TABLE grader.rubric_job_attempts ADD COLUMN is_certain boolean, ADD COLUMN mended_at timestamptz;
CREATE INDEX idx_rubric_attempts_certain ON grader.rubric_job_attempts (ended_at) WHERE is_certain;
