"""Changes of a job's state by callers, operators and the sweep, each in one short transaction.

    submit ──▶ pending ──claim──▶ processing ──end──▶ completed
                 ▲  │                 │  │
                 │  └──expire──▶ failed ◀┘ end, rescue (crashed too often)
                 └──── retry, release, rescue

What a worker does with the rows it holds is in `claims.py`. The database's clock decides all times.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from rubric_jobs import logs
from rubric_jobs.errors import (
    AnswerInvalid,
    AnswerRefused,
    AnswerTruncated,
    Cancelled,
    CrashedWorker,
    InternalError,
    TimedOut,
)

log = logging.getLogger(__name__)

PENDING_CHANNEL = "rubric_jobs_pending"
"""Its notifications have no payload: PostgreSQL merges identical ones in a transaction."""
CHANGED_CHANNEL = "rubric_jobs_changed"
CANCELLED_CHANNEL = "rubric_jobs_cancelled"
SWEPT_AT_ONCE = 500
"""The limit of each statement of a sweep. A hundred thousand late jobs at once would exceed the pump's statement
time-out and be rolled back every time."""
CRASHES_ALLOWED = 3
# InternalError is among them, because the stored answer may be what triggers it.
FAULTS_OF_ANSWERS = [error.code for error in (AnswerInvalid, AnswerTruncated, AnswerRefused, InternalError)]

# Start-time fair queueing (Goyal, Vin & Cheng 1996). Virtual time is the tag of the next job that never ran. A job that
# was given back may have an old tag, which must not let new submissions overtake others. Such jobs wait at the head of
# the queue, usually few; a submission looks past at most 1000 of them. Jobs that wait for a provider's call count too:
# once all others are claimed, they are next.
_VIRTUAL_TIME = """coalesce(
  (SELECT queue_tag FROM (
     SELECT queue_tag, claimed_at FROM grader.rubric_extraction_jobs
     WHERE status = 'pending' AND kind IS NOT NULL AND run_after IS NULL ORDER BY queue_tag, created_at LIMIT 1000
   ) AS ahead WHERE claimed_at IS NULL LIMIT 1),
  (SELECT queue_tag FROM grader.rubric_extraction_jobs
   WHERE status = 'pending' AND kind IS NOT NULL AND run_after IS NULL ORDER BY queue_tag, created_at LIMIT 1),
  (SELECT queue_tag FROM grader.rubric_extraction_jobs
   WHERE status = 'pending' AND calling IS NOT NULL AND run_after IS NOT NULL ORDER BY queue_tag LIMIT 1),
  0)"""

# After the tenant's own last job, but not before virtual time.
_FAIR_TAG = f"""greatest(
  (SELECT queue_tag + 1 FROM grader.rubric_extraction_jobs
    WHERE tenant_id = %(tenant_id)s AND status = 'pending' AND kind IS NOT NULL ORDER BY queue_tag DESC LIMIT 1),
  {_VIRTUAL_TIME})"""  # noqa: S608 - put together from constants


def place_again(ahead: str = "0") -> str:
    """SQL for the tag of a `job` that is given back: its own, unless virtual time was reset since (an empty queue).

    In that case it goes to the front, behind its tenant's jobs that were given back before with smaller tags and behind
    the `ahead` jobs that are given back with it, so that other tenants' jobs fit between a thousand of them. In any
    order of return, at most two jobs share a place.
    """
    return f"""least(job.queue_tag, {ahead} + greatest(
      (SELECT queue_tag + 1 FROM grader.rubric_extraction_jobs earlier
       WHERE earlier.tenant_id = job.tenant_id AND earlier.status = 'pending' AND earlier.claimed_at IS NOT NULL
         AND earlier.queue_tag < job.queue_tag ORDER BY earlier.queue_tag DESC LIMIT 1),
      {_VIRTUAL_TIME}))"""  # noqa: S608 - put together from constants


_SUBMIT = f"""
WITH job AS (
  INSERT INTO grader.rubric_extraction_jobs
    (job_id, tenant_id, user_id, file_name, file_type, file_size_kb, status, kind, trace_id,
     created_at, updated_at, queued_at, deadline_at, queue_tag)
  SELECT %(job_id)s, %(tenant_id)s, %(user_id)s, %(file_name)s, %(file_type)s, %(file_size_kb)s, 'pending', %(kind)s,
    %(trace_id)s, statement_timestamp(), statement_timestamp(), statement_timestamp(),
    statement_timestamp() + %(timeout_s)s * interval '1 second', {_FAIR_TAG}
  RETURNING job_id
), input AS (
  INSERT INTO grader.rubric_job_inputs (job_id, parameters, data) SELECT job_id, %(parameters)s, %(data)s FROM job
)
SELECT pg_notify(%(channel)s, '') FROM job
"""  # noqa: S608 - put together from constants


def submit(
    *,
    tenant_id: uuid.UUID,
    user_id: uuid.UUID,
    kind: str,
    file_name: str,
    file_type: str,
    parameters: dict[str, Any],
    data: bytes,
    timeout_s: float,
) -> uuid.UUID:
    """Nothing → pending: row, input and the workers' wake-up in one transaction."""
    job_id = uuid.uuid4()
    values: dict[str, Any] = {
        "job_id": job_id,
        "tenant_id": tenant_id,
        "user_id": user_id,
        "kind": kind,
        "file_name": file_name,
        "file_type": file_type,
        "file_size_kb": -(-len(data) // 1024),
        "timeout_s": timeout_s,
        "parameters": Jsonb(parameters),
        "data": data,
        "channel": PENDING_CHANNEL,
        "trace_id": logs.trace_id(),
    }
    _changed(_SUBMIT, values)
    facts = {
        "job_id": job_id,
        "tenant_id": tenant_id,
        "kind": kind,
        "file": file_name,
        "size_kb": values["file_size_kb"],
    }
    log.info("submitted", extra=facts)
    return job_id


# A statement of its own before the change: a statement that waits for a lock does not see rows that were written
# meanwhile, such as the claim's line in the ledger or a reply.
_LOCK = "SELECT FROM grader.rubric_extraction_jobs WHERE job_id = %(job_id)s FOR UPDATE"

_CANCEL = """
WITH cancelled AS (
  UPDATE grader.rubric_extraction_jobs SET
    status = 'failed', error_code = %(code)s, error_message = %(message)s, retryable = false, progress = NULL,
    run_after = NULL, calling = NULL, lease_expires_at = NULL, completed_at = statement_timestamp(),
    updated_at = statement_timestamp()
  WHERE job_id = %(job_id)s AND kind IS NOT NULL AND status IN ('pending', 'processing')
  RETURNING job_id, claim_token
), closed AS (
  UPDATE grader.rubric_job_attempts SET outcome = 'cancelled', ended_at = statement_timestamp(),
    run_ms = grader.ms_between(started_at, statement_timestamp())
  FROM cancelled WHERE attempt_id = cancelled.claim_token AND outcome IS NULL
), forgotten AS (
  DELETE FROM grader.rubric_job_inputs input USING cancelled WHERE input.job_id = cancelled.job_id
), unsaid AS (
  DELETE FROM grader.rubric_job_replies reply USING cancelled WHERE reply.job_id = cancelled.job_id
)
SELECT pg_notify(%(cancelled)s, job_id::text), pg_notify(%(changed)s, job_id::text) FROM cancelled
"""


def cancel(*, job_id: uuid.UUID) -> bool:
    """pending or processing → failed (`cancelled`), its document deleted; False when it had ended already.

    The worker that runs it is notified and drops the call. If the notification is lost, its token is refused.
    """
    values = {
        "job_id": job_id,
        "code": Cancelled.code,
        "message": str(Cancelled()),
        "cancelled": CANCELLED_CHANNEL,
        "changed": CHANGED_CHANNEL,
    }
    with transaction.atomic():
        _changed(_LOCK, values)
        return _changed(_CANCEL, values) > 0


_RETRY = f"""
WITH failed AS MATERIALIZED (
  SELECT job.job_id, job.error_code FROM grader.rubric_extraction_jobs job JOIN grader.rubric_job_inputs USING (job_id)
  WHERE job.job_id = %(job_id)s AND job.status = 'failed' AND job.retryable FOR UPDATE OF job
), retried AS (
  UPDATE grader.rubric_extraction_jobs job SET
    status = 'pending', attempt = 0, crashes = 0, claim_token = NULL, claimed_at = NULL, run_after = NULL,
    calling = NULL, error_code = NULL, error_message = NULL, retryable = NULL, performance_metrics = NULL,
    completed_at = NULL, updated_at = statement_timestamp(), queued_at = statement_timestamp(),
    deadline_at = statement_timestamp() + %(timeout_s)s * interval '1 second', queue_tag = {_FAIR_TAG}
  FROM failed WHERE job.job_id = failed.job_id
  RETURNING job.job_id, failed.error_code
), unsaid AS (
  DELETE FROM grader.rubric_job_replies reply USING retried
  WHERE reply.job_id = retried.job_id AND retried.error_code = ANY(%(faults_of_answers)s)
)
SELECT pg_notify(%(pending)s, ''), pg_notify(%(changed)s, job_id::text) FROM retried
"""  # noqa: S608 - put together from constants


def retry(*, job_id: uuid.UUID, tenant_id: uuid.UUID, timeout_s: float) -> bool:
    """failed → pending with new attempts and a new deadline; False if it has not failed or cannot be retried.

    It continues from a stored reply, which is paid for, unless that reply caused the failure.
    """
    values: dict[str, Any] = {
        "job_id": job_id,
        "tenant_id": tenant_id,
        "timeout_s": timeout_s,
        "faults_of_answers": FAULTS_OF_ANSWERS,
        "pending": PENDING_CHANNEL,
        "changed": CHANGED_CHANNEL,
    }
    with transaction.atomic():
        _changed(_LOCK, values)
        return _changed(_RETRY, values) > 0


def delete(*, job_id: uuid.UUID) -> bool:
    """completed or failed → gone, with everything that belongs to it but the ledger; False while it is not finished."""
    finished = (
        "DELETE FROM grader.rubric_extraction_jobs WHERE job_id = %(job_id)s AND status IN ('completed', 'failed')"
    )
    return _changed(finished, {"job_id": job_id}) > 0


def _changed(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


_RESCUE = f"""
WITH expired AS MATERIALIZED (
  SELECT job_id, claim_token, tenant_id, queue_tag, crashes + 1 >= %(allowed)s AS is_hopeless
  FROM grader.rubric_extraction_jobs
  WHERE status = 'processing' AND kind IS NOT NULL AND lease_expires_at < statement_timestamp()
  ORDER BY lease_expires_at LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY queue_tag) - 1 AS ahead FROM expired
), closed AS (
  UPDATE grader.rubric_job_attempts SET
    outcome = CASE WHEN is_hopeless THEN 'failed' ELSE 'lost' END, error_code = %(code)s,
    ended_at = statement_timestamp(), run_ms = grader.ms_between(started_at, statement_timestamp())
  FROM expired WHERE attempt_id = expired.claim_token
), rescued AS (
  UPDATE grader.rubric_extraction_jobs job SET
    crashes = job.crashes + 1,
    -- The worker's crash is not the job's failure: the attempt is given back.
    attempt = job.attempt - 1,
    claim_token = NULL, lease_expires_at = NULL, progress = NULL, calling = NULL,
    queue_tag = {place_again("placed.ahead")},
    updated_at = statement_timestamp(), queued_at = statement_timestamp(),
    status = CASE WHEN is_hopeless THEN 'failed' ELSE 'pending' END,
    completed_at = CASE WHEN is_hopeless THEN statement_timestamp() END,
    error_code = CASE WHEN is_hopeless THEN %(code)s END,
    error_message = CASE WHEN is_hopeless THEN %(message)s END,
    retryable = CASE WHEN is_hopeless THEN true END
  FROM placed WHERE job.job_id = placed.job_id
  RETURNING job.job_id, job.status
)
SELECT CASE status WHEN 'pending' THEN pg_notify(%(pending)s, '') ELSE pg_notify(%(changed)s, job_id::text) END
FROM rescued
"""  # noqa: S608 - put together from constants


def rescue() -> int:
    """processing → pending for jobs whose lease has expired (→ failed after three crashes). Returns how many."""
    values: dict[str, Any] = {
        "allowed": CRASHES_ALLOWED,
        "at_once": SWEPT_AT_ONCE,
        "code": CrashedWorker.code,
        "message": str(CrashedWorker()),
        "pending": PENDING_CHANNEL,
        "changed": CHANGED_CHANNEL,
    }
    return _changed(_RESCUE, values)


_EXPIRE = """
WITH late AS MATERIALIZED (
  SELECT job_id FROM grader.rubric_extraction_jobs
  WHERE status = 'pending' AND kind IS NOT NULL AND deadline_at < statement_timestamp()
  ORDER BY deadline_at LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
), expired AS (
  UPDATE grader.rubric_extraction_jobs job SET
    status = 'failed', retryable = true, run_after = NULL, calling = NULL,
    error_code = coalesce(job.error_code, %(code)s), error_message = coalesce(job.error_message, %(message)s),
    completed_at = statement_timestamp(), updated_at = statement_timestamp()
  FROM late WHERE job.job_id = late.job_id
  RETURNING job.job_id, job.tenant_id, job.user_id, job.kind, job.queued_at, job.trace_id
), noted AS (
  -- Nobody ran it, but the ledger counts it: figures without expired jobs would look too good.
  INSERT INTO grader.rubric_job_attempts
    (job_id, tenant_id, user_id, kind, worker, started_at, ended_at, queue_ms, run_ms, outcome, error_code, trace_id)
  SELECT job_id, tenant_id, user_id, kind, '', statement_timestamp(), statement_timestamp(),
    grader.ms_between(queued_at, statement_timestamp()), 0, 'failed', %(code)s, trace_id FROM expired
)
SELECT pg_notify(%(changed)s, job_id::text) FROM expired
"""


def expire() -> int:
    """pending → failed for jobs that were not claimed (again) before their deadline. Returns how many."""
    values = {"code": TimedOut.code, "message": str(TimedOut()), "changed": CHANGED_CHANNEL, "at_once": SWEPT_AT_ONCE}
    return _changed(_EXPIRE, values)


_WAKE = f"""
WITH due AS MATERIALIZED (
  SELECT job_id FROM grader.rubric_extraction_jobs
  WHERE status = 'pending' AND run_after <= statement_timestamp()
  ORDER BY run_after LIMIT %(at_once)s FOR UPDATE SKIP LOCKED
)
UPDATE grader.rubric_extraction_jobs job SET run_after = NULL, calling = NULL, queue_tag = {place_again()}
FROM due WHERE job.job_id = due.job_id"""  # noqa: S608 - put together from constants


def wake_delayed() -> int:
    """pending → pending for retries whose delay is over, which may be claimed again. Returns how many."""
    return _changed(_WAKE, {"at_once": SWEPT_AT_ONCE})


def sweep() -> int:
    """Rescue, expire and wake. Every pump does this regularly, for all jobs. Returns how many rows changed.

    With SWEPT_AT_ONCE or more there may be more to do.
    """
    return rescue() + expire() + wake_delayed()
