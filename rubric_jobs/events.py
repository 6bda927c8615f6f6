"""LISTEN: what PostgreSQL's notifications tell a process, over one connection of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import psycopg

log = logging.getLogger(__name__)

RECONNECT_S = 1.0


async def listen(conninfo: str, *channels: str) -> AsyncIterator[tuple[str, str]]:
    """Channel and payload of every notification, for ever.

    ("", "") comes each time that the connection is made anew: notifications may have been missed.
    """
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
            async with connection:
                for channel in channels:
                    await connection.execute(f'LISTEN "{channel}"')
                yield "", ""
                async for notification in connection.notifies():
                    yield notification.channel, notification.payload
        except psycopg.OperationalError as error:
            log.warning("listening again in %s s: %s", RECONNECT_S, type(error).__name__)
            await asyncio.sleep(RECONNECT_S)
