"""Processes that run jobs.

django-q2 calls `pump` and `purge`. Their dotted names are in the schedules and messages of deployed databases, which
workers of other releases read too, so these two functions stay here.
"""

from __future__ import annotations


def pump(tries: int = 1) -> str:
    """Run jobs; see `cluster.pump`."""
    from rubric_jobs.worker import (
        cluster,
    )  # the whole engine; web processes need only the checks in this package

    return cluster.pump(tries)


def purge() -> str:
    """Delete old jobs and ledger lines; see `cluster.purge`."""
    from rubric_jobs.worker import cluster

    return cluster.purge()
