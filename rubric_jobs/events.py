"""LISTEN: what PostgreSQL's notifications tell a process, over one connection of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import psycopg

log = logging.getLogger(__name__)

RECONNECT_S = 1.0


async def listen(conninfo: str, channel: str) -> AsyncIterator[str]:
    """The payloads sent to `channel`, for ever; "" each time the connection is made anew, since some may have been missed."""
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
            async with connection:
                await connection.execute(f'LISTEN "{channel}"')
                yield ""
                async for notification in connection.notifies():
                    yield notification.payload
        except psycopg.OperationalError as error:
            log.warning("listening on %s again in %s s: %s", channel, RECONNECT_S, type(error).__name__)
            await asyncio.sleep(RECONNECT_S)
