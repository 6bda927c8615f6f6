-- Lanes: one line for each provider and model that had a fault; it holds for every worker of every host.
CREATE TABLE grader.provider_lanes (
  provider text NOT NULL,
  model text NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  paused_until timestamptz,
  probe_until timestamptz,   -- somebody tries whether it works again; the others go on waiting until then
  PRIMARY KEY (provider, model)
);

ALTER TABLE grader.rubric_extraction_jobs
  ADD COLUMN calling text,        -- the provider that is being asked right now
  ADD COLUMN input_digest bytea;  -- of all that decides the answer: the same again is not asked again

CREATE INDEX idx_rubric_jobs_calling ON grader.rubric_extraction_jobs (calling)
  WHERE status = 'processing' AND calling IS NOT NULL;
CREATE INDEX idx_rubric_jobs_digest ON grader.rubric_extraction_jobs (tenant_id, input_digest)
  WHERE status = 'completed' AND input_digest IS NOT NULL;
