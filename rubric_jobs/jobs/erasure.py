"""Erase everything that belongs to one user or one tenant on request.

Jobs are deleted in any state, with their documents and results; a worker that runs one is notified. The ledger keeps
its lines, which costs and figures are computed from, without the owner.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from rubric_jobs.jobs.lifecycle import CANCELLED_CHANNEL, CHANGED_CHANNEL

NOBODY = uuid.UUID(int=0)
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose data: a user's (in one tenant or in all), or a whole tenant's."""

    tenant_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None

    def __post_init__(self) -> None:
        if self.tenant_id is None and self.user_id is None:
            raise ValueError("an owner is a user or a tenant")

    def condition(self) -> str:
        parts = ["tenant_id = %(tenant_id)s"] if self.tenant_id else []
        parts += ["user_id = %(user_id)s"] if self.user_id else []
        return " AND ".join(parts)

    def values(self) -> dict[str, Any]:
        return {"tenant_id": self.tenant_id, "user_id": self.user_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Numbers of rows that an owner has, or that were erased."""

    jobs: int
    rows_from_before: int
    ledger_lines: int
    memberships: int


def count(owner: Owner) -> Holding:
    whose = owner.condition()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT
                  (SELECT count(*) FROM grader.rubric_extraction_jobs WHERE kind IS NOT NULL AND {whose}),
                  (SELECT count(*) FROM grader.rubric_extraction_jobs WHERE kind IS NULL AND {whose}),
                  (SELECT count(*) FROM grader.rubric_job_attempts WHERE {whose}),
                  (SELECT count(*) FROM grader.memberships WHERE {whose})""",  # noqa: S608 - constants
            owner.values(),
        )
        jobs, rows_from_before, ledger_lines, memberships = cursor.fetchone()
    return Holding(jobs=jobs, rows_from_before=rows_from_before, ledger_lines=ledger_lines, memberships=memberships)


def erase(owner: Owner, *, rows_from_before_too: bool = False) -> Holding:
    """any state → deleted. Returns what was erased; rows from before this service stay unless asked for."""
    whose = owner.condition()
    # Before the jobs, which say who the tenant's users are. A user with another tenant, too, gets a full rate again.
    _change(
        f"""DELETE FROM grader.request_rates WHERE caller = coalesce(%(user_id)s, %(tenant_id)s) OR caller IN (
              SELECT user_id FROM grader.rubric_extraction_jobs WHERE {whose}
              UNION SELECT user_id FROM grader.rubric_job_attempts WHERE {whose}
              UNION SELECT user_id FROM grader.memberships WHERE {whose})""",  # noqa: S608 - constants
        owner,
    )
    jobs = _delete_jobs(f"kind IS NOT NULL AND {whose}", owner)
    older = _delete_jobs(f"kind IS NULL AND {whose}", owner) if rows_from_before_too else 0
    lines = _change(
        f"""UPDATE grader.rubric_job_attempts SET user_id = %(nobody)s,
              tenant_id = CASE WHEN %(user_id)s::uuid IS NULL THEN %(nobody)s ELSE tenant_id END, trace_id = NULL
            WHERE {whose}""",  # noqa: S608 - constants
        owner,
    )
    memberships = _change(f"DELETE FROM grader.memberships WHERE {whose}", owner)  # noqa: S608 - constants
    if owner.user_id is None:
        _change("DELETE FROM grader.rubric_tenant_controls WHERE tenant_id = %(tenant_id)s", owner)
    return Holding(jobs=jobs, rows_from_before=older, ledger_lines=lines, memberships=memberships)


# Taken before the first batch and kept until the last. A statement that waited for another erasure does not see its
# changes, and would take a batch that lost rows to it for the last batch.
_LOCK = "SELECT job_id FROM grader.rubric_extraction_jobs WHERE {} LIMIT %(batch)s FOR UPDATE"

# Input, reply and idempotency keys refer to the job with ON DELETE CASCADE.
_DELETE = """
WITH deleted AS (
  DELETE FROM grader.rubric_extraction_jobs WHERE job_id = ANY(%(job_ids)s)
  RETURNING job_id, claim_token
), closed AS (
  UPDATE grader.rubric_job_attempts SET outcome = 'cancelled', ended_at = statement_timestamp()
  FROM deleted WHERE attempt_id = deleted.claim_token AND outcome IS NULL
)
SELECT pg_notify(%(cancelled)s, job_id::text), pg_notify(%(changed)s, job_id::text) FROM deleted
"""


def _delete_jobs(condition: str, owner: Owner) -> int:
    gone = 0
    while batch := _delete_some(condition, owner):
        gone += batch
    return gone


def _delete_some(condition: str, owner: Owner) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK.format(condition), {**owner.values(), "batch": BATCH})
        job_ids = [job_id for (job_id,) in cursor.fetchall()]
        cursor.execute(_DELETE, {"job_ids": job_ids, "cancelled": CANCELLED_CHANNEL, "changed": CHANGED_CHANNEL})
    return len(job_ids)


def _change(statement: str, owner: Owner) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**owner.values(), "nobody": NOBODY})
        return int(cursor.rowcount)
