DROP POLICY IF EXISTS web_requests ON grader.rubric_extraction_jobs;
DROP POLICY IF EXISTS everybody ON grader.rubric_extraction_jobs;
ALTER TABLE grader.rubric_extraction_jobs DISABLE ROW LEVEL SECURITY;
-- The role belongs to the whole server and may serve another database of it; only its rights here end.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rubric_web') THEN
    REVOKE ALL ON grader.rubric_extraction_jobs FROM rubric_web;
    REVOKE ALL ON SCHEMA grader FROM rubric_web;
  END IF;
END $$;
