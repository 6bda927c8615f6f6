DROP FUNCTION grader.end_call(uuid, bigint, integer);
CREATE OR REPLACE FUNCTION grader.take_call(job uuid, token bigint, called text, cap integer) RETURNS boolean
  LANGUAGE plpgsql SET lock_timeout = '10ms' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('rubric jobs: calls'), hashtext(called));
  UPDATE grader.rubric_extraction_jobs SET calling = called
  WHERE job_id = job AND claim_token = token AND status = 'processing' AND cap > (
    SELECT count(*) FROM grader.rubric_extraction_jobs WHERE status = 'processing' AND calling = called);
  RETURN FOUND;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END $$;
DROP FUNCTION grader.wake_callers(text, integer);
DROP FUNCTION grader.calls_in_flight(text);
DROP INDEX grader.idx_rubric_jobs_waiting_tag;
DROP INDEX grader.idx_rubric_jobs_waiting;
DROP INDEX grader.idx_rubric_jobs_calling;
CREATE INDEX idx_rubric_jobs_calling ON grader.rubric_extraction_jobs (calling)
  WHERE status = 'processing' AND calling IS NOT NULL;
