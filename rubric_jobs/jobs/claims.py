"""A worker's changes of rows: claim, renew, give back, end.

A claim has a lease and a fencing token (the id of its line in the ledger). Every later write names the token. A write
with an old token changes nothing, so that a late worker's result is dropped.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import class_row, dict_row

from rubric_jobs.errors import RubricJobError, TimedOut
from rubric_jobs.jobs import claim_queries
from rubric_jobs.jobs.lifecycle import CHANGED_CHANNEL, PENDING_CHANNEL, place_again

DOCUMENTS_AHEAD = 10
"""Documents of one tenant that a worker holds while some wait to be read: two are read at once, the others are next."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker may run while its lease lasts."""

    job_id: uuid.UUID
    token: int
    tenant_id: uuid.UUID
    user_id: uuid.UUID
    kind: str
    file_name: str
    file_type: str
    file_size_kb: int | None
    attempt: int
    seconds_given: float
    """Seconds from the claim to the job's deadline."""
    parameters: dict[str, Any]
    trace_id: str | None = None
    is_controlled: bool = False
    """Whether an operator has set limits for its tenant."""
    data: bytes | None = field(default=None, repr=False)
    """The input if it is short; a longer one is read when its job begins."""
    is_answered: bool = False
    """Whether a provider's reply to an earlier attempt is stored."""
    came_at: float = field(default_factory=time.monotonic, repr=False, compare=False)

    @property
    def seconds_left(self) -> float:
        """Seconds until the job's deadline, by this process's clock since the claim came."""
        return self.seconds_given - (time.monotonic() - self.came_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a job ended: with a result, or with an error. `metrics` are the worker's figures; the row adds its times."""

    claim: Claim
    result: dict[str, Any] | None = None
    error: RubricJobError | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    digest: bytes | None = None
    """Digest of everything that decides the result, so that an identical job can reuse it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an attempt has cost so far: the tokens of all its answers, and the provider and model of the last one."""

    llm_provider: str | None = None
    llm_model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


def _still_held(by: str) -> str:
    """The SQL condition that `by` (job_id, token) names a job and its current claim.

    Only processing jobs have a lease. A condition on the status would let the planner walk the index over all
    processing jobs, dead entries included.
    """
    return f"job.job_id = {by}.job_id AND job.claim_token = {by}.token AND job.lease_expires_at IS NOT NULL"


async def claim(
    connection: psycopg.AsyncConnection,
    *,
    limit: int,
    worker: str,
    lease_s: float,
    tenant_cap: int | None = None,
    unread: Mapping[uuid.UUID, int] | None = None,
) -> list[Claim]:
    """pending → processing for up to `limit` jobs, fairest first; rows that others are claiming are skipped.

    With `tenant_cap`, no tenant has more than that many jobs processing. `unread` counts the documents of each tenant
    that wait in this worker. If there are any, each tenant's extractions are filled up to DOCUMENTS_AHEAD only. The
    connection commits by itself (`autocommit`).
    """
    values: dict[str, Any] = {"limit": limit, "worker": worker, "lease_s": lease_s, "tenant_cap": tenant_cap}
    statement = claim_queries.CLAIM if tenant_cap is None else claim_queries.CLAIM_CAPPED
    if tenant_cap is None and unread:
        statement = claim_queries.CLAIM_WITH_ROOM
        rooms = [max(0, DOCUMENTS_AHEAD - count) for count in unread.values()]
        values |= {"tenants": list(unread), "rooms": rooms, "room": DOCUMENTS_AHEAD}
    async with connection.cursor(row_factory=class_row(Claim)) as cursor:
        await cursor.execute(statement, values)
        claimed = await cursor.fetchall()
    return claimed if tenant_cap is None or not claimed else await _with_inputs(connection, claimed)


async def _with_inputs(connection: psycopg.AsyncConnection, claimed: list[Claim]) -> list[Claim]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(claim_queries.INPUTS, [[claim.job_id for claim in claimed]])
        inputs = {row.pop("job_id"): row for row in await cursor.fetchall()}
    return [replace(claim, **inputs[claim.job_id]) for claim in claimed if claim.job_id in inputs]


def document(claim: Claim) -> bytes:
    """The uploaded file of a claimed job, or the rules of an enhancement."""
    if claim.data is not None:
        return claim.data
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM grader.rubric_job_inputs WHERE job_id = %s", [claim.job_id])
        row = cursor.fetchone()
    return bytes(row[0]) if row and row[0] is not None else b""


def heartbeat(held: Sequence[Claim], *, lease_s: float) -> set[int]:
    """processing → processing with a fresh lease. Returns the valid tokens; other claims are lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE grader.rubric_extraction_jobs job
               SET lease_expires_at = statement_timestamp() + %(lease_s)s * interval '1 second'
               FROM unnest(%(job_ids)s::uuid[], %(tokens)s::bigint[]) AS held(job_id, token)
               WHERE {_still_held("held")}
               RETURNING job.claim_token""",  # noqa: S608 - put together from constants
            {"lease_s": lease_s, **_keys(held)},
        )
        return {row[0] for row in cursor.fetchall()}


