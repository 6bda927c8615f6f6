-- What operators need: the purge's and the admin's indexes, the trace, the ledger's lasting sums, the levers.

ALTER TABLE grader.rubric_extraction_jobs ADD COLUMN trace_id text; -- of the request that submitted it
ALTER TABLE grader.rubric_job_attempts ADD COLUMN trace_id text;

-- The purge walks finished jobs from the oldest on.
CREATE INDEX idx_rubric_jobs_finished ON grader.rubric_extraction_jobs ((coalesce(completed_at, updated_at)), job_id)
  WHERE status IN ('completed', 'failed') AND kind IS NOT NULL;
-- The admin's list, newest first, and its filters.
CREATE INDEX idx_rubric_jobs_created ON grader.rubric_extraction_jobs (created_at, job_id);
CREATE INDEX idx_rubric_jobs_tenant ON grader.rubric_extraction_jobs (tenant_id, created_at);
CREATE INDEX idx_rubric_jobs_file_name ON grader.rubric_extraction_jobs (lower(file_name) text_pattern_ops);
CREATE INDEX idx_rubric_jobs_provider
  ON grader.rubric_extraction_jobs ((performance_metrics ->> 'llm_provider'), created_at)
  WHERE performance_metrics IS NOT NULL;
CREATE INDEX idx_rubric_jobs_unadopted ON grader.rubric_extraction_jobs (created_at) WHERE kind IS NULL;

CREATE INDEX idx_rubric_attempts_ended ON grader.rubric_job_attempts (ended_at);
CREATE INDEX idx_rubric_attempts_tenant ON grader.rubric_job_attempts (tenant_id, started_at);

-- Counters must not fall when old lines of the ledger are purged: lines that ended before `counted_until` are in the
-- sums, the others are counted when somebody asks. The arrays count attempts by duration.
CREATE TABLE grader.rubric_ledger_totals (
  kind text NOT NULL,
  outcome text NOT NULL,
  error_code text NOT NULL,
  llm_provider text NOT NULL,
  llm_model text NOT NULL,
  attempts bigint NOT NULL,
  prompt_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  queue_ms bigint NOT NULL,
  run_ms bigint NOT NULL,
  queue_buckets bigint[] NOT NULL,
  run_buckets bigint[] NOT NULL,
  PRIMARY KEY (kind, outcome, error_code, llm_provider, llm_model)
);
CREATE TABLE grader.rubric_ledger_watermark (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  counted_until timestamptz NOT NULL
);

-- Operators' levers. No row means: nothing is paused, nothing is limited.
CREATE TABLE grader.rubric_fleet_controls (
  id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  is_claiming_paused boolean NOT NULL DEFAULT false,
  reason text NOT NULL DEFAULT '',
  changed_by text NOT NULL DEFAULT '',
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE grader.rubric_tenant_controls (
  tenant_id uuid PRIMARY KEY,
  is_local_only boolean NOT NULL DEFAULT false,     -- documents never leave for a model's service
  daily_token_cap bigint CHECK (daily_token_cap >= 0), -- per UTC day; above it the tenant is local only until midnight
  note text NOT NULL DEFAULT ''
);
