"""What the purge deletes, what it never touches, and how it says so."""

from __future__ import annotations

import datetime
import os
import pty
import secrets
import subprocess
import sys
import termios
import uuid
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from typing import IO, Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DataError, connection
from django_q.models import Failure, Schedule

from rubric_jobs import conf
from rubric_jobs.jobs import ledger, purge
from rubric_jobs.models import RubricJob, RubricJobAttempt, RubricJobInput
from rubric_jobs.worker import cluster, schedules
from rubric_jobs.worker.schedules import Recurring
from tests.operations.conftest import MakeJob, ago, failed_task

pytestmark = pytest.mark.usefixtures("rows")

HOUR = datetime.timedelta(hours=1)
UNTOUCHED: list[Callable[[], dict[str, Any]]] = [
    lambda: {"status": "pending", "completed_at": None},
    lambda: {"status": "processing", "completed_at": None},
    lambda: {"kind": None},
    lambda: {"kind": None, "status": "failed"},
    lambda: {"completed_at": ago(minutes=50)},
    lambda: {"status": "failed", "completed_at": None, "updated_at": ago(minutes=50)},
]
"""Made when a test begins: it may be many minutes after this file was read."""


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("purge_rubric_jobs", *arguments, stdout=said)
    return said.getvalue()


def test_finished_jobs_past_their_time_go_with_what_belongs_to_them(make_job: MakeJob) -> None:
    failed = make_job(status="failed", retryable=True)
    RubricJobInput.objects.create(job=failed, parameters={}, data=b"%PDF-")
    make_job()
    assert "Purged 2 jobs (1 completed, 1 failed)." in run()
    assert not RubricJob.objects.exists()
    assert not RubricJobInput.objects.exists()


@pytest.mark.parametrize("facts", UNTOUCHED, ids=range(len(UNTOUCHED)))
def test_what_waits_runs_is_young_or_is_not_ours_stays(make_job: MakeJob, facts: Callable[[], dict[str, Any]]) -> None:
    kept = make_job(**facts())
    assert "Purged 0 jobs." in run()
    assert RubricJob.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize("status", ["pending", "processing", "anything"])
def test_a_selection_of_other_statuses_selects_nothing(make_job: MakeJob, status: str) -> None:
    make_job(status="pending")
    make_job(status="processing")
    assert purge.purge_jobs(purge.Selection(older_than=HOUR, statuses=(status,))).total() == 0
    assert RubricJob.objects.count() == 2


def test_a_job_without_an_end_is_as_old_as_its_last_change(make_job: MakeJob) -> None:
    make_job(status="failed", completed_at=None, updated_at=ago(hours=2))
    assert "Purged 1 job (1 failed)." in run()


def test_the_jobs_to_go_can_be_narrowed(make_job: MakeJob) -> None:
    tenant, user = uuid.uuid4(), uuid.uuid4()
    wanted = make_job(tenant_id=tenant, user_id=user, status="failed")
    kept = [
        make_job(tenant_id=tenant, status="failed"),
        make_job(user_id=user),
        make_job(tenant_id=tenant, user_id=user),
    ]
    run("--tenant", str(tenant), "--user", str(user), "--status", "failed")
    assert not RubricJob.objects.filter(pk=wanted.pk).exists()
    assert RubricJob.objects.count() == len(kept)


def test_an_age_can_be_named(make_job: MakeJob) -> None:
    make_job(completed_at=ago(minutes=50))
    assert "Purged 0 jobs" in run("--older-than", "55m")
    assert "Purged 1 job " in run("--older-than", "45m")


@pytest.mark.parametrize("age", ["", "1", "h", "1x", "1h!", "-1h", "1e9d", "99999999999d"])
def test_an_age_that_is_none_is_refused(age: str) -> None:
    with pytest.raises(CommandError, match="age"):
        run(f"--older-than={age}")


def test_a_dry_run_counts_and_deletes_nothing(make_job: MakeJob) -> None:
    make_job()
    make_job(status="pending")
    assert "Would purge 1 job (1 completed)." in run("--dry-run")
    assert RubricJob.objects.count() == 2


def test_every_batch_is_told_and_none_is_left(make_job: MakeJob) -> None:
    same_time = ago(days=2)
    for _ in range(5):
        make_job(completed_at=same_time)
    told: list[int] = []
    gone = purge.purge_jobs(purge.Selection(older_than=HOUR), batch=2, rest=0, tell=told.append)
    assert (gone.total(), told) == (5, [2, 2, 1])


def test_a_row_that_somebody_holds_is_stepped_over(make_job: MakeJob) -> None:
    held, free = make_job(), make_job()
    with psycopg.connect(conf.database_conninfo()) as other:
        other.execute("SELECT FROM grader.rubric_extraction_jobs WHERE job_id = %s FOR UPDATE", [held.pk])
        assert purge.purge_jobs(purge.Selection(older_than=HOUR), batch=1, rest=0).total() == 1
        assert list(RubricJob.objects.all()) == [held]
    assert not RubricJob.objects.filter(pk=free.pk).exists()


