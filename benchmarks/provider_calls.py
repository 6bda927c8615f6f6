"""A thousand calls of 28 s through the real SDK to the fake Gemini; and a repeated job, answered from the first one."""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import psycopg
from django.db import transaction

from benchmarks import engines
from benchmarks import figures as figure
from benchmarks.engines import PROJECT, Ours
from rubric_jobs.documents import PDF
from rubric_jobs.jobs import lifecycle

CALLS = 1_000
LATENCY_S = 28.0
REPEATS = 50
SAMPLE = PROJECT / "samples" / "essay-rubric.pdf"
TENANT = uuid.UUID(int=3)


def figures(ours_url: str, *, rounds: int) -> dict[str, Any]:
    with _fake_gemini() as address, psycopg.connect(ours_url, autocommit=True) as connection:
        keys = {"GEMINI_API_KEY": "bench", "GEMINI_BASE_URL": address}
        ours = Ours(ours_url, WORKER_PROCESSES="2", WORKER_CONCURRENCY="500", **keys)
        with real_worker(ours) as worker:
            told = _repeated(ours, connection)
            weighed: list[int] = []
            took_s = [_thousand(ours, worker, connection, weighed) for _ in range(rounds)]
    return {
        **told,
        "thousand_28s": figure.bound(statistics.median(took_s), at_most=1.15 * LATENCY_S, unit="s"),
        "thousand_28s_uss": figure.bound(max(weighed) / 1e6, at_most=400, unit="MB"),
    }


def _thousand(ours: Ours, worker: psutil.Process, connection: psycopg.Connection[Any], weighed: list[int]) -> float:
    """Seconds from the commit of all to the end of the last; adds what the workers weighed meanwhile."""
    is_done = threading.Event()
    scale = threading.Thread(target=_weigh, args=(worker, weighed, is_done))
    with transaction.atomic():
        for _ in range(CALLS):
            rules = f"Rule {uuid.uuid4().hex}: be clear. Cite sources. Check grammar."
            submit("enhance", rules.encode(), total_points="100")
    began = time.monotonic()
    scale.start()
    makespan = engines.wait_until_done(ours, connection, poll_s=0.05) - began
    is_done.set()
    scale.join()
    failed = engines.count(
        connection,
        f"grader.rubric_extraction_jobs WHERE tenant_id = '{TENANT}' AND status = 'failed'",
    )
    assert not failed, f"{failed} of the calls failed"
    return makespan


def _repeated(ours: Ours, connection: psycopg.Connection[Any]) -> dict[str, Any]:
    for _ in range(REPEATS + 1):
        submit("extract", SAMPLE.read_bytes(), provider="local")
        engines.wait_until_done(ours, connection)
    durations = connection.execute(
        """SELECT (performance_metrics->>'duration_ms')::float FROM grader.rubric_extraction_jobs
           WHERE tenant_id = %s AND (performance_metrics->>'cache_hit')::boolean""",
        [TENANT],
    ).fetchall()
    assert len(durations) == REPEATS
    median_ms = statistics.median(duration for (duration,) in durations)
    return {"cached_submit_to_completed_p50": figure.bound(median_ms, at_most=20, unit="ms")}


def submit(kind: str, data: bytes, **parameters: Any) -> None:
    lifecycle.submit(
        tenant_id=TENANT,
        user_id=TENANT,
        kind=kind,
        file_name="bench",
        file_type=PDF if kind == "extract" else "text/plain",
        parameters=parameters,
        data=data,
        timeout_s=280,
    )


def _weigh(worker: psutil.Process, weighed: list[int], is_done: threading.Event) -> None:
    """Memory that is the worker family's alone (USS). Seldom, since each look takes CPU from what is timed."""
    while not is_done.wait(3.0):
        family = [worker, *worker.children(recursive=True)]
        total = 0
        for process in family:
            try:
                total += process.memory_full_info().uss
            except psutil.NoSuchProcess:
                continue
        weighed.append(total)


@contextmanager
def _fake_gemini() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.fake_llm", "--port", "0", "--latency", str(LATENCY_S)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found, said
        yield found[0]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def real_worker(ours: Ours) -> Iterator[psutil.Process]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"],
        cwd=PROJECT,
        env={**os.environ, **ours.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(4)
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
