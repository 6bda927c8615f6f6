"""The job that every engine runs: tell the benchmark that it was entered, or sleep."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time

SLEEP_S = float(os.environ.get("BENCH_SLEEP_S", "0"))
_told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
_told.setblocking(False)


def note() -> None:
    """Times are CLOCK_MONOTONIC, which all processes of a machine share."""
    with contextlib.suppress(BlockingIOError):  # nobody listens while many run
        _told.sendto(str(time.monotonic()).encode(), os.environ["BENCH_SOCKET"])


def job(name: str) -> None:
    if SLEEP_S:
        time.sleep(SLEEP_S)
    else:
        note()


async def job_async(name: str) -> None:
    if SLEEP_S:
        await asyncio.sleep(SLEEP_S)
    else:
        note()
