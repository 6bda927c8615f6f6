"""django-q2's only entry point: a q2 task is a pump, never a job.

Rows are the truth. A q2 message does no more than turn an idle worker process into a pump: lost messages are sent
again by a schedule, surplus ones find no free slot and return at once.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import mmap
import os
import select
import signal
import socket
import struct
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection
from django_q.tasks import async_task

from rubric_jobs import conf, processes, schedules
from rubric_jobs import purge as purging
from rubric_jobs.providers import registry
from rubric_jobs.pump import Pace, Pump
from rubric_jobs.rows import Rows
from rubric_jobs.runner import Runner, provider_settings
from rubric_jobs.schedules import Recurring

log = logging.getLogger(__name__)

PUMP = "rubric_jobs.worker.pump"
SCHEDULE = "rubric jobs: start missing pumps"
PURGE = "rubric_jobs.worker.purge"
PURGE_SCHEDULE = "rubric jobs: purge"
TRIES = 20


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the processes of one cluster share; made before the first fork.

    A pump holds its slot by a record lock on one byte of `slots`: the kernel frees it when the process dies,
    however it dies. Each pump notes in `beats` when it last got through to the database. A byte in the `stop` pipe
    is seen by every process and read by none.
    """

    slots: BinaryIO
    beats: mmap.mmap
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

    def has_pumps(self) -> bool:
        """Whether a process of this cluster still carries jobs."""
        for slot in range(settings.WORKER_PROCESSES):
            try:
                fcntl.lockf(self.slots, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
            except OSError:
                return True
            self.free_slot(slot)
        return False

    def free_slot(self, slot: int) -> None:
        fcntl.lockf(self.slots, fcntl.LOCK_UN, 1, slot)

    def beat(self, slot: int) -> None:
        _BEAT.pack_into(self.beats, slot * _BEAT.size, time.monotonic())

    def silent_for_s(self) -> float:
        """Since the pump that has been silent for longest last got through; a slot without a pump is silent too."""
        size = _BEAT.size
        last: list[float] = [_BEAT.unpack_from(self.beats, slot * size)[0] for slot in range(len(self.beats) // size)]
        return time.monotonic() - min(last)

    def stop(self) -> None:
        os.write(self.stop_writer, b"x")

    def is_stopping(self) -> bool:
        return bool(select.select([self.stop_reader], [], [], 0)[0])


_cluster: Cluster | None = None
_BEAT = struct.Struct("d")


def prepare() -> Cluster:
    """Make this process the head of a cluster: its pumps stop when `stop()` is called on what is returned."""
    global _cluster  # noqa: PLW0603 - inherited by fork; django-q2 offers no other way to reach its workers
    # While debugging, Django keeps the text of a connection's last 9,000 statements, documents and results in them.
    settings.DEBUG = False
    reader, writer = os.pipe()
    slots = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the cluster lives
    beats = mmap.mmap(-1, _BEAT.size * settings.WORKER_PROCESSES)
    _cluster = Cluster(slots=slots, beats=beats, stop_reader=reader, stop_writer=writer)
    for slot in range(settings.WORKER_PROCESSES):
        _cluster.beat(slot)
    schedules.ensure(
        [
            Recurring(name=SCHEDULE, function=PUMP, minutes=1, keywords="q_options={'timeout': -1}"),
            Recurring(name=PURGE_SCHEDULE, function=PURGE, minutes=5),
        ]
    )
    connection.close()
    # Once for all processes, in shared memory; and no pump stands still for a second at its first job.
    registry.build(provider_settings()).preload()
    # What is loaded by now stays for good: looking through it again would halt a pump and its jobs for 60 ms at a time.
    gc.collect()
    gc.freeze()
    return _cluster


def seed(**_: Any) -> None:
    """Called in every new worker process: ask for one pump."""
    async_task(PUMP, TRIES, q_options={"timeout": -1})


def purge() -> str:
    """A q2 task that deletes what has been kept long enough; what it did."""
    return purging.purge_what_is_due()


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
    parent = os.getppid()
    processes.end_with_parent(signal.SIGTERM)  # which is a stop like any other: running jobs are given back
    try:
        if settings.RUBRIC_LISTEN:  # prepared statements, too, need a connection that stays with its server process
            conf.prepare_statements()
        asyncio.run(_run(cluster, slot, conf.database_conninfo()))
    finally:
        cluster.free_slot(slot)
        processes.end_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # an orphan would wait for its next task for ever
    if cluster.is_stopping():
        return "stopped with its cluster"
    seed()
    return "its lifetime is over; another one was asked for"


async def _run(cluster: Cluster, slot: int, conninfo: str) -> None:
    rows = Rows(answer_s=settings.PUMP_LEASE_SECONDS / 3, patience_s=settings.PUMP_LEASE_SECONDS)
    runner = Runner(rows)
    pace = Pace(
        concurrency=settings.WORKER_CONCURRENCY,
        max_attempts=settings.RUBRIC_JOB_MAX_ATTEMPTS,
        tenant_cap=settings.RUBRIC_TENANT_MAX_PROCESSING,
        lifetime_s=settings.PUMP_LIFETIME_SECONDS,
        lease_s=settings.PUMP_LEASE_SECONDS,
        grace_s=settings.PUMP_GRACE_SECONDS,
    )
    name = f"{socket.gethostname()}:{os.getpid()}"
    running = Pump(
        run=runner.run,
        rows=rows,
        pace=pace,
        name=name,
        conninfo=conninfo,
        is_listening=settings.RUBRIC_LISTEN,
        beat=partial(cluster.beat, slot),
    )
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
