"""Status polling: the real route, identity and isolation included, against a bare async view that does the same read.

Run alone: `python -m benchmarks.status_reads`. Both are served by one uvicorn process each, in turns.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests import claiming

ROUNDS = 5
REQUESTS = 1500
CONNECTIONS = 50
GOAL = 0.6
POLLERS = 200
POLLED_FOR_S = 6.0
POLL_EVERY_S = 2.0


def figures() -> dict[str, dict[str, Any]]:
    """`status_reads` (requests/s of ours and of the bare view) and `status_p99_ms_200_pollers`."""
    job_id, token = _completed_job()
    ours, bare = f"/api/extract-rubric-status?jobId={job_id}", f"/status?jobId={job_id}"
    with ExitStack() as servers:
        port = servers.enter_context(_served("grader.asgi:application"))
        bare_port = servers.enter_context(_served("benchmarks.bare_status:application"))
        rates: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(ROUNDS + 1):
            rates["ours"].append(asyncio.run(_rate(port, ours, token)))
            rates["bare"].append(asyncio.run(_rate(bare_port, bare, token)))
        # The first round opened pools and prepared statements.
        median = {name: statistics.median(values[1:]) for name, values in rates.items()}
        p99_ms = asyncio.run(_polled_p99_ms(port, ours, token))
    ratio = median["ours"] / median["bare"]
    return {
        "status_reads": {
            "ours": round(median["ours"]),
            "peer": round(median["bare"]),
            "ratio": round(ratio, 2),
            "goal": f">= {GOAL} x a bare async view",
            "holds": ratio >= GOAL,
        },
        "status_p99_ms_200_pollers": {
            "ours": round(p99_ms, 1),
            "peer": None,
            "ratio": None,
            "goal": "stated",
            "holds": True,
        },
    }


def _completed_job() -> tuple[uuid.UUID, str]:
    """A completed job with a result of usual size, and a token of its owner."""
    from django.db import connection

    from rubric_jobs.jobs import claims, lifecycle
    from rubric_jobs.jobs.claims import Ending
    from rubric_jobs.web import auth

    tenant_id, user_id = uuid.uuid4(), uuid.uuid4()
    job_id = lifecycle.submit(
        tenant_id=tenant_id, user_id=user_id, kind="extract", file_name="bench.pdf", file_type="application/pdf",
        parameters={}, data=b"%PDF-", timeout_s=280,
    )  # fmt: skip
    levels = [{"name": f"Level {n}", "points": n, "description": "What it takes to get here. " * 4} for n in range(4)]
    rubric = {
        "title": "Bench",
        "criteria": [{"name": f"Criterion {n}", "points": 3, "levels": levels} for n in range(6)],
    }
    while True:
        claim = next(iter(claiming.claim(limit=1)))
        if claim.job_id == job_id:
            break
    claims.end([Ending(claim=claim, result={"success": True, "rubric": rubric}, metrics={"token_usage": 0})])
    token = auth.issue(tenant_id=tenant_id, user_id=user_id, minutes=30)
    connection.close()
    return job_id, token


@contextmanager
def _served(application: str) -> Iterator[int]:
    from rubric_jobs import conf

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", application, f"--port={port}", "--no-access-log", "--log-level=error"]
    # One caller of the benchmark holds thousands of streams.
    unlimited = {"RUBRIC_HELD_REQUESTS_USER": "100000", "RUBRIC_HELD_REQUESTS_TENANT": "100000"}
    environ = {**os.environ, **unlimited, "DATABASE_URL": _url(conf.database_conninfo())}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _url(conninfo: str) -> str:
    from psycopg.conninfo import conninfo_to_dict

    given = conninfo_to_dict(conninfo)
    who = given["user"] + (f":{given['password']}" if given.get("password") else "")
    where = {name: str(given[name]) for name in ("host", "port") if given.get(name)}
    return f"postgresql://{who}@/{given['dbname']}?" + "&".join(f"{name}={value}" for name, value in where.items())


class _Client:
    """One keep-alive connection that sends the same request again and again."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self._port = port
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        self._request = head.encode()

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self) -> float:
        """Seconds until the whole answer was there."""
        began = time.perf_counter()
        self._writer.write(self._request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        await self._reader.readexactly(length)
        return time.perf_counter() - began

    def close(self) -> None:
        self._writer.close()


async def _rate(port: int, path: str, token: str) -> float:
    left = iter(range(REQUESTS))

    async def work() -> None:
        client = _Client(port, path, token)
        await client.open()
        for _ in left:
            await client.ask()
        client.close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return REQUESTS / (time.perf_counter() - began)


async def _polled_p99_ms(port: int, path: str, token: str) -> float:
    """Of 200 clients that poll as the old front end does, every 2 s."""
    took: list[float] = []

    async def poll(delay_s: float) -> None:
        client = _Client(port, path, token)
        await asyncio.sleep(delay_s)
        await client.open()
        ends = time.perf_counter() + POLLED_FOR_S
        while time.perf_counter() < ends:
            took.append(await client.ask())
            await asyncio.sleep(POLL_EVERY_S)
        client.close()

    await asyncio.gather(*(poll(POLL_EVERY_S * number / POLLERS) for number in range(POLLERS)))
    return statistics.quantiles(took, n=100)[98] * 1000


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
    django.setup()
    print(json.dumps(figures(), indent=2))
