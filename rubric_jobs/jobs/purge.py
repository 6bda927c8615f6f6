"""Retention: delete old jobs and ledger lines in batches that are small enough not to slow workers down.

A finished job is deleted with everything that belongs to it except its lines in the ledger, which stay longer. Rows
that wait or run, and rows from before this service (no kind), are never touched.
"""

from __future__ import annotations

import datetime
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from rubric_jobs import conf, logs
from rubric_jobs.jobs import ledger, workers
from rubric_jobs.models import Status

log = logging.getLogger(__name__)

FINISHED = (Status.COMPLETED.value, Status.FAILED.value)
BATCH = 250
REST = 1.5
"""The pause after each batch, as a share of the batch's time: claims come first."""

FAILED_TASKS_KEPT = datetime.timedelta(days=7)

_BEGINNING = (datetime.datetime(1, 1, 2, tzinfo=datetime.UTC), uuid.UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Finished jobs that ended longer ago than `older_than`, of these statuses, tenant and user."""

    older_than: datetime.timedelta
    statuses: Sequence[str] = FINISHED
    tenant_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None

    @property
    def is_narrowed(self) -> bool:
        return bool(self.tenant_id or self.user_id or set(self.statuses) != set(FINISHED))

    def condition(self) -> str:
        """SQL over `job` that names `cutoff`, `statuses`, `tenant_id` and `user_id`."""
        # The statuses are there twice: as constants for the partial index, as a parameter for the selection.
        parts = [
            "status IN ('completed', 'failed') AND kind IS NOT NULL AND status = ANY(%(statuses)s)",
            "coalesce(completed_at, updated_at) < %(cutoff)s",
        ]
        parts += ["tenant_id = %(tenant_id)s"] if self.tenant_id else []
        parts += ["user_id = %(user_id)s"] if self.user_id else []
        return " AND ".join(parts)

    def values(self, cutoff: datetime.datetime) -> dict[str, Any]:
        return {
            "cutoff": cutoff,
            "statuses": [status for status in self.statuses if status in FINISHED],
            "tenant_id": self.tenant_id,
            "user_id": self.user_id,
        }


def count_jobs(selection: Selection) -> Counter[str]:
    """How many jobs `purge_jobs` would delete now, by status."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT status, count(*) FROM grader.rubric_extraction_jobs
                WHERE {selection.condition()} GROUP BY status""",  # noqa: S608 - put together from constants
            selection.values(_cutoff(selection.older_than)),
        )
        return Counter(dict(cursor.fetchall()))


def purge_jobs(
    selection: Selection, *, batch: int = BATCH, rest: float = REST, tell: Callable[[int], object] = lambda _: None
) -> Counter[str]:
    """completed or failed → deleted. Returns how many, by status; locked rows are skipped.

    `tell` is called with the number of jobs that each batch deleted.
    """
    cutoff, last = _cutoff(selection.older_than), _BEGINNING
    gone: Counter[str] = Counter()
    for _ in _batches(rest):
        rows = _delete_batch(selection, cutoff, last, batch)
        gone.update(status for status, _, _ in rows)
        tell(len(rows))
        if len(rows) < batch:
            return gone
        last = max((finished_at, job_id) for _, finished_at, job_id in rows)
    return gone


def _delete_batch(
    selection: Selection, cutoff: datetime.datetime, last: tuple[datetime.datetime, uuid.UUID], batch: int
) -> list[tuple[str, datetime.datetime, uuid.UUID]]:
    # Start where the last batch ended, so that its dead index entries are not scanned again.
    statement = f"""
    WITH doomed AS MATERIALIZED (
      SELECT job_id, coalesce(completed_at, updated_at) AS finished_at FROM grader.rubric_extraction_jobs
      WHERE {selection.condition()} AND (coalesce(completed_at, updated_at), job_id) > (%(last_at)s, %(last_id)s)
      ORDER BY coalesce(completed_at, updated_at), job_id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    )
    DELETE FROM grader.rubric_extraction_jobs job USING doomed WHERE job.job_id = doomed.job_id
    RETURNING job.status, doomed.finished_at, job.job_id
    """  # noqa: S608 - put together from constants
    values = {**selection.values(cutoff), "last_at": last[0], "last_id": last[1], "batch": batch}
    return _unhurried(statement, values)


def purge_ids(job_ids: Sequence[uuid.UUID]) -> int:
    """completed or failed → deleted for these jobs, whatever their age. Returns how many."""
    return len(
        _unhurried(
            """DELETE FROM grader.rubric_extraction_jobs
               WHERE job_id = ANY(%(job_ids)s) AND status IN ('completed', 'failed') AND kind IS NOT NULL
               RETURNING job_id""",
            {"job_ids": list(job_ids)},
        )
    )


def purge_ledger(older_than: datetime.timedelta, *, batch: int = BATCH * 8, rest: float = REST) -> int:
    """Delete lines of the ledger that are counted in its lasting sums. Returns how many."""
    cutoff, gone = _cutoff(older_than), 0
    for _ in _batches(rest):
        rows = _unhurried(
            """DELETE FROM grader.rubric_job_attempts WHERE attempt_id IN (
                 SELECT attempt_id FROM grader.rubric_job_attempts
                 WHERE started_at < %(cutoff)s
                   AND (ended_at IS NULL OR ended_at <= (SELECT counted_until FROM grader.rubric_ledger_watermark))
                 ORDER BY started_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
               RETURNING attempt_id""",
            {"cutoff": cutoff, "batch": batch},
        )
        gone += len(rows)
        if len(rows) < batch:
            break
    return gone


class PurgeIncomplete(Exception):
    """Parts of a purge that failed; all others were done."""


def purge_what_is_due() -> str:
    """The scheduled purge. Returns a summary. A part that fails does not stop the others.

    Raises PurgeIncomplete with the names of the failed parts at the end.
    """
    # The ledger is counted before its lines are deleted; if that fails, the uncounted ones stay.
    parts: dict[str, Callable[[], int]] = {
        "sums of the ledger": ledger.roll_up,
        "jobs": lambda: purge_jobs(Selection(older_than=conf.retention())).total(),
        "lines of the ledger": lambda: purge_ledger(conf.ledger_retention()),
        "workers": workers.forget_the_dead,
        "request rates": _purge_rates,
        "failed tasks": _purge_failed_tasks,
    }
    done: dict[str, int] = {}
    for name, part in parts.items():
        try:
            done[name] = part()
        except Exception as error:
            log.error("the purge of %s failed:\n%s", name, logs.places(error))
    if failed := [name for name in parts if name not in done]:
        raise PurgeIncomplete(f"not purged: {', '.join(failed)}; the log says where it failed")
    return f"{done['jobs']} jobs and {done['lines of the ledger']} lines of the ledger purged"


def _purge_rates() -> int:
    # A caller whose requests no longer count has the same rate as a new one.
    return len(
        _unhurried("DELETE FROM grader.request_rates WHERE paid_off_at < statement_timestamp() RETURNING caller", {})
    )


def _purge_failed_tasks() -> int:
    """django-q2 keeps failed tasks and never deletes them."""
    return len(
        _unhurried(
            """DELETE FROM django_q_task
               WHERE NOT success AND stopped < statement_timestamp() - %(age)s RETURNING id""",
            {"age": FAILED_TASKS_KEPT},
        )
    )


def _batches(rest: float) -> Iterator[None]:
    while True:
        began = time.monotonic()
        yield
        time.sleep((time.monotonic() - began) * rest)


def _unhurried(statement: str, values: dict[str, Any]) -> list[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        # A purge need not be durable: after a crash, the next one repeats it.
        cursor.execute("SET LOCAL synchronous_commit TO off")
        cursor.execute(statement, values)
        rows: list[Any] = cursor.fetchall()
    return rows


def _cutoff(older_than: datetime.timedelta) -> datetime.datetime:
    with connection.cursor() as cursor:
        seconds = older_than.total_seconds()
        cursor.execute("SELECT statement_timestamp() - %s * interval '1 second'", [seconds])
        cutoff: datetime.datetime = cursor.fetchone()[0]
    return cutoff
