-- The production table, as other programs know it. It may stand already, with rows in it: then it is kept as it is.
-- Not IF NOT EXISTS, which needs the right to create schemas even where this one stands.
DO $$ BEGIN
  IF to_regnamespace('grader') IS NULL THEN
    CREATE SCHEMA grader;
  END IF;
END $$;

CREATE TABLE IF NOT EXISTS grader.rubric_extraction_jobs (
  job_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  file_name text NOT NULL,
  file_type text NOT NULL,
  file_size_kb integer,
  status text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
  result jsonb,
  error_message text,
  performance_metrics jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
);

CREATE INDEX IF NOT EXISTS idx_rubric_jobs_user ON grader.rubric_extraction_jobs(user_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_rubric_jobs_status ON grader.rubric_extraction_jobs(status, created_at);
