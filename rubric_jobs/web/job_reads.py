"""What callers can see of a job: one query behind status, wait, events and list.

It runs over Django's connection, or over a pool from an event loop.
"""

from __future__ import annotations

import asyncio
import datetime
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from django.db.models import Case, F, Func, IntegerField, Q, TextField, When
from django.db.models.functions import Cast
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import Literal
from psycopg_pool import AsyncConnectionPool

from rubric_jobs import conf
from rubric_jobs.jobs.connections import is_closed_by_server
from rubric_jobs.models import RubricJob, RubricJobQuerySet, Status
from rubric_jobs.web import isolation
from rubric_jobs.web.threads import in_thread

POOL_SIZE = 10
POOL_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class _Pool:
    connections: AsyncConnectionPool
    role: str


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[_Pool]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One job at one moment. The `*_json` are JSON as text; a list reads neither them nor the place in the queue."""

    job_id: uuid.UUID
    kind: str
    status: str
    file_name: str
    file_type: str
    file_size_kb: int | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    completed_at: datetime.datetime | None
    error_message: str | None
    error_code: str | None
    retryable: bool | None
    progress_json: str | None = None
    result_json: str | None = None
    performance_json: str | None = None
    queue_place: int | None = None

    FINAL: ClassVar[frozenset[str]] = frozenset({Status.COMPLETED, Status.FAILED})

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL

    @property
    def version(self) -> int:
        """Grows with every change that a caller can see: microseconds since 1970."""
        return round(self.updated_at.timestamp() * 1_000_000)


def snapshots(jobs: RubricJobQuerySet, *, is_brief: bool = False) -> Any:
    """A query for the jobs as the keywords of their Snapshots."""
    jobs = jobs.order_by()
    brief = jobs.values(
        "job_id", "kind", "status", "file_name", "file_type", "file_size_kb",
        "created_at", "updated_at", "completed_at", "error_message", "error_code", "retryable",
    )  # fmt: skip
    if is_brief:
        return brief
    # The place depends on other tenants' rows, so a function counts them and returns only a number.
    place = Func(F("queue_tag"), F("created_at"), function="grader.queue_place", output_field=IntegerField())
    is_waiting = Q(status=Status.PENDING, run_after=None)
    return brief.annotate(
        progress_json=Cast("progress", TextField()),
        result_json=Cast("result", TextField()),
        performance_json=Cast("performance_metrics", TextField()),
        queue_place=Case(When(is_waiting, then=place)),
    )


def read(*, tenant_id: uuid.UUID, user_id: uuid.UUID, job_id: uuid.UUID) -> Snapshot | None:
    """The caller's job, or None if they have none with that id."""
    with isolation.as_caller(tenant_id=tenant_id, user_id=user_id):
        mine = RubricJob.objects.visible_to(tenant_id=tenant_id, user_id=user_id).filter(job_id=job_id)
        found = snapshots(mine).first()
    return Snapshot(**found) if found else None


async def aread(*, tenant_id: uuid.UUID, user_id: uuid.UUID, job_id: uuid.UUID) -> Snapshot | None:
    """The same read from an event loop: one round trip, no thread."""
    pool = await _pool()
    values = {"role": pool.role, "tenant_id": str(tenant_id), "user_id": str(user_id), "job_id": str(job_id)}
    async with _lent(pool) as lent:
        # Two statements sent as one: a transaction of their own, so that role and identity end with it.
        cursor = AsyncClientCursor(lent, row_factory=class_row(Snapshot))
        await cursor.execute(_statement(), values)
        cursor.nextset()
        return await cursor.fetchone()


async def aread_all(job_ids: Sequence[uuid.UUID]) -> list[Snapshot]:
    """Those jobs, of any owner: for events, whose subscribers were checked before."""
    pool = await _pool()
    async with _lent(pool) as lent, lent.cursor(row_factory=class_row(Snapshot)) as cursor:
        await cursor.execute(_statement_for_all(), {"job_ids": list(job_ids)})
        return await cursor.fetchall()


@lru_cache(maxsize=1)
def _statement() -> str:
    """The query of `read` as SQL with named parameters, behind the statement that enters isolation."""
    tenant_id, user_id, job_id = (uuid.uuid4() for _ in range(3))
    mine = RubricJob.objects.visible_to(tenant_id=tenant_id, user_id=user_id).filter(job_id=job_id)
    sql = _compiled(mine, {tenant_id: "tenant_id", user_id: "user_id", job_id: "job_id"})
    return f"{isolation.ENTER}; {sql}"


@lru_cache(maxsize=1)
def _statement_for_all() -> str:
    return f"{_compiled(RubricJob.objects.filter(kind__isnull=False), {})} AND job_id = ANY(%(job_ids)s)"


def _compiled(jobs: RubricJobQuerySet, names: dict[Any, str]) -> str:
    """The query as SQL: values that have a name become parameters, Django's own constants become literals."""
    sql, values = snapshots(jobs).query.sql_with_params()
    places = (f"%({names[value]})s" if value in names else Literal(value).as_string() for value in values)
    return str(sql) % tuple(places)


@asynccontextmanager
async def _lent(pool: _Pool) -> AsyncIterator[AsyncConnection]:
    lent = await pool.connections.getconn()
    if is_closed_by_server(lent):
        await lent.close()
        await pool.connections.putconn(lent)
        await pool.connections.check()  # if one was closed while idle, others were too
        lent = await pool.connections.getconn()
    try:
        yield lent
    finally:
        await pool.connections.putconn(lent)


async def _pool() -> _Pool:
    """The pool of this event loop, opened by the first caller."""
    loop = asyncio.get_running_loop()
    opening = _pools.get(loop)
    if opening is None or (opening.done() and opening.exception()):
        opening = _pools[loop] = loop.create_task(_open_pool())
    return await asyncio.shield(opening)


async def _open_pool() -> _Pool:
    conninfo, role = await in_thread(_facts)
    # Prepared statements belong to one server connection; a pooler may give each statement another one.
    options = {"autocommit": True, "prepare_threshold": 5 if conf.is_listening() else None}
    connections = AsyncConnectionPool(
        conninfo, min_size=1, max_size=POOL_SIZE, timeout=POOL_TIMEOUT_S, kwargs=options, open=False
    )
    await connections.open()
    return _Pool(connections, role)


def _facts() -> tuple[str, str]:
    return conf.database_conninfo(), isolation.role()


async def close_pool() -> None:
    """Close this event loop's pool; the next read opens a new one."""
    if opening := _pools.pop(asyncio.get_running_loop(), None):
        await (await opening).connections.close()
