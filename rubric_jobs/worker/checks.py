"""System checks of the engine: settings of django-q2, connections and workers.

`rubric_jobs.E0xx` breaks a guarantee and prevents the start; `rubric_jobs.W0xx` costs performance or time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from rubric_jobs import conf

ENGINE = "engine"
"""The tag of these checks; a worker runs only them."""
GUARD_CYCLES = (0.5, 1)
SHORTEST_LEASE_S = 2.0
SHORTEST_SILENCE_S = 3.0
RESCUE_SLACK_S = 5.0
"""The longest time from the end of a lease until the job is given back."""
MOST_PROCESSES, MOST_CONCURRENCY, MOST_READERS = 64, 5_000, 64


def _error(number: int, message: str, hint: str) -> CheckMessage:
    return Error(message, hint=hint, id=f"rubric_jobs.E{number:03}")


def _warning(number: int, message: str, hint: str) -> CheckMessage:
    return Warning(message, hint=hint, id=f"rubric_jobs.W{number:03}")


@register(ENGINE)
def check_django_q(**_: Any) -> list[CheckMessage]:
    cluster = conf.q_cluster()
    return [*_broker(cluster), *_processes(cluster), *_times(cluster)]


def _broker(cluster: dict[str, Any]) -> Iterator[CheckMessage]:
    if cluster.get("orm") != "default":
        yield _error(
            1,
            "django-q2's messages are not in the jobs' own database.",
            'Set Q_CLUSTER["orm"] = "default" and no other broker; a faster one would gain nothing.',
        )
    if cluster.get("sync"):
        yield _error(2, 'Q_CLUSTER["sync"] runs a pump in the process that enqueues it.', "Remove it.")
    if not cluster.get("ack_failures"):
        yield _error(
            3,
            "A failed message is delivered again without end.",
            'Set Q_CLUSTER["ack_failures"] = True; a schedule starts missing pumps.',
        )


def _processes(cluster: dict[str, Any]) -> Iterator[CheckMessage]:
    wanted = conf.worker_processes() + 1
    if cluster.get("workers") != wanted:
        yield _error(
            4,
            f"django-q2 has {cluster.get('workers')} processes for {conf.worker_processes()} pumps.",
            f'Q_CLUSTER["workers"] = {wanted}: one for each pump, and one for scheduled tasks such as the purge.',
        )
    if cluster.get("queue_limit") != cluster.get("workers") or cluster.get("bulk", 1) != 1:
        yield _warning(
            5,
            "django-q2 fetches more messages than it has free processes, and a stop waits for them.",
            'Q_CLUSTER["queue_limit"] as many as "workers", and "bulk" 1.',
        )
    if cluster.get("guard_cycle", GUARD_CYCLES[0]) not in GUARD_CYCLES:
        yield _error(
            6,
            'With this Q_CLUSTER["guard_cycle"] django-q2 can miss the end of a process.',
            "Leave it out, or make it 0.5 or 1: its timers count down by it and are compared with 0.",
        )


def _times(cluster: dict[str, Any]) -> Iterator[CheckMessage]:
    longest_s = conf.pump().lifetime_s + conf.job_timeout_s() + conf.pump().grace_s
    if cluster.get("retry", 60) <= longest_s:
        yield _error(
            7,
            "django-q2 delivers a pump's message again while that pump still runs.",
            f'Q_CLUSTER["retry"] above {longest_s:.0f}: PUMP_LIFETIME_SECONDS, RUBRIC_JOB_TIMEOUT_SECONDS (for jobs '
            "that a pump still has at its end) and PUMP_GRACE_SECONDS together.",
        )
    if not cluster.get("timeout") or cluster["timeout"] >= cluster.get("retry", 60):
        yield _error(
            8,
            "A scheduled task may still run when its message is delivered again.",
            'Q_CLUSTER["timeout"] below "retry". Pumps have none: each job has a deadline of its own.',
        )


@register(ENGINE)
def check_workers(**_: Any) -> list[CheckMessage]:
    return [
        *_range(11, "WORKER_PROCESSES", conf.worker_processes(), MOST_PROCESSES),
        *_range(12, "WORKER_CONCURRENCY", conf.pump().concurrency, MOST_CONCURRENCY),
        *_range(13, "RUBRIC_JOB_MAX_ATTEMPTS", conf.pump().max_attempts, 100),
        *_range(18, "WORKER_READERS", conf.readers(), MOST_READERS),
        *_patience(),
    ]


def _range(number: int, name: str, value: int, most: int) -> Iterator[CheckMessage]:
    if not 1 <= value <= most:
        yield _error(number, f"{name} is {value}.", f"A number from 1 to {most}.")


def _patience() -> Iterator[CheckMessage]:
    lease_s, silence_s = conf.pump().lease_s, conf.pump().silence_s
    if lease_s < SHORTEST_LEASE_S:
        yield _error(
            14,
            f"With a lease of {lease_s:g} s, jobs are taken from healthy workers.",
            f"PUMP_LEASE_SECONDS of {SHORTEST_LEASE_S:g} or more (30 by default): it is renewed after a third of it.",
        )
    if silence_s < SHORTEST_SILENCE_S:
        yield _error(
            15,
            f"PUMP_SILENCE_SECONDS is {silence_s:g}, but a pump reports only once a second.",
            f"{SHORTEST_SILENCE_S:g} or more; 20 is the default.",
        )
    if silence_s >= lease_s + RESCUE_SLACK_S:
        yield _warning(
            16,
            "A stuck cluster is noticed only after its jobs should have moved to another one.",
            f"PUMP_SILENCE_SECONDS below PUMP_LEASE_SECONDS ({lease_s:g}), with room for a restart.",
        )
    if conf.pump().grace_s < 0:
        yield _error(17, "PUMP_GRACE_SECONDS is negative.", "Seconds that a stop leaves to running jobs; 0 for none.")


@register(ENGINE)
def check_connections(**_: Any) -> list[CheckMessage]:
    database = conf.database()
    options = database.get("OPTIONS", {})
    found: list[CheckMessage] = []
    if "pool" in options and "qcluster" in sys.argv[1:2]:
        found.append(_error(21, "A connection pool does not survive the fork of workers.", "Unset DATABASE_POOL."))
    if "pool" not in options and database.get("CONN_MAX_AGE", 0) == 0:
        found.append(
            _warning(
                22, "Workers open a new connection for every message.", 'CONN_MAX_AGE = 600 in DATABASES["default"].'
            )
        )
    reaches_a_network = database.get("HOST", "") and not str(database["HOST"]).startswith("/")
    if reaches_a_network and not {"tcp_user_timeout", "keepalives_idle", "connect_timeout"} <= options.keys():
        found.append(
            _warning(
                23,
                "A database host that disappears silently is noticed only after minutes or hours.",
                "connect_timeout, keepalives_idle and tcp_user_timeout in the connection's options.",
            )
        )
    return found
