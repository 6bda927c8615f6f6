"""Who carries a call: few calls share one client, a crowd is spread."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from rubric_jobs.llm.providers.connections import PerLoop

CALLS_PER_CLIENT = 3


def made() -> PerLoop[object]:
    return PerLoop(object, calls_per_client=CALLS_PER_CLIENT)


def test_one_call_after_the_other_goes_through_the_same_client() -> None:
    async def clients() -> set[object]:
        carriers = made()
        seen = set()
        for _ in range(3):
            with carriers.client() as client:
                seen.add(client)
        return seen

    assert len(asyncio.run(clients())) == 1


def test_a_crowd_of_calls_is_spread_and_its_places_are_free_again_afterwards() -> None:
    async def clients() -> tuple[set[object], set[object]]:
        carriers = made()
        with ExitStack() as crowd:
            crowded = {crowd.enter_context(carriers.client()) for _ in range(2 * CALLS_PER_CLIENT + 1)}
        with carriers.client() as client:
            return crowded, {client}

    crowded, later = asyncio.run(clients())
    assert len(crowded) == 3
    assert later < crowded


def test_a_failed_call_frees_its_place() -> None:
    async def clients() -> int:
        carriers = made()
        for _ in range(2 * CALLS_PER_CLIENT):
            try:
                with carriers.client():
                    raise ConnectionError
            except ConnectionError:
                pass
        return len(carriers.drop())

    assert asyncio.run(clients()) == 1


def test_another_loop_has_clients_of_its_own() -> None:
    carriers = made()

    async def client() -> object:
        with carriers.client() as mine:
            return mine

    assert asyncio.run(client()) is not asyncio.run(client())
