"""Readiness: whether this process can serve, and whether a worker is alive."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from rubric_jobs.jobs import workers


def is_ready(_request: HttpRequest) -> JsonResponse:
    """200, or 503 with what is missing: `database`, `migrations`, `worker`, each "ok" or a short word."""
    told = {"database": _say(_database)}
    if told["database"] == "ok":  # else each further query would wait for it again
        told |= {"migrations": _say(_migrations), "worker": _say(_worker)}
    is_fine = set(told.values()) == {"ok"}
    headers = {"Cache-Control": "no-store"} | ({} if is_fine else {"Retry-After": "5"})
    return JsonResponse(told, status=200 if is_fine else 503, headers=headers)


def _say(check: Callable[[], str]) -> str:
    try:
        return check()
    except DatabaseError:
        return "away"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    return "ok" if _is_migrated() else _forget()


@lru_cache(maxsize=1)
def _is_migrated() -> bool:
    """True stays true for this process: its code's migrations do not change."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _forget() -> str:
    _is_migrated.cache_clear()
    return "missing"


def _worker() -> str:
    return "ok" if workers.alive() else "none"