def test_the_purge_finds_its_rows_by_an_index(make_job: MakeJob) -> None:
    make_job()
    with connection.cursor() as cursor:
        # With a handful of rows, any plan is cheap: what is asked is whether the index gives the order.
        cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
        selection = purge.Selection(older_than=HOUR)
        cursor.execute(
            f"EXPLAIN SELECT FROM grader.rubric_extraction_jobs WHERE {selection.condition()}"
            " ORDER BY coalesce(completed_at, updated_at), job_id LIMIT 10",
            selection.values(ago(hours=1)),
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort")
    assert "idx_rubric_jobs_finished" in plan
    assert "Sort" not in plan


def test_the_ledger_outlives_the_job_and_goes_in_its_own_time(
    make_job: MakeJob, make_attempt: Callable[..., Any]
) -> None:
    make_attempt(job_id=make_job().pk)
    make_attempt(started_at=ago(days=91), ended_at=ago(days=91))
    assert "Purged 1 lines of the ledger." in run()
    assert RubricJobAttempt.objects.count() == 1


def test_a_narrowed_purge_leaves_the_ledger_alone(make_attempt: Callable[..., Any]) -> None:
    make_attempt(started_at=ago(days=91), ended_at=ago(days=91))
    run("--status", "failed")
    run("--older-than", "1s")
    assert RubricJobAttempt.objects.count() == 1


def test_no_line_leaves_the_ledger_before_it_is_counted(make_attempt: Callable[..., Any]) -> None:
    make_attempt(started_at=ago(days=91), ended_at=ago(days=91))
    assert purge.purge_ledger(datetime.timedelta(days=90)) == 0
    ledger.roll_up()
    assert purge.purge_ledger(datetime.timedelta(days=90)) == 1
    assert sum(line.attempts for line in ledger.totals()) == 1


def test_the_scheduled_purge_does_both(make_job: MakeJob, make_attempt: Callable[..., Any]) -> None:
    make_job()
    make_attempt(started_at=ago(days=91), ended_at=ago(days=91))
    assert cluster.purge() == "1 jobs and 1 lines of the ledger purged"


def test_a_model_with_a_name_without_end_breaks_no_sum(make_attempt: Callable[..., Any]) -> None:
    for letter in "ab":
        make_attempt(llm_model=secrets.token_hex(4_000) + letter)
    ledger.roll_up()
    names = [each.llm_model for each in ledger.totals()]
    assert len(names) == 2
    assert max(map(len, names)) == ledger.LONGEST_NAME


def test_a_part_of_the_purge_that_fails_holds_up_no_other(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise DataError("index row size 8000 exceeds maximum")

    make_job()
    monkeypatch.setattr(ledger, "roll_up", broken)
    with pytest.raises(purge.PurgeIncomplete, match="sums of the ledger"):
        cluster.purge()
    assert not RubricJob.objects.exists()


def test_tasks_that_failed_long_ago_go_with_the_purge() -> None:
    for age_d in (1, 8):
        failed_task(stopped=ago(days=age_d))
    cluster.purge()
    assert Failure.objects.count() == 1


def test_the_scheduled_purge_forgets_who_came_long_ago() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.request_rates (scope, caller, paid_off_at)
               VALUES ('user', gen_random_uuid(), now() - interval '1 second'),
                 ('user', gen_random_uuid(), now() + interval '1 hour')"""
        )
        cluster.purge()
        cursor.execute("SELECT count(*) FROM grader.request_rates")
        assert cursor.fetchone() == (1,)


def test_an_operators_choice_goes_whatever_its_age_but_never_what_runs(make_job: MakeJob) -> None:
    young = make_job(completed_at=ago(seconds=1))
    others = [make_job(status="pending"), make_job(kind=None)]
    assert purge.purge_ids([young.pk, *(job.pk for job in others)]) == 1
    assert RubricJob.objects.count() == 2


def test_each_schedule_is_written_once_and_mended_where_it_differs() -> None:
    task = Recurring(name="n", function="rubric_jobs.worker.purge", minutes=5)
    schedules.ensure([task])
    schedules.ensure([task])
    Schedule.objects.create(name="n", func="other", schedule_type=Schedule.ONCE)
    next_run = Schedule.objects.order_by("pk")[0].next_run
    schedules.ensure([Recurring(name="n", function="rubric_jobs.worker.purge", minutes=7)])
    standing = Schedule.objects.get(name="n")
    assert (standing.func, standing.minutes, standing.next_run) == ("rubric_jobs.worker.purge", 7, next_run)


def test_a_cluster_schedules_the_purge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_cluster", None)
    for prepared in (cluster.prepare(), cluster.prepare()):
        prepared.slots.close()
        os.close(prepared.stop_reader)
        os.close(prepared.stop_writer)
    assert Schedule.objects.get(name=cluster.PURGE_SCHEDULE).func == "rubric_jobs.worker.purge"


def test_somebody_at_a_terminal_sees_progress_and_a_pipe_does_not(make_job: MakeJob) -> None:
    make_job()
    command = [sys.executable, "manage.py", "purge_rubric_jobs"]
    environ = {**os.environ, "DATABASE_URL": database_url()}
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, (24, 80))
    watched = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environ, stderr=inner, stdout=subprocess.PIPE, check=True
    )
    os.close(inner)
    with open(outer, "rb", buffering=0) as terminal:
        assert b"100%" in all_of(terminal)
    assert b"Purged 1 job" in watched.stdout
    piped = subprocess.run(command, cwd=settings.BASE_DIR, env=environ, capture_output=True, check=True)
    assert piped.stderr == b""


def all_of(terminal: IO[bytes]) -> bytes:
    said = b""
    with suppress(OSError):  # a terminal that nobody writes to any more ends with an error, not with an end
        while part := terminal.read(4096):
            said += part
    return said


def database_url() -> str:
    given = connection.settings_dict
    return f"postgresql://{given['USER']}@/{given['NAME']}?host={given['HOST']}"
