"""System checks of what the HTTP side needs; ids `rubric_jobs.W1xx` and `rubric_jobs.E1xx`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import ERROR, CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from rubric_jobs import conf
from rubric_jobs.web import isolation

SHORTEST_SIGNING_KEY = 32
"""Bytes: what HS256 asks for (RFC 7518, 3.2)."""


@register(Tags.database)
def check_row_level_security(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Run with `check --database default`, and before every migration."""
    if not databases or "default" not in databases:
        return []
    try:
        if not _is_migrated() or isolation.is_on():
            return []
    except DatabaseError:
        return []  # another check reports that the database is down
    return [
        Warning(
            "Row-level security is off: requests read with all rights of the service.",
            hint="Run migrations/row_level_security.sql as a database administrator, then restart the service.",
            id="rubric_jobs.W101",
        )
    ]


def tell_of_missing_isolation(*, verbosity: int, stdout: Any = None, **_: Any) -> None:
    """After a migration: without the right to turn on row-level security, its statement only raises a notice."""
    isolation.is_on.cache_clear()
    if verbosity and _is_migrated():
        for problem in check_row_level_security(["default"]):
            print(f"Warning: {problem.msg} {problem.hint}", file=stdout)


def _is_migrated() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('grader.request_rates') IS NOT NULL")
        return bool(cursor.fetchone()[0])


@register(Tags.compatibility)
def check_answer_form(**_: Any) -> list[CheckMessage]:
    if conf.answer_form() in conf.ANSWER_FORMS:
        return []
    hint = f"One of {', '.join(conf.ANSWER_FORMS)}."
    return [Error("RUBRIC_ANSWER_FORM has an unknown value.", hint=hint, id="rubric_jobs.E106")]


@register(Tags.security)
def check_rates(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for setting in conf.RATES:
        try:
            conf.rate(setting)
        except ValueError:
            found.append(
                Error(
                    f"{setting} is no rate.",
                    hint="Such as 600/minute or 6000/hour; empty for no limit.",
                    id="rubric_jobs.E102",
                )
            )
    return found


@register(Tags.security)
def check_audience(**_: Any) -> list[CheckMessage]:
    """An identity provider signs for all of its applications with the same keys."""
    known = conf.jwt()
    if known.jwks_url and not known.audience:
        return [
            Error(
                "JWT_JWKS_URL is set without JWT_AUDIENCE: tokens for other applications would be accepted.",
                hint="Set JWT_AUDIENCE to the name that the identity provider has for this service.",
                id="rubric_jobs.E105",
            )
        ]
    return []


def refuse_to_start() -> None:
    """For a process that no `manage.py` command has checked. Raises ImproperlyConfigured."""
    refused = [*check_audience(), *check_rates(), *check_signing_key()]
    if errors := [problem for problem in refused if problem.level >= ERROR]:
        raise ImproperlyConfigured(" ".join(f"{problem.msg} {problem.hint} ({problem.id})" for problem in errors))


@register(Tags.security)
def check_signing_key(**_: Any) -> list[CheckMessage]:
    known = conf.jwt()
    if known.jwks_url:
        return []
    if not known.signing_key:
        return [
            Warning(
                "No bearer token can be verified; only sessions are accepted.",
                hint="Set JWT_SIGNING_KEY or JWT_JWKS_URL.",
                id="rubric_jobs.W103",
            )
        ]
    if len(known.signing_key.encode()) < SHORTEST_SIGNING_KEY:
        return [
            Error(
                f"JWT_SIGNING_KEY is shorter than {SHORTEST_SIGNING_KEY} bytes and can be guessed.",
                hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
                id="rubric_jobs.E104",
            )
        ]
    return []
