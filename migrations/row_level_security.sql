-- Isolation below the queries: what a web request reads, it reads as the role rubric_web, which sees the rows of one
-- tenant's user alone. Everybody else goes on seeing every row.
--
-- The migrations run this file. Where they may not create roles, nothing is changed and the service runs without;
-- an administrator turns it on later with: psql --file migrations/row_level_security.sql DATABASE_URL
-- It may be run any number of times.
DO $$
DECLARE
  owner name := (SELECT tableowner FROM pg_tables WHERE schemaname = 'grader' AND tablename = 'rubric_extraction_jobs');
  member name;
BEGIN
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rubric_web') THEN
      CREATE ROLE rubric_web NOLOGIN;
    END IF;
  EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server made it just now
    WHEN insufficient_privilege THEN
      RAISE WARNING 'row-level security stays off: % may not create the role rubric_web', current_user;
      RETURN;
  END;
  BEGIN
    FOREACH member IN ARRAY ARRAY[owner, current_user::name] LOOP
      IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = member) THEN
        EXECUTE format('GRANT rubric_web TO %I', member);
      END IF;
    END LOOP;
  EXCEPTION
    WHEN insufficient_privilege THEN
      RAISE WARNING 'row-level security stays off: % may not grant the role rubric_web', current_user;
      RETURN;
  END;

  -- Reading jobs is all that a request does in this role; it changes them through the service's own functions.
  GRANT USAGE ON SCHEMA grader TO rubric_web;
  GRANT SELECT ON grader.rubric_extraction_jobs TO rubric_web;

  ALTER TABLE grader.rubric_extraction_jobs ENABLE ROW LEVEL SECURITY;
  -- With the second policy alone, every other role would silently see no row at all.
  DROP POLICY IF EXISTS everybody ON grader.rubric_extraction_jobs;
  CREATE POLICY everybody ON grader.rubric_extraction_jobs USING (true) WITH CHECK (true);
  DROP POLICY IF EXISTS web_requests ON grader.rubric_extraction_jobs;
  CREATE POLICY web_requests ON grader.rubric_extraction_jobs AS RESTRICTIVE TO rubric_web USING (
    tenant_id = nullif(current_setting('grader.tenant_id', true), '')::uuid
    AND user_id = nullif(current_setting('grader.user_id', true), '')::uuid
  );
END $$;
