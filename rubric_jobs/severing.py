"""Ending a database connection from outside, while somebody waits on it for an answer that will not come."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

import psycopg


def sever(connection: psycopg.Connection | psycopg.AsyncConnection | None) -> None:
    """Whoever waits on the connection gets an OperationalError at once. Safe to call from any thread, at any time.

    Cancelling the statement would not do: that asks the very server that does not answer, and waits for it.
    """
    with suppress(OSError, psycopg.Error):
        if connection is not None:
            with socket.socket(fileno=os.dup(connection.pgconn.socket)) as wire:
                wire.shutdown(socket.SHUT_RDWR)
