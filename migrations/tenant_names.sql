-- What operators' pages call a tenant, beside its id.
ALTER TABLE grader.rubric_tenant_controls ADD COLUMN name text NOT NULL DEFAULT '';
