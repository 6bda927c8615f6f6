"""Claims while a million finished rows are purged beside them, against claims with the same rows at rest."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from benchmarks import figures as figure
from benchmarks.claiming import Claimer, claimer
from rubric_jobs import conf
from rubric_jobs.jobs import claims

PROJECT = Path(__file__).resolve().parent.parent
FINISHED = 1_000_000
PENDING = 2_000
PAUSE_S = 0.02
WINDOW_S = 2.0
SETTLE_S = 0.3


def figures(*, rounds: int = 1) -> dict[str, Any]:
    idle, beside = [], []
    for _ in range(rounds):
        _fill()
        with claimer() as claim:
            at_rest, at_work = _claims_around_a_purge(claim)
        idle.append(_p99(at_rest))
        beside.append(_p99(at_work))
    _empty()
    return {"claim_p99_beside_purge": figure.ratio(beside, idle, at_most=2.0, unit="s a claim of 10, p99")}


def _claims_around_a_purge(claim: Claimer) -> tuple[list[float], list[float]]:
    """Seconds of claims while the purge is halted, and while it works.

    The two take turns, window by window: a machine that others use as well is slow for both.
    """
    purge = subprocess.Popen(
        [sys.executable, "manage.py", "purge_rubric_jobs", "--older-than", "1h"],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": _url()},
        stdout=subprocess.DEVNULL,
    )
    at_rest: list[float] = []
    at_work: list[float] = []
    while purge.poll() is None:
        at_work += _window(purge, claim)
        purge.send_signal(signal.SIGSTOP)
        at_rest += _window(purge, claim)
        purge.send_signal(signal.SIGCONT)
    if purge.returncode or _finished():
        raise RuntimeError(f"the purge ended with {purge.returncode} and left {_finished()} rows")
    return at_rest, at_work


def _window(purge: subprocess.Popen[bytes], claim: Claimer) -> list[float]:
    """Claims of a while; the first ones do not count, since the server still does what it was told before."""
    time.sleep(SETTLE_S)
    took: list[float] = []
    deadline = time.monotonic() + WINDOW_S
    while time.monotonic() < deadline and purge.poll() is None:
        took.append(_claim_s(claim))
    return took


def _claim_s(claim: Claimer) -> float:
    """Seconds of a claim of ten; what is claimed is put back."""
    time.sleep(PAUSE_S)
    began = time.perf_counter()
    held = claim(limit=10)
    took = time.perf_counter() - began
    claims.release(held)
    return took


def _p99(took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[98]


def _fill() -> None:
    _empty()
    row = """gen_random_uuid(), gen_random_uuid(), 'rubric.pdf', 'application/pdf', 40, """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO grader.rubric_extraction_jobs
                  (tenant_id, user_id, file_name, file_type, file_size_kb, status, kind, created_at, updated_at,
                   completed_at, result, performance_metrics)
                SELECT {row} 'completed', 'extract', now() - interval '2 h', now() - interval '2 h',
                  now() - interval '2 h' + n * interval '1 ms', jsonb_build_object('text', repeat(md5(n::text), 20)),
                  '{{"llm_provider": "local", "duration_ms": 900}}'
                FROM generate_series(1, {FINISHED}) AS n"""
        )
        cursor.execute(
            f"""WITH job AS (
                  INSERT INTO grader.rubric_extraction_jobs
                    (tenant_id, user_id, file_name, file_type, file_size_kb, status, kind, queue_tag, queued_at,
                     deadline_at)
                  SELECT {row} 'pending', 'extract', n, now(), now() + interval '1 day'
                  FROM generate_series(1, {PENDING}) AS n RETURNING job_id)
                INSERT INTO grader.rubric_job_inputs (job_id, parameters, data) SELECT job_id, '{{}}', 'x' FROM job"""
        )
        for table in ("rubric_extraction_jobs", "rubric_job_inputs", "rubric_job_attempts"):
            cursor.execute(f"VACUUM ANALYZE grader.{table}")
        cursor.execute("CHECKPOINT")


def _finished() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM grader.rubric_extraction_jobs WHERE status = 'completed'")
        return int(cursor.fetchone()[0])


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE grader.rubric_extraction_jobs, grader.rubric_job_attempts CASCADE")


def _url() -> str:
    given = conninfo_to_dict(conf.database_conninfo())
    return f"postgresql://{given['user']}@/{given['dbname']}?host={given['host']}"