def report_progress(reports: Sequence[tuple[Claim, dict[str, Any]]]) -> None:
    """processing → processing: what a caller may see while the job runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH changed AS (
                 UPDATE grader.rubric_extraction_jobs job
                 SET progress = news.progress, updated_at = statement_timestamp()
                 FROM jsonb_to_recordset(%(news)s::jsonb) AS news(job_id uuid, token bigint, progress jsonb)
                 WHERE {_still_held("news")}
                 RETURNING job.job_id)
               SELECT pg_notify(%(channel)s, job_id::text) FROM changed""",  # noqa: S608 - put together from constants
            {"news": _news((claim, {"progress": progress}) for claim, progress in reports), "channel": CHANGED_CHANNEL},
        )


_END = f"""
WITH news AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%(news)s::jsonb)
  AS news(job_id uuid, token bigint, result jsonb, message text, code text, retryable boolean, metrics jsonb,
    digest text)
), ended AS (
  UPDATE grader.rubric_extraction_jobs job SET
    status = CASE WHEN news.code IS NULL THEN 'completed' ELSE 'failed' END,
    result = news.result, retryable = news.retryable,
    -- A job that runs out of time says what cost it its earlier attempt; the ledger says that time was over.
    error_code = coalesce(CASE WHEN news.code = %(late)s THEN job.error_code END, news.code),
    error_message = coalesce(CASE WHEN news.code = %(late)s THEN job.error_message END, news.message),
    input_digest = decode(news.digest, 'hex'), progress = NULL, calling = NULL, lease_expires_at = NULL,
    completed_at = statement_timestamp(), updated_at = statement_timestamp(),
    -- Where nobody was left to count (a time-out, a fault of our own), the ledger knows what was paid until then.
    performance_metrics = coalesce(news.metrics - ARRAY['plans_answered', 'plans_refused'], (
      SELECT jsonb_build_object('llm_provider', llm_provider, 'llm_model', llm_model,
        'token_usage', coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0),
        'prompt_tokens', coalesce(prompt_tokens, 0), 'completion_tokens', coalesce(completion_tokens, 0))
      FROM grader.rubric_job_attempts WHERE attempt_id = news.token)) || jsonb_build_object(
      'duration_ms', grader.ms_between(job.created_at, statement_timestamp()),
      'queue_time_ms', grader.ms_between(job.queued_at, job.claimed_at),
      'file_size_kb', job.file_size_kb, 'attempts', job.attempt)
  FROM news WHERE {_still_held("news")}
  RETURNING job.job_id, job.claim_token AS token, job.status, job.retryable
), written AS (
  UPDATE grader.rubric_job_attempts attempt SET
    -- What the ledger says of an attempt that was fenced out stays. What it cost was noted as its answers came.
    ended_at = coalesce(attempt.ended_at, statement_timestamp()),
    run_ms = coalesce(attempt.run_ms, grader.ms_between(attempt.started_at, statement_timestamp())),
    outcome = coalesce(attempt.outcome, ended.status, 'lost'),
    error_code = CASE WHEN attempt.outcome IS NULL THEN news.code ELSE attempt.error_code END,
    llm_provider = coalesce(attempt.llm_provider, news.metrics->>'llm_provider'),
    llm_model = coalesce(attempt.llm_model, news.metrics->>'llm_model'),
    is_certain = news.result->'rubric'->'certain' = 'true'::jsonb,
    answer_form = news.metrics->>'answer_form', plans_answered = (news.metrics->>'plans_answered')::integer,
    plans_refused = (news.metrics->>'plans_refused')::integer
  FROM news LEFT JOIN ended USING (token) WHERE attempt.attempt_id = news.token
), forgotten AS (
  DELETE FROM grader.rubric_job_inputs input USING ended
  WHERE input.job_id = ended.job_id AND ended.retryable IS NOT TRUE
), unsaid AS (
  DELETE FROM grader.rubric_job_replies reply USING ended
  WHERE reply.job_id = ended.job_id AND ended.retryable IS NOT TRUE
)
SELECT token, pg_notify(%(channel)s, job_id::text) FROM ended
"""  # noqa: S608 - put together from constants


