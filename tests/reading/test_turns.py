"""Whose turn it is at the sandbox: tenants by the time that they used, none with every place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rubric_jobs.reader.turns import Turns

SHORT_S = 0.01


class Log:
    """What ran, in the order in which it began, and who was running at each beginning."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.began: list[str] = []
        self.running: list[str] = []
        self.most: dict[str, int] = {}

    async def work(self, tenant: str, seconds: float) -> None:
        async with self.turns.turn(tenant):
            self.began.append(tenant)
            self.running.append(tenant)
            self.most[tenant] = max(self.most.get(tenant, 0), self.running.count(tenant))
            await asyncio.sleep(seconds)
            self.running.remove(tenant)


def logged(play: Callable[[Log], Awaitable[None]], *, places: int = 1, most_of_one: int = 1) -> Log:
    async def run() -> Log:
        log = Log(Turns(places, most_of_one=most_of_one))
        async with asyncio.timeout(10):
            await play(log)
        assert not log.running
        return log

    return asyncio.run(run())


def test_a_newcomer_goes_before_the_crowd_that_waits() -> None:
    async def play(log: Log) -> None:
        crowd = [asyncio.create_task(log.work("crowd", SHORT_S)) for _ in range(20)]
        await asyncio.sleep(0)
        await asyncio.gather(log.work("newcomer", SHORT_S), *crowd)

    assert logged(play).began.index("newcomer") == 1


class Clocked:
    """Work that takes as long as it says, by a clock of its own."""

    def __init__(self) -> None:
        self.now, self.order = 0.0, list[str]()
        self.turns = Turns(1, most_of_one=1, clock=lambda: self.now)

    async def work(self, tenant: str, seconds: float) -> None:
        async with self.turns.turn(tenant):
            self.order.append(tenant)
            await asyncio.sleep(0)  # the others ask meanwhile
            self.now += seconds


def test_tenants_take_turns_by_the_time_that_their_work_takes() -> None:
    async def play() -> list[str]:
        one = Clocked()
        await asyncio.gather(*(one.work("slow", 6) for _ in range(3)), *(one.work("quick", 1) for _ in range(12)))
        return one.order

    assert asyncio.run(play()) == ["slow", *["quick"] * 6, "slow", *["quick"] * 6, "slow"]


def test_no_tenant_holds_every_place() -> None:
    async def play(log: Log) -> None:
        await asyncio.gather(*(log.work("crowd", SHORT_S) for _ in range(9)), log.work("other", SHORT_S))

    log = logged(play, places=3, most_of_one=2)
    assert log.most == {"crowd": 2, "other": 1}
    assert log.began.index("other") <= 2


def test_who_comes_back_has_saved_up_nothing() -> None:
    async def play() -> list[str]:
        one = Clocked()
        await one.work("rare", 1)
        steady = [asyncio.create_task(one.work("steady", 1)) for _ in range(6)]
        while len(one.order) < 4:
            await asyncio.sleep(0)
        await asyncio.gather(*(one.work("rare", 1) for _ in range(3)), *steady)
        return one.order[1:]

    order = asyncio.run(play())
    first = order.index("rare")
    assert order[first : first + 3] != ["rare"] * 3


@pytest.mark.parametrize("as_its_turn_comes", [False, True])
def test_a_cancelled_wait_leaves_its_place_to_the_next(as_its_turn_comes: bool) -> None:
    async def play(log: Log) -> None:
        async with log.turns.turn("one"):
            second = asyncio.create_task(log.work("two", SHORT_S))
            await asyncio.sleep(0)
            if not as_its_turn_comes:
                second.cancel()
        second.cancel()  # its place was handed on, and it has not run since
        with pytest.raises(asyncio.CancelledError):
            await second
        await log.work("three", SHORT_S)

    assert logged(play).began == ["three"]
