"""django-q2's only entry points: a worker process, or a q2 task in it, is a pump, never a job.

Rows are the truth. A new process takes a free slot by itself. A q2 message does no more than turn an idle process into
a pump: lost messages are sent again by a schedule, surplus ones find no free slot and return at once.
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
"""For a pump to leave its slot to a process that has come to relieve it."""
_NO_HANDOVER, _WANTED, _SUCCESSOR_CAME = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the processes of one cluster share; made before the first fork.

    A pump holds its slot by a record lock on one byte of `slots`: the kernel frees it when the process dies,
    however it dies. One that handed its slot over, and still has jobs, holds a byte behind all slots. Each pump
    notes in `beats` when it last reached the database, and in `handovers` when it wants to be replaced. A byte in the
    `stop` pipe is seen by every process and read by none.
    """

    slots: BinaryIO
    beats: mmap.mmap
    handovers: mmap.mmap
    stop_reader: int
    stop_writer: int

    def take_slot(self) -> int | None:
        """A slot that is free, or of which a pump wants to be relieved; held until this process ends or leaves it.

        None when this cluster has all its pumps.
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
        """Asks for another process, and leaves the slot to it once it is there."""
        self.handovers[slot] = _WANTED
        await ask()
        while self.handovers[slot] != _SUCCESSOR_CAME:
            await asyncio.sleep(HANDOVER_POLL_S)
        next(filter(self._lock, self._places_behind))
        self.beat(slot)  # the other one has as much time as any to make itself heard
        fcntl.lockf(self.slots, fcntl.LOCK_UN, 1, slot)

    @property
    def _places_behind(self) -> range:
        """As many as there are processes: more cannot be finishing at the same time."""
        return range(conf.worker_processes(), 2 * conf.worker_processes() + 1)

    def _lock(self, place: int) -> bool:
        try:
            fcntl.lockf(self.slots, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError:
            return False
        return True

    def has_pumps(self) -> bool:
        """Whether a process of this cluster still carries jobs; asked by the main process, which never does."""
        return not all(self._are_free(range(self._places_behind.stop)))

    def lacks_pumps(self) -> bool:
        """Whether a slot is free; asked by the main process."""
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
    conf.stop_debugging()
    reader, writer = os.pipe()
    slots = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the cluster lives
    beats = mmap.mmap(-1, _BEAT.size * conf.worker_processes())
    handovers = mmap.mmap(-1, conf.worker_processes())
    _cluster = Cluster(slots=slots, beats=beats, handovers=handovers, stop_reader=reader, stop_writer=writer)
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
    for slot in range(conf.worker_processes()):
        _cluster.beat(slot)
    return _cluster


def begin(**_: Any) -> None:
    """Called in every new worker process: the first ones are pumps at once, and wait for no message."""
    pump()


def seed(tries: int = TRIES) -> None:
    """Ask an idle process of this cluster, or of another one, to be a pump."""
    async_task(PUMP, tries, q_options={"timeout": -1})


def purge() -> str:
    """A q2 task that deletes what has been kept long enough; what it did."""
    return purging.purge_what_is_due()


def pump(tries: int = 1) -> str:
    """A q2 task that carries jobs until it is told to stop, or relieved and done with them; what became of it.

    Two clusters share their messages: one that finds no free slot here is passed on, `tries` times at the most.
    """
    cluster = _cluster or prepare()
    if cluster.is_stopping():  # a process that has just given its jobs back would take them up again
        return "its cluster is stopping"
    slot = cluster.take_slot()
    if slot is None:
        if tries > 1:
            seed(tries - 1)
        return "this cluster has all its pumps"
    parent = os.getppid()
    processes.end_with_parent(signal.SIGTERM)  # which is a stop like any other: running jobs are given back
    try:
        if conf.is_listening():  # prepared statements, too, need a connection that stays with its server process
            conf.prepare_statements()
        is_replaced = asyncio.run(_run(cluster, slot, conf.database_conninfo()))
    except Exception as error:
        # django-q2 would write down what the exception says, and end the process of one that has just begun.
        log.error("a pump broke:\n%s", logs.places(error))
        return "broke; the log says where"
    finally:
        cluster.leave()
        processes.end_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # an orphan would wait for its next task for ever
    if cluster.is_stopping():
        return "stopped with its cluster"
    if is_replaced:
        return "its lifetime is over; another one had taken over"
    seed()
    return "stopped; another one was asked for"


async def _run(cluster: Cluster, slot: int, conninfo: str) -> bool:
    """Whether another pump has taken the slot over."""
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
        beat=partial(cluster.beat, slot),
        hand_over=lambda: cluster.hand_over(slot, ask=partial(writer.change, seed)),
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(cluster.stop_reader)  # nobody reads from it: it would call again and again
        running.stop()

    if cluster.is_stopping():  # which the loop would find when it has begun to claim
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
