"""django-q2's own worker command, with a stop that is bounded and an exit code that a supervisor can act on."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import psutil
from django.conf import settings
from django.db import DatabaseError, connection
from django_q.cluster import Cluster
from django_q.management.commands.qcluster import Command as QCluster
from django_q.signals import post_spawn

from rubric_jobs import worker

STOP_MARGIN_S = 1.5


class Command(QCluster):  # type: ignore[misc]
    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("cluster_name"):
            os.environ["Q_CLUSTER_NAME"] = options["cluster_name"]
        shared = worker.prepare()
        post_spawn.connect(worker.seed)
        signals: list[int] = []
        cluster = Cluster()
        # Its own handlers set a multiprocessing event and join, which deadlocks when a signal comes twice.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: signals.append(number))
        cluster.start()
        fault = None
        while not (signals or options.get("run_once") or fault):
            time.sleep(0.1)
            fault = _fault(cluster, shared)
        if fault:
            self.stderr.write(f"{fault} Stopping, so that a supervisor starts the worker anew.")
        shared.stop()
        ended_in_time = self._end(cluster)
        sys.stdout.flush()
        # Not sys.exit: multiprocessing's own exit handlers would join whatever hangs.
        os._exit(0 if ended_in_time and not fault else 1)

    def _end(self, cluster: Cluster) -> bool:
        """Whether every process of the cluster ended within the grace; those that did not are killed."""
        family = psutil.Process().children(recursive=True)
        # In a thread: the event's lock may have died with the process that held it.
        threading.Thread(target=cluster.stop_event.set, daemon=True).start()
        deadline = time.monotonic() + settings.PUMP_GRACE_SECONDS + STOP_MARGIN_S
        _, alive = psutil.wait_procs(family, timeout=deadline - time.monotonic())
        for process in alive:
            process.kill()
        return not alive


def _fault(cluster: Cluster, shared: worker.Cluster) -> str | None:
    """What is wrong with the cluster that it will not mend by itself."""
    if not cluster.sentinel.is_alive():
        return "The cluster's sentinel has died."
    # An idle django-q2 worker that is killed takes the queue's lock with it: then no pump ever starts again.
    if shared.silent_for_s() > settings.PUMP_SILENCE_SECONDS and _database_answers():
        return f"A pump was not heard of for {settings.PUMP_SILENCE_SECONDS:.0f} s."
    return None


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    finally:
        connection.close()
    return True
