"""Pick-up, makespan and empty jobs: this engine, procrastinate and stock django-q2, round by round."""

from __future__ import annotations

import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import engines
from benchmarks import figures as figure
from benchmarks.engines import Ear, Engine, Ours, Procrastinate, StockDjangoQ
from tests import servers

PICKUPS = 60
SLEEPERS = 500
EMPTY = 2_000
STOCK_SHARE = 10
"""Stock django-q2 does a tenth of the work: it would take all day."""
FAIR_BACKLOG = 1_000


def figures(server: str, ours_url: str, *, rounds: int) -> dict[str, Any]:
    with ExitStack() as stack:

        def database() -> str:
            return stack.enter_context(servers.fresh_database(server))

        ours = Ours(ours_url, WORKER_PROCESSES="2", WORKER_CONCURRENCY="250")
        peer = Procrastinate(database(), concurrency=250)
        stock = [StockDjangoQ(database(), conn_max_age=age) for age in (0, 600)]
        for engine in (peer, *stock):
            engine.prepare()
        ear = Ear(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        rounds_of: dict[str, list[dict[str, float]]] = {engine.name: [] for engine in (ours, peer)}
        for _ in range(rounds):
            for engine in (ours, peer):
                rounds_of[engine.name].append(_round(engine, ear))
        told = _compared(_by_name(rounds_of[ours.name]), _by_name(rounds_of[peer.name])) | _fairness(ours, ear)
        for engine in stock:
            told |= _stock(engine, ear)
        return told


def _by_name(rounds: list[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [each[name] for each in rounds] for name in rounds[0]}


def _round(engine: Engine, ear: Ear) -> dict[str, float]:
    with engines.working(engine, ear, sleep_s=0):
        waits = _pickups(engine, ear, PICKUPS)
        rate = EMPTY / _makespan(engine, EMPTY)
    with engines.working(engine, ear, sleep_s=1):
        makespan = _makespan(engine, SLEEPERS)
    return {
        "pickup_p50": figure.percentile(waits, 0.5),
        "pickup_p99": figure.percentile(waits, 0.99),
        "empty_jobs_per_s": rate,
        "makespan_500x1s": makespan,
    }


def _pickups(engine: Engine, ear: Ear, count: int) -> list[float]:
    """Seconds from a commit to the job's first line, on an idle queue."""
    waits = []
    for _ in range(count):
        committed = engine.submit(1)
        # A worker may be faster than the submitter's own return from its commit.
        waits.append(max(ear.next() - committed, 0.0001))
        time.sleep(0.02)
    return waits


def _makespan(engine: Engine, count: int) -> float:
    """Seconds from the commit of so many jobs to the end of the last one."""
    with psycopg.connect(engine.url, autocommit=True) as connection:
        began = engine.submit(count)
        return engines.wait_until_done(engine, connection) - began


def _compared(ours: dict[str, list[float]], peer: dict[str, list[float]]) -> dict[str, Any]:
    return {
        "pickup_p50": figure.ratio(ours["pickup_p50"], peer["pickup_p50"], at_most=0.5),
        "pickup_p99": figure.ratio(ours["pickup_p99"], peer["pickup_p99"], at_most=0.5),
        "makespan_500x1s": figure.ratio(ours["makespan_500x1s"], peer["makespan_500x1s"], at_most=0.75),
        "makespan_500x1s_of_ideal": figure.bound(statistics.median(ours["makespan_500x1s"]), at_most=1.10, unit="s"),
        "empty_jobs_per_s": figure.ratio(ours["empty_jobs_per_s"], peer["empty_jobs_per_s"], at_least=2, unit="jobs/s"),
    }


def _stock(engine: StockDjangoQ, ear: Ear) -> dict[str, Any]:
    with engines.working(engine, ear, sleep_s=0):
        waits = _pickups(engine, ear, PICKUPS // STOCK_SHARE)
        rate = EMPTY / STOCK_SHARE / _makespan(engine, EMPTY // STOCK_SHARE)
    with engines.working(engine, ear, sleep_s=1):
        makespan = _makespan(engine, SLEEPERS // STOCK_SHARE) * STOCK_SHARE
    return {
        f"{engine.name}: pickup_p50": figure.stated(figure.percentile(waits, 0.5), unit="s"),
        f"{engine.name}: empty_jobs_per_s": figure.stated(rate, unit="jobs/s"),
        f"{engine.name}: makespan_500x1s": figure.stated(makespan, unit="s, scaled"),
    }


def _fairness(ours: Ours, ear: Ear) -> dict[str, Any]:
    """How long a tenant's one job waits behind another tenant's thousand, when a job takes a second."""
    with engines.working(ours, ear, sleep_s=1), psycopg.connect(ours.url, autocommit=True) as connection:
        idle_s = _wait_of(ours, connection, uuid.uuid4())
        ours.submit(FAIR_BACKLOG)
        crowded_s = _wait_of(ours, connection, uuid.uuid4())
        engines.wait_until_done(ours, connection)
    return {"fair_wait": figure.bound(crowded_s, at_most=2 * idle_s + 1.0, unit="s (2 × idle + one job)")}


def _wait_of(ours: Ours, connection: psycopg.Connection[Any], tenant_id: uuid.UUID) -> float:
    ours.submit(1, tenant_id=tenant_id)
    while True:
        row = connection.execute(
            """SELECT extract(epoch FROM claimed_at - created_at)::float FROM grader.rubric_extraction_jobs
               WHERE tenant_id = %s AND claimed_at IS NOT NULL""",
            [tenant_id],
        ).fetchone()
        if row:
            return float(row[0])
        time.sleep(0.005)
