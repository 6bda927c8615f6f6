"""All settings, read from the environment; the defaults suit a developer's machine."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, cast

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject
from psycopg.conninfo import conninfo_to_dict

from grader import embedded_postgres
from rubric_jobs import logs
from rubric_jobs.llm import model_catalog

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = BASE_DIR / ".data"
"""Where a local installation keeps its database and keys."""

env = environ.Env()


def _optional(name: str) -> str | None:
    return env.str(name, default="") or None


def _optional_count(name: str) -> int | None:
    count = env.int(name, default=0)
    if count < 0:
        raise ImproperlyConfigured(f"{name} is a number of jobs or calls, 1 or more; it is {count}.")
    return count or None


def _local_secret(name: str) -> str:
    """A random secret of this checkout, created once and readable only by its owner."""
    STATE_DIR.mkdir(exist_ok=True)
    path = STATE_DIR / name
    try:
        with open(path, "x", opener=_owner_only) as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


CONNECTION_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "15000",
}
"""A database host that disappears silently is noticed within 15 s; DATABASE_URL may override this."""


def _database() -> dict[str, Any]:
    url = _optional("DATABASE_URL")
    if url is None:
        return {
            "ENGINE": "grader.embedded_backend",
            "NAME": embedded_postgres.DATABASE,
            "USER": embedded_postgres.SUPERUSER,
            "HOST": str(EMBEDDED_POSTGRES.socket_folder),
        }
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// (no other database is supported).")
    given = conninfo_to_dict(url)
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    known = {names[key]: value for key, value in given.items() if key in names}
    return {
        "ENGINE": "grader.pooled_backend",
        **known,
        "OPTIONS": {**CONNECTION_PATIENCE, **{key: value for key, value in given.items() if key not in names}},
    }


# --- Django -------------------------------------------------------------------------------------

DEBUG = env.bool("DJANGO_DEBUG", default=True)
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=[])
SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="") or (_local_secret("django-secret.key") if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("DJANGO_SECRET_KEY must be set when DJANGO_DEBUG is off.")

INSTALLED_APPS = [
    "grader.admin_site.OperatorsAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rubric_jobs",
    "django_q",
]
MIDDLEWARE = [
    "rubric_jobs.logs.trace_requests",
    "corsheaders.middleware.CorsMiddleware",
    "rubric_jobs.web.plain_refusals.refuse_plainly",
    "grader.bearer_lane.take_bearer_lane",
    "django.middleware.security.SecurityMiddleware",
    "grader.content_security.restrict_content",
    "grader.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "grader.urls"
ASGI_APPLICATION = "grader.asgi.application"
WSGI_APPLICATION = "grader.wsgi.application"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "admin:login"
AUTHENTICATION_BACKENDS = ["rubric_jobs.web.sign_in.SlowedBackend"]
PASSWORD_HASHERS = ["rubric_jobs.web.sign_in.QuietPBKDF2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- Database -----------------------------------------------------------------------------------

# Evaluated on use, because an image for production has no package for it.
EMBEDDED_POSTGRES = cast(embedded_postgres.Server, SimpleLazyObject(lambda: embedded_postgres.under(STATE_DIR)))
DATABASE_POOL = env.bool("DATABASE_POOL", default=False)
"""An ASGI server needs a pool, because each request runs in a thread of its own (asgi.py turns it on)."""
RUBRIC_LISTEN = env.bool("RUBRIC_LISTEN", default=True)
"""Off behind a transaction pooler: then nothing relies on a connection between transactions."""
DATABASES = {"default": _database() | {"DISABLE_SERVER_SIDE_CURSORS": not RUBRIC_LISTEN}}
if test_name := _optional("DATABASE_TEST_NAME"):
    DATABASES["default"]["TEST"] = {"NAME": test_name}
if DATABASE_POOL:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 2, "max_size": 20, "timeout": 5}
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
MIGRATION_MODULES = {"rubric_jobs": "migrations"}

# --- HTTP ---------------------------------------------------------------------------------------

RUBRIC_MAX_FILE_MB = env.int("RUBRIC_MAX_FILE_MB", default=10)
# A base64 file with its JSON; the decoded file's size is checked separately, with an error of its own.
DATA_UPLOAD_MAX_MEMORY_SIZE = RUBRIC_MAX_FILE_MB * 1024 * 1024 * 4 // 3 + 256 * 1024
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rubric_jobs.web.auth.BearerAuthentication",
        "rubric_jobs.web.auth.MemberSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` names an export
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Rubric jobs",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Rubrics out of documents, and better ones out of rules: a job is submitted, then watched.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    # A local copy of Swagger UI, so that the page loads nothing from other hosts.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "PREPROCESSING_HOOKS": ["rubric_jobs.web.openapi.leave_out_copies"],
    "POSTPROCESSING_HOOKS": ["rubric_jobs.web.openapi.add_problems"],
}

RUBRIC_THROTTLE_USER = env.str("RUBRIC_THROTTLE_USER", default="6000/hour")
RUBRIC_THROTTLE_TENANT = env.str("RUBRIC_THROTTLE_TENANT", default="60000/hour")
RUBRIC_THROTTLE_SIGN_IN_NAME = env.str("RUBRIC_THROTTLE_SIGN_IN_NAME", default="20/h")
RUBRIC_THROTTLE_SIGN_IN_ADDRESS = env.str("RUBRIC_THROTTLE_SIGN_IN_ADDRESS", default="60/h")
"""Failed sign-ins for one account's name, and from one address."""
RUBRIC_HELD_REQUESTS_USER = env.int("RUBRIC_HELD_REQUESTS_USER", default=50)
RUBRIC_HELD_REQUESTS_TENANT = env.int("RUBRIC_HELD_REQUESTS_TENANT", default=200)
"""Event streams and waiting requests that one web process holds open."""
RUBRIC_SYNC_ENDPOINTS = env.bool("RUBRIC_SYNC_ENDPOINTS", default=False)
RUBRIC_SYNC_WAIT_SECONDS = env.float("RUBRIC_SYNC_WAIT_SECONDS", default=25.0)
"""Below the 30 s after which proxies and functions give up."""

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/(api|\.netlify/functions)/"
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "cache-control",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "traceparent",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = ["Location", "Retry-After", "ETag", "X-Request-ID", "X-Export-Losses", "Content-Disposition"]

