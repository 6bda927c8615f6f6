"""Adopt rows from before this service: they get a kind, and with it a retention."""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from typing import Any

from django.db import connection, transaction

from rubric_jobs.errors import TimedOut

BATCH = 500

_KIND = "CASE WHEN file_name = 'rules.txt' AND file_type = 'text/plain' THEN 'enhance' ELSE 'extract' END"
"""Every enhancement has this file name and type."""
_ENDED = ", completed_at = coalesce(completed_at, updated_at, created_at, statement_timestamp())"
"""Without a time, the purge would never find the row."""
_LAST_TOUCHED = "coalesce(updated_at, created_at, '-infinity')"


def adopt(
    *, tenant_id: uuid.UUID | None = None, unfinished_after: datetime.timedelta | None = None, is_dry: bool = False
) -> Counter[str]:
    """no kind → a kind, status unchanged, and a time of its end where that is missing. Returns how many, by status.

    Rows that wait or run have no document here, and the program that wrote them may still work on them. They stay,
    except for those unchanged for `unfinished_after`, which become failed (`timed_out`).
    """
    conditions = [
        ("status IN ('completed', 'failed')", _ENDED),
        *_unfinished(unfinished_after),
    ]
    adopted: Counter[str] = Counter()
    for condition, also_set in conditions:
        whose = " AND tenant_id = %(tenant_id)s" if tenant_id else ""
        where = f"kind IS NULL AND {condition}{whose}"
        values = {
            "tenant_id": tenant_id,
            "unfinished_s": unfinished_after.total_seconds() if unfinished_after else None,
            "code": TimedOut.code,
            "message": str(TimedOut()),
            "batch": BATCH,
        }
        adopted.update(_count(where, values) if is_dry else _adopt_all(where, also_set, values))
    return adopted


def _unfinished(after: datetime.timedelta | None) -> list[tuple[str, str]]:
    if after is None:
        return []
    stale = f"{_LAST_TOUCHED} < statement_timestamp() - %(unfinished_s)s * interval '1 second'"
    fail = """, status = 'failed', error_code = %(code)s, error_message = %(message)s, retryable = false,
      completed_at = statement_timestamp(), updated_at = statement_timestamp()"""
    return [(f"status IN ('pending', 'processing') AND {stale}", fail)]


def _count(where: str, values: dict[str, Any]) -> Counter[str]:
    statement = f"SELECT status, count(*) FROM grader.rubric_extraction_jobs WHERE {where} GROUP BY 1"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return Counter(dict(cursor.fetchall()))


def _adopt_all(where: str, also_set: str, values: dict[str, Any]) -> Counter[str]:
    statement = f"""
    WITH found AS MATERIALIZED (
      SELECT job_id, status AS was FROM grader.rubric_extraction_jobs WHERE {where}
      LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    )
    UPDATE grader.rubric_extraction_jobs job SET kind = {_KIND}{also_set}
    FROM found WHERE job.job_id = found.job_id RETURNING found.was
    """  # noqa: S608 - constants
    adopted: Counter[str] = Counter()
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            rows = [status for (status,) in cursor.fetchall()]
        adopted.update(rows)
        if len(rows) < BATCH:
            return adopted
