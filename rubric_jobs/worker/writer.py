"""A pump's database writes: one thread with one connection."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection, connections
from psycopg.errors import ReadOnlySqlTransaction

from rubric_jobs.jobs.connections import abort

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
"""Seconds between two checks of whether the database is up again."""
TAKES_CHANGES = "SELECT current_setting('transaction_read_only') = 'off'"
"""The check that the database accepts writes: a pooler connects without one behind it, and a standby answers."""
PROGRAM_LIMIT_EXCEEDED = "54"


class Batch:
    """Items that wait for the writer's thread, which writes all that have arrived when it gets to them."""

    done: asyncio.Future[None]

    def __init__(self, change: Callable[[list[Any]], object]) -> None:
        self._change = change
        self._items: list[Any] = []
        self._is_closed = False
        self._lock = threading.Lock()

    def add(self, item: Any) -> bool:
        """False if the batch is already being written."""
        with self._lock:
            if not self._is_closed:
                self._items.append(item)
            return not self._is_closed

    def write(self) -> None:
        with self._lock:
            self._is_closed = True
        self._change(self._items)


class Writer:
    """One thread with one connection for all of a pump's database work except claims."""

    def __init__(self, *, answer_s: float = 10.0, patience_s: float = 30.0) -> None:
        """A connection without an answer for `answer_s` seconds is aborted.

        A change that fails for `patience_s` seconds while the database is up is given up.
        """
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rows")
        self._answer_s, self._patience_s = answer_s, patience_s
        self._asked_at: float | None = None
        self._database: Any = None
        self._is_there = asyncio.Event()
        self._is_there.set()
        self._batches: dict[Callable[[list[Any]], object], Batch] = {}

    async def change(self, change: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `change` returns. It is retried while the database is down.

        Raises the error of a change that fails although the database is up.
        """
        pause_s = tried_s = 0.0
        while True:
            await self._is_there.wait()
            began = time.monotonic()
            try:
                return await self._in_thread(partial(change, *args, **kwargs))
            except (OperationalError, InterfaceError, InternalError) as error:
                tried_s += time.monotonic() - began + pause_s  # not the time for which the database was down
                if not _may_pass(error) or tried_s >= self._patience_s:
                    raise
                await self._wait_until_there(error)
            await asyncio.sleep(pause_s)
            pause_s = min(max(pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)

    async def batched(self, change: Callable[[list[Item]], object], item: Item) -> None:
        """Call `change` with a list of this item and all others that arrive before the thread gets to it."""
        batch = self._batches.get(change)
        if batch is None or not batch.add(item):
            batch = self._batches[change] = Batch(change)
            batch.add(item)
            batch.done = asyncio.ensure_future(self.change(batch.write))
        try:
            await asyncio.shield(batch.done)
        except DatabaseError:  # one that the database refuses must not take the others with it
            await self.change(change, [item])

    async def flush(self) -> None:
        """Returns when all changes submitted so far are done."""
        await self._in_thread(lambda: None)

    async def _wait_until_there(self, error: DatabaseError | InterfaceError) -> None:
        """The first job that finds the database down probes it. Hundreds of probes would block the thread."""
        if not self._is_there.is_set():
            await self._is_there.wait()
            return
        self._is_there.clear()
        log.warning("database away (%s)", type(error.__cause__).__name__)
        pause_s = FIRST_PAUSE_S
        try:
            while True:
                await asyncio.sleep(pause_s)
                with suppress(DatabaseError, InterfaceError):
                    await self._in_thread(_look)
                    break
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        finally:  # also when the job that asks is cancelled: then another one does
            self._is_there.set()

    async def _in_thread(self, call: Callable[[], T]) -> T:
        answer = asyncio.get_running_loop().run_in_executor(self._thread, self._timed, call)
        try:
            while not (await asyncio.wait({answer}, timeout=self._answer_s))[0]:
                # Neither keep-alives nor time-outs of TCP notice a proxy that accepts everything and forwards nothing.
                if self._asked_at is not None and time.monotonic() - self._asked_at >= self._answer_s:
                    abort(self._database.connection)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        return answer.result()

    def _timed(self, call: Callable[[], T]) -> T:
        # Django keeps a connection for each thread; the loop's thread needs this one's to end it.
        self._database, self._asked_at = connections["default"], time.monotonic()
        try:
            return call()
        finally:
            self._asked_at = None

    async def close(self) -> None:
        await self._in_thread(_disconnect)
        self._thread.shutdown(wait=False)


def _disconnect() -> None:
    connection.close()  # Django keeps a connection for each thread: this must run in the thread of rows


def _look() -> None:
    _disconnect()
    with connection.cursor() as cursor:
        cursor.execute(TAKES_CHANGES)
        if cursor.fetchone() != (True,):
            raise OperationalError("the database takes no changes")


def _may_pass(error: DatabaseError | InterfaceError) -> bool:
    """Whether the database may be at fault rather than the change."""
    if isinstance(error, InternalError):
        return isinstance(error.__cause__, ReadOnlySqlTransaction)  # a standby that is not promoted yet
    return not str(getattr(error.__cause__, "sqlstate", None)).startswith(PROGRAM_LIMIT_EXCEEDED)
