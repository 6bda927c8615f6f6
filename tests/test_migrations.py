"""The production table: made as other programs know it, adopted where it stands."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from tests import servers

pytestmark = pytest.mark.long

Migrate = Callable[..., None]

# The table as its other readers rely on it. Not read from migrations/: a change there must not change this.
SCHEMA = "CREATE SCHEMA grader"
TABLE = """
CREATE TABLE grader.rubric_extraction_jobs (
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
)"""
USER_INDEX = "CREATE INDEX idx_rubric_jobs_user ON grader.rubric_extraction_jobs(user_id, created_at DESC)"
STATUS_INDEX = "CREATE INDEX idx_rubric_jobs_status ON grader.rubric_extraction_jobs(status, created_at)"
PRODUCTION = (SCHEMA, TABLE, USER_INDEX, STATUS_INDEX)

COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = 'grader.rubric_extraction_jobs'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'grader.rubric_extraction_jobs'::regclass AND contype <> 'n' ORDER BY conname"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'grader' AND tablename = 'rubric_extraction_jobs' ORDER BY indexname"""
FUNCTIONS = """
SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'grader'::regnamespace ORDER BY proname"""

A_ROW = """
INSERT INTO grader.rubric_extraction_jobs (tenant_id, user_id, file_name, file_type, status, result)
VALUES (gen_random_uuid(), gen_random_uuid(), 'old.pdf', 'application/pdf', %s, '{"old": true}') RETURNING job_id"""


def catalog(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def produce(url: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in PRODUCTION:
            connection.execute(statement)


@pytest.fixture
def expected(empty_database: str) -> Any:
    """What the catalog says of the production table, made by its own statements."""
    produce(empty_database)
    facts = {query: catalog(empty_database, query) for query in (COLUMNS, CONSTRAINTS, INDEXES)}
    with psycopg.connect(empty_database) as connection:
        connection.execute("DROP SCHEMA grader CASCADE")
    return facts


def test_the_first_migration_makes_exactly_the_production_table(
    empty_database: str, migrate: Migrate, expected: Any
) -> None:
    migrate(empty_database, "rubric_jobs", "0001")
    for query, facts in expected.items():
        assert catalog(empty_database, query) == facts


def test_later_migrations_leave_everything_that_other_programs_rely_on(
    empty_database: str, migrate: Migrate, expected: Any
) -> None:
    migrate(empty_database)
    assert catalog(empty_database, COLUMNS)[: len(expected[COLUMNS])] == expected[COLUMNS]
    assert set(catalog(empty_database, CONSTRAINTS)) >= set(expected[CONSTRAINTS])
    assert set(catalog(empty_database, INDEXES)) >= set(expected[INDEXES])


def test_what_is_added_is_nullable_or_has_a_default(empty_database: str, migrate: Migrate, expected: Any) -> None:
    migrate(empty_database)
    added = catalog(empty_database, COLUMNS)[len(expected[COLUMNS]) :]
    assert added
    assert [name for name, _, is_required, default in added if is_required and default is None] == []


def test_a_standing_table_is_adopted_with_its_rows(empty_database: str, migrate: Migrate) -> None:
    produce(empty_database)
    with psycopg.connect(empty_database) as connection:
        before = [connection.execute(A_ROW, [status]).fetchone() for status in ("pending", "processing", "completed")]
    migrate(empty_database)
    after = catalog(empty_database, "SELECT job_id FROM grader.rubric_extraction_jobs WHERE result = '{\"old\": true}'")
    assert sorted(after) == sorted(before)
    assert catalog(empty_database, "SELECT DISTINCT kind FROM grader.rubric_extraction_jobs") == [(None,)]


def test_an_account_that_owns_nothing_is_told_all_grants_that_it_needs(
    empty_database: str, django_db_blocker: Any
) -> None:
    produce(empty_database)
    role = f"operator_{uuid.uuid4().hex[:8]}"
    as_role = empty_database.replace("postgres@", f"{role}@")
    with psycopg.connect(empty_database, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN")
        owner.execute(f"CREATE ROLE {role}_owner")
        try:
            owner.execute(f"ALTER SCHEMA grader OWNER TO {role}_owner")
            owner.execute(f"ALTER TABLE grader.rubric_extraction_jobs OWNER TO {role}_owner")
            with django_db_blocker.unblock(), servers.aimed_at(as_role), pytest.raises(CommandError) as refused:
                call_command("migrate", verbosity=0)
            told = str(refused.value)
            assert f"grader.rubric_extraction_jobs belongs to {role}_owner" in told
            for statement in re.findall(r"GRANT .*;", told):
                owner.execute(statement)
            said = StringIO()
            with django_db_blocker.unblock(), servers.aimed_at(as_role):
                call_command("migrate", verbosity=1, stdout=said)
            assert "Row-level security is off" in said.getvalue()
        finally:
            owner.execute(f"DROP OWNED BY {role}, {role}_owner CASCADE")
            owner.execute(f"DROP ROLE {role}, {role}_owner")


def test_going_back_and_forth_keeps_the_rows(empty_database: str, migrate: Migrate) -> None:
    migrate(empty_database)
    with psycopg.connect(empty_database) as connection:
        row = connection.execute(A_ROW, ["completed"]).fetchone()
    migrate(empty_database, "rubric_jobs", "zero")
    migrate(empty_database)
    assert catalog(empty_database, "SELECT job_id FROM grader.rubric_extraction_jobs") == [row]


def test_going_back_from_waiting_for_calls_leaves_what_stood_before(empty_database: str, migrate: Migrate) -> None:
    migrate(empty_database, "rubric_jobs", "0008")
    before = [catalog(empty_database, query) for query in (INDEXES, FUNCTIONS)]
    migrate(empty_database, "rubric_jobs", "0009")
    migrate(empty_database, "rubric_jobs", "0008")
    assert [catalog(empty_database, query) for query in (INDEXES, FUNCTIONS)] == before


@pytest.mark.django_db
def test_models_and_migrations_say_the_same() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