def end(endings: Sequence[Ending]) -> set[int]:
    """processing → completed or failed. Returns the tokens whose ending was accepted.

    The document and a stored reply are deleted with it, unless a retry may succeed.
    """
    news = _news((ending.claim, _as_news(ending)) for ending in endings)
    with connection.cursor() as cursor:
        cursor.execute(_END, {"news": news, "channel": CHANGED_CHANNEL, "late": TimedOut.code})
        return {row[0] for row in cursor.fetchall()}


def _as_news(ending: Ending) -> dict[str, Any]:
    error = ending.error
    return {
        "result": ending.result,
        "metrics": ending.metrics or None,
        "digest": None if ending.digest is None else ending.digest.hex(),
        "message": error and str(error),
        "code": error and error.code,
        "retryable": error and error.retryable,
    }


_GIVE_BACK = f"""
WITH ours AS MATERIALIZED (
  SELECT job.job_id, held.token, job.tenant_id, job.queue_tag
  FROM unnest(%(job_ids)s::uuid[], %(tokens)s::bigint[]) AS held(job_id, token)
  JOIN grader.rubric_extraction_jobs job
    ON {_still_held("held")}
  FOR UPDATE OF job
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY queue_tag) - 1 AS ahead FROM ours
), returned AS (
  UPDATE grader.rubric_extraction_jobs job SET
    status = 'pending', claim_token = NULL, lease_expires_at = NULL, progress = NULL,
    queue_tag = {place_again("placed.ahead")},
    attempt = job.attempt - %(uncharged)s, updated_at = statement_timestamp(), queued_at = statement_timestamp(),
    run_after = CASE WHEN %(delay_s)s > 0 THEN statement_timestamp() + %(delay_s)s * interval '1 second' END,
    calling = CASE WHEN %(delay_s)s > 0 THEN %(awaited)s::text END,
    -- Not shown until it has failed; what it fails with, should its deadline pass first.
    error_code = %(code)s, error_message = %(message)s
  FROM placed WHERE job.job_id = placed.job_id
  RETURNING job.job_id, placed.token
), written AS (
  UPDATE grader.rubric_job_attempts attempt SET
    ended_at = statement_timestamp(), run_ms = grader.ms_between(attempt.started_at, statement_timestamp()),
    outcome = %(outcome)s, error_code = %(code)s,
    llm_provider = coalesce(attempt.llm_provider, %(provider)s), llm_model = coalesce(attempt.llm_model, %(model)s)
  FROM returned WHERE attempt.attempt_id = returned.token
)
SELECT pg_notify(%(channel)s, '') FROM returned
"""  # noqa: S608 - put together from constants


