-- Caps. Lock, count and change are one call of the server's: a client that stops at any point holds nothing that others
-- wait for. In a volatile function each statement sees what was committed before it, so that those behind the lock
-- count what its last holder did.

-- The next jobs, `most` of them, with which no tenant has more than `tenant_cap` running; none while others keep the lock.
-- Whoever claims them does so in the same transaction.
CREATE FUNCTION grader.jobs_within_tenant_cap(most integer, tenant_cap integer) RETURNS SETOF uuid
  LANGUAGE plpgsql ROWS 50 SET lock_timeout = '250ms' AS $$
DECLARE
  looked_at CONSTANT integer := greatest(200, 4 * most);
  picked uuid[];
  is_all boolean;
BEGIN
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('rubric jobs: tenants'));
  EXCEPTION WHEN lock_not_available THEN
    RETURN;
  END;
  WITH head AS MATERIALIZED (
    SELECT job_id, tenant_id, queue_tag, created_at FROM grader.rubric_extraction_jobs
    WHERE status = 'pending' AND kind IS NOT NULL AND run_after IS NULL
    ORDER BY queue_tag, created_at LIMIT looked_at
  ), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY queue_tag, created_at) AS number FROM head
  ), running AS MATERIALIZED (
    SELECT tenant_id, count(*) AS jobs FROM grader.rubric_extraction_jobs
    WHERE status = 'processing' AND kind IS NOT NULL GROUP BY tenant_id
  )
  SELECT
    ARRAY(
      SELECT job_id FROM numbered LEFT JOIN running USING (tenant_id)
      WHERE number + coalesce(jobs, 0) <= tenant_cap ORDER BY queue_tag, created_at LIMIT most),
    (SELECT count(*) FROM head) < looked_at
  INTO picked, is_all;

  IF cardinality(picked) < most AND NOT is_all THEN
    -- The head of the queue is a crowd of tenants at their cap: step from tenant to tenant by the index, instead of
    -- from job to job, and look at no more jobs of each than it may run.
    picked := ARRAY(
      WITH RECURSIVE waiting AS (
        (SELECT tenant_id FROM grader.rubric_extraction_jobs
         WHERE status = 'pending' AND kind IS NOT NULL ORDER BY tenant_id, queue_tag LIMIT 1)
        UNION ALL
        SELECT (SELECT next.tenant_id FROM grader.rubric_extraction_jobs next
                WHERE next.status = 'pending' AND next.kind IS NOT NULL AND next.tenant_id > waiting.tenant_id
                ORDER BY next.tenant_id, next.queue_tag LIMIT 1)
        FROM waiting WHERE waiting.tenant_id IS NOT NULL
      ), running AS MATERIALIZED (
        SELECT tenant_id, count(*) AS jobs FROM grader.rubric_extraction_jobs
        WHERE status = 'processing' AND kind IS NOT NULL GROUP BY tenant_id
      )
      SELECT job.job_id FROM waiting LEFT JOIN running USING (tenant_id), LATERAL (
        SELECT job_id, queue_tag, created_at FROM grader.rubric_extraction_jobs
        WHERE status = 'pending' AND kind IS NOT NULL AND run_after IS NULL AND tenant_id = waiting.tenant_id
        ORDER BY queue_tag, created_at LIMIT greatest(0, least(most, tenant_cap - coalesce(running.jobs, 0)))
      ) AS job
      ORDER BY job.queue_tag, job.created_at LIMIT most);
  END IF;
  RETURN QUERY SELECT unnest(picked);
END $$;

-- Whether this job may call the provider now, while at most `cap` jobs do; not while others keep the lock.
CREATE FUNCTION grader.take_call(job uuid, token bigint, called text, cap integer) RETURNS boolean
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

ALTER TABLE grader.provider_lanes ADD COLUMN probe_token bigint; -- the claim whose call is the probe
