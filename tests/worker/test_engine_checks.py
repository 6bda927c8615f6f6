"""Settings that would break the engine's promises are refused before anything starts, each with what to do."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from rubric_jobs.worker import checks

# The checks alone read the changed databases; no connection is made.
pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")

CHECKS = (checks.check_django_q, checks.check_workers, checks.check_connections)


def found(**changed: Any) -> list[str]:
    with override_settings(**changed):
        messages = [message for check in CHECKS for message in check()]
    assert all(message.hint for message in messages)
    return [str(message.id).removeprefix("rubric_jobs.") for message in messages]


def q_cluster(**changed: Any) -> dict[str, Any]:
    return {"Q_CLUSTER": {**settings.Q_CLUSTER, **changed}}


def database(**changed: Any) -> dict[str, Any]:
    return {"DATABASES": {"default": {**settings.DATABASES["default"], **changed}}}


def test_the_settings_as_they_are_break_nothing() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        (q_cluster(orm="other"), ["E001"]),
        (q_cluster(orm=None, redis={}), ["E001"]),
        (q_cluster(sync=True), ["E002"]),
        (q_cluster(ack_failures=False), ["E003"]),
        (q_cluster(workers=1), ["E004", "W005"]),
        (q_cluster(queue_limit=50), ["W005"]),
        (q_cluster(bulk=10), ["W005"]),
        (q_cluster(guard_cycle=0.3), ["E006"]),
        (q_cluster(guard_cycle=1), []),
        (q_cluster(retry=60, timeout=50), ["E007"]),
        (q_cluster(retry=settings.PUMP_LIFETIME_SECONDS + 100, timeout=50), ["E007"]),
        (q_cluster(timeout=10_000), ["E008"]),
        (q_cluster(timeout=None), ["E008"]),
        ({"WORKER_PROCESSES": 0, **q_cluster(workers=1, queue_limit=1)}, ["E011"]),
        ({"WORKER_CONCURRENCY": 0}, ["E012"]),
        ({"WORKER_CONCURRENCY": 100_000}, ["E012"]),
        ({"RUBRIC_JOB_MAX_ATTEMPTS": 0}, ["E013"]),
        ({"WORKER_READERS": 0}, ["E018"]),
        ({"PUMP_LEASE_SECONDS": 0.5, "PUMP_SILENCE_SECONDS": 5}, ["E014"]),
        ({"PUMP_SILENCE_SECONDS": 1}, ["E015"]),
        ({"PUMP_SILENCE_SECONDS": 60}, ["W016"]),
        ({"PUMP_GRACE_SECONDS": -1}, ["E017"]),
        (database(CONN_MAX_AGE=0), ["W022"]),
        (database(HOST="db.example.org", OPTIONS={}), ["W023"]),
        (database(HOST="/run/postgresql", OPTIONS={}), []),
    ],
)
def test_a_setting_that_breaks_a_promise_is_told(changed: dict[str, Any], ids: list[str]) -> None:
    assert found(**changed) == ids


@pytest.mark.parametrize(("command", "ids"), [("qcluster", ["E021"]), ("check", [])])
def test_workers_refuse_a_pool_of_connections(monkeypatch: pytest.MonkeyPatch, command: str, ids: list[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["manage.py", command])
    assert found(**database(OPTIONS={"pool": {}})) == ids


def test_a_database_that_a_url_names_is_given_up_in_time() -> None:
    """In a process of its own: the tests' settings have been read already."""
    url = "postgresql://u@db.example.org/x?connect_timeout=3"
    code = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])"
    environ = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "grader.settings"}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, check=True
    )
    options = ast.literal_eval(told.stdout)
    assert (options["connect_timeout"], options["tcp_user_timeout"]) == ("3", "15000")
