"""django-q2's own worker command, with a stop that is bounded and an exit code that a supervisor can act on."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from multiprocessing import Event
from multiprocessing.context import ForkProcess
from typing import Any

import psutil
import psycopg
from django.db import DatabaseError, connection
from django_q.cluster import Sentinel, get_mp_context
from django_q.management.commands.qcluster import Command as QCluster
from django_q.signals import post_spawn

from rubric_jobs import conf
from rubric_jobs.jobs.connections import abort
from rubric_jobs.worker import cluster, processes
from rubric_jobs.worker.checks import ENGINE
from rubric_jobs.worker.writer import TAKES_CHANGES

log = logging.getLogger(__name__)

STOP_MARGIN_S = 1.5
PAUSE_S = 1.0
ANSWER_S = 3.0
"""A database that does not answer for so long is away, and a silent pump is no wonder then."""


class Command(QCluster):  # type: ignore[misc]
    # All the others load the web side too, which takes a third of the start and 16 MB.
    requires_system_checks = [ENGINE]

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("cluster_name"):
            os.environ["Q_CLUSTER_NAME"] = options["cluster_name"]
        processes.lead()
        shared = cluster.prepare()
        post_spawn.connect(cluster.begin)
        signals: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: signals.append(number))
        watch = _Watchdog(shared)
        # Not django-q2's Cluster: its start waits for the sentinel without end, and its handlers of signals set a
        # multiprocessing event and join, which deadlocks when a signal comes twice.
        stop_event = Event()
        sentinel = get_mp_context().Process(target=Sentinel, args=(stop_event, Event(), uuid.uuid4()))
        sentinel.start()
        fault = None
        while not (signals or options.get("run_once") or fault):
            time.sleep(0.1)
            fault = watch.fault(sentinel)
        if signals:
            fault = None  # a signal to the whole group ends the sentinel too
        if fault:
            self.stderr.write(f"{fault} Stopping, so that a supervisor starts the worker anew.")
        shared.stop()
        # In a thread: the event's lock may have died with the process that held it.
        threading.Thread(target=stop_event.set, daemon=True).start()
        ended_in_time = _end(shared)
        sys.stdout.flush()
        # Not sys.exit: multiprocessing's own exit handlers would join whatever hangs.
        os._exit(0 if ended_in_time and not fault else 1)


def _end(shared: cluster.Cluster) -> bool:
    """Whether every pump ended within the grace, its jobs finished or given back; whoever is left then is killed."""
    deadline = time.monotonic() + conf.pump().grace_s + STOP_MARGIN_S
    # Looked for again: a sentinel that is still starting has more children later, and orphans come to us.
    while family := psutil.Process().children(recursive=True):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            # What is left of django-q2 once the pumps have gone holds nothing that would be missed.
            gave_all_back = not shared.has_pumps()
            for process in family:
                process.kill()
            return gave_all_back
        psutil.wait_procs(family, timeout=left_s)
    return True


class _Watchdog:
    """Looks from outside for what a cluster will not mend by itself."""

    def __init__(self, shared: cluster.Cluster) -> None:
        self._shared = shared
        self._conninfo = conf.database_conninfo()
        connection.close()  # before the fork that follows
        self._answered_at: float | None = None
        self._working: threading.Thread | None = None

    def fault(self, sentinel: ForkProcess) -> str | None:
        if not sentinel.is_alive():
            return "The cluster's sentinel has died."
        patience_s, silent_s = conf.pump().silence_s, self._shared.silent_for_s()
        if silent_s <= patience_s * 2 / 3:
            self._answered_at = None
            if silent_s > patience_s / 4 and self._shared.lacks_pumps():
                # Other clusters may have taken the messages, or see them in their future where clocks differ.
                self._in_background(cluster.seed)
        elif self._answered_at is None:
            self._in_background(self._ask_database)
        # Pumps may be silent because the database was away: they have the rest of the time to find that it is back.
        elif time.monotonic() - self._answered_at > patience_s / 3:
            # An idle django-q2 worker that is killed takes the queue's lock with it: then no pump ever starts again.
            return f"A pump was not heard of for {patience_s:.0f} s."
        return None

    def _in_background(self, call: Callable[[], object]) -> None:
        """In a thread, so that a signal is heeded while the database lets us wait; one at a time, and not too often."""

        def work() -> None:
            try:
                call()
            except (DatabaseError, psycopg.OperationalError):
                log.warning("the database is away")
            finally:
                connection.close()
                time.sleep(PAUSE_S)

        if self._working is None or not self._working.is_alive():
            self._working = threading.Thread(target=work, daemon=True)
            self._working.start()

    def _ask_database(self) -> None:
        with psycopg.connect(self._conninfo, connect_timeout=int(ANSWER_S), autocommit=True) as database:
            severing = threading.Timer(ANSWER_S, abort, [database])
            severing.start()
            takes_changes = database.execute(TAKES_CHANGES).fetchone() == (True,)
            severing.cancel()
        if takes_changes:
            self._answered_at = time.monotonic()
