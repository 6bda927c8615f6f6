"""The entry points of django-q2: a worker process, or a q2 task in it, is a pump and never a job.

Rows are the truth. A new process takes a free slot by itself. A q2 message only turns an idle process into a pump: a
schedule replaces lost messages, and surplus ones find no free slot and return at once.
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
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from django.db import connection
from django_q.tasks import async_task

from rubric_jobs import conf, logs
from rubric_jobs.jobs import purge as purging
from rubric_jobs.jobs import workers
from rubric_jobs.llm.providers import registry
from rubric_jobs.worker import processes, schedules
from rubric_jobs.worker.job_pump import Pump, PumpLimits
from rubric_jobs.worker.runner import Runner, provider_settings
from rubric_jobs.worker.schedules import Recurring
from rubric_jobs.worker.writer import Writer

log = logging.getLogger(__name__)

PUMP = "rubric_jobs.worker.pump"
SCHEDULE = "rubric jobs: start missing pumps"
PURGE = "rubric_jobs.worker.purge"
PURGE_SCHEDULE = "rubric jobs: purge"
TRIES = 20
HANDOVER_POLL_S = 0.05
HANDOVER_TIMEOUT_S = 5.0
"""Time for a pump to leave its slot to its successor."""
_NO_HANDOVER, _WANTED, _SUCCESSOR_CAME = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the processes of one cluster share; made before the first fork.

    A pump holds its slot by a record lock on one byte of `slots`, which the kernel frees when the process dies. A pump
    that has handed its slot over and still has jobs holds a byte after all slots. Each pump stores in `beats` when it
    last reached the database, and in `handovers` when it wants to be replaced. Every process sees a byte in the `stop`
    pipe, and none reads it. `began` is a time of the monotonic clock, which the host's processes share.
    """

    name: str
    began: float

    slots: BinaryIO
    beats: mmap.mmap
    handovers: mmap.mmap
    stop_reader: int
    stop_writer: int

    def take_slot(self) -> int | None:
        """A free slot, or one whose pump wants a successor; held until this process ends or leaves it.

        None if this cluster has all its pumps.
        """
        slots = range(conf.worker_processes())
        slot = next(filter(self._lock, slots), None)
        if slot is None:
            slot = next(filter(self._take_over, slots), None)
        if slot is not None:
            self.handovers[slot] = _NO_HANDOVER
        return slot

    def _take_over(self, slot: int) -> bool:
        if self.handovers[slot] != _WANTED:
            return False
        self.handovers[slot] = _SUCCESSOR_CAME
        deadline = time.monotonic() + HANDOVER_TIMEOUT_S
        while not self._lock(slot):
            if time.monotonic() > deadline:
                self.handovers[slot] = _WANTED
                return False
            time.sleep(HANDOVER_POLL_S / 5)
        return True

    async def hand_over(self, slot: int, ask: Callable[[], Awaitable[None]]) -> None:
        """Ask for another process, and leave the slot to it once it is there."""
        self.handovers[slot] = _WANTED
        await ask()
        while self.handovers[slot] != _SUCCESSOR_CAME:
            await asyncio.sleep(HANDOVER_POLL_S)
        next(filter(self._lock, self._places_behind))
        self.beat(slot)  # the successor gets the full time for its first beat
        fcntl.lockf(self.slots, fcntl.LOCK_UN, 1, slot)

    @property
    def _places_behind(self) -> range:
        """One for each process, as no more can be finishing at the same time."""
        return range(conf.worker_processes(), 2 * conf.worker_processes() + 1)

    def _lock(self, place: int) -> bool:
        try:
            fcntl.lockf(self.slots, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError:
            return False
        return True

    def has_pumps(self) -> bool:
        """Whether a process of this cluster still runs jobs; for the main process, which never does."""
        return not all(self._are_free(range(self._places_behind.stop)))

    def lacks_pumps(self) -> bool:
        """Whether a slot is free; for the main process."""
        return any(self._are_free(range(conf.worker_processes())))

    def _are_free(self, places: range) -> list[bool]:
        are_free = [self._lock(place) for place in places]
        self.leave()
        return are_free

    def leave(self) -> None:
        """Free whatever this process holds."""
        fcntl.lockf(self.slots, fcntl.LOCK_UN)

    def beat(self, slot: int) -> None:
        _BEAT.pack_into(self.beats, slot * _BEAT.size, time.monotonic())

    def silent_for_s(self) -> float:
        """Seconds since the oldest beat; a slot without a pump counts too."""
        size = _BEAT.size
        last: list[float] = [_BEAT.unpack_from(self.beats, slot * size)[0] for slot in range(len(self.beats) // size)]
        return time.monotonic() - min(last)

    def note(self, **facts: Any) -> None:
        """`workers.note` for a worker of this cluster."""
        workers.note(cluster=self.name, cluster_age_s=time.monotonic() - self.began, **facts)

    def stop(self) -> None:
        os.write(self.stop_writer, b"x")

    def is_stopping(self) -> bool:
        return bool(select.select([self.stop_reader], [], [], 0)[0])


_cluster: Cluster | None = None
_BEAT = struct.Struct("d")


def prepare() -> Cluster:
    """Make this process the head of a cluster. Its pumps stop when `stop()` is called on the returned Cluster."""
    global _cluster  # noqa: PLW0603 - inherited by fork; django-q2 offers no other way to reach its workers
    conf.stop_debugging()
    reader, writer = os.pipe()
    slots = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the cluster lives
    beats = mmap.mmap(-1, _BEAT.size * conf.worker_processes())
    handovers = mmap.mmap(-1, conf.worker_processes())
    _cluster = Cluster(
        name=f"{socket.gethostname()}:{os.getpid()}",
        began=time.monotonic(),
        slots=slots,
        beats=beats,
        handovers=handovers,
        stop_reader=reader,
        stop_writer=writer,
    )
    schedules.ensure(
        [
            Recurring(name=SCHEDULE, function=PUMP, minutes=1, keywords="q_options={'timeout': -1}"),
            Recurring(name=PURGE_SCHEDULE, function=PURGE, minutes=5),
        ]
    )
    connection.close()
    # Once for all processes, in shared memory, so that no pump stalls for a second at its first job.
    registry.build(provider_settings()).preload()
    # What is loaded now is never freed; a full collection over it would stall a pump for 60 ms.
    gc.collect()
    gc.freeze()
    for slot in range(conf.worker_processes()):
        _cluster.beat(slot)
    return _cluster


def begin(**_: Any) -> None:
    """Called in every new worker process, which becomes a pump without waiting for a message."""
    pump()


def seed(tries: int = TRIES) -> None:
    """Ask an idle process of any cluster to become a pump."""
    async_task(PUMP, tries, q_options={"timeout": -1})


def purge() -> str:
    """A q2 task that deletes old jobs and ledger lines. Returns a summary."""
    return purging.purge_what_is_due()


def pump(tries: int = 1) -> str:
    """A q2 task that runs jobs until it is told to stop, or is replaced and has finished them. Returns why it ended.

    Clusters share their messages: one that finds no free slot here is passed on, at most `tries` times.
    """
    cluster = _cluster or prepare()
    if cluster.is_stopping():  # it has just given its jobs back and would claim them again
        return "its cluster is stopping"
    slot = cluster.take_slot()
    if slot is None:
        if tries > 1:
            seed(tries - 1)
        return "this cluster has all its pumps"
    parent = os.getppid()
    processes.end_with_parent(signal.SIGTERM)  # a stop like any other: running jobs are given back
    try:
        if conf.is_listening():  # prepared statements also need a connection with its own server process
            conf.prepare_statements()
        is_replaced = asyncio.run(_run(cluster, slot, conf.database_conninfo()))
    except Exception as error:
        # django-q2 would store the exception's message, and end a process that has just begun.
        log.error("a pump failed:\n%s", logs.places(error))
        return "failed; the log says where"
    finally:
        cluster.leave()
        processes.end_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # an orphan would wait for its next task forever
    if cluster.is_stopping():
        return "stopped with its cluster"
    if is_replaced:
        return "its lifetime is over; another pump took over"
    seed()
    return "stopped; another pump was requested"


async def _run(cluster: Cluster, slot: int, conninfo: str) -> bool:
    """Run a pump in this slot. Returns whether another pump has taken the slot over."""
    known = conf.pump()
    writer = Writer(answer_s=known.lease_s / 3, patience_s=known.lease_s)
    runner = Runner(writer)
    limits = PumpLimits(
        concurrency=known.concurrency,
        max_attempts=known.max_attempts,
        tenant_cap=known.tenant_cap,
        call_cap=known.call_cap,
        lifetime_s=known.lifetime_s,
        lease_s=known.lease_s,
        grace_s=known.grace_s,
    )
    name = f"{socket.gethostname()}:{os.getpid()}"
    running = Pump(
        run=runner.run,
        writer=writer,
        limits=limits,
        name=name,
        conninfo=conninfo,
        is_listening=conf.is_listening(),
        unread=runner.unread,
        beat=partial(cluster.beat, slot),
        note=cluster.note,
        hand_over=lambda: cluster.hand_over(slot, ask=partial(writer.change, seed)),
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(cluster.stop_reader)  # nobody reads the byte, so the callback would run again and again
        running.stop()

    if cluster.is_stopping():  # otherwise the loop notices only after its first claim
        running.stop()
    else:
        loop.add_reader(cluster.stop_reader, stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stop)
    log.info("pump %s takes jobs, %s at once", slot, limits.concurrency)
    try:
        await running.run()
    finally:
        loop.remove_reader(cluster.stop_reader)
        await runner.close()
        await writer.close()
    return running.is_replaced
