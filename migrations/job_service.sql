-- What the service keeps beyond the production table: columns that are nullable or defaulted, and side tables.
-- Rows that stood there before have no kind: they are shown, never claimed, never purged.

ALTER TABLE grader.rubric_extraction_jobs
  ADD COLUMN kind text CHECK (kind IN ('extract', 'enhance')),
  ADD COLUMN error_code text,
  ADD COLUMN retryable boolean,
  ADD COLUMN progress jsonb,
  ADD COLUMN deadline_at timestamptz,            -- from submission, waits included
  ADD COLUMN queued_at timestamptz,              -- when it last began to wait
  ADD COLUMN queue_tag bigint,                   -- start-time fair queueing: the claim's order
  ADD COLUMN run_after timestamptz,              -- a retry waits until then; null when it may run now
  ADD COLUMN attempt integer NOT NULL DEFAULT 0, -- attempts charged to the job
  ADD COLUMN crashes integer NOT NULL DEFAULT 0, -- workers that died while they ran it
  ADD COLUMN claim_token bigint,                 -- fences every write of a worker; the id of its attempt
  ADD COLUMN claimed_at timestamptz,
  ADD COLUMN lease_expires_at timestamptz;

CREATE INDEX idx_rubric_jobs_claimable ON grader.rubric_extraction_jobs (queue_tag, created_at)
  WHERE status = 'pending' AND kind IS NOT NULL AND run_after IS NULL;
CREATE INDEX idx_rubric_jobs_tenant_tag ON grader.rubric_extraction_jobs (tenant_id, queue_tag)
  WHERE status = 'pending' AND kind IS NOT NULL;
CREATE INDEX idx_rubric_jobs_delayed ON grader.rubric_extraction_jobs (run_after)
  WHERE status = 'pending' AND run_after IS NOT NULL;
CREATE INDEX idx_rubric_jobs_deadline ON grader.rubric_extraction_jobs (deadline_at)
  WHERE status = 'pending' AND kind IS NOT NULL;
CREATE INDEX idx_rubric_jobs_leases ON grader.rubric_extraction_jobs (lease_expires_at)
  WHERE status = 'processing' AND kind IS NOT NULL;

-- The uploaded bytes and the parameters: written with the row, deleted when the job has its result.
CREATE TABLE grader.rubric_job_inputs (
  job_id uuid PRIMARY KEY REFERENCES grader.rubric_extraction_jobs(job_id) ON DELETE CASCADE,
  parameters jsonb NOT NULL,
  data bytea
);
-- Documents are compressed already; trying again costs time and saves nothing.
ALTER TABLE grader.rubric_job_inputs ALTER COLUMN data SET STORAGE EXTERNAL;

-- What a provider answered, kept before it is parsed, so that a crash does not pay for it twice.
CREATE TABLE grader.rubric_job_replies (
  job_id uuid PRIMARY KEY REFERENCES grader.rubric_extraction_jobs(job_id) ON DELETE CASCADE,
  reply jsonb NOT NULL
);

-- The ledger: one line for each attempt, free of content; it outlives the job.
CREATE TABLE grader.rubric_job_attempts (
  attempt_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  job_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  worker text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  queue_ms integer,
  run_ms integer,
  outcome text CHECK (outcome IN ('completed', 'failed', 'retried', 'released', 'lost', 'cancelled')),
  error_code text,
  llm_provider text,
  llm_model text,
  prompt_tokens integer,
  completion_tokens integer
);
CREATE INDEX idx_rubric_attempts_job ON grader.rubric_job_attempts (job_id);
CREATE INDEX idx_rubric_attempts_started ON grader.rubric_job_attempts (started_at);

-- Which tenant and user a signed-in Django user stands for.
CREATE TABLE grader.memberships (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  account_id integer NOT NULL UNIQUE REFERENCES auth_user(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL
);

CREATE FUNCTION grader.ms_between(earlier timestamptz, later timestamptz) RETURNS integer LANGUAGE sql IMMUTABLE AS
  'SELECT round(extract(epoch FROM later - earlier) * 1000)::integer';

CREATE FUNCTION grader.refuse_impossible_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.status, NEW.status) NOT IN (
    ('pending', 'processing'), ('pending', 'failed'),
    ('processing', 'pending'), ('processing', 'completed'), ('processing', 'failed'),
    ('failed', 'pending')
  ) THEN
    RAISE EXCEPTION 'a rubric job cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER rubric_job_transitions BEFORE UPDATE OF status ON grader.rubric_extraction_jobs
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION grader.refuse_impossible_transition();
