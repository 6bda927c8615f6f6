ALTER TABLE grader.rubric_tenant_controls DROP COLUMN name;
