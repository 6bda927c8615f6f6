"""Connections that end early: cut from our side, where an answer will not come, or from the database's, unnoticed."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg


def abort(connection: psycopg.Connection | psycopg.AsyncConnection | None) -> None:
    """Whoever waits on the connection gets an OperationalError at once. Safe to call from any thread, at any time.

    Cancelling the statement would not do: that asks the very server that does not answer, and waits for it.
    """
    with suppress(OSError, psycopg.Error):
        if connection is not None:
            with socket.socket(fileno=os.dup(connection.pgconn.socket)) as wire:
                wire.shutdown(socket.SHUT_RDWR)


def is_closed_by_server(idle: psycopg.Connection | psycopg.AsyncConnection) -> bool:
    """Whether the database has ended a connection on which nobody waits for an answer. Asks it nothing.

    Such a connection has nothing to say but its end. (New settings of the server, too: then a good one is given up.)
    """
    if idle.closed:
        return True
    told = select.poll()
    told.register(idle.fileno(), select.POLLIN)
    return bool(told.poll(0))


@contextmanager
def abort_after(seconds: float, connection: psycopg.AsyncConnection) -> Iterator[None]:
    """Whoever still waits on the connection in this block after so long gets an OperationalError."""
    severing = asyncio.get_running_loop().call_later(seconds, abort, connection)
    try:
        yield
    finally:
        severing.cancel()
