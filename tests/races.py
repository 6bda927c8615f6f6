"""Two changes of the same rows, of which one waits for the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg
from django.db import connection, transaction

from rubric_jobs import conf

T = TypeVar("T")

HELD_UP = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
"""Who waits for a row, as SQL."""


def waited_for(first: Callable[[], T], second: Callable[[], object]) -> T:
    """What `first` returns, whose transaction ends when `second`, over another connection, waits for it."""
    with ThreadPoolExecutor(1) as apart, psycopg.connect(conf.database_conninfo(), autocommit=True) as watcher:
        with transaction.atomic():
            done = first()
            other = apart.submit(_over_its_own_connection, second)
            deadline = time.monotonic() + 10
            while not watcher.execute(f"SELECT pid {HELD_UP}").fetchone():
                assert time.monotonic() < deadline
                assert not other.done(), "it did not wait"
                time.sleep(0.01)
        other.result(10)
    return done


def _over_its_own_connection(change: Callable[[], object]) -> None:
    try:
        change()
    finally:
        connection.close()  # Django keeps one for each thread
