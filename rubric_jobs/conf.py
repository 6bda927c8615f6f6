"""The project's settings as plain typed values: the only module of the app that looks at `django.conf.settings`."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.db import connections
from psycopg.conninfo import make_conninfo

_DJANGOS_OWN = {"pool", "server_side_binding", "prepare_threshold"}
"""Connection options that psycopg itself does not know."""


def max_file_mb() -> int:
    return int(settings.RUBRIC_MAX_FILE_MB)


def max_file_bytes() -> int:
    return max_file_mb() * 1024 * 1024


def max_body_bytes() -> int:
    """A request that holds the largest file as base64, and the rest of its JSON."""
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def job_timeout_s() -> float:
    return float(settings.RUBRIC_JOB_TIMEOUT_SECONDS)


def retention() -> datetime.timedelta:
    """How long a finished job is kept."""
    return datetime.timedelta(hours=settings.RUBRIC_JOB_RETENTION_HOURS)


def ledger_retention() -> datetime.timedelta:
    """How long a line of the ledger is kept."""
    return datetime.timedelta(days=settings.RUBRIC_LEDGER_RETENTION_DAYS)


_PLAN_ONCE = (
    "plan_cache_mode=force_generic_plan",
    # Values unseen, the planner guesses at a tenth of a table; all statements of a pump find a few rows by an index.
    "enable_seqscan=off",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
    # A way that is switched off and has no other counts as very dear, and what is dear would be compiled each time.
    "jit=off",
)


def prepare_statements() -> None:
    """From now on, this process's connections have their statements planned once instead of at each execution.

    A pump sends the same few statements all day. Not for a transaction-pooling PgBouncer: they belong to a connection.
    """
    options = connections["default"].settings_dict["OPTIONS"]
    planning = " ".join(f"-c {setting}" for setting in _PLAN_ONCE)
    given = options.get("options", "").removesuffix(planning).strip()  # a process carries one pump after the other
    options |= {"server_side_binding": True, "prepare_threshold": 1, "options": f"{given} {planning}".strip()}


def database_conninfo() -> str:
    """What psycopg needs to open a connection of its own to Django's database."""
    connection = connections["default"]
    connection.ensure_connection()  # starts the embedded server where that is the database
    given: dict[str, Any] = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    known = {names[key]: given[key] for key in names if given.get(key)}
    options = {key: value for key, value in given["OPTIONS"].items() if key not in _DJANGOS_OWN}
    return make_conninfo("", **known, **options)


def providers_with_a_key() -> list[str]:
    """The language models' providers that this service is set up to ask."""
    keys = {"gemini": settings.GEMINI_API_KEY, "openai": settings.OPENAI_API_KEY}
    return [name for name, key in keys.items() if key]


def configured_models() -> frozenset[str]:
    """The names of models that an operator has set, or allows callers to ask for."""
    return frozenset({settings.GEMINI_MODEL, settings.OPENAI_MODEL, *settings.RUBRIC_LLM_MODELS})


def allowed_models() -> frozenset[str] | None:
    """What callers may ask for; None where any name will do."""
    return configured_models() if settings.RUBRIC_LLM_MODELS else None


def usual_providers() -> tuple[str, list[str]]:
    """Whom the service asks when a caller chooses nobody, and whom after that."""
    return settings.RUBRIC_LLM_PROVIDER, list(settings.RUBRIC_LLM_FALLBACK)
