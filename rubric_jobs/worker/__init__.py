"""Processes that carry jobs.

`pump` and `purge` are the two functions that django-q2 calls. Their dotted names stand in the schedules and messages of
deployed databases, which a worker of another release may read: they stay where they are.
"""

from __future__ import annotations


def pump(tries: int = 1) -> str:
    """Carry jobs; see `cluster.pump`."""
    from rubric_jobs.worker import cluster  # the whole engine, which the web's checks of this room do not need

    return cluster.pump(tries)


def purge() -> str:
    """Delete what has been kept long enough; see `cluster.purge`."""
    from rubric_jobs.worker import cluster

    return cluster.purge()