def release(held: Sequence[Claim]) -> None:
    """processing → pending at once, without counting the attempt: this worker stops and another one continues."""
    _give_back(held, outcome="released", uncharged=1, delay_s=0)


def retry_later(claim: Claim, *, delay_s: float, error: RubricJobError) -> None:
    """processing → pending after `delay_s` for a transient failure; an uncharged one costs no attempt.

    A job that waits for a provider's call is woken as soon as its turn comes.
    """
    why = {"code": error.code, "message": str(error), "provider": error.llm_provider, "model": error.llm_model}
    why["awaited"] = error.awaited_provider
    _give_back([claim], outcome="retried", uncharged=0 if error.charged else 1, delay_s=delay_s, **why)


def _give_back(held: Sequence[Claim], **values: Any) -> None:
    unsaid = dict.fromkeys(("code", "message", "provider", "model", "awaited"))
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {**unsaid, **values, **_keys(held), "channel": PENDING_CHANNEL})


def _keys(held: Iterable[Claim]) -> dict[str, list[Any]]:
    held = list(held)
    return {"job_ids": [claim.job_id for claim in held], "tokens": [claim.token for claim in held]}


def _news(told: Iterable[tuple[Claim, dict[str, Any]]]) -> str:
    """JSON for `jsonb_to_recordset`: one parameter instead of an array whose elements are quoted one by one."""
    return json.dumps([{"job_id": str(claim.job_id), "token": claim.token, **facts} for claim, facts in told])


def finished_twin(claim: Claim, digest: bytes) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Result and metrics of a completed job of the same tenant with the same digest."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT result, performance_metrics FROM grader.rubric_extraction_jobs
               WHERE tenant_id = %s AND input_digest = %s AND status = 'completed' AND kind = %s
               ORDER BY completed_at DESC LIMIT 1""",
            [claim.tenant_id, digest, claim.kind],
        )
        row = cursor.fetchone()
    return (json.loads(row[0]), json.loads(row[1])) if row else None


_KEEP = f"""
WITH news AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%(news)s::jsonb)
  AS news(job_id uuid, token bigint, reply jsonb, llm_provider text, llm_model text, prompt_tokens integer,
    completion_tokens integer)
), kept AS (
  INSERT INTO grader.rubric_job_replies (job_id, reply)
  SELECT job.job_id, news.reply FROM news JOIN grader.rubric_extraction_jobs job
    ON {_still_held("news")}
  WHERE news.reply IS NOT NULL
  FOR UPDATE OF job
  ON CONFLICT (job_id) DO UPDATE SET reply = excluded.reply
  RETURNING job_id
)
-- A late worker's answer is not kept, but it was paid for. (Joined, so that a job is locked before its line, as
-- everywhere. A sum and no addition, so that it may be written twice.)
UPDATE grader.rubric_job_attempts attempt SET llm_provider = news.llm_provider, llm_model = news.llm_model,
  prompt_tokens = news.prompt_tokens, completion_tokens = news.completion_tokens
FROM news LEFT JOIN kept USING (job_id) WHERE attempt.attempt_id = news.token
"""  # noqa: S608 - put together from constants


def keep_replies(replies: Sequence[tuple[Claim, Cost, dict[str, Any] | None]]) -> None:
    """Record the costs of attempts and store providers' replies, for jobs that this worker still holds.

    A reply of None was paid for but cannot be used.
    """
    news = _news((claim, {**asdict(cost), "reply": reply}) for claim, cost, reply in replies)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, {"news": news})


def kept_reply(claim: Claim) -> dict[str, Any] | None:
    """The stored reply of an earlier attempt at this job."""
    if not claim.is_answered:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT reply FROM grader.rubric_job_replies WHERE job_id = %s", [claim.job_id])
        row = cursor.fetchone()
    return json.loads(row[0]) if row else None
