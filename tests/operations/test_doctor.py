"""The doctor: what is amiss, what to do about it, and an exit code that a script can act on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from rubric_jobs import conf
from rubric_jobs.jobs import controls, workers
from rubric_jobs.operations import doctor
from rubric_jobs.operations.doctor import Finding, Verdict
from tests import servers
from tests.operations.conftest import MakeJob, ago, failed_task

PROJECT = Path(__file__).resolve().parent.parent.parent


def findings(topic: str, **more: Any) -> list[Finding]:
    return [finding for finding in doctor.examine(**more) if finding.topic == topic]


def verdict(topic: str, **more: Any) -> Verdict:
    return findings(topic, **more)[-1].verdict


def of_process(**environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", "--offline"],
        cwd=PROJECT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("rows")
def test_an_installation_in_order_is_called_so() -> None:
    workers.note(worker="host:1", running=2)
    said = StringIO()
    call_command("doctor", "--offline", stdout=said)
    for text in (
        "PostgreSQL",
        "all applied",
        "all that the running service needs",
        "1 processes on host, 2 jobs running",
        "0 jobs wait",
    ):
        assert text in said.getvalue()
    assert "FAIL" not in said.getvalue()


@pytest.mark.usefixtures("rows")
def test_without_a_worker_it_says_how_to_start_one() -> None:
    (finding,) = findings("workers", ask_providers=False)
    assert finding.verdict is Verdict.FAIL
    assert "manage.py qcluster" in finding.remedy
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--offline", stdout=StringIO())
    assert ended.value.code == 1


@pytest.mark.usefixtures("rows")
def test_a_worker_that_went_without_stopping_is_named() -> None:
    workers.note(worker="host:1", running=2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE grader.rubric_workers SET started_at = now() - interval '1 hour'")
        cursor.execute("INSERT INTO grader.rubric_workers VALUES ('host:2', now(), now() - interval '20 s', 0)")
    lost, alive = findings("workers", ask_providers=False)
    assert (lost.verdict, alive.verdict) == (Verdict.LOOK, Verdict.OK)
    assert "host:2" in lost.said


@pytest.mark.usefixtures("rows")
def test_a_container_asks_for_its_own_worker_alone() -> None:
    workers.note(worker="elsewhere:1", running=2)
    assert doctor.workers_of("here")[0].verdict is Verdict.FAIL
    workers.note(worker="here:1", running=2)
    assert doctor.workers_of("here")[0].verdict is Verdict.OK


@pytest.mark.usefixtures("rows")
def test_paused_claiming_and_a_waiting_queue_are_told(make_job: MakeJob) -> None:
    make_job(status="pending", queued_at=ago(seconds=200))
    assert "oldest for 20" in findings("queue", ask_providers=False)[0].said
    controls.pause(by="test")
    assert "resume_rubric_jobs" in findings("queue", ask_providers=False)[0].remedy


@pytest.mark.usefixtures("rows")
def test_a_missed_goal_is_told(make_attempt: Callable[..., Any]) -> None:
    assert findings("goal", ask_providers=False) == []
    make_attempt(outcome="failed")
    assert "0 of 1 jobs" in findings("goal", ask_providers=False)[0].said


@pytest.mark.usefixtures("rows")
def test_a_model_whose_plans_are_often_refused_is_named(make_attempt: Callable[..., Any]) -> None:
    make_attempt(llm_model="gpt-6-luna", plans_answered=10, plans_refused=9)
    (finding,) = findings("plans", ask_providers=False)
    assert (finding.verdict, "gpt-6-luna: 9 of 10" in finding.said) == (Verdict.LOOK, True)


@pytest.mark.usefixtures("rows")
def test_jobs_that_are_kept_for_longer_than_their_retention_are_told(make_job: MakeJob) -> None:
    make_job(status="completed", completed_at=ago(seconds=conf.retention().total_seconds() + 60))
    assert findings("retention", ask_providers=False) == []
    make_job(status="failed", completed_at=ago(seconds=conf.retention().total_seconds() + 3600))
    (finding,) = findings("retention", ask_providers=False)
    assert finding.verdict is Verdict.LOOK
    assert finding.said.endswith("ago: 1")
    call_command("purge_rubric_jobs", stdout=StringIO())
    assert findings("retention", ask_providers=False) == []


def test_a_database_that_is_away_is_one_line_and_exit_1() -> None:
    done = of_process(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "FAIL  database    cannot be reached" in done.stdout
    assert "check DATABASE_URL" in done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_missing_migrations_and_rights_are_named(empty_database: str, django_db_blocker: Any) -> None:
    said = StringIO()
    with django_db_blocker.unblock(), servers.aimed_at(empty_database), pytest.raises(SystemExit) as ended:
        call_command("doctor", "--offline", stdout=said)
    assert ended.value.code == 1
    assert "python manage.py migrate" in said.getvalue()
    assert "this account lacks" in said.getvalue()


@pytest.mark.usefixtures("rows")
def test_an_account_without_rights_is_told_which() -> None:
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as admin:
        admin.execute("CREATE ROLE doctor_reader")
        try:
            admin.execute("GRANT USAGE ON SCHEMA grader TO doctor_reader")
            admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA grader TO doctor_reader")
            admin.commit()
            with connection.cursor() as cursor:
                cursor.execute("SET ROLE doctor_reader")
                (finding,) = list(doctor._rights())
                cursor.execute("RESET ROLE")
            assert finding.verdict is Verdict.FAIL
            assert "lacks INSERT, UPDATE, DELETE on" in finding.said
        finally:
            admin.execute("DROP OWNED BY doctor_reader")
            admin.execute("DROP ROLE doctor_reader")


@pytest.fixture
def keys(settings: Any, fake_llm: Any) -> Any:
    settings.GEMINI_API_KEY = settings.OPENAI_API_KEY = "sk-test-key"
    settings.GEMINI_BASE_URL, settings.OPENAI_BASE_URL = fake_llm.url, f"{fake_llm.url}/v1"
    return settings


@pytest.mark.usefixtures("rows", "keys")
def test_a_provider_that_takes_the_key_is_in_order(fake_llm: Any) -> None:
    assert findings("openai")[0].verdict is Verdict.OK


@pytest.mark.usefixtures("rows", "keys")
def test_a_provider_that_cannot_be_reached_is_told_without_its_key(settings: Any) -> None:
    settings.GEMINI_BASE_URL = settings.OPENAI_BASE_URL = "http://127.0.0.1:1"
    for name in ("gemini", "openai"):
        (finding,) = findings(name)
        assert finding.verdict is Verdict.FAIL
        assert "cannot be reached" in finding.said
        assert "sk-test" not in finding.said + finding.remedy


@pytest.mark.usefixtures("rows")
def test_a_provider_that_is_to_be_asked_needs_a_key(settings: Any) -> None:
    settings.RUBRIC_LLM_PROVIDER, settings.GEMINI_API_KEY = "gemini", None
    assert findings("gemini")[0].remedy == "set GEMINI_API_KEY"


@pytest.mark.usefixtures("rows")
def test_without_any_key_it_says_who_answers(settings: Any) -> None:
    settings.GEMINI_API_KEY = settings.OPENAI_API_KEY = None
    assert "local reader" in findings("providers")[0].said


@pytest.mark.usefixtures("rows")
def test_a_wrong_address_of_the_identity_providers_keys_is_found(settings: Any, fake_llm: Any) -> None:
    settings.JWT_JWKS_URL, settings.JWT_AUDIENCE = f"{fake_llm.url}/keys", "rubrics"
    (finding,) = findings("tokens")
    assert finding.verdict is Verdict.FAIL
    assert "JWT_JWKS_URL" in finding.said
    assert findings("tokens", ask_providers=False) == []


@pytest.mark.usefixtures("rows")
def test_silenced_checks_are_not_repeated_and_row_level_security_is_told(settings: Any) -> None:
    settings.DEBUG = False
    said = " ".join(finding.said for finding in doctor.examine(ask_providers=False))
    assert settings.SILENCED_SYSTEM_CHECKS
    assert not [name for name in settings.SILENCED_SYSTEM_CHECKS if name in said]
    assert "row-level security is on" in said


@pytest.mark.usefixtures("rows")
def test_a_scheduled_task_that_fails_is_an_alarm() -> None:
    assert findings("schedules", ask_providers=False) == []
    failed_task(stopped=ago(hours=2))
    failed_task(stopped=ago(minutes=1), function="somebody.elses")
    assert findings("schedules", ask_providers=False) == []
    failed_task(stopped=ago(minutes=4))
    (finding,) = findings("schedules", ask_providers=False)
    assert finding.verdict is Verdict.FAIL
    assert "purge" in finding.said


def test_keys_of_an_identity_provider_without_an_audience_fail() -> None:
    told = of_process(JWT_JWKS_URL="https://identity.example/keys", JWT_AUDIENCE="")
    assert told.returncode == 1
    assert "JWT_AUDIENCE" in told.stdout
