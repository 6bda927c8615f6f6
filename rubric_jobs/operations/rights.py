"""Rights of the service's database account, and the statements that grant missing ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management import CommandError
from django.db import connection
from psycopg.sql import SQL, Identifier

RUNNING = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Lack:
    """A right that is missing, in words, and the statement by which an administrator grants it."""

    said: str
    statement: str


def to_run() -> list[Lack]:
    """Rights on the service's tables that the account needs to run the service and lacks."""
    tables = [model._meta.db_table for model in apps.get_app_config("rubric_jobs").get_models()]
    rows = _rows(
        """SELECT name, missing, current_user FROM unnest(%s::text[]) AS name,
             LATERAL (SELECT string_agg(wanted, ', ') AS missing FROM unnest(%s::text[]) AS wanted
                      WHERE to_regclass(name) IS NULL OR NOT has_table_privilege(to_regclass(name), wanted)) AS found
           WHERE missing IS NOT NULL""",
        [tables, list(RUNNING)],
    )
    if not rows:
        return []
    table, missing, account = rows[0]
    others = f" and {len(rows) - 1} more" if rows[1:] else ""
    grants = f"""GRANT USAGE ON SCHEMA grader TO {{0}};
GRANT {", ".join(RUNNING)} ON ALL TABLES IN SCHEMA grader TO {{0}};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA grader TO {{0}};"""
    return [Lack(f"this account lacks {missing} on {table}{others}", _statement(grants, account))]


def to_migrate() -> list[Lack]:
    """Rights that the account lacks to create and change tables: on the schemas, and through the tables' owners."""
    account, database, may_create_schemas = _rows(
        "SELECT current_user, current_database(), has_database_privilege(current_database(), 'CREATE')"
    )[0]
    schemas = dict(
        _rows(
            """SELECT nspname, has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
               FROM pg_namespace WHERE nspname IN ('grader', 'public')"""
        )
    )
    lacking = []
    if "grader" not in schemas and not may_create_schemas:
        lacking.append(
            Lack(
                "it may not create schema grader", _statement("GRANT CREATE ON DATABASE {1} TO {0};", account, database)
            )
        )
    lacking += [
        Lack(
            f"it may not create tables in schema {schema}",
            _statement("GRANT USAGE, CREATE ON SCHEMA {1} TO {0};", account, schema),
        )
        for schema, is_open in sorted(schemas.items())
        if not is_open
    ]
    owners = _rows(
        """SELECT DISTINCT pg_get_userbyid(relowner), min(relname::text) FROM pg_class
           WHERE relnamespace = to_regnamespace('grader') AND relkind IN ('r', 'p')
             AND NOT pg_has_role(relowner, 'USAGE')
           GROUP BY relowner"""
    )
    return lacking + [
        Lack(f"grader.{table} belongs to {owner}", _statement("GRANT {1} TO {0};", account, owner))
        for owner, table in owners
    ]


def refuse_to_migrate_without(*, plan: Any, **_: Any) -> None:
    """Before a migration: name all rights that are missing, instead of failing at the first one."""
    if not plan or not (lacking := to_migrate()):
        return
    account = _rows("SELECT current_user")[0][0]
    reasons = "; ".join(lack.said for lack in lacking)
    statements = "\n".join(f"  {lack.statement}" for lack in lacking)
    raise CommandError(
        f"The account {account} may not migrate this database: {reasons}. "
        f"Run this as an administrator or the owner, then migrate again:\n{statements}"
    )


def _statement(template: str, *names: str) -> str:
    return SQL(template).format(*map(Identifier, names)).as_string()


def _rows(statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
