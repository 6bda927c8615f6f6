DROP INDEX grader.idx_rubric_jobs_returned;
CREATE OR REPLACE FUNCTION grader.ms_between(earlier timestamptz, later timestamptz) RETURNS integer
  LANGUAGE sql IMMUTABLE AS
  'SELECT round(extract(epoch FROM later - earlier) * 1000)::integer';
