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
    """A worker process, the number of jobs that it runs, and the seconds since its last report and its start.

    `cluster` is empty for a worker of an older version.
    """

    name: str
    started_at: datetime.datetime
    running: int
    silent_s: float
    age_s: float
    cluster: str
    cluster_age_s: float

    @property
    def is_alive(self) -> bool:
        return self.silent_s < ALIVE_WITHIN_S

    @property
    def host(self) -> str:
        return self.name.rpartition(":")[0]


def note(*, worker: str, running: int, cluster: str = "", cluster_age_s: float = 0.0) -> None:
    """This worker of a cluster is alive; `cluster_age_s` are the seconds since the cluster's start."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.rubric_workers (worker, running, cluster, cluster_started_at)
               VALUES (%(worker)s, %(running)s, %(cluster)s,
                 statement_timestamp() - %(cluster_age_s)s * interval '1 second')
               ON CONFLICT (worker) DO UPDATE SET seen_at = statement_timestamp(), running = excluded.running""",
            {"worker": worker, "running": running, "cluster": cluster, "cluster_age_s": cluster_age_s},
        )


def leave(*, worker: str) -> None:
    """This worker stops normally and does not count as lost."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM grader.rubric_workers WHERE worker = %s", [worker])


def known() -> list[Worker]:
    """Workers that are alive, and those that died in the last hour and were not replaced, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT worker AS name, started_at, running, cluster,
                 greatest(extract(epoch FROM statement_timestamp() - seen_at), 0)::float AS silent_s,
                 greatest(extract(epoch FROM statement_timestamp() - started_at), 0)::float AS age_s,
                 greatest(extract(epoch FROM statement_timestamp() - cluster_started_at), 0)::float AS cluster_age_s
               FROM grader.rubric_workers WHERE seen_at > statement_timestamp() - %s * interval '1 second'
               ORDER BY worker""",
            [MISSED_FOR_S],
        )
        names = [column.name for column in cursor.description]
        return _without_the_replaced([Worker(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()])


def _without_the_replaced(found: list[Worker]) -> list[Worker]:
    """Leave out each dead worker whose place a younger one has taken, one for one.

    That is one of its own cluster, or of a cluster that started after its last report: on its host if there is one,
    else elsewhere, because a new container has a new name. In an older cluster, a young worker replaces another one at
    the end of its life.
    """
    free = [worker for worker in found if worker.is_alive]
    listed = list(free)
    for dead in sorted((worker for worker in found if not worker.is_alive), key=lambda worker: worker.silent_s):
        takers = [worker for worker in free if worker.age_s < dead.silent_s and _may_replace(worker, dead)]
        if takers:
            free.remove(min(takers, key=lambda worker: (worker.cluster != dead.cluster, worker.host != dead.host)))
        else:
            listed.append(dead)
    return sorted(listed, key=lambda worker: worker.name)


def _may_replace(worker: Worker, dead: Worker) -> bool:
    return worker.cluster == dead.cluster != "" or worker.cluster_age_s < dead.silent_s


def alive() -> list[Worker]:
    """Workers that are alive, by name."""
    return [worker for worker in known() if worker.is_alive]


def forget_the_dead() -> int:
    """Delete rows of workers that have been silent for a day. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM grader.rubric_workers WHERE seen_at < statement_timestamp() - interval '1 day'")
        return int(cursor.rowcount)
