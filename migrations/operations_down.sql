DROP TABLE grader.rubric_tenant_controls, grader.rubric_fleet_controls, grader.rubric_ledger_watermark,
  grader.rubric_ledger_totals;
DROP INDEX grader.idx_rubric_attempts_tenant, grader.idx_rubric_attempts_ended, grader.idx_rubric_jobs_unadopted,
  grader.idx_rubric_jobs_provider, grader.idx_rubric_jobs_file_name, grader.idx_rubric_jobs_tenant,
  grader.idx_rubric_jobs_created, grader.idx_rubric_jobs_finished;
ALTER TABLE grader.rubric_job_attempts DROP COLUMN trace_id;
ALTER TABLE grader.rubric_extraction_jobs DROP COLUMN trace_id;
