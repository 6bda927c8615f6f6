"""Publish and subscribe inside one process, fed by one listening connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Generic, Protocol, TypeVar

import psycopg
from django.db import Error as DatabaseFault

log = logging.getLogger(__name__)

PAUSE_S = 1.0


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


S = TypeVar("S", bound=Versioned)


class Subscription(Generic[S]):
    """One reader's subscription: it keeps only the newest state, so that a slow reader costs no memory."""

    def __init__(self) -> None:
        self._news: S | None = None
        self._is_gone = False
        self._wake = asyncio.Event()

    def offer(self, state: S | None) -> None:
        """A new state, or None when the key is gone."""
        self._news = state
        self._is_gone = state is None
        self._wake.set()

    async def next(self, *, after: int, timeout_s: float) -> S | None:
        """The newest state with a version above `after`, None if there was none in time; LookupError: it is gone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    if self._is_gone:
                        raise LookupError
                    if self._news is not None and self._news.version > after:
                        return self._news
        return None


class Hub(Generic[S]):
    """Delivers changes to any number of subscribers in one process: one connection listens, one query reads.

    `read` gives the states of the keys that still exist. Notifications are hints: all subscribed keys are read
    again after a lost connection, and every `poll_s`, in one query.
    """

    def __init__(
        self,
        read: Callable[[Sequence[str]], Awaitable[dict[str, S]]],
        *,
        notifications: AsyncIterator[tuple[str, str]] | None,
        poll_s: float,
        gather_s: float = 0.02,
    ) -> None:
        self._read = read
        self._notifications = notifications
        self._poll_s = poll_s
        self._gather_s = gather_s
        self._subscriptions: dict[str, set[Subscription[S]]] = {}
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def subscribe(self, key: str) -> Iterator[Subscription[S]]:
        """A subscription to the changes of `key` from now on."""
        if not self._tasks:
            jobs = [self._deliver(), self._tick(), *([self._hear(self._notifications)] if self._notifications else [])]
            self._tasks = [asyncio.create_task(job) for job in jobs]
        subscription: Subscription[S] = Subscription()
        self._subscriptions.setdefault(key, set()).add(subscription)
        try:
            yield subscription
        finally:
            others = self._subscriptions[key]
            others.discard(subscription)
            if not others:
                del self._subscriptions[key]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _hear(self, notifications: AsyncIterator[tuple[str, str]]) -> None:
        async for _, payload in notifications:
            if not payload:  # connected, perhaps again
                self._mark(self._subscriptions)
            elif payload in self._subscriptions:
                self._mark([payload])

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            self._mark(self._subscriptions)

    def _mark(self, keys: Sequence[str] | dict[str, set[Subscription[S]]]) -> None:
        self._changed.update(keys)
        if self._changed:
            self._wake.set()

    async def _deliver(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            asked = [key for key in self._changed if key in self._subscriptions]
            self._changed.clear()
            try:
                states = await self._read(asked) if asked else {}
            except (psycopg.Error, DatabaseFault) as error:
                log.warning("reading changes again in %s s: %s", PAUSE_S, type(error).__name__)
                await asyncio.sleep(PAUSE_S)
                self._mark(asked)
                continue
            for key in asked:
                for subscription in list(self._subscriptions.get(key, ())):
                    subscription.offer(states.get(key))
            # Changes come in bursts; the next ones are gathered into one query.
            await asyncio.sleep(self._gather_s)
