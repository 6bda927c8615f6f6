"""LISTEN: PostgreSQL's notifications over a connection of their own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import psycopg

from rubric_jobs.jobs.connections import abort_after

log = logging.getLogger(__name__)

LISTENER = "rubric jobs: listening"
"""The application name in pg_stat_activity."""
RECONNECT_S = 1.0
QUIET_S = 15.0
ANSWER_S = 5.0
"""After QUIET_S without a notification the server gets a query and ANSWER_S to answer it."""


async def listen(conninfo: str, *channels: str) -> AsyncIterator[tuple[str, str]]:
    """Channel and payload of every notification, for ever.

    Yields ("", "") after each new connection, because notifications may have been missed.
    """
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True, application_name=LISTENER)
            async with connection:
                for channel in channels:
                    await connection.execute(f'LISTEN "{channel}"')
                yield "", ""
                while True:
                    async for notification in connection.notifies(timeout=QUIET_S):
                        yield notification.channel, notification.payload
                    with abort_after(ANSWER_S, connection):  # a dead connection is as silent as an idle one
                        await connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            log.warning("listening again in %s s: %s", RECONNECT_S, type(error).__name__)
            await asyncio.sleep(RECONNECT_S)
