"""A process that runs many jobs: it claims rows while it has free slots, runs them concurrently and writes their
endings.

Two database connections serve all jobs: one claims them (intake.py), the other writes in batches, in a thread of its
own (writer.py). No job holds a connection while it runs.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import Error as RowsError

from rubric_jobs import logs
from rubric_jobs.errors import InternalError, RubricJobError, TimedOut
from rubric_jobs.jobs import claims, lifecycle, workers
from rubric_jobs.jobs.claims import Claim, Ending
from rubric_jobs.models import Kind
from rubric_jobs.worker import circuit_breaker
from rubric_jobs.worker.intake import Intake
from rubric_jobs.worker.writer import Writer

log = logging.getLogger(__name__)

P = ParamSpec("P")
Item = TypeVar("Item")
ReportProgress = Callable[[dict[str, Any]], None]
Run = Callable[[Claim, ReportProgress], Awaitable[Ending]]


LEAVING_S = 1.0
"""Seconds for a pump to report that it leaves; a database that is down does not delay a stop."""
REFUSALS = (RowsError, TypeError, ValueError)
"""Errors of data that the database refuses, or the adapter before it (neither JSON nor UTF-8)."""
CLAIMED_AT_ONCE = 50
"""Jobs in one claim, at most half of the slots: the first ones run while the next ones are claimed. So a tenant's slow
documents are noticed before they fill all slots. After a full claim without documents, the next one takes up to half of
the slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpLimits:
    """A pump's limits: `concurrency` jobs at once, `tenant_cap` of one tenant, `call_cap` calls of one provider.

    All other limits are seconds.
    """

    concurrency: int
    max_attempts: int
    lifetime_s: float
    tenant_cap: int | None = None
    call_cap: int | None = None
    lease_s: float = 30.0
    poll_s: float = 1.0
    progress_s: float = 0.5
    grace_s: float = 10.0
    backoff_s: float = 1.0


async def _no_successor() -> None:
    """For a pump without a successor."""


