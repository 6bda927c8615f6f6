"""What a caller may know of a job, in one read: through Django's connection, or over a pool from async code."""

from __future__ import annotations

import asyncio
import datetime
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db.models import Case, F, Func, IntegerField, Q, TextField, When
from django.db.models.functions import Cast
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg_pool import AsyncConnectionPool

from rubric_jobs import conf
from rubric_jobs.jobs.connections import is_severed
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


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One job at one moment. `progress`, `result` and `performance` are JSON as text, passed on without a look."""

    job_id: uuid.UUID
    kind: str
    status: str
    file_name: str
    file_type: str
    file_size_kb: int | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    completed_at: datetime.datetime | None
    progress: str | None
    result: str | None
    performance: str | None
    error: str | None
    error_code: str | None
    retryable: bool | None
    queue_place: int | None

    FINAL: ClassVar[frozenset[str]] = frozenset({Status.COMPLETED, Status.FAILED})

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL

    @property
    def version(self) -> int:
        """Grows with every change that a caller can see: microseconds since 1970."""
        return round(self.updated_at.timestamp() * 1_000_000)


def read(*, tenant_id: uuid.UUID, user_id: uuid.UUID, job_id: uuid.UUID) -> Snapshot | None:
    """The caller's job, or None where they have none of that id."""
    with isolation.as_caller(tenant_id=tenant_id, user_id=user_id):
        mine = RubricJob.objects.visible_to(tenant_id=tenant_id, user_id=user_id).filter(job_id=job_id)
        row = _columns(mine).first()
    return Snapshot(*row) if row else None


async def aread(*, tenant_id: uuid.UUID, user_id: uuid.UUID, job_id: uuid.UUID) -> Snapshot | None:
    """The same read from an event loop: one round trip, no thread."""
    pool = await _pool()
    statement, order = _statement()
    wanted = {"tenant_id": tenant_id, "user_id": user_id, "job_id": job_id}
    values = {"role": pool.role, "tenant_id": str(tenant_id), "user_id": str(user_id)}
    values |= {f"value_{place}": wanted.get(name, name) for place, name in enumerate(order)}
    async with _lent(pool) as lent:
        # Two statements sent as one: a transaction of their own, so that role and identity end with it.
        cursor = AsyncClientCursor(lent)
        await cursor.execute(statement, values)
        cursor.nextset()
        row = await cursor.fetchone()
    return Snapshot(*row) if row else None


async def aread_all(job_ids: Sequence[uuid.UUID]) -> list[Snapshot]:
    """Those jobs, whosever they are: for events, whose watchers have shown before that the job is theirs."""
    pool = await _pool()
    async with _lent(pool) as lent:
        cursor = await lent.execute(_statement_for_all(), [list(job_ids)])
        return [Snapshot(*row) for row in await cursor.fetchall()]


def briefs(jobs: Iterable[RubricJob]) -> list[Snapshot]:
    """Rows that have been read, without what is long and without their places in the queue."""
    return [
        Snapshot(
            job_id=job.job_id,
            kind=job.kind or "",
            status=job.status,
            file_name=job.file_name,
            file_type=job.file_type,
            file_size_kb=job.file_size_kb,
            created_at=job.created_at,
            updated_at=job.updated_at,
            completed_at=job.completed_at,
            progress=None,
            result=None,
            performance=None,
            error=job.error_message,
            error_code=job.error_code,
            retryable=job.retryable,
            queue_place=None,
        )
        for job in jobs
    ]


LONG_COLUMNS = ("result", "progress", "performance_metrics")
"""What a list does not read."""


def _columns(jobs: RubricJobQuerySet) -> Any:
    # Other tenants' rows decide the place; a function that tells a number alone looks at them.
    place = Func(F("queue_tag"), F("created_at"), function="grader.queue_place", output_field=IntegerField())
    waits = Q(status=Status.PENDING, run_after=None)
    return jobs.order_by().values_list(
        "job_id", "kind", "status", "file_name", "file_type", "file_size_kb",
        "created_at", "updated_at", "completed_at",
        *(Cast(name, TextField()) for name in ("progress", "result", "performance_metrics")),
        "error_message", "error_code", "retryable", Case(When(waits, then=place)),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _statement() -> tuple[str, tuple[Any, ...]]:
    """The SQL of `visible_to`, made once, and what stands in its places: names of ours, or Django's own values."""
    marks = {uuid.uuid4(): name for name in ("tenant_id", "user_id", "job_id")}
    tenant_id, user_id, job_id = marks
    mine = RubricJob.objects.visible_to(tenant_id=tenant_id, user_id=user_id).filter(job_id=job_id)
    sql, values = _columns(mine).query.sql_with_params()
    places = [f"%(value_{place})s" for place in range(len(values))]
    return f"{isolation.ENTER}; {sql % tuple(places)}", tuple(marks.get(value, value) for value in values)


@lru_cache(maxsize=1)
def _statement_for_all() -> str:
    sql, values = _columns(RubricJob.objects.filter(kind__isnull=False)).query.sql_with_params()
    literals = [f"'{value}'" for value in values]
    return f"{sql % tuple(literals)} AND job_id = ANY(%s)"


@asynccontextmanager
async def _lent(pool: _Pool) -> AsyncIterator[AsyncConnection]:
    lent = await pool.connections.getconn()
    if is_severed(lent):
        await lent.close()
        await pool.connections.putconn(lent)
        await pool.connections.check()  # where one was ended while it waited, others were
        lent = await pool.connections.getconn()
    try:
        yield lent
    finally:
        await pool.connections.putconn(lent)


async def _pool() -> _Pool:
    """The pool of this event loop; whoever comes first opens it."""
    loop = asyncio.get_running_loop()
    opening = _pools.get(loop)
    if opening is None or (opening.done() and opening.exception()):
        opening = _pools[loop] = loop.create_task(_open_pool())
    return await asyncio.shield(opening)


async def _open_pool() -> _Pool:
    conninfo, role = await in_thread(_facts)
    # Prepared statements belong to one connection of the server; a pooler may give each statement another one.
    options = {"autocommit": True, "prepare_threshold": 5 if settings.RUBRIC_LISTEN else None}
    connections = AsyncConnectionPool(
        conninfo, min_size=1, max_size=POOL_SIZE, timeout=POOL_TIMEOUT_S, kwargs=options, open=False
    )
    await connections.open()
    return _Pool(connections, role)


def _facts() -> tuple[str, str]:
    return conf.database_conninfo(), isolation.role()


async def close_pool() -> None:
    """End this event loop's pool; the next read opens a new one."""
    if opening := _pools.pop(asyncio.get_running_loop(), None):
        await (await opening).connections.close()
