"""django-q2's worker command with a bounded stop and an exit code for a supervisor."""

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
"""A database that does not answer for this long is down, which explains silent pumps."""


class Command(QCluster):  # type: ignore[misc]
    # The other checks load the web packages too: a third of the start-up time and 16 MB.
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
        # Not django-q2's Cluster: its start waits for the sentinel without end, and its signal handlers set a
        # multiprocessing event and join, which deadlocks on a second signal.
        stop_event = Event()
        sentinel = get_mp_context().Process(target=Sentinel, args=(stop_event, Event(), uuid.uuid4()))
        sentinel.start()
        fault = None
        while not (signals or options.get("run_once") or fault):
            time.sleep(0.1)
            fault = watch.fault(sentinel)
        if signals:
            fault = None  # a signal to the process group ends the sentinel too
        if fault:
            self.stderr.write(f"{fault} Stopping, so that a supervisor restarts the worker.")
        shared.stop()
        # In a thread, because the process that held the event's lock may have died with it.
        threading.Thread(target=stop_event.set, daemon=True).start()
        ended_in_time = _end(shared)
        sys.stdout.flush()
        # Not sys.exit: multiprocessing's exit handlers would join hanging processes.
        os._exit(0 if ended_in_time and not fault else 1)


def _end(shared: cluster.Cluster) -> bool:
    """Whether every pump ended within the grace time with its jobs finished or given back. Kills what is left."""
    deadline = time.monotonic() + conf.pump().grace_s + STOP_MARGIN_S
    # Listed again, because a starting sentinel gets more children, and orphans become our children.
    while family := psutil.Process().children(recursive=True):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            # Without pumps, the remaining django-q2 processes hold nothing of value.
            gave_all_back = not shared.has_pumps()
            for process in family:
                process.kill()
            return gave_all_back
        psutil.wait_procs(family, timeout=left_s)
    return True


class _Watchdog:
    """Detects from outside what a cluster cannot repair itself."""

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
                # Other clusters may have taken the messages, or clocks differ and messages are due later.
                self._in_background(cluster.seed)
        elif self._answered_at is None:
            self._in_background(self._ask_database)
        # Pumps may be silent because the database was down; they get the rest of the time to reconnect.
        elif time.monotonic() - self._answered_at > patience_s / 3:
            # A killed idle django-q2 worker keeps the queue's lock, and no pump can start any more.
            return f"A pump was silent for {patience_s:.0f} s."
        return None

    def _in_background(self, call: Callable[[], object]) -> None:
        """Run `call` in a thread, so that signals are handled meanwhile; one at a time, and not too often."""

        def work() -> None:
            try:
                call()
            except (DatabaseError, psycopg.OperationalError):
                log.warning("the database is down")
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
