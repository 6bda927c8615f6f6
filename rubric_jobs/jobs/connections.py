"""Broken connections: abort one that will not answer, detect one that the database has closed."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg


def abort(connection: psycopg.Connection | psycopg.AsyncConnection | None) -> None:
    """Abort the connection: pending statements fail with an OperationalError. Safe from any thread at any time.

    Cancelling the statement would not help: that asks the same server, which does not answer, and waits for it.
    """
    with suppress(OSError, psycopg.Error):
        if connection is not None:
            with socket.socket(fileno=os.dup(connection.pgconn.socket)) as wire:
                wire.shutdown(socket.SHUT_RDWR)


def is_closed_by_server(idle: psycopg.Connection | psycopg.AsyncConnection) -> bool:
    """Whether the database has closed an idle connection, without a query.

    An idle connection becomes readable when it is closed. It also does when the server reloads its settings; a working
    connection is then given up.
    """
    if idle.closed:
        return True
    told = select.poll()
    told.register(idle.fileno(), select.POLLIN)
    return bool(told.poll(0))


@contextmanager
def abort_after(seconds: float, connection: psycopg.AsyncConnection) -> Iterator[None]:
    """Abort the connection if the block takes longer than `seconds`."""
    abortion = asyncio.get_running_loop().call_later(seconds, abort, connection)
    try:
        yield
    finally:
        abortion.cancel()
