"""The document model and plan of a job, stored with its job so that the reading can be mended."""

from __future__ import annotations

import base64
import datetime
import json
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from rubric_jobs.jobs.claims import Claim
from rubric_jobs.jobs.lifecycle import CHANGED_CHANNEL


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """The document's JSON, the plan and the next likeliest plans; a proposal is not what the result was made from."""

    document: str = field(repr=False)
    plan: dict[str, Any]
    others: list[dict[str, Any]]
    is_proposal: bool
    changed_at: datetime.datetime | None = None


# The join drops the reading of a late worker. It replaces the reading of an earlier attempt.
_KEEP = """
INSERT INTO grader.rubric_job_readings AS reading (job_id, document, plan, others, is_proposal)
SELECT job.job_id, decode(news.document, 'base64'), news.plan, news.others, news.is_proposal
FROM jsonb_to_recordset(%(news)s::jsonb)
  AS news(job_id uuid, token bigint, document text, plan jsonb, others jsonb, is_proposal boolean)
JOIN grader.rubric_extraction_jobs job
  ON job.job_id = news.job_id AND job.claim_token = news.token AND job.status = 'processing'
ON CONFLICT (job_id) DO UPDATE SET document = excluded.document, plan = excluded.plan, others = excluded.others,
  is_proposal = excluded.is_proposal, changed_at = statement_timestamp()"""


def keep(read: Sequence[tuple[Claim, StoredReading]]) -> None:
    """Store the readings of jobs that are still this worker's."""
    news = [
        {
            "job_id": str(claim.job_id),
            "token": claim.token,
            "document": base64.b64encode(zlib.compress(reading.document.encode())).decode(),
            "plan": reading.plan,
            "others": reading.others,
            "is_proposal": reading.is_proposal,
        }
        for claim, reading in read
    ]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, {"news": json.dumps(news)})


_COPY = """
INSERT INTO grader.rubric_job_readings (job_id, document, plan, others, is_proposal)
SELECT job.job_id, reading.document, reading.plan, reading.others, reading.is_proposal
FROM grader.rubric_extraction_jobs job, grader.rubric_extraction_jobs twin
  JOIN grader.rubric_job_readings reading ON reading.job_id = twin.job_id
WHERE job.job_id = %(job_id)s AND job.claim_token = %(token)s AND job.status = 'processing'
  AND twin.tenant_id = job.tenant_id AND twin.input_digest = %(digest)s AND twin.status = 'completed'
ORDER BY twin.completed_at DESC LIMIT 1
ON CONFLICT (job_id) DO NOTHING"""


def copy_of_twin(claim: Claim, digest: bytes) -> None:
    """The reading of the completed job whose result this one takes over, because its input is the same."""
    with connection.cursor() as cursor:
        cursor.execute(_COPY, {"job_id": claim.job_id, "token": claim.token, "digest": digest})


def of(job_id: uuid.UUID) -> StoredReading | None:
    """The reading of a job that is known to be the caller's."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT document, plan::text, others::text, is_proposal, changed_at
               FROM grader.rubric_job_readings WHERE job_id = %s""",
            [job_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    document, plan, others, is_proposal, changed_at = row
    return StoredReading(
        document=zlib.decompress(document).decode(),
        plan=json.loads(plan),
        others=json.loads(others),
        is_proposal=is_proposal,
        changed_at=changed_at,
    )


_LOCK = """
SELECT FROM grader.rubric_extraction_jobs WHERE job_id = %(job_id)s AND status = 'completed' FOR UPDATE"""

# Clears the digest: an identical document of somebody else in the tenant must not get this mended result.
_MEND = """
WITH mended AS (
  UPDATE grader.rubric_job_readings SET plan = %(plan)s, is_proposal = false, changed_at = statement_timestamp()
  WHERE job_id = %(job_id)s AND changed_at = %(known_at)s
  RETURNING job_id, changed_at
), replaced AS (
  UPDATE grader.rubric_extraction_jobs job
  SET result = %(result)s, input_digest = NULL, updated_at = statement_timestamp()
  FROM mended WHERE job.job_id = mended.job_id
  RETURNING job.job_id, job.claim_token
), counted AS (
  UPDATE grader.rubric_job_attempts attempt SET mended_at = coalesce(attempt.mended_at, statement_timestamp())
  FROM replaced WHERE attempt.attempt_id = replaced.claim_token
)
SELECT changed_at, pg_notify(%(channel)s, job_id::text) FROM mended"""


def mend(
    *, job_id: uuid.UUID, known_at: datetime.datetime | None, plan: dict[str, Any], result: dict[str, Any]
) -> datetime.datetime | None:
    """completed → completed with another result, by a plan that replaces the one of `known_at`.

    Returns the time of the change, or None if the job has ended otherwise or its reading has changed since.
    """
    values: dict[str, Any] = {
        "job_id": job_id,
        "known_at": known_at,
        "plan": Jsonb(plan),
        "result": Jsonb(result),
        "channel": CHANGED_CHANNEL,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, {"job_id": job_id})
        cursor.execute(_MEND, values)
        row = cursor.fetchone()
    return row[0] if row else None
