-- A failed job may be kept for months before its user retries it: its times in milliseconds do not fit an integer then.
CREATE OR REPLACE FUNCTION grader.ms_between(earlier timestamptz, later timestamptz) RETURNS integer
  LANGUAGE sql IMMUTABLE AS
  'SELECT least(round(extract(epoch FROM later - earlier) * 1000), 2147483647)::integer';

-- Jobs that ran before and wait again find their place among their own.
CREATE INDEX idx_rubric_jobs_returned ON grader.rubric_extraction_jobs (tenant_id, queue_tag)
  WHERE status = 'pending' AND claimed_at IS NOT NULL;
