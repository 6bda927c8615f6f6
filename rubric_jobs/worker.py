"""django-q2's only entry point: a q2 task is a pump, never a job.

Rows are the truth. A q2 message does no more than turn an idle worker process into a pump: lost messages are sent
again by a schedule, surplus ones find no free slot and return at once.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import socket
import tempfile
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection
from django_q.models import Schedule
from django_q.tasks import async_task

from rubric_jobs import conf
from rubric_jobs.pump import Pace, Pump, Rows
from rubric_jobs.runner import Runner

log = logging.getLogger(__name__)

PUMP = "rubric_jobs.worker.pump"
SCHEDULE = "rubric jobs: start missing pumps"
TRIES = 20


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the processes of one cluster share; made before the first fork.

    A pump holds its slot by a record lock on one byte of `slots`: the kernel frees it when the process dies,
    however it dies. A byte in the `stop` pipe is seen by every process and read by none.
    """

    slots: BinaryIO
    stop_reader: int
    stop_writer: int

    def take_slot(self) -> int | None:
        """A free slot, held until this process ends; None when this cluster has all its pumps."""
        for slot in range(settings.WORKER_PROCESSES):
            try:
                fcntl.lockf(self.slots, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
            except OSError:
                continue
            return slot
        return None

    def free_slot(self, slot: int) -> None:
        fcntl.lockf(self.slots, fcntl.LOCK_UN, 1, slot)

    def stop(self) -> None:
        os.write(self.stop_writer, b"x")


_cluster: Cluster | None = None


def prepare() -> Cluster:
    """Make this process the head of a cluster: its pumps stop when `stop()` is called on what is returned."""
    global _cluster  # noqa: PLW0603 - inherited by fork; django-q2 offers no other way to reach its workers
    reader, writer = os.pipe()
    slots = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the cluster lives
    _cluster = Cluster(slots=slots, stop_reader=reader, stop_writer=writer)
    Schedule.objects.get_or_create(
        name=SCHEDULE,
        defaults={"func": PUMP, "schedule_type": Schedule.MINUTES, "minutes": 1, "kwargs": "q_options={'timeout': -1}"},
    )
    connection.close()
    return _cluster


def seed(**_: Any) -> None:
    """Called in every new worker process: ask for one pump."""
    async_task(PUMP, TRIES, q_options={"timeout": -1})


def pump(tries: int = 1) -> str:
    """A q2 task that carries jobs until it is told to stop or its lifetime is over; what became of it.

    Two clusters share their messages: one that finds no free slot here is passed on, `tries` times at the most.
    """
    cluster = _cluster or prepare()
    slot = cluster.take_slot()
    if slot is None:
        if tries > 1:
            async_task(PUMP, tries - 1, q_options={"timeout": -1})
        return "this cluster has all its pumps"
    try:
        conninfo = conf.database_conninfo() if settings.RUBRIC_LISTEN else None
        return asyncio.run(_run(cluster, slot, conninfo))
    finally:
        cluster.free_slot(slot)


async def _run(cluster: Cluster, slot: int, listen_to: str | None) -> str:
    rows = Rows()
    runner = Runner(rows)
    pace = Pace(
        concurrency=settings.WORKER_CONCURRENCY,
        max_attempts=settings.RUBRIC_JOB_MAX_ATTEMPTS,
        lifetime_s=settings.PUMP_LIFETIME_SECONDS,
        grace_s=settings.PUMP_GRACE_SECONDS,
    )
    name = f"{socket.gethostname()}:{os.getpid()}"
    running = Pump(run=runner.run, rows=rows, pace=pace, name=name, listen_to=listen_to)
    loop = asyncio.get_running_loop()
    loop.add_reader(cluster.stop_reader, running.stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stop)
    log.info("pump %s takes jobs, %s at once", slot, pace.concurrency)
    try:
        await running.run()
    finally:
        loop.remove_reader(cluster.stop_reader)
        await runner.close()
        await rows.close()
    return "stopped"
