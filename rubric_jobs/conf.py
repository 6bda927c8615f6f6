"""The project's settings as plain typed values: the only module of the app that reads `django.conf.settings`.

Every function reads the settings anew, so that a test's override holds.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from psycopg.conninfo import make_conninfo

ACCOUNT_MODEL = settings.AUTH_USER_MODEL

_DJANGOS_OWN = {"pool", "server_side_binding", "prepare_threshold"}
"""Connection options that psycopg itself does not know."""


def is_debug() -> bool:
    return bool(settings.DEBUG)


def stop_debugging() -> None:
    """In debug mode, Django keeps a connection's last 9,000 statements, with documents and results in them."""
    settings.DEBUG = False


def samples() -> Path:
    """The folder of sample documents."""
    return Path(settings.BASE_DIR) / "samples"


# --- HTTP and identity


def max_file_mb() -> int:
    return int(settings.RUBRIC_MAX_FILE_MB)


def max_file_bytes() -> int:
    return max_file_mb() * 1024 * 1024


def max_body_bytes() -> int:
    """A request that holds the largest file as base64, and the rest of its JSON."""
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


@dataclass(frozen=True, slots=True)
class Rate:
    requests: int
    period_s: int


RATES = (
    "RUBRIC_THROTTLE_USER", "RUBRIC_THROTTLE_TENANT", "RUBRIC_THROTTLE_SIGN_IN_NAME", "RUBRIC_THROTTLE_SIGN_IN_ADDRESS",
)  # fmt: skip
"""The settings that are rates."""
_PERIODS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def rate(setting: str) -> Rate | None:
    """The rate of that setting, such as `600/minute`; None where it is empty. ValueError where it is no rate."""
    text = getattr(settings, setting)
    if not text:
        return None
    requests, _, period = text.partition("/")
    if period[:1] not in _PERIODS_S or int(requests) < 1:
        raise ValueError(f"{setting} is no rate.")
    return Rate(int(requests), _PERIODS_S[period[0]])


@dataclass(frozen=True, slots=True)
class HeldRequests:
    """How many streams and waiting requests one web process holds at once."""

    of_user: int
    of_tenant: int


def held_requests() -> HeldRequests:
    return HeldRequests(settings.RUBRIC_HELD_REQUESTS_USER, settings.RUBRIC_HELD_REQUESTS_TENANT)


def has_sync_endpoints() -> bool:
    """Whether the two synchronous routes of the old front end answer."""
    return bool(settings.RUBRIC_SYNC_ENDPOINTS)


def sync_wait_s() -> float:
    """How long such a route waits for its job."""
    return float(settings.RUBRIC_SYNC_WAIT_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jwt:
    """How bearer tokens are verified: by the public keys at `jwks_url`, or else by `signing_key` (HS256)."""

    jwks_url: str | None
    signing_key: str | None
    audience: str | None
    issuer: str | None


def jwt() -> Jwt:
    return Jwt(
        jwks_url=settings.JWT_JWKS_URL,
        signing_key=settings.JWT_SIGNING_KEY,
        audience=settings.JWT_AUDIENCE,
        issuer=settings.JWT_ISSUER,
    )


def metrics_token() -> str | None:
    """Who may read /metrics from another machine; None: nobody."""
    return settings.METRICS_TOKEN or None


# --- Jobs and workers


def job_timeout_s() -> float:
    return float(settings.RUBRIC_JOB_TIMEOUT_SECONDS)


def retention() -> datetime.timedelta:
    """How long a finished job is kept."""
    return datetime.timedelta(hours=settings.RUBRIC_JOB_RETENTION_HOURS)


def ledger_retention() -> datetime.timedelta:
    """How long a line of the ledger is kept."""
    return datetime.timedelta(days=settings.RUBRIC_LEDGER_RETENTION_DAYS)


def worker_processes() -> int:
    return int(settings.WORKER_PROCESSES)


def readers() -> int:
    """How many documents a worker process reads at once, each in a child process."""
    return int(settings.WORKER_READERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpSettings:
    """`concurrency` jobs at once in a process, `tenant_cap` of a tenant, `call_cap` calls of a provider. Else seconds.

    `lifetime_s` until another process takes over, `lease_s` until a silent worker's jobs go to another one, `grace_s`
    for running jobs at a stop, `silence_s` until a cluster with a silent pump ends itself.
    """

    concurrency: int
    max_attempts: int
    tenant_cap: int | None
    call_cap: int | None
    lifetime_s: float
    lease_s: float
    grace_s: float
    silence_s: float


def pump() -> PumpSettings:
    return PumpSettings(
        concurrency=settings.WORKER_CONCURRENCY,
        max_attempts=settings.RUBRIC_JOB_MAX_ATTEMPTS,
        tenant_cap=settings.RUBRIC_TENANT_MAX_PROCESSING,
        call_cap=settings.RUBRIC_PROVIDER_MAX_CALLS,
        lifetime_s=settings.PUMP_LIFETIME_SECONDS,
        lease_s=settings.PUMP_LEASE_SECONDS,
        grace_s=settings.PUMP_GRACE_SECONDS,
        silence_s=settings.PUMP_SILENCE_SECONDS,
    )


def q_cluster() -> dict[str, Any]:
    """django-q2's own settings."""
    return dict(settings.Q_CLUSTER)


def recognizes_text() -> bool:
    """Whether pictures of pages are read here, where the packages for that are installed."""
    return str(settings.RUBRIC_OCR).lower() != "off"


# --- Database


def is_listening() -> bool:
    """Whether connections belong to one server process each: LISTEN and prepared statements need that (no pooler)."""
    return bool(settings.RUBRIC_LISTEN)


def database() -> dict[str, Any]:
    """The database as Django is configured for it."""
    return dict(settings.DATABASES["default"])


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


# --- Language models


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """What is set for one provider; None or empty is the provider's own or nothing."""

    api_key: str | None
    base_url: str | None
    model: str | None


def providers() -> dict[str, ProviderConfig]:
    """The providers by name, also those without a key."""
    return {
        "gemini": ProviderConfig(
            api_key=settings.GEMINI_API_KEY, base_url=settings.GEMINI_BASE_URL, model=settings.GEMINI_MODEL
        ),
        "openai": ProviderConfig(
            api_key=settings.OPENAI_API_KEY, base_url=settings.OPENAI_BASE_URL, model=settings.OPENAI_MODEL
        ),
    }


def gemini_sdk() -> str:
    return str(settings.GEMINI_SDK)


def providers_with_a_key() -> list[str]:
    """The providers that this service is set up to ask."""
    return [name for name, provider in providers().items() if provider.api_key]


def configured_models() -> frozenset[str]:
    """The names of models that an operator has set, or allows callers to ask for."""
    return frozenset({settings.GEMINI_MODEL, settings.OPENAI_MODEL, *settings.RUBRIC_LLM_MODELS})


def allowed_models() -> frozenset[str] | None:
    """What callers may ask for; None where any name will do."""
    return configured_models() if settings.RUBRIC_LLM_MODELS else None


def usual_providers() -> tuple[str, list[str]]:
    """The provider that is asked when a caller chooses none, and its fallbacks."""
    return settings.RUBRIC_LLM_PROVIDER, list(settings.RUBRIC_LLM_FALLBACK)


def call_timeout_s() -> float:
    """For one call to a provider."""
    return float(settings.LLM_TIMEOUT_SECONDS)


ANSWER_FORMS = ("auto", "plan", "copy")


def answer_form() -> str:
    """How a model answers for a document: with a plan where the text can be trusted ("auto"), alone, or never."""
    return str(settings.RUBRIC_ANSWER_FORM)
