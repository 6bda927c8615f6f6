"""A claim of ten, with a million rows pending and with a thousand."""

from __future__ import annotations

import statistics
import time
from typing import Any

from django.db import connection

from benchmarks import figures as figure
from benchmarks.claiming import claimer
from rubric_jobs.jobs import claims

FEW, MANY = 1_000, 1_000_000
TENANTS = 200
CLAIMS = 30


def figures(*, rounds: int) -> dict[str, Any]:
    few, many = [], []
    for _ in range(rounds):
        few.append(_claim_s(FEW))
        many.append(_claim_s(MANY))
    _empty()
    return {"claim_1m_vs_1k": figure.ratio(many, few, at_most=1.5, unit="s a claim of 10")}


def _claim_s(pending: int) -> float:
    """Median seconds of a claim of ten; what is claimed is put back."""
    _fill(pending)
    took = []
    with claimer() as claim:
        for _ in range(CLAIMS):
            began = time.perf_counter()
            held = claim(limit=10)
            took.append(time.perf_counter() - began)
            claims.release(held)
    return statistics.median(took)


def _fill(pending: int) -> None:
    _empty()
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH job AS (
                 INSERT INTO grader.rubric_extraction_jobs
                   (tenant_id, user_id, file_name, file_type, status, kind, queue_tag, queued_at, deadline_at)
                 SELECT ('00000000-0000-0000-0000-' || lpad((n %% %(tenants)s)::text, 12, '0'))::uuid,
                   gen_random_uuid(), 'rules.txt', 'text/plain', 'pending', 'enhance', n / %(tenants)s, now(),
                   now() + interval '1 day'
                 FROM generate_series(1, %(pending)s) n RETURNING job_id)
               INSERT INTO grader.rubric_job_inputs (job_id, parameters, data) SELECT job_id, '{}', 'x' FROM job""",
            {"tenants": TENANTS, "pending": pending},
        )
        cursor.execute("VACUUM ANALYZE grader.rubric_extraction_jobs")
        cursor.execute("VACUUM ANALYZE grader.rubric_job_inputs")


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE grader.rubric_extraction_jobs, grader.rubric_job_attempts CASCADE")
