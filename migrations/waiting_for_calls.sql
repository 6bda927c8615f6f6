-- Waiting for a call is a state of the row. A pending job whose `calling` is set waits for a call of that provider: until
-- `run_after` at the latest, or, once it is woken, for its claim. From then on a call is kept for it, so that nobody gets
-- ahead of it, and no more are woken than there are calls: it counts as one in flight until its call ends.

UPDATE grader.rubric_extraction_jobs SET calling = NULL WHERE status = 'pending' AND calling IS NOT NULL;

DROP INDEX grader.idx_rubric_jobs_calling;
CREATE INDEX idx_rubric_jobs_calling ON grader.rubric_extraction_jobs (calling)
  WHERE status IN ('pending', 'processing') AND calling IS NOT NULL AND run_after IS NULL;
CREATE INDEX idx_rubric_jobs_waiting ON grader.rubric_extraction_jobs (calling, queue_tag, created_at)
  WHERE status = 'pending' AND calling IS NOT NULL AND run_after IS NOT NULL;
-- Virtual time is the first one's tag, whichever provider it waits for.
CREATE INDEX idx_rubric_jobs_waiting_tag ON grader.rubric_extraction_jobs (queue_tag)
  WHERE status = 'pending' AND calling IS NOT NULL AND run_after IS NOT NULL;

CREATE FUNCTION grader.calls_in_flight(called text) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT count(*)::integer FROM grader.rubric_extraction_jobs
  WHERE status IN ('pending', 'processing') AND calling = called AND run_after IS NULL
$$;

-- Wakes the first ones that wait for this provider, as many as there are calls free; none while others keep the lock.
CREATE FUNCTION grader.wake_callers(called text, cap integer) RETURNS void
  LANGUAGE plpgsql SET lock_timeout = '10ms' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('rubric jobs: calls'), hashtext(called));
  -- One that nobody claims (its tenant is at its cap, all slots are full) must not keep a call from the others.
  UPDATE grader.rubric_extraction_jobs SET calling = NULL
  WHERE status = 'pending' AND calling = called AND run_after IS NULL
    AND updated_at < statement_timestamp() - interval '2 seconds';
  WITH first AS MATERIALIZED (
    SELECT job_id FROM grader.rubric_extraction_jobs
    WHERE status = 'pending' AND calling = called AND run_after IS NOT NULL
    ORDER BY queue_tag, created_at LIMIT greatest(0, cap - grader.calls_in_flight(called)) FOR UPDATE SKIP LOCKED
  )
  UPDATE grader.rubric_extraction_jobs job SET run_after = NULL, updated_at = statement_timestamp()
  FROM first WHERE job.job_id = first.job_id;
  IF FOUND THEN
    PERFORM pg_notify('rubric_jobs_pending', '');
  END IF;
EXCEPTION WHEN lock_not_available THEN
  RETURN; -- the sweep wakes them
END $$;

-- Whether this job may call the provider now: one is kept for it, or one is free and nobody waits who stands before it in
-- the queue; not while others keep the lock.
CREATE OR REPLACE FUNCTION grader.take_call(job uuid, token bigint, called text, cap integer) RETURNS boolean
  LANGUAGE plpgsql SET lock_timeout = '10ms' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('rubric jobs: calls'), hashtext(called));
  UPDATE grader.rubric_extraction_jobs asking SET calling = called
  WHERE job_id = job AND claim_token = token AND status = 'processing' AND (
    calling = called OR cap > grader.calls_in_flight(called) AND NOT EXISTS (
      SELECT FROM grader.rubric_extraction_jobs waiting
      WHERE waiting.status = 'pending' AND waiting.calling = called AND waiting.run_after IS NOT NULL
        AND (waiting.queue_tag, waiting.created_at) < (asking.queue_tag, asking.created_at)));
  IF FOUND THEN
    RETURN true;
  END IF;
  PERFORM grader.wake_callers(called, cap);
  RETURN false;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END $$;

-- The job's call has ended, or was kept for it in vain: the next one's turn.
CREATE FUNCTION grader.end_call(job uuid, token bigint, cap integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  called text;
BEGIN
  SELECT calling INTO called FROM grader.rubric_extraction_jobs WHERE job_id = job AND claim_token = token FOR UPDATE;
  IF called IS NOT NULL THEN
    UPDATE grader.rubric_extraction_jobs SET calling = NULL WHERE job_id = job;
    PERFORM grader.wake_callers(called, cap);
  END IF;
END $$;
