DROP TRIGGER rubric_job_transitions ON grader.rubric_extraction_jobs;
DROP FUNCTION grader.refuse_impossible_transition();
DROP FUNCTION grader.ms_between(timestamptz, timestamptz);
DROP TABLE grader.memberships, grader.rubric_job_attempts, grader.rubric_job_replies, grader.rubric_job_inputs;
ALTER TABLE grader.rubric_extraction_jobs
  DROP COLUMN kind, DROP COLUMN error_code, DROP COLUMN retryable, DROP COLUMN progress, DROP COLUMN deadline_at,
  DROP COLUMN queued_at, DROP COLUMN queue_tag, DROP COLUMN run_after, DROP COLUMN attempt, DROP COLUMN crashes, DROP COLUMN claim_token,
  DROP COLUMN claimed_at, DROP COLUMN lease_expires_at;
