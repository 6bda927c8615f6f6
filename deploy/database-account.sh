#!/bin/sh
# Run once by the postgres image: the account of the service owns its database and is no superuser. It may create the one
# role of row-level security because this script does that for it.
set -eu
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 --set password="$DATABASE_PASSWORD" <<'SQL'
CREATE ROLE rubric LOGIN PASSWORD :'password';
CREATE ROLE rubric_web NOLOGIN;
GRANT rubric_web TO rubric WITH ADMIN OPTION;
ALTER DATABASE rubric_jobs OWNER TO rubric;
SQL
