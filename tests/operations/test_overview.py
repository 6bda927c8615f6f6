"""The overview: its figures come from the ledger, and its page says when the goal is missed."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from rubric_jobs.jobs import controls, purge
from rubric_jobs.models import ProviderLane, RubricJob, TenantControl
from rubric_jobs.operations import overview
from tests.operations.conftest import MakeJob, ago, failed_task

pytestmark = pytest.mark.usefixtures("rows")

MakeAttempt = Callable[..., Any]
VENDOR = Path("rubric_jobs/vendor/uplot")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


def this_hour() -> datetime.datetime:
    """A moment in the hour that is running, and at least a second after it began."""
    now = datetime.datetime.now(datetime.UTC)
    return max(now - datetime.timedelta(seconds=1), now.replace(minute=0, second=0, microsecond=0))


def test_jobs_are_counted_in_the_hour_of_their_end(make_attempt: MakeAttempt) -> None:
    now = this_hour()
    for outcome, age_h in [("completed", 0), ("completed", 0), ("failed", 0), ("cancelled", 2), ("completed", 23)]:
        make_attempt(outcome=outcome, ended_at=now - datetime.timedelta(hours=age_h))
    make_attempt(outcome="completed", ended_at=now - datetime.timedelta(hours=25))
    make_attempt(outcome="retried", ended_at=now)
    told = overview.read(24)
    assert len(told["hours"]) == 24
    assert (told["jobs"]["completed"][-1], told["jobs"]["failed"][-1]) == (2, 1)
    assert told["jobs"]["cancelled"][-3] == 1
    assert told["jobs"]["completed"][0] == 1
    assert sum(told["jobs"]["completed"]) == 3


def test_queue_and_total_times_are_percentiles_in_seconds(make_attempt: MakeAttempt) -> None:
    now = this_hour()
    for number in range(1, 101):
        started = now - datetime.timedelta(seconds=number)
        make_attempt(queue_ms=number * 1000, started_at=started, ended_at=now)
    told = overview.read(24)
    assert told["queueTime"]["p50"][-1] == pytest.approx(50.5)
    assert told["queueTime"]["p95"][-1] == pytest.approx(95.05)
    assert told["totalTime"]["p50"][-1] == pytest.approx(101, abs=0.1)
    assert told["queueTime"]["p50"][0] is None


def test_a_jobs_total_time_spans_all_its_attempts(make_attempt: MakeAttempt) -> None:
    now, job_id = this_hour(), uuid.uuid4()
    first = now - datetime.timedelta(seconds=60)
    make_attempt(job_id=job_id, outcome="retried", queue_ms=5000, started_at=first, ended_at=first)
    make_attempt(job_id=job_id, queue_ms=1000, started_at=now - datetime.timedelta(seconds=1), ended_at=now)
    assert overview.read(24)["totalTime"]["p50"][-1] == pytest.approx(65, abs=0.1)


def test_tokens_are_summed_by_provider_and_tenant(make_attempt: MakeAttempt) -> None:
    big = uuid.uuid4()
    make_attempt(tenant_id=big, prompt_tokens=1000, completion_tokens=500)
    make_attempt(tenant_id=big, llm_provider=None, llm_model=None, prompt_tokens=None, completion_tokens=None)
    make_attempt(llm_provider="openai", llm_model="m", prompt_tokens=10, completion_tokens=None)
    told = overview.read(24)
    assert [(line["provider"], line["tokens"]) for line in told["tokensByProvider"]] == [
        ("gemini", 1500),
        ("openai", 10),
        ("none", 0),
    ]
    TenantControl.objects.create(tenant_id=big, name="Big School")
    assert overview.read(24)["tokensByTenant"][0] == {
        "tenant": str(big), "name": "Big School", "attempts": 2, "tokens": 1500,
    }  # fmt: skip


def test_the_depth_of_the_queue_is_rebuilt_from_who_came_and_who_was_taken_up(
    make_attempt: MakeAttempt, make_job: MakeJob
) -> None:
    now = this_hour()
    # Came three hours ago, was taken up one hour ago; came two days ago, waits; is running since before the window.
    make_attempt(started_at=now - datetime.timedelta(hours=1), queue_ms=2 * 3600 * 1000, ended_at=now)
    make_job(status="pending", queued_at=now - datetime.timedelta(days=2))
    make_attempt(started_at=now - datetime.timedelta(days=2), queue_ms=1000, ended_at=None, outcome=None)
    depth = overview.read(24)["depth"]
    assert depth[-5:] == [1, 2, 2, 1, 1]
    assert depth[0] == 1


def test_the_queue_now_leaves_out_rows_from_before(make_job: MakeJob) -> None:
    make_job(status="pending", queued_at=ago(seconds=90))
    make_job(status="processing")
    make_job(status="pending", kind=None)
    queue = overview.queue()
    assert (queue.pending, queue.processing, queue.is_claiming_paused) == (1, 1, False)
    assert queue.oldest_pending_s == pytest.approx(90, abs=10)


@pytest.mark.parametrize(
    ("completed", "failed", "is_below"), [(19, 1, False), (18, 1, True), (0, 1, True), (0, 0, False)]
)
def test_the_page_says_when_the_goal_is_missed(
    operator: Client, make_attempt: MakeAttempt, completed: int, failed: int, is_below: bool
) -> None:
    for outcome in ["completed"] * completed + ["failed"] * failed:
        make_attempt(outcome=outcome)
    make_attempt(outcome="cancelled")
    for code in ("no_rubric_found", "scanned_document", "encrypted_document"):
        make_attempt(outcome="failed", error_code=code)
    page = operator.get(reverse("admin:index")).content.decode()
    assert ("Below the goal" in page) == is_below
    assert overview.read(24)["success"]["isBelowGoal"] == is_below
    assert overview.read(24)["success"]["users"] == 3


def test_failures_are_grouped_by_reason_with_those_of_the_submission_apart(make_attempt: MakeAttempt) -> None:
    for code in ("timed_out", "no_rubric_found", "timed_out", "internal_error", "no_rubric_found", "no_rubric_found"):
        make_attempt(outcome="failed", error_code=code)
    assert [tuple(reason.values()) for reason in overview.read(24)["failures"]] == [
        ("timed_out", 2, False),
        ("internal_error", 1, False),
        ("no_rubric_found", 3, True),
    ]


def test_a_failing_schedule_is_an_alarm_on_the_page(operator: Client) -> None:
    assert "failing-tasks" not in alarms(operator)
    failed_task(stopped=ago(minutes=1))
    assert "purge" in alarms(operator)["failing-tasks"]["text"]
    assert 'id="failing-tasks"' in operator.get(reverse("admin:index")).content.decode()


def alarms(operator: Client) -> dict[str, Any]:
    cache.clear()
    return {alarm["code"]: alarm for alarm in operator.get(reverse("admin:rubric_jobs_overview_now")).json()["alarms"]}


def test_each_alarm_leads_to_its_jobs(operator: Client, make_job: MakeJob, make_attempt: MakeAttempt) -> None:
    assert set(alarms(operator)) == {"no-worker"}
    make_job(status="pending", queued_at=ago(minutes=5))
    make_job(status="failed", error_code="timed_out")
    make_attempt(outcome="failed", error_code="timed_out")
    ProviderLane.objects.create(provider="gemini", model="m", failures=9, paused_until=ago(minutes=-1))
    told = alarms(operator)
    assert set(told) == {"no-worker", "waits-too-long", "provider-paused", "below-goal"}
    for alarm in told.values():
        page = operator.get(alarm["href"])
        assert "1 job on this page" in page.content.decode(), alarm
    controls.pause(by="somebody", reason="maintenance")
    assert set(alarms(operator)) == {"no-worker", "claiming-paused", "provider-paused", "below-goal"}


def test_the_newest_jobs_are_listed_with_their_tenants_names(operator: Client, make_job: MakeJob) -> None:
    tenant = TenantControl.objects.create(tenant_id=uuid.uuid4(), name="North School")
    for _ in range(20):
        make_job(created_at=ago(days=2))
    job = make_job(tenant_id=tenant.tenant_id, created_at=ago(minutes=1))
    latest = operator.get(reverse("admin:rubric_jobs_overview_now")).json()["latest"]
    assert len(latest) == 12
    assert (latest[0]["id"], latest[0]["tenant"]) == (str(job.pk)[:8], "North School")
    assert operator.get(latest[0]["href"]).status_code == 200
    assert "North School" in operator.get(reverse("admin:index")).content.decode()


def test_the_front_page_takes_as_many_queries_for_many_jobs_as_for_one(
    operator: Client, make_job: MakeJob, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        make_job()
    for address in (reverse("admin:index"), reverse("admin:rubric_jobs_overview_now")):
        cache.clear()
        with django_assert_max_num_queries(14):
            operator.get(address)


def test_claiming_is_paused_and_resumed_with_who_when_and_why(operator: Client) -> None:
    lever = reverse("admin:rubric_jobs_claiming")
    page = operator.post(lever, {"do": "pause", "reason": "new database"}, follow=True).content.decode()
    assert controls.is_paused()
    assert re.search(r"paused by operator at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: new database", page)
    assert "Resume claiming" in page
    page = operator.post(lever, {"do": "resume"}, follow=True).content.decode()
    assert not controls.is_paused()
    assert "resumed by operator" in page
    done = LogEntry.objects.order_by("-pk").values_list("change_message", flat=True)[:2]
    assert list(done) == ["claiming resumed: no reason given", "claiming paused: new database"]
    assert operator.get(lever).status_code == 405


def test_only_who_may_change_the_lever_pulls_it() -> None:
    client = Client()
    staff = User.objects.create_user("looks-only", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_rubricjob"))
    client.force_login(staff)
    assert "Pause claiming" not in client.get(reverse("admin:index")).content.decode()
    assert client.post(reverse("admin:rubric_jobs_claiming"), {"do": "pause"}).status_code == 403
    assert not controls.is_paused()


@pytest.mark.parametrize(("certain", "mended", "is_alarm"), [(40, 3, True), (40, 2, False), (5, 5, False)])
def test_certain_readings_that_are_mended_too_often_are_an_alarm(
    operator: Client, make_attempt: MakeAttempt, certain: int, mended: int, is_alarm: bool
) -> None:
    for _ in range(certain + 1):
        make_attempt()
    with connection.cursor() as cursor:
        picked = "SELECT attempt_id FROM grader.rubric_job_attempts ORDER BY attempt_id LIMIT %s"
        cursor.execute(
            f"UPDATE grader.rubric_job_attempts SET is_certain = true WHERE attempt_id IN ({picked})", [certain]
        )
        cursor.execute(
            f"UPDATE grader.rubric_job_attempts SET mended_at = now() WHERE attempt_id IN ({picked})", [mended]
        )
    assert ("mended" in alarms(operator)) == is_alarm
    metrics = Client().get("/metrics").content.decode()
    assert f"rubric_jobs_certain_mended {float(mended)}" in metrics
    assert f"rubric_jobs_certain_too_often_wrong {float(is_alarm)}" in metrics


def test_the_plots_outlive_the_purge(make_job: MakeJob, make_attempt: MakeAttempt) -> None:
    make_attempt(job_id=make_job().pk)
    purge.purge_what_is_due()
    assert not RubricJob.objects.exists()
    assert sum(overview.read(24)["jobs"]["completed"]) == 1


@pytest.mark.parametrize(
    ("asked", "hours"), [("", 24), ("?hours=168", 168), ("?hours=720", 720), ("?hours=999999", 24)]
)
def test_a_window_is_one_of_those_that_are_offered(operator: Client, asked: str, hours: int) -> None:
    told = operator.get(reverse("admin:rubric_jobs_overview_data") + asked)
    assert len(told.json()["hours"]) == hours
    assert "no-store" in told.headers["Cache-Control"]


def test_the_page_takes_everything_from_this_server_and_runs_nothing_inline(operator: Client) -> None:
    page = operator.get(reverse("admin:rubric_jobs_overview")).content.decode()
    ours = page[page.index('id="rubric-overview"') :]
    assert "style=" not in ours
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>[^<]", page)
    sources = re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', page)
    assert {Path(source).name for source in sources} >= {"uPlot.iife.min.js", "uPlot.min.css", "overview.js"}
    for source in sources:
        assert source.startswith("/static/")
        assert finders.find(source.removeprefix("/static/"))


def test_the_charting_library_stands_there_with_its_licence() -> None:
    licence = finders.find(str(VENDOR / "LICENSE"))
    assert licence
    assert "MIT" in Path(licence).read_text()


def test_a_long_window_is_not_computed_anew_for_every_look(make_attempt: MakeAttempt) -> None:
    cache.clear()
    before = overview.remembered(720)["success"]["completed"]
    make_attempt()
    assert overview.remembered(720)["success"]["completed"] == before
    assert overview.read(720)["success"]["completed"] == before + 1
    cache.clear()
