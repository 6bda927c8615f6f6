"""2,000 open event streams on one web process: its memory, its database connections, and how soon all hear of an end,
the writing of all 2,000 ends included.

Run alone: `python -m benchmarks.event_streams`.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import time
import uuid
from typing import Any

import psutil

from benchmarks.status_reads import _served
from tests import claiming

STREAMS = 2000
OPENED_AT_ONCE = 100


def figures() -> dict[str, dict[str, Any]]:
    """`event_streams_2000`: streams that heard of the end of their job; memory in MB, delays in ms."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 2 * STREAMS + 500), hard), hard))
    from rubric_jobs.jobs import claims, lifecycle
    from rubric_jobs.jobs.claims import Ending
    from rubric_jobs.web import auth

    tenant_id, user_id = uuid.uuid4(), uuid.uuid4()
    token = auth.issue(tenant_id=tenant_id, user_id=user_id, minutes=30)
    wanted = {"tenant_id": tenant_id, "user_id": user_id, "kind": "extract", "file_name": "bench.pdf",
              "file_type": "application/pdf", "parameters": {}, "data": b"%PDF-", "timeout_s": 280}  # fmt: skip
    job_ids = [lifecycle.submit(**wanted) for _ in range(STREAMS)]

    def end_all() -> None:
        while taken := claiming.claim(limit=500, lease_s=60):
            claims.end([Ending(claim=claim, result={"success": True}) for claim in taken])

    with _served("grader.asgi:application") as port:
        web = next(child for child in psutil.Process().children() if "uvicorn" in " ".join(child.cmdline()))
        told = asyncio.run(_listen(port, token, job_ids, web, end_all))
    return {
        "event_streams_2000": {
            "ours": told["heard"],
            "peer": None,
            "ratio": None,
            "goal": f"all {STREAMS} of one process",
            "holds": told["heard"] == STREAMS,
            **told,
        }
    }


async def _listen(port: int, token: str, job_ids: list[uuid.UUID], web: psutil.Process, end_all: Any) -> dict[str, Any]:
    before_mb = web.memory_info().rss / 1e6
    door = asyncio.Semaphore(OPENED_AT_ONCE)
    is_open = asyncio.Semaphore(0)
    delays: list[float] = []
    ended_at = 0.0

    async def follow(job_id: uuid.UUID) -> None:
        async with door:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            path = f"/api/rubric-jobs/{job_id}/events"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            await reader.readuntil(b'"status":"pending"')
        is_open.release()
        await reader.readuntil(b'"status":"completed"')
        delays.append(time.perf_counter() - ended_at)
        writer.close()

    began = time.perf_counter()
    followers = [asyncio.create_task(follow(job_id)) for job_id in job_ids]
    for _ in job_ids:
        await is_open.acquire()
    opened_s = time.perf_counter() - began
    open_mb = web.memory_info().rss / 1e6
    connections = sum(1 for held in web.net_connections(kind="unix") if held.status == psutil.CONN_NONE)
    ended_at = time.perf_counter()
    await asyncio.to_thread(end_all)
    await asyncio.wait(followers, timeout=60)
    return {
        "heard": len(delays),
        "opened_in_s": round(opened_s, 1),
        "mb_before": round(before_mb),
        "mb_open": round(open_mb),
        "unix_sockets": connections,
        "last_heard_after_ms": round(max(delays, default=0.0) * 1000),
        "median_heard_after_ms": round(statistics.median(delays or [0.0]) * 1000),
    }


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
    django.setup()
    print(json.dumps(figures(), indent=2))
