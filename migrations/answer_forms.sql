-- How a model answered an attempt, and how many of the plans that it answered with could not be used.
ALTER TABLE grader.rubric_job_attempts
  ADD COLUMN answer_form text,
  ADD COLUMN plans_answered integer,
  ADD COLUMN plans_refused integer;
ALTER TABLE grader.rubric_ledger_totals
  ADD COLUMN plans_answered bigint NOT NULL DEFAULT 0,
  ADD COLUMN plans_refused bigint NOT NULL DEFAULT 0;
