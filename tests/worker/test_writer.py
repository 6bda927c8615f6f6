"""The thread through which a pump touches rows, while its connection breaks, hangs or is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection
from psycopg.conninfo import conninfo_to_dict

from rubric_jobs.jobs import workers
from rubric_jobs.worker.writer import Writer
from tests.servers import aimed_at
from tests.worker.proxy import proxy_to
from tests.worker.trials import database_url, read_only_database

pytestmark = pytest.mark.usefixtures("rows")


def with_writer(work: Callable[[Writer], Awaitable[Any]], **given: Any) -> Any:
    async def run() -> Any:
        writer = Writer(**given)
        try:
            return await work(writer)
        finally:
            await writer.close()

    return asyncio.run(run())


def ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def end_other_connections() -> None:
    ask(
        """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    )


def test_a_statement_that_is_never_answered_is_sent_again_on_another_connection() -> None:
    asked: list[int] = []

    def hang_once() -> int:
        asked.append(ask("SELECT pg_backend_pid()"))
        if len(asked) == 1:
            ask("SELECT pg_sleep(60)")
        return asked[-1]

    began = time.monotonic()
    answered_by = with_writer(lambda writer: writer.change(hang_once), answer_s=0.3)
    assert time.monotonic() - began < 5
    assert asked[0] != asked[1] == answered_by
    end_other_connections()  # the server does not know yet that nobody waits for it


def test_changes_that_only_wait_their_turn_are_not_taken_for_hanging_ones() -> None:
    async def many(writer: Writer) -> list[str]:
        asked = "SELECT pg_sleep(0.1)::text || pg_backend_pid()"
        return await asyncio.gather(*[writer.change(ask, asked) for _ in range(8)])

    assert len(set(with_writer(many, answer_s=0.4))) == 1


def test_all_changes_outlive_a_connection_that_breaks() -> None:
    async def broken(writer: Writer) -> list[int]:
        await writer.change(ask, "SELECT 1")
        await asyncio.to_thread(_end_and_close)
        return await asyncio.gather(*[writer.change(ask, f"SELECT {number}") for number in range(50)])

    assert with_writer(broken) == list(range(50))


def _end_and_close() -> None:
    end_other_connections()
    connection.close()


def test_a_fault_that_stays_although_the_database_answers_is_raised() -> None:
    """Else one change that can never be made would hold its pump up for ever."""

    def refuse() -> None:
        raise OperationalError("the disk is full")

    with pytest.raises(OperationalError, match="disk is full"):
        with_writer(lambda writer: writer.change(refuse), patience_s=0.3)


def test_a_change_that_is_too_large_for_the_database_is_refused_at_once() -> None:
    def too_large() -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE narrow (line text UNIQUE) ON COMMIT PRESERVE ROWS")
            cursor.execute("INSERT INTO narrow SELECT string_agg(md5(n::text), '') FROM generate_series(1, 1000) n")

    began = time.monotonic()
    with pytest.raises(OperationalError, match="index row"):
        with_writer(lambda writer: writer.change(too_large))
    assert time.monotonic() - began < 5


def test_a_pooler_that_has_lost_its_database_is_not_taken_for_it() -> None:
    """It lets every client in, and ends each at its first statement, however often that is tried."""
    given = conninfo_to_dict(database_url())
    with connection.cursor() as cursor:  # Django has no statement of its own for a new connection then
        cursor.execute(f"ALTER DATABASE \"{given['dbname']}\" SET timezone TO 'UTC'")

    async def lose_it(writer: Writer) -> Any:
        proxy.only_lets_in = True
        asking = asyncio.ensure_future(writer.change(ask, "SELECT 1"))
        done, _ = await asyncio.wait({asking}, timeout=2)
        proxy.only_lets_in = False
        assert not done
        return await asking

    with (
        proxy_to(f"{given['host']}/.s.PGSQL.{given['port']}") as proxy,
        aimed_at(f"postgresql://{given['user']}@127.0.0.1:{proxy.port}/{given['dbname']}"),
    ):
        assert with_writer(lose_it, patience_s=0.5) == 1


def test_a_standby_that_only_answers_is_not_taken_for_the_database() -> None:
    """After a failover, until it is promoted."""

    async def fail_over(writer: Writer) -> None:
        noting = asyncio.ensure_future(writer.change(workers.note, worker="one", running=0))
        done, _ = await asyncio.wait({noting}, timeout=1)
        assert not done
        promote()
        await noting

    with read_only_database() as promote:
        with_writer(fail_over, patience_s=0.5)
    assert [worker.name for worker in workers.alive()] == ["one"]


def test_items_that_wait_for_the_thread_go_through_together() -> None:
    visits: list[list[int]] = []

    async def crowd(writer: Writer) -> None:
        busy = asyncio.ensure_future(writer.change(ask, "SELECT pg_sleep(0.2)"))
        await asyncio.sleep(0.05)
        await asyncio.gather(*[writer.batched(visits.append, item) for item in range(50)], busy)
        await writer.batched(visits.append, 50)

    with_writer(crowd)
    assert visits == [list(range(50)), [50]]


def test_an_item_that_the_database_refuses_takes_no_other_with_it() -> None:
    stored: list[int] = []

    def divide(items: list[int]) -> None:
        stored.extend([ask(f"SELECT 12 / {item}") for item in items])

    async def crowd(writer: Writer) -> list[Any]:
        return await asyncio.gather(*[writer.batched(divide, item) for item in (0, 3, 4)], return_exceptions=True)

    outcomes = with_writer(crowd)
    assert isinstance(outcomes[0], DatabaseError)
    assert outcomes[1:] == [None, None]
    assert sorted(stored) == [3, 4]
