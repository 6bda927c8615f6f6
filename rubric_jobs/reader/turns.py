"""Shares places among tenants: start-time fair queueing (Goyal, Vin & Cheng 1996) by the seconds that each used.

A tenant whose work took long waits for as long, so that many short pieces of another tenant go first.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager, suppress


class Turns:
    """Runs `places` pieces of work at once, at most `most_of_one` of them for one tenant. Others wait.

    An instance belongs to one event loop.
    """

    def __init__(self, places: int, *, most_of_one: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._free, self._most_of_one, self._clock = places, most_of_one, clock
        self._running: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}
        self._tags: dict[Hashable, float] = {}
        self._virtual_time = 0.0

    @asynccontextmanager
    async def turn(self, tenant: Hashable) -> AsyncIterator[None]:
        """Holds a place during the block. Requests of one tenant are served in order."""
        await self._enter(tenant)
        began = self._clock()
        try:
            yield
        finally:
            self._leave(tenant, self._clock() - began)

    async def _enter(self, tenant: Hashable) -> None:
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(place)
        self._hand_out()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # the place was given at the same moment
                self._leave(tenant, 0.0)
            else:
                self._forget(tenant, place)
            raise

    def _hand_out(self) -> None:
        while self._free and (able := [tenant for tenant in self._waiting if self._may_run(tenant)]):
            tenant = min(able, key=self._tag)
            self._virtual_time = self._tag(tenant)
            place = self._waiting[tenant][0]
            self._forget(tenant, place)
            if place.cancelled():  # and its waiter has not run yet
                continue
            self._running[tenant] += 1
            self._free -= 1
            place.set_result(None)

    def _may_run(self, tenant: Hashable) -> bool:
        return self._running[tenant] < self._most_of_one

    def _tag(self, tenant: Hashable) -> float:
        """The start tag. A new tenant starts at virtual time, so that nobody saves up turns."""
        return max(self._tags.get(tenant, 0.0), self._virtual_time)

    def _leave(self, tenant: Hashable, used_s: float) -> None:
        self._tags[tenant] = self._tag(tenant) + used_s
        self._running[tenant] -= 1
        self._free += 1
        self._hand_out()
        if not self._running.total():  # nobody waits either: restart virtual time
            self._virtual_time = 0.0
            self._tags.clear()
        # Keep the tags of tenants that are gone only while these still matter.
        self._tags = {known: tag for known, tag in self._tags.items() if tag > self._virtual_time}
        self._running = +self._running

    def _forget(self, tenant: Hashable, place: asyncio.Future[None]) -> None:
        places = self._waiting.get(tenant, deque())
        with suppress(ValueError):
            places.remove(place)
        if not places:
            self._waiting.pop(tenant, None)
