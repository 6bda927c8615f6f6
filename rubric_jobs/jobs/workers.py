"""Worker processes on all hosts: each one reports in its row that it is alive."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import connection

ALIVE_WITHIN_S = 15.0
"""Seconds after which a silent worker counts as gone; a live one reports every second."""
MISSED_FOR_S = 3600.0
"""Seconds for which a worker that died is still listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker process, the number of jobs that it runs, and the seconds since its last report and its start."""

    name: str
    started_at: datetime.datetime
    running: int
    silent_s: float
    age_s: float

    @property
    def is_alive(self) -> bool:
        return self.silent_s < ALIVE_WITHIN_S

    @property
    def host(self) -> str:
        return self.name.rpartition(":")[0]


def note(*, worker: str, running: int) -> None:
    """This worker is alive."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.rubric_workers (worker, running) VALUES (%(worker)s, %(running)s)
               ON CONFLICT (worker) DO UPDATE SET seen_at = statement_timestamp(), running = excluded.running""",
            {"worker": worker, "running": running},
        )


def leave(*, worker: str) -> None:
    """This worker stops in good order and is not missed."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM grader.rubric_workers WHERE worker = %s", [worker])


def known() -> list[Worker]:
    """Workers that are alive, and those that died in the last hour and were not replaced, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT worker, started_at, running,
                 greatest(extract(epoch FROM statement_timestamp() - seen_at), 0)::float,
                 greatest(extract(epoch FROM statement_timestamp() - started_at), 0)::float
               FROM grader.rubric_workers WHERE seen_at > statement_timestamp() - %s * interval '1 second'
               ORDER BY worker""",
            [MISSED_FOR_S],
        )
        return _without_the_replaced(
            [
                Worker(name=name, started_at=at, running=running, silent_s=silent_s, age_s=age_s)
                for name, at, running, silent_s, age_s in cursor.fetchall()
            ]
        )


def _without_the_replaced(found: list[Worker]) -> list[Worker]:
    """Leave out each dead worker whose place a younger one has taken, one for one.

    That is one that started on the same host after the last report, or on a host all of whose workers started after it:
    a new container has a new name. Elsewhere a young worker is only the hourly relief of an older one.
    """
    free = [worker for worker in found if worker.is_alive]
    oldest_s = {host: max(worker.age_s for worker in free if worker.host == host) for host in {w.host for w in free}}
    listed = list(free)
    for dead in sorted((worker for worker in found if not worker.is_alive), key=lambda worker: worker.silent_s):
        younger = [worker for worker in free if worker.age_s < dead.silent_s]
        here = [worker for worker in younger if worker.host == dead.host]
        elsewhere = [worker for worker in younger if oldest_s[worker.host] < dead.silent_s]
        if taker := next(iter(here or elsewhere), None):
            free.remove(taker)
        else:
            listed.append(dead)
    return sorted(listed, key=lambda worker: worker.name)


def alive() -> list[Worker]:
    """Workers that are alive, by name."""
    return [worker for worker in known() if worker.is_alive]


def forget_the_dead() -> int:
    """Delete rows of workers that have been silent for a day. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM grader.rubric_workers WHERE seen_at < statement_timestamp() - interval '1 day'")
        return int(cursor.rowcount)
