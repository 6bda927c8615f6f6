ALTER TABLE grader.rubric_ledger_totals DROP COLUMN plans_answered, DROP COLUMN plans_refused;
ALTER TABLE grader.rubric_job_attempts
  DROP COLUMN answer_form, DROP COLUMN plans_answered, DROP COLUMN plans_refused;