WHITENOISE_USE_FINDERS = True
"""Serve static files without collectstatic."""

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_HSTS_SECONDS = 0 if DEBUG else 30 * 24 * 3600
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether other hosts of the domain have TLS, this service cannot know
    "security.W008",  # TLS ends at the proxy, which redirects; health checks come without it
    "security.W021",  # a preload list is the domain owner's decision
]

# --- Identity -----------------------------------------------------------------------------------

JWT_JWKS_URL = _optional("JWT_JWKS_URL")
JWT_SIGNING_KEY = _optional("JWT_SIGNING_KEY") or (
    _local_secret("jwt-signing.key") if not JWT_JWKS_URL and DEBUG else None
)
JWT_AUDIENCE = _optional("JWT_AUDIENCE")
JWT_ISSUER = _optional("JWT_ISSUER")

METRICS_TOKEN = _optional("METRICS_TOKEN")
"""The token for /metrics; without it, only this machine may read them."""

# --- Language models ----------------------------------------------------------------------------

GEMINI_API_KEY = _optional("GEMINI_API_KEY")
GEMINI_BASE_URL = _optional("GEMINI_BASE_URL")
GEMINI_MODEL = _optional("GEMINI_MODEL") or model_catalog.DEFAULTS["gemini"]
GEMINI_SDK = env.str("GEMINI_SDK", default="google-genai")
OPENAI_API_KEY = _optional("OPENAI_API_KEY")
OPENAI_BASE_URL = _optional("OPENAI_BASE_URL")
OPENAI_MODEL = _optional("OPENAI_MODEL") or model_catalog.DEFAULTS["openai"]
RUBRIC_LLM_MODELS = env.list("RUBRIC_LLM_MODELS", default=[])
"""What callers may ask for beside the two above; empty: any name."""
RUBRIC_LLM_PROVIDER = env.str("RUBRIC_LLM_PROVIDER", default="auto")
RUBRIC_LLM_FALLBACK = env.list("RUBRIC_LLM_FALLBACK", default=[])
RUBRIC_ANSWER_FORM = env.str("RUBRIC_ANSWER_FORM", default="auto")
LLM_TIMEOUT_SECONDS = env.float("LLM_TIMEOUT_SECONDS", default=90.0)

# --- Jobs and workers ---------------------------------------------------------------------------

RUBRIC_JOB_TIMEOUT_SECONDS = env.int("RUBRIC_JOB_TIMEOUT_SECONDS", default=280)
RUBRIC_OCR = env.str("RUBRIC_OCR", default="auto")
"""`off`: text in pictures of pages is not recognised, although the packages for that are installed."""
RUBRIC_JOB_MAX_ATTEMPTS = env.int("RUBRIC_JOB_MAX_ATTEMPTS", default=3)
RUBRIC_JOB_RETENTION_HOURS = env.float("RUBRIC_JOB_RETENTION_HOURS", default=1.0)
RUBRIC_LEDGER_RETENTION_DAYS = env.float("RUBRIC_LEDGER_RETENTION_DAYS", default=90.0)
RUBRIC_TENANT_MAX_PROCESSING = _optional_count("RUBRIC_TENANT_MAX_PROCESSING")
RUBRIC_PROVIDER_MAX_CALLS = _optional_count("RUBRIC_PROVIDER_MAX_CALLS")
WORKER_PROCESSES = env.int("WORKER_PROCESSES", default=2)
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=100)
WORKER_READERS = env.int("WORKER_READERS", default=3)
"""Child processes in which a worker process reads documents."""

PUMP_LIFETIME_SECONDS = env.int("PUMP_LIFETIME_SECONDS", default=3600)
"""A pump hands over to a fresh process after this, so that leaks cannot grow."""

PUMP_LEASE_SECONDS = env.float("PUMP_LEASE_SECONDS", default=30.0)
"""A job whose worker has been silent for this long is given to another one."""

PUMP_GRACE_SECONDS = env.float("PUMP_GRACE_SECONDS", default=10.0)
"""Time that a stopping worker gives its running jobs before it hands them back."""

PUMP_SILENCE_SECONDS = env.float("PUMP_SILENCE_SECONDS", default=20.0)
"""A cluster with a pump that has been silent for this long ends itself; a live pump beats every second."""

Q_CLUSTER = {
    "name": "rubric-jobs",
    "orm": "default",
    # One process for each pump, and one for scheduled tasks such as the purge.
    "workers": WORKER_PROCESSES + 1,
    "queue_limit": WORKER_PROCESSES + 1,
    "bulk": 1,
    "poll": 0.2,
    "catch_up": False,
    "save_limit": -1,
    "ack_failures": True,
    "timeout": PUMP_LIFETIME_SECONDS + RUBRIC_JOB_TIMEOUT_SECONDS + 60,
    "retry": PUMP_LIFETIME_SECONDS + RUBRIC_JOB_TIMEOUT_SECONDS + 600,
}

LOGGING = logs.configuration(env.str("RUBRIC_LOG_FORMAT", default="auto"))
