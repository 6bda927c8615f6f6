"""Recognises text in pictures of pages, one page at a time per host, in a separate child process.

A page takes 300 MB and a few seconds of a core, a hundred times as much as a page of text. All processes of the host
share one lock, so that pages of many jobs do not add up. A child lives for one document.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from rubric_jobs import errors
from rubric_jobs.reader.child_process import RECOGNIZER, Child
from rubric_jobs.reader.turns import Turns

MOST_PAGES = 20
MOST_SECONDS = 100.0
"""For one document, including waits, so that its job ends in time with the pages read so far."""
WALL_S = 45.0
"""For one page, while the other cores are busy too."""
_POLL_S = 0.1


class Recognizer:
    """Belongs to one event loop. Tenants take turns according to the time they use."""

    def __init__(self) -> None:
        self._turns = Turns(1, most_of_one=1)
        self._children: set[Child] = set()

    async def pages(self, data: bytes, numbers: Sequence[int], *, tenant: Hashable) -> list[dict[str, Any]]:
        """Those of these pages that could be read, as `Recognized.as_json`.

        Raises UnreadableDocument if no page could be decoded.
        """
        until = time.monotonic() + MOST_SECONDS
        read: list[dict[str, Any]] = []
        async with self._turns.turn(tenant), self._child() as child:
            for number in numbers[:MOST_PAGES]:
                try:
                    async with asyncio.timeout(until - time.monotonic()), _host_turn():
                        answer = await child.ask(data, {"do": "recognize", "page": number}, wall_s=WALL_S)
                except (errors.DocumentTooLarge, TimeoutError):
                    break
                if "recognized" in answer:
                    read.append(answer["recognized"])
                elif "error" in answer and not read:
                    raise errors.UnreadableDocument(answer["message"])
        return read

    async def pictures(self, data: bytes, numbers: Sequence[int], *, tenant: Hashable) -> list[dict[str, Any]]:
        """Photos, upright and reduced for display. Raises DocumentTooLarge."""
        async with self._turns.turn(tenant), self._child() as child, _host_turn():
            answer = await child.ask(data, {"do": "draw photos", "pages": list(numbers)}, wall_s=WALL_S)
        return list(answer.get("pictures", []))

    @asynccontextmanager
    async def _child(self) -> AsyncIterator[Child]:
        child = await Child.start(RECOGNIZER)
        self._children.add(child)
        try:
            yield child
        finally:
            self._children.discard(child)
            await child.end()

    async def close(self) -> None:
        await asyncio.gather(*(child.end() for child in list(self._children)))


@asynccontextmanager
async def _host_turn() -> AsyncIterator[None]:
    """The lock that all processes of this installation share. The kernel releases it when its holder dies."""
    lock = os.open(__file__, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_POLL_S)
        yield
    finally:
        os.close(lock)
