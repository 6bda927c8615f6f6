"""Three job queues behind one face, so that each does the same work in the same minute on the same server.

The job: tell when it was entered, then sleep (work.py).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString, Protocol

import procrastinate
import psycopg
from django.db import transaction
from django_q.signing import SignedPackage

from benchmarks import procrastinate_worker
from rubric_jobs.jobs import lifecycle

PROJECT = Path(__file__).resolve().parent.parent
TENANT = uuid.UUID(int=1)


class Engine(Protocol):
    """A queue on a database of its own."""

    name: str
    url: str
    environ: dict[str, str]
    processes: int
    """How many of its commands make two workers."""

    def command(self) -> list[str]:
        """The worker's command; its job reads BENCH_SOCKET and BENCH_SLEEP_S from its environment."""

    def submit(self, count: int) -> float:
        """Submit so many jobs in one transaction; the moment after its commit."""

    unfinished: LiteralString
    """Table and condition of jobs that have not ended, as SQL."""


class Ours:
    """This project's engine: real qcluster, real pump, a runner that sleeps instead of reading rubrics."""

    processes = 1
    unfinished = "grader.rubric_extraction_jobs WHERE status IN ('pending', 'processing')"

    def __init__(self, url: str, *, name: str = "ours", **settings: str) -> None:
        self.name, self.url = name, url
        self.environ = {"DATABASE_URL": url, **settings}

    def command(self) -> list[str]:
        return [sys.executable, "-m", "benchmarks.our_worker"]

    def submit(self, count: int, *, tenant_id: uuid.UUID = TENANT) -> float:
        with transaction.atomic():
            for _ in range(count):
                lifecycle.submit(
                    tenant_id=tenant_id,
                    user_id=TENANT,
                    kind="enhance",
                    file_name="rules.txt",
                    file_type="text/plain",
                    parameters={},
                    data=b"rules",
                    timeout_s=3600,
                )
        return time.monotonic()


class Procrastinate:
    """procrastinate with its own asyncio worker."""

    processes = 2
    unfinished = "procrastinate_jobs WHERE status IN ('todo', 'doing')"

    def __init__(self, url: str, *, concurrency: int) -> None:
        self.name, self.url = "procrastinate", url
        self.environ = {"BENCH_URL": url, "BENCH_CONCURRENCY": str(concurrency)}

    def prepare(self) -> None:
        app = procrastinate_worker.make_app(procrastinate.SyncPsycopgConnector(conninfo=self.url))
        with app.open():
            app.schema_manager.apply_schema()

    def command(self) -> list[str]:
        return [sys.executable, "-m", "benchmarks.procrastinate_worker"]

    def submit(self, count: int) -> float:
        app = procrastinate_worker.make_app(procrastinate.SyncPsycopgConnector(conninfo=self.url))
        with app.open():
            app.configure_task(procrastinate_worker.JOB).batch_defer(*[{"name": str(n)} for n in range(count)])
            return time.monotonic()  # before its pool is closed, which takes longer than a pick-up


class StockDjangoQ:
    """django-q2 as it comes: one job for each worker process at a time."""

    processes = 1
    unfinished = "django_q_ormq"

    def __init__(self, url: str, *, conn_max_age: int) -> None:
        self.name, self.url = f"django-q2 (CONN_MAX_AGE={conn_max_age})", url
        self.environ = {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "benchmarks.stock_settings",
            "BENCH_CONN_MAX_AGE": str(conn_max_age),
        }

    def prepare(self) -> None:
        # Our own system checks would refuse it as it comes.
        _manage(self.environ, "migrate", "--verbosity=0", "--skip-checks")

    def command(self) -> list[str]:
        return [sys.executable, "-m", "benchmarks.stock_worker"]

    def submit(self, count: int) -> float:
        task = {"id": "x", "name": "x", "func": "benchmarks.work.job", "args": ("x",), "kwargs": {}, "started": None}
        with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO django_q_ormq (key, payload, lock) VALUES ('rubric-jobs', %s, now())",
                [[SignedPackage.dumps(task)] for _ in range(count)],
            )
        return time.monotonic()


class Ear:
    """Where jobs tell when they were entered."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "entered.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))

    def next(self, *, within_s: float = 30) -> float:
        """When the next job was entered."""
        self._socket.settimeout(within_s)
        return float(self._socket.recv(64))

    def forget(self) -> None:
        """What was told so far."""
        self._socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(64)


@contextmanager
def working(engine: Engine, ear: Ear, *, sleep_s: float) -> Iterator[None]:
    """The engine's workers, warm; ended afterwards."""
    environ = {**os.environ, **engine.environ, "BENCH_SOCKET": str(ear.path), "BENCH_SLEEP_S": str(sleep_s)}
    with open(ear.path.with_suffix(".log"), "ab") as log:
        started = [
            subprocess.Popen(engine.command(), cwd=PROJECT, env=environ, stdout=log, stderr=log)
            for _ in range(engine.processes)
        ]
    try:
        with psycopg.connect(engine.url, autocommit=True) as connection:
            engine.submit(4)
            wait_until_done(engine, connection)
            time.sleep(1.0)
        ear.forget()
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_done(
    engine: Engine, connection: psycopg.Connection[Any], *, within_s: float = 300, poll_s: float = 0.005
) -> float:
    """When the last job had its end written.

    The server looks by itself: two hundred questions a second would take a tenth of the CPU from what is timed.
    """
    connection.execute(f"SET statement_timeout = '{within_s}s'")
    try:
        # Committed each time, so that no open transaction keeps dead rows alive.
        connection.execute(
            f"""DO $$ BEGIN
                  WHILE EXISTS (SELECT FROM {engine.unfinished}) LOOP PERFORM pg_sleep({poll_s}); COMMIT; END LOOP;
                END $$"""
        )
    except psycopg.errors.QueryCanceled:
        left = count(connection, engine.unfinished)
        raise TimeoutError(f"{engine.name} has {left} jobs left after {within_s} s") from None
    finally:
        connection.execute("SET statement_timeout = 0")
    return time.monotonic()


def count(connection: psycopg.Connection[Any], rows: LiteralString) -> int:
    """How many rows there are of `rows`: a table, and a condition."""
    row = connection.execute(f"SELECT count(*) FROM {rows}").fetchone()
    assert row is not None
    return int(row[0])


def _manage(environ: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=PROJECT, env={**os.environ, **environ}, check=True)
