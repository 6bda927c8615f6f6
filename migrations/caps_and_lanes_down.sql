ALTER TABLE grader.provider_lanes DROP COLUMN probe_token;
DROP FUNCTION grader.take_call(uuid, bigint, text, integer);
DROP FUNCTION grader.jobs_within_tenant_cap(integer, integer);
