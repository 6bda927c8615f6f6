-- What the HTTP API keeps: answers to repeated requests, and how much of its rate a caller has used.

-- A caller's key for one route, with what it was answered; gone with the job.
CREATE TABLE grader.idempotency_keys (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  body_digest bytea NOT NULL,
  -- Null only inside of the transaction that submits the job.
  job_id uuid REFERENCES grader.rubric_extraction_jobs(job_id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id, route, key)
);
CREATE INDEX idx_idempotency_keys_job ON grader.idempotency_keys (job_id);

-- The generic cell rate algorithm: one moment for each caller, at which all that they have sent would be paid off.
-- Unlogged: what a crash loses is worth one burst.
CREATE UNLOGGED TABLE grader.request_rates (
  scope text NOT NULL,
  caller uuid NOT NULL,
  paid_off_at timestamptz NOT NULL,
  PRIMARY KEY (scope, caller)
);

-- A pending job's place in the queue, 1 for the next one; counted to 1000 at the most. It reads all tenants' rows,
-- which its callers may not, and tells a number alone.
CREATE FUNCTION grader.queue_place(tag bigint, since timestamptz) RETURNS integer
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT count(*)::integer + 1 FROM (
    SELECT FROM grader.rubric_extraction_jobs
    WHERE status = 'pending' AND kind IS NOT NULL AND run_after IS NULL AND (queue_tag, created_at) < (tag, since)
    LIMIT 999
  ) AS ahead
$$;
