"""How a pump takes jobs in: one connection that hears of them and claims them.

The server process that was just woken to pass a notification on is the one that claims, and no other thread is woken:
that takes a third off the way from a commit to the job's first line.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import psycopg

from rubric_jobs.jobs import claims
from rubric_jobs.jobs.claims import Claim
from rubric_jobs.jobs.connections import abort_after
from rubric_jobs.jobs.lifecycle import CANCELLED_CHANNEL, PENDING_CHANNEL

log = logging.getLogger(__name__)

CLAIMER = "rubric jobs: claiming"
"""How such a connection is told apart in pg_stat_activity."""


class Intake:
    """When the connection breaks, the next claim makes it anew: what was not heard meanwhile is found by that claim."""

    def __init__(
        self, conninfo: str, *, is_listening: bool, heard: Callable[[str, str], None], answer_s: float = 10.0
    ) -> None:
        """`heard` is called with channel and payload of each notification, in the loop's thread.

        Without listening it stays away from all that needs a server process of its own (LISTEN, prepared statements).
        A connection on which the database has not answered for `answer_s` seconds is given up.
        """
        self._conninfo, self._is_listening = conninfo, is_listening
        self._heard, self._answer_s = heard, answer_s
        self._connection: psycopg.AsyncConnection | None = None
        self._socket: int | None = None

    async def claim(self, **terms: Any) -> list[Claim]:
        """`claims.claim`; none while the database is away, or answers without taking changes (after a failover)."""
        try:
            connection = self._connection or await self._connect()
            self._look_away()  # while a statement runs, psycopg itself reads what comes
            with abort_after(self._answer_s, connection):
                claimed = await claims.claim(connection, **terms)
            self._look_at(connection)
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction) as error:
            log.warning("no jobs are taken in: %s", type(error).__name__)
            await self.close()
            return []
        return claimed

    async def close(self) -> None:
        self._look_away()
        if self._connection is not None:
            await self._connection.close()
        self._connection = None

    async def _connect(self) -> psycopg.AsyncConnection:
        connection = self._connection = await psycopg.AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            application_name=CLAIMER,
            prepare_threshold=0 if self._is_listening else None,  # 0: from the first time on
        )
        if self._is_listening:
            connection.add_notify_handler(lambda notified: self._heard(notified.channel, notified.payload))
            with abort_after(self._answer_s, connection):
                for channel in (PENDING_CHANNEL, CANCELLED_CHANNEL):
                    await connection.execute(f'LISTEN "{channel}"')
        return connection

    def _look_at(self, connection: psycopg.AsyncConnection) -> None:
        self._socket = connection.fileno()
        asyncio.get_running_loop().add_reader(self._socket, self._read, connection)

    def _look_away(self) -> None:
        if self._socket is not None:  # by its number: a connection that broke has none any more
            asyncio.get_running_loop().remove_reader(self._socket)
        self._socket = None

    def _read(self, connection: psycopg.AsyncConnection) -> None:
        """Something came between two statements: notifications, or the end of the connection."""
        try:
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            self._look_away()
            self._heard(PENDING_CHANNEL, "")  # the next claim finds out, and connects anew
        while notified := connection.pgconn.notifies():
            self._heard(notified.relname.decode(), notified.extra.decode())
