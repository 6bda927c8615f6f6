"""The hub: many readers, one listener; it forgets nobody, and keeps nothing for those who are gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import django.db
import psycopg
import pytest
from django.test import AsyncRequestFactory

from rubric_jobs.web import hub as hub_module
from rubric_jobs.web.hub import Hub


@dataclass
class State:
    version: int


class Source:
    """States by key, and the notifications of their changes."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self.reads: list[list[str]] = []
        self.faults: list[Exception] = []
        self._told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def read(self, keys: Sequence[str]) -> dict[str, State]:
        self.reads.append(sorted(keys))
        if self.faults:
            raise self.faults.pop()
        return {key: self.states[key] for key in keys if key in self.states}

    async def notifications(self) -> AsyncIterator[tuple[str, str]]:
        while True:
            yield await self._told.get()

    def change(self, key: str, version: int, *, is_told: bool = True) -> None:
        self.states[key] = State(version)
        if is_told:
            self._told.put_nowait(("changed", key))

    def reconnect(self) -> None:
        self._told.put_nowait(("", ""))


def with_hub(story: Callable[[Hub[State], Source], Awaitable[None]], *, poll_s: float = 60) -> None:
    async def run() -> None:
        source = Source()
        hub: Hub[State] = Hub(source.read, notifications=source.notifications(), poll_s=poll_s, gather_s=0.01)
        try:
            await story(hub, source)
        finally:
            await hub.close()

    asyncio.run(run())


def test_all_readers_of_a_key_hear_of_it_through_one_read() -> None:
    async def story(hub: Hub[State], source: Source) -> None:
        with hub.subscribe("a") as one, hub.subscribe("a") as two, hub.subscribe("b") as other:
            source.change("a", 1)
            news = await asyncio.gather(*(watch.next(after=0, timeout_s=2) for watch in (one, two)))
            assert [state and state.version for state in news] == [1, 1]
            assert source.reads == [["a"]]
            assert await other.next(after=0, timeout_s=0.05) is None

    with_hub(story)


@pytest.mark.parametrize("fault", [psycopg.OperationalError(), django.db.OperationalError()])
def test_changes_that_could_not_be_read_are_read_again(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PAUSE_S", 0.05)

    async def story(hub: Hub[State], source: Source) -> None:
        source.faults.append(fault)
        with hub.subscribe("a") as watch:
            source.change("a", 1)
            assert await watch.next(after=0, timeout_s=2) == State(1)

    with_hub(story)


def test_a_slow_reader_gets_the_newest_state_alone() -> None:
    async def story(hub: Hub[State], source: Source) -> None:
        with hub.subscribe("a") as watch:
            for version in (1, 2, 3):
                source.change("a", version)
                await asyncio.sleep(0.03)
            assert await watch.next(after=0, timeout_s=2) == State(3)
            assert await watch.next(after=3, timeout_s=0.05) is None

    with_hub(story)


def test_what_was_missed_while_disconnected_is_looked_up() -> None:
    async def story(hub: Hub[State], source: Source) -> None:
        with hub.subscribe("a") as watch:
            source.change("a", 1, is_told=False)
            source.reconnect()
            assert await watch.next(after=0, timeout_s=2) == State(1)

    with_hub(story)


def test_a_lost_notification_costs_one_interval() -> None:
    async def story(hub: Hub[State], source: Source) -> None:
        with hub.subscribe("a") as watch:
            source.change("a", 1, is_told=False)
            assert await watch.next(after=0, timeout_s=2) == State(1)

    with_hub(story, poll_s=0.05)


def test_what_is_gone_is_told_as_gone() -> None:
    async def story(hub: Hub[State], source: Source) -> None:
        with hub.subscribe("a") as watch:
            source.reconnect()
            with pytest.raises(LookupError):
                await watch.next(after=0, timeout_s=2)

    with_hub(story)


def test_nobody_is_remembered_who_has_left() -> None:
    async def story(hub: Hub[State], source: Source) -> None:
        for _ in range(3):
            with hub.subscribe("a"):
                pass
        source.change("a", 1)
        await asyncio.sleep(0.05)
        assert source.reads == []

    with_hub(story)


def test_a_silent_stream_gives_signs_of_life(
    monkeypatch: pytest.MonkeyPatch, rows: None, owner: Any, submit: Any
) -> None:
    from rubric_jobs.web import held_requests, job_changes, job_reads, resources
    from rubric_jobs.web.auth import Identity

    monkeypatch.setattr(resources, "HEARTBEAT_S", 0.05)
    job_id = submit()

    async def run() -> list[bytes]:
        identity = Identity(tenant_id=owner.tenant_id, user_id=owner.user_id)
        request = AsyncRequestFactory().get("/")
        told = resources.Events()._events(request, identity, job_id, held_requests.Place(identity))
        parts = [await anext(told) for _ in range(3)]
        await told.aclose()  # type: ignore[attr-defined]
        await (await job_changes.hub()).close()
        await job_reads.close_pool()
        return parts

    first, *signs = asyncio.run(run())
    assert b"event: status" in first
    assert signs == [b": still here\n\n"] * 2
