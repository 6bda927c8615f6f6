"""Which worker processes are alive, on whatever host: each one says so in its row."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import connection

ALIVE_WITHIN_S = 15.0
"""A worker says so every second; one that has been silent for so long is gone, or cannot reach the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker process and the number of jobs that it runs."""

    name: str
    started_at: datetime.datetime
    running: int


def note(*, worker: str, running: int) -> None:
    """This worker is alive."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.rubric_workers (worker, running) VALUES (%(worker)s, %(running)s)
               ON CONFLICT (worker) DO UPDATE SET seen_at = statement_timestamp(), running = excluded.running""",
            {"worker": worker, "running": running},
        )


def alive(*, within_s: float = ALIVE_WITHIN_S) -> list[Worker]:
    """Those that were heard of in the last seconds, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT worker, started_at, running FROM grader.rubric_workers
               WHERE seen_at > statement_timestamp() - %s * interval '1 second' ORDER BY worker""",
            [within_s],
        )
        return [Worker(name=name, started_at=at, running=running) for name, at, running in cursor.fetchall()]


def forget_the_dead() -> int:
    """Rows of workers that nobody has heard of for a day → gone; how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM grader.rubric_workers WHERE seen_at < statement_timestamp() - interval '1 day'")
        return int(cursor.rowcount)
