"""Claims as a worker makes them, for benchmarks that are no pump."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from rubric_jobs import conf
from rubric_jobs.jobs import claims
from rubric_jobs.jobs.claims import Claim

Claimer = Callable[..., list[Claim]]


@contextmanager
def claimer() -> Iterator[Claimer]:
    """`claims.claim` over one connection that is set up like a worker's."""
    conf.prepare_statements()
    with asyncio.Runner() as loop:
        connection = loop.run(psycopg.AsyncConnection.connect(conf.database_conninfo(), autocommit=True))

        def claim(*, limit: int) -> list[Claim]:
            terms: dict[str, Any] = {"limit": limit, "worker": "benchmark", "lease_s": 60}
            return loop.run(claims.claim(connection, **terms))

        try:
            yield claim
        finally:
            loop.run(connection.close())
