"""How a pump claims jobs: one connection listens and claims.

The server process that has just delivered a notification also runs the claim, and no other thread wakes up. That saves
a third of the time from a commit to the job's start.
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
"""The application name in pg_stat_activity."""


class Intake:
    """A connection that listens and claims. After it breaks, the next claim opens a new one and finds missed jobs."""

    def __init__(
        self, conninfo: str, *, is_listening: bool, heard: Callable[[str, str], None], answer_s: float = 10.0
    ) -> None:
        """`heard` is called with channel and payload of each notification, in the loop's thread.

        Without listening it avoids everything that needs a server process of its own (LISTEN, prepared statements).
        A connection on which the database has not answered for `answer_s` seconds is aborted.
        """
        self._conninfo, self._is_listening = conninfo, is_listening
        self._heard, self._answer_s = heard, answer_s
        self._connection: psycopg.AsyncConnection | None = None
        self._socket: int | None = None

    async def claim(self, **terms: Any) -> list[Claim]:
        """`claims.claim`; no jobs while the database is down or read-only (after a failover)."""
        try:
            connection = self._connection or await self._connect()
            self._unwatch_socket()  # during a statement, psycopg itself reads the socket
            with abort_after(self._answer_s, connection):
                claimed = await claims.claim(connection, **terms)
            self._watch_socket(connection)
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction) as error:
            log.warning("no jobs are claimed: %s", type(error).__name__)
            await self.close()
            return []
        return claimed

    async def close(self) -> None:
        self._unwatch_socket()
        if self._connection is not None:
            await self._connection.close()
        self._connection = None

    async def _connect(self) -> psycopg.AsyncConnection:
        connection = self._connection = await psycopg.AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            application_name=CLAIMER,
            prepare_threshold=0 if self._is_listening else None,  # 0: from the first execution on
        )
        if self._is_listening:
            connection.add_notify_handler(lambda notified: self._heard(notified.channel, notified.payload))
            with abort_after(self._answer_s, connection):
                for channel in (PENDING_CHANNEL, CANCELLED_CHANNEL):
                    await connection.execute(f'LISTEN "{channel}"')
        return connection

    def _watch_socket(self, connection: psycopg.AsyncConnection) -> None:
        self._socket = connection.fileno()
        asyncio.get_running_loop().add_reader(self._socket, self._read, connection)

    def _unwatch_socket(self) -> None:
        if self._socket is not None:  # by its number, which a broken connection no longer has
            asyncio.get_running_loop().remove_reader(self._socket)
        self._socket = None

    def _read(self, connection: psycopg.AsyncConnection) -> None:
        """Something arrived between two statements: notifications, or the end of the connection."""
        try:
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            self._unwatch_socket()
            self._heard(PENDING_CHANNEL, "")  # the next claim reconnects
        while notified := connection.pgconn.notifies():
            self._heard(notified.relname.decode(), notified.extra.decode())
