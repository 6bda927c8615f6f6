"""Claims over Django's own connection, by somebody who is no pump: they see rows that a test has not committed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.json import JsonbLoader

from rubric_jobs.jobs import claims
from rubric_jobs.jobs.claims import Claim


def claim(**terms: Any) -> list[Claim]:
    """`claims.claim`, at once."""
    connection.ensure_connection()
    borrowed: Any = _Borrowed(connection.connection)
    taking = claims.claim(borrowed, **({"limit": 100, "worker": "test", "lease_s": 30} | terms))
    try:
        taking.send(None)
    except StopIteration as taken:  # nothing in it waits, so that it needs no loop
        return list(taken.value)
    raise AssertionError("a claim that waits for something else than its connection")


class _Borrowed:
    """A connection with the face of an asynchronous one."""

    def __init__(self, lender: psycopg.Connection[Any]) -> None:
        self._lender = lender

    @asynccontextmanager
    async def cursor(self, **how: Any) -> Any:
        with self._lender.cursor(**how) as cursor:
            cursor.adapters.register_loader("jsonb", JsonbLoader)  # which Django leaves to its model fields
            yield _Cursor(cursor)

    @asynccontextmanager
    async def transaction(self) -> Any:
        with self._lender.transaction():
            yield


class _Cursor:
    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self._cursor = cursor

    async def execute(self, *statement: Any) -> None:
        self._cursor.execute(*statement)

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()
