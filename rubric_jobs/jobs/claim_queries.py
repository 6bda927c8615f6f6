"""The statements that claim jobs: the fairest first, within a cap for each tenant, or within room for its documents."""

from __future__ import annotations

LOOKED_AT = 500
"""Jobs at the head of the queue."""

_NOT_PAUSED = "NOT EXISTS (SELECT FROM grader.rubric_fleet_controls WHERE is_claiming_paused)"

_PICK = f"""
WITH picked AS MATERIALIZED (
  SELECT job_id, tenant_id, user_id, kind, queued_at, trace_id FROM grader.rubric_extraction_jobs
  WHERE status = 'pending' AND kind IS NOT NULL AND run_after IS NULL AND {_NOT_PAUSED}
  ORDER BY queue_tag, created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)"""  # noqa: S608 - put together from constants

# With a cap for each tenant. The rows were chosen behind a lock that lasts until this statement's commit.
_PICK_CAPPED = f"""
WITH allowed AS MATERIALIZED (
  SELECT job_id FROM grader.jobs_within_tenant_cap(%(limit)s, %(tenant_cap)s) AS job_id
), picked AS MATERIALIZED (
  SELECT job_id, tenant_id, user_id, kind, queued_at, trace_id
  FROM allowed JOIN grader.rubric_extraction_jobs job USING (job_id)
  WHERE status = 'pending' AND run_after IS NULL AND {_NOT_PAUSED}
  FOR UPDATE OF job SKIP LOCKED
)"""  # noqa: S608 - put together from constants

# While documents wait for their turn in this process, each tenant's extractions are limited to its room here. The fair
# order puts the next job of every tenant near the head of the queue, so it is enough to look there.
_PICK_WITH_ROOM = f"""
WITH head AS MATERIALIZED (
  SELECT job_id, tenant_id, kind, queue_tag, created_at FROM grader.rubric_extraction_jobs
  WHERE status = 'pending' AND kind IS NOT NULL AND run_after IS NULL AND {_NOT_PAUSED}
  ORDER BY queue_tag, created_at LIMIT {LOOKED_AT}
), counted AS (
  SELECT *, row_number() OVER (PARTITION BY tenant_id, kind ORDER BY queue_tag, created_at) AS number FROM head
), allowed AS MATERIALIZED (
  SELECT job_id FROM counted
  LEFT JOIN unnest(%(tenants)s::uuid[], %(rooms)s::integer[]) AS room(tenant_id, jobs) USING (tenant_id)
  WHERE kind <> 'extract' OR number <= coalesce(room.jobs, %(room)s)
  ORDER BY queue_tag, created_at LIMIT %(limit)s
), picked AS MATERIALIZED (
  SELECT job_id, tenant_id, user_id, kind, queued_at, trace_id
  FROM allowed JOIN grader.rubric_extraction_jobs job USING (job_id)
  WHERE status = 'pending' AND run_after IS NULL
  FOR UPDATE OF job SKIP LOCKED
)"""  # noqa: S608 - put together from constants

_OPEN = """, opened AS (
  INSERT INTO grader.rubric_job_attempts (job_id, tenant_id, user_id, kind, worker, started_at, queue_ms, trace_id)
  SELECT job_id, tenant_id, user_id, kind, %(worker)s, statement_timestamp(),
    grader.ms_between(queued_at, statement_timestamp()), trace_id FROM picked
  RETURNING attempt_id, job_id
), claimed AS (
  UPDATE grader.rubric_extraction_jobs job SET
    -- `calling` stays: the call that is kept for a job that was woken.
    status = 'processing', claim_token = opened.attempt_id, attempt = job.attempt + 1, progress = NULL,
    claimed_at = statement_timestamp(), updated_at = statement_timestamp(),
    lease_expires_at = statement_timestamp() + %(lease_s)s * interval '1 second'
  FROM opened WHERE job.job_id = opened.job_id
  RETURNING job.job_id, job.claim_token AS token, job.tenant_id, job.user_id, job.kind, job.file_name, job.file_type,
    job.file_size_kb, job.attempt, extract(epoch FROM job.deadline_at - statement_timestamp())::float AS seconds_given,
    job.queue_tag, job.created_at, job.trace_id
)
SELECT job_id, token, tenant_id, user_id, kind, file_name, file_type, file_size_kb, attempt, seconds_given, trace_id,
  EXISTS (SELECT FROM grader.rubric_tenant_controls control WHERE control.tenant_id = claimed.tenant_id)
    AS is_controlled,"""

# A claim brings the job's input along: one more round trip would cost a tenth of the start-up time.
_INPUT = """parameters, CASE WHEN octet_length(data) <= 16000 THEN data END AS data,
  EXISTS (SELECT FROM grader.rubric_job_replies reply WHERE reply.job_id = input.job_id) AS is_answered"""

CLAIM = f"""{_PICK}{_OPEN} {_INPUT}
FROM claimed JOIN grader.rubric_job_inputs input USING (job_id) ORDER BY queue_tag, created_at"""

CLAIM_WITH_ROOM = f"""{_PICK_WITH_ROOM}{_OPEN} {_INPUT}
FROM claimed JOIN grader.rubric_job_inputs input USING (job_id) ORDER BY queue_tag, created_at"""

# The server commits after it has sent its answer. A short answer fits into the network's buffers and never delays the
# commit; inputs may be long, so they are read after the lock is free.
CLAIM_CAPPED = f"""{_PICK_CAPPED}{_OPEN} '{{}}'::jsonb AS parameters
FROM claimed ORDER BY queue_tag, created_at"""

INPUTS = f"SELECT job_id, {_INPUT} FROM grader.rubric_job_inputs input WHERE job_id = ANY(%s)"  # noqa: S608 - constants