class Pump:
    """Runs jobs until it is told to stop, its lifetime is over or its parent has died.

    At the end of its lifetime it continues until another pump takes over, and then finishes its jobs.
    """

    def __init__(
        self,
        *,
        run: Run,
        writer: Writer,
        limits: PumpLimits,
        name: str,
        conninfo: str,
        is_listening: bool = True,
        unread: Callable[[], Mapping[uuid.UUID, int]] = dict,
        beat: Callable[[], None] = lambda: None,
        note: Callable[..., None] = workers.note,
        hand_over: Callable[[], Awaitable[None]] = _no_successor,
    ) -> None:
        """`conninfo` is for the connection that claims; without listening, jobs are found by polling only.

        `unread` counts each tenant's documents if some wait to be read, which limits what a tenant gets next.
        `beat` is called each time the pump has reached the database, at least once a poll, until its handover.
        `note` writes that it is alive, with its name and the number of its jobs.
        `hand_over` returns when another pump is there to take over.
        """
        self._run_job, self._writer, self._limits, self._name = run, writer, limits, name
        self._intake = Intake(conninfo, is_listening=is_listening, heard=self._hear, answer_s=limits.lease_s / 3)
        self._unread, self._beat_once, self._note, self._hand_over = unread, beat, note, hand_over
        self._has_held_back = False
        self._parent = os.getppid()
        self._held: dict[int, Claim] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._endings: asyncio.Queue[Ending] = asyncio.Queue()
        self._progress: dict[int, tuple[Claim, dict[str, Any]]] = {}
        self._wake = asyncio.Event()
        self._freed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._stopped_at = 0.0
        self.is_replaced = False

    def stop(self) -> None:
        """Claim nothing more, finish jobs within the grace time, give the rest back."""
        if not self._stopping.is_set():
            self._stopped_at = asyncio.get_running_loop().time()
        self._stopping.set()
        self._wake.set()
        self._freed.set()

    async def _retire(self) -> None:
        await asyncio.sleep(self._limits.lifetime_s * random.uniform(0.9, 1.0))  # noqa: S311 - spreads restarts
        await self._hand_over()
        self.is_replaced = True
        self._wake.set()

    async def run(self) -> None:
        try:
            # A background task that fails ends the pump, and another one takes over.
            async with asyncio.TaskGroup() as group:
                background = [group.create_task(work) for work in self._background()]
                await self._claim_jobs()
                await self._drain()
                for task in background:
                    task.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(LEAVING_S):
                    await self._writer.change(workers.leave, worker=self._name)
        except BaseException:
            # Otherwise running jobs find their connections closed and blame their provider.
            with suppress(TimeoutError):
                async with asyncio.timeout(LEAVING_S):
                    await self._give_back()
            raise
        finally:
            await self._intake.close()

    def _background(self) -> list[Coroutine[Any, Any, None]]:
        return [self._write_endings(), self._beat(), self._sweep(), self._publish(), self._retire()]

    async def _claim_jobs(self) -> None:
        half = -(-self._limits.concurrency // 2)
        most = few = min(half, CLAIMED_AT_ONCE)
        while not (self._stopping.is_set() or self.is_replaced):
            self._wake.clear()
            free = self._limits.concurrency - len(self._held)
            if free <= 0:
                await self._wait_for_wake(None)
                continue
            limit = min(free, most)
            unread = self._unread()
            self._has_held_back = bool(unread)
            claimed = await self._intake.claim(
                limit=limit,
                worker=self._name,
                lease_s=self._limits.lease_s,
                tenant_cap=self._limits.tenant_cap,
                unread=unread,
            )
            for claim in claimed:
                self._start(claim)
            # Logged after the jobs' first steps and beside the next claim, because a line costs more than a start.
            asyncio.get_running_loop().call_soon(_log_starts, claimed)
            is_full = len(claimed) == limit
            has_documents = any(claim.kind == Kind.EXTRACT for claim in claimed)
            most = few if not is_full or has_documents else half
            if not is_full:  # these were all; later submissions notify
                await self._wait_for_wake(self._limits.poll_s)
            elif has_documents:  # they count as unread once their jobs have begun
                await self._writer.flush()

    async def _wait_for_wake(self, timeout_s: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()

    def _start(self, claim: Claim) -> None:
        self._held[claim.token] = claim
        self._tasks[claim.token] = asyncio.create_task(self._run_claim(claim))

    async def _run_claim(self, claim: Claim) -> None:
        logs.bind(**_identity(claim))
        self._endings.put_nowait(await self._outcome(claim))

    async def _outcome(self, claim: Claim) -> Ending:
        def report(progress: dict[str, Any]) -> None:
            self._progress[claim.token] = (claim, progress)

        try:
            async with asyncio.timeout(max(claim.seconds_left, 0.0)):
                return await self._run_job(claim, report)
        except TimeoutError:
            return Ending(claim=claim, error=TimedOut())
        except RubricJobError as error:
            return Ending(claim=claim, error=error)
        except Exception as error:
            log.error("a job failed in the worker's own code:\n%s", logs.places(error))
            return Ending(claim=claim, error=InternalError())

    def _forget(self, claim: Claim, how: str, **figures: Any) -> None:
        # Logged in the loop's next turn, while the database writes the next endings.
        asyncio.get_running_loop().call_soon(partial(log.info, how, extra=_identity(claim) | figures))
        # If a slot was free before, every claimable job has already been claimed.
        if len(self._held) >= self._limits.concurrency or self._limits.tenant_cap is not None or self._has_held_back:
            self._wake.set()
        self._held.pop(claim.token, None)
        self._tasks.pop(claim.token, None)
        self._progress.pop(claim.token, None)
        self._freed.set()

    async def _write_endings(self) -> None:
        while True:
            batch = [await self._endings.get()]
            while not self._endings.empty():
                batch.append(self._endings.get_nowait())
            for ending in batch:
                delay_s = self._retry_delay_s(ending)
                if ending.error is not None and delay_s is not None:
                    kept = await self._try(claims.retry_later, ending.claim, delay_s=delay_s, error=ending.error)
                    how = "again" if kept else "lost"
                    self._forget(ending.claim, how, error=ending.error.code, delay_s=round(delay_s, 1))
            last = [ending for ending in batch if ending.claim.token in self._held]
            landed = await self._land(last) if last else set()
            for ending in last:
                self._forget(ending.claim, _name_of_end(ending, landed), **_figures(ending))

    def _retry_delay_s(self, ending: Ending) -> float | None:
        """Exponential back-off with full jitter for transient failures; None when this attempt was the last."""
        error, claim = ending.error, ending.claim
        if error is None or not error.transient or (error.charged and claim.attempt >= self._limits.max_attempts):
            return None
        jittered = self._limits.backoff_s * 2 ** (claim.attempt - 1) * random.random()  # noqa: S311
        delay_s = max(jittered, error.retry_after_s or 0.0)
        return delay_s if delay_s < claim.seconds_left else None

    async def _land(self, batch: list[Ending]) -> set[int]:
        try:
            return await self._writer.change(claims.end, batch)
        except REFUSALS as error:
            if len(batch) > 1:  # one refused row must not fail the others
                return set().union(*[await self._land([ending]) for ending in batch])
            where = {"job_id": batch[0].claim.job_id}
            log.error("the database refused an ending:\n%s", logs.places(error), extra=where)
            instead = Ending(claim=batch[0].claim, error=InternalError())
            return {instead.claim.token} if await self._try(claims.end, [instead]) else set()

    async def _try(self, change: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Whether the database accepted the change. A refusal is logged; the job loses its lease, the pump goes on."""
        try:
            await self._writer.change(change, *args, **kwargs)
        except REFUSALS as error:
            # The class name only: the database's message quotes refused JSON.
            log.error("the database refused a change (%s)", type(error.__cause__ or error).__name__)
            return False
        return True

    async def _try_each(self, change: Callable[[list[Item]], object], items: list[Item]) -> None:
        """All items in one change, or one by one if the database refuses that, so that one item does not fail all."""
        if not await self._try(change, items) and len(items) > 1:
            for item in items:
                await self._try(change, [item])

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._limits.lease_s / 3)
            held = list(self._held.values())
            if not held:
                continue
            still_ours = await self._writer.change(claims.heartbeat, held, lease_s=self._limits.lease_s)
            self._abandon(claim for claim in held if claim.token not in still_ours and claim.token in self._tasks)

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(self._limits.progress_s)
            news, self._progress = list(self._progress.values()), {}
            if news:
                await self._try_each(claims.report_progress, news)

    async def _sweep(self) -> None:
        while True:
            if os.getppid() != self._parent:
                log.warning("the cluster of this worker has died: stopping")
                self.stop()
            swept = await self._writer.change(lifecycle.sweep)
            if swept:
                self._wake.set()
            if self._limits.call_cap is not None:
                await self._writer.change(circuit_breaker.wake_callers, cap=self._limits.call_cap)
            await self._writer.change(self._note, worker=self._name, running=len(self._held))
            if not self.is_replaced:  # its successor beats for itself
                self._beat_once()
            # Sleep after the first sweep, so that a restarted pump recovers its predecessor's jobs at once.
            if swept < lifecycle.SWEPT_AT_ONCE:
                await asyncio.sleep(self._limits.poll_s * random.uniform(0.8, 1.2))  # noqa: S311 - pumps take turns

    def _hear(self, channel: str, payload: str) -> None:
        if channel == lifecycle.CANCELLED_CHANNEL:
            self._abandon([claim for claim in self._held.values() if str(claim.job_id) == payload])
        else:
            self._wake.set()

    def _abandon(self, lost: Iterable[Claim]) -> None:
        """Drop jobs that this pump no longer holds; their results would be refused."""
        for claim in lost:
            self._tasks[claim.token].cancel()
            self._forget(claim, "taken away")

    async def _drain(self) -> None:
        """Wait until every job has ended, at the latest by its deadline; after a stop, within the grace time."""
        await self._wait_while(lambda: self._held and not self._stopping.is_set())
        with suppress(TimeoutError):
            # From the stop on, not from now: a claim may have waited for a database that was down.
            async with asyncio.timeout_at(self._stopped_at + self._limits.grace_s):
                await self._wait_while(lambda: self._held)
        await self._give_back()

    async def _wait_while(self, is_so: Callable[[], object]) -> None:
        while is_so():
            self._freed.clear()
            await self._freed.wait()

    async def _give_back(self) -> None:
        """Cancel running jobs and give them back without counting the attempt."""
        leftover, tasks = list(self._held.values()), list(self._tasks.values())
        if not leftover:
            return
        for task in tasks:
            task.cancel()
        await self._try_each(claims.release, leftover)
        await asyncio.wait(tasks, timeout=LEAVING_S)
        log.info("%s unfinished jobs given back", len(leftover))


def _log_starts(claimed: list[Claim]) -> None:
    for claim in claimed:
        facts = {"kind": claim.kind, "file": claim.file_name, "size_kb": claim.file_size_kb}
        log.info("started", extra=_identity(claim) | facts)


def _identity(claim: Claim) -> dict[str, Any]:
    """The fields of every log line about a job, as text, because JSON takes long to format other types."""
    names = {"trace_id": claim.trace_id, "job_id": str(claim.job_id), "tenant_id": str(claim.tenant_id)}
    return {**names, "attempt": claim.attempt}


def _name_of_end(ending: Ending, landed: set[int]) -> str:
    if ending.claim.token not in landed:
        return "lost"
    return "failed" if ending.error else "completed"


def _figures(ending: Ending) -> dict[str, Any]:
    """The figures in the log line of a job's end."""
    names = {"ms": "extraction_time_ms", "categories": "categories_extracted", "tokens": "token_usage"}
    figures = {name: ending.metrics.get(metric) for name, metric in names.items()}
    return figures if ending.error is None else {**figures, "error": ending.error.code}
