"""The one thread, and in it the one connection, through which a pump writes rows."""

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

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from rubric_jobs.severing import sever

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")

LONGEST_PAUSE_S = 2.0
"""Between two looks whether a database that was away is back."""
FAULTS_OF_A_CHANGE = 10


class Crowd:
    """Items that wait for the thread of rows, which takes all that have come by the time it gets to them."""

    going: asyncio.Future[None]

    def __init__(self, change: Callable[[list[Any]], object]) -> None:
        self._change = change
        self._items: list[Any] = []
        self._is_closed = False
        self._lock = threading.Lock()

    def join(self, item: Any) -> bool:
        """False when it is too late."""
        with self._lock:
            if not self._is_closed:
                self._items.append(item)
            return not self._is_closed

    def go(self) -> None:
        with self._lock:
            self._is_closed = True
        self._change(self._items)


class Rows:
    """The one thread, and in it the one connection, through which a pump touches rows."""

    def __init__(self, *, answer_s: float = 10.0) -> None:
        """A connection on which the database has not answered for `answer_s` seconds is given up."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rows")
        self._answer_s = answer_s
        self._asked_at: float | None = None
        self._database: Any = None
        self._is_there = asyncio.Event()
        self._is_there.set()
        self._crowds: dict[Callable[[list[Any]], object], Crowd] = {}

    async def change(self, change: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `change` returns; while the database is away, it is tried again until it is back.

        Raises OperationalError for a fault that stays although the database answers: it is the change's own.
        """
        for _ in range(FAULTS_OF_A_CHANGE):
            await self._is_there.wait()
            try:
                return await self._in_thread(partial(change, *args, **kwargs))
            except (OperationalError, InterfaceError) as error:
                await self._wait_until_there(error)
        return await self._in_thread(partial(change, *args, **kwargs))

    async def together(self, change: Callable[[list[Item]], object], item: Item) -> None:
        """`change` of a list: of this item, and of all others that come before the thread gets to it."""
        crowd = self._crowds.get(change)
        if crowd is None or not crowd.join(item):
            crowd = self._crowds[change] = Crowd(change)
            crowd.join(item)
            crowd.going = asyncio.ensure_future(self.change(crowd.go))
        try:
            await asyncio.shield(crowd.going)
        except DatabaseError:  # one that the database refuses must not take the others with it
            await self.change(change, [item])

    async def turn(self) -> None:
        """Returns when all that was asked for until now is done."""
        await self._in_thread(lambda: None)

    async def _wait_until_there(self, error: DatabaseError | InterfaceError) -> None:
        """The first one to miss the database asks for it; hundreds who ask would keep the thread from everything."""
        if not self._is_there.is_set():
            await self._is_there.wait()
            return
        self._is_there.clear()
        log.warning("database away (%s)", type(error.__cause__).__name__)
        pause_s = 0.1
        try:
            while True:
                await asyncio.sleep(pause_s)
                with suppress(DatabaseError, InterfaceError):
                    await self._in_thread(_connect_anew)
                    break
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        finally:  # also when the job that asks is cancelled: then another one does
            self._is_there.set()

    async def _in_thread(self, call: Callable[[], T]) -> T:
        answer = asyncio.get_running_loop().run_in_executor(self._thread, self._timed, call)
        try:
            while not (await asyncio.wait({answer}, timeout=self._answer_s))[0]:
                # Neither keep-alives nor time-outs of TCP see a middleman that takes everything and passes on nothing.
                if self._asked_at is not None and time.monotonic() - self._asked_at >= self._answer_s:
                    sever(self._database.connection)
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


def _connect_anew() -> None:
    _disconnect()
    connection.ensure_connection()
