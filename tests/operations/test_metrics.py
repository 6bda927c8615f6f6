"""`/metrics`: who may read it, what it counts, and that its counters never fall."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from rubric_jobs.jobs import controls, ledger, purge, workers
from rubric_jobs.models import ProviderLane
from tests.operations.conftest import MakeJob, ago

pytestmark = pytest.mark.usefixtures("rows")

MakeAttempt = Callable[..., Any]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape() -> Samples:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def test_this_machine_may_read_it_without_a_token() -> None:
    assert Client(REMOTE_ADDR="127.0.0.1").get("/metrics").status_code == 200
    assert Client(REMOTE_ADDR="::1").get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "request_of",
    [
        {"REMOTE_ADDR": "10.0.0.1"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
    ],
    ids=str,
)
def test_others_may_not_read_it_without_a_token(request_of: dict[str, str]) -> None:
    answer = Client(**request_of).get("/metrics")
    assert answer.status_code == 403
    assert b"rubric_jobs" not in answer.content


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("Bearer secret-token", 200),
        ("bearer secret-token", 200),
        ("Bearer other", 401),
        ("secret-token", 401),
        ("", 401),
    ],
)
def test_with_a_token_set_it_alone_opens(settings: Any, given: str, status: int) -> None:
    settings.METRICS_TOKEN = "secret-token"
    for address in ("127.0.0.1", "10.0.0.1"):
        headers = {"Authorization": given} if given else {}
        assert Client(REMOTE_ADDR=address).get("/metrics", headers=headers).status_code == status


def test_ends_failures_tokens_retries_and_rescues_are_counted(make_attempt: MakeAttempt) -> None:
    make_attempt()
    make_attempt()
    make_attempt(kind="enhance", outcome="failed", error_code="provider_timeout", llm_provider="openai", llm_model="m")
    make_attempt(
        outcome="failed", error_code="timed_out", llm_provider=None, prompt_tokens=None, completion_tokens=None
    )
    make_attempt(outcome="retried")
    make_attempt(outcome="lost")
    make_attempt(outcome=None, ended_at=None)
    samples = scrape()
    assert value(samples, "rubric_jobs_ended_total", kind="extract", status="completed", provider="gemini") == 2
    assert value(samples, "rubric_jobs_ended_total", kind="enhance", status="failed", provider="openai") == 1
    assert value(samples, "rubric_jobs_ended_total", kind="extract", status="failed", provider="none") == 1
    assert value(samples, "rubric_jobs_failures_total", kind="enhance", error_code="provider_timeout") == 1
    assert value(samples, "rubric_jobs_retries_total", kind="extract") == 1
    assert value(samples, "rubric_jobs_rescues_total", kind="extract") == 1
    assert value(samples, "rubric_jobs_rescues_total", kind="enhance") == 0
    tokens = {"provider": "gemini", "model": "gemini-3.5-flash"}
    assert value(samples, "rubric_jobs_tokens_total", direction="prompt", **tokens) == 400
    assert value(samples, "rubric_jobs_tokens_total", direction="completion", **tokens) == 80


def test_plans_that_did_not_fit_are_counted_by_model(make_attempt: MakeAttempt) -> None:
    for refused in (0, 0, 1, 2):
        make_attempt(answer_form="plan", plans_answered=3, plans_refused=refused)
    make_attempt(llm_model="invented", answer_form="copy", plans_answered=2, plans_refused=2)
    make_attempt()
    ledger.roll_up(settled="interval '0'")
    samples = scrape()
    model = {"provider": "gemini", "model": "gemini-3.5-flash"}
    assert value(samples, "rubric_jobs_plans_total", **model) == 12
    assert value(samples, "rubric_jobs_plans_refused_total", **model) == 3
    assert value(samples, "rubric_jobs_plans_refused_total", provider="gemini", model="other") == 2


@pytest.mark.parametrize(("refused", "often"), [(2, 0), (3, 1)])
def test_more_than_a_fifth_of_refused_plans_is_an_alarm(make_attempt: MakeAttempt, refused: int, often: int) -> None:
    make_attempt(plans_answered=10, plans_refused=refused)
    make_attempt(llm_model="seldom", plans_answered=2, plans_refused=2)
    assert value(scrape(), "rubric_jobs_plans_refused_too_often") == often


def test_times_are_histograms_whose_bounds_belong_to_their_buckets(make_attempt: MakeAttempt) -> None:
    for queue_ms, run_ms in [(0, 10), (10, 11), (11, 300_000), (400_000, 300_001)]:
        make_attempt(queue_ms=queue_ms, run_ms=run_ms)
    samples = scrape()

    def under(name: str, bound: str) -> float:
        return value(samples, f"{name}_bucket", kind="extract", le=bound)

    assert [under("rubric_jobs_queue_seconds", bound) for bound in ("0.01", "0.05", "300.0", "+Inf")] == [2, 3, 3, 4]
    assert [under("rubric_jobs_run_seconds", bound) for bound in ("0.01", "0.05", "300.0", "+Inf")] == [1, 2, 3, 4]
    assert value(samples, "rubric_jobs_queue_seconds_count", kind="extract") == 4
    assert value(samples, "rubric_jobs_queue_seconds_sum", kind="extract") == pytest.approx(400.021)


def test_counters_are_the_same_before_and_after_folding_and_purging(make_attempt: MakeAttempt) -> None:
    for age in (datetime.timedelta(days=91), datetime.timedelta(hours=2), datetime.timedelta(0)):
        moment = datetime.datetime.now(datetime.UTC) - age
        make_attempt(started_at=moment, ended_at=moment)
        make_attempt(started_at=moment, ended_at=moment, outcome="failed", error_code="timed_out", queue_ms=None)

    def counters() -> Samples:
        return {
            key: number for key, number in scrape().items() if key[0].endswith(("_total", "_bucket", "_sum", "_count"))
        }

    before = counters()
    assert purge.purge_what_is_due() == "0 jobs and 2 lines of the ledger purged"
    assert counters() == before
    purge.purge_what_is_due()
    assert counters() == before


def test_a_line_is_folded_once_when_two_fold_at_the_same_time(make_attempt: MakeAttempt) -> None:
    make_attempt()
    assert (ledger.roll_up(), ledger.roll_up()) == (1, 0)
    assert sum(line.attempts for line in ledger.totals()) == 1


def test_the_queue_and_its_oldest_job_are_told(make_job: MakeJob) -> None:
    make_job(status="pending", queued_at=ago(seconds=60))
    make_job(status="processing")
    make_job(status="pending", kind=None)
    samples = scrape()
    assert value(samples, "rubric_jobs_in_queue", status="pending") == 1
    assert value(samples, "rubric_jobs_in_queue", status="processing") == 1
    assert value(samples, "rubric_jobs_oldest_pending_seconds") == pytest.approx(60, abs=10)


@pytest.mark.parametrize(("completed", "failed", "is_below"), [(19, 1, 0), (18, 1, 1)])
def test_it_says_when_the_goal_is_missed(make_attempt: MakeAttempt, completed: int, failed: int, is_below: int) -> None:
    for outcome in ["completed"] * completed + ["failed"] * failed:
        make_attempt(outcome=outcome)
    samples = scrape()
    assert value(samples, "rubric_jobs_success_ratio") == pytest.approx(completed / (completed + failed))
    assert value(samples, "rubric_jobs_success_goal") == 0.95
    assert value(samples, "rubric_jobs_success_below_goal") == is_below


def test_a_paused_provider_and_paused_claiming_are_told() -> None:
    ProviderLane.objects.create(provider="gemini", model="gemini-3.5-flash", failures=7, paused_until=ago(seconds=-30))
    ProviderLane.objects.create(provider="openai", model="m", failures=1)
    controls.pause(by="test")
    samples = scrape()
    assert value(samples, "rubric_jobs_provider_paused", provider="gemini", model="gemini-3.5-flash") == 1
    assert value(samples, "rubric_jobs_provider_paused", provider="openai", model="other") == 0
    assert value(samples, "rubric_jobs_provider_faults", provider="gemini", model="gemini-3.5-flash") == 7
    assert value(samples, "rubric_jobs_claiming_paused") == 1


def test_only_configured_models_become_labels(make_attempt: MakeAttempt, settings: Any) -> None:
    settings.RUBRIC_LLM_MODELS = ["gemini-3.5-flash-lite"]
    for number, model in enumerate(
        (
            "gemini-3.5-flash",
            "gemini-3.5-flash-lite",
            "gemini-3.5-flash-2026-08-01",
            "invented",
            "gemini-3.5-flash-dear",
        )
    ):
        make_attempt(llm_model=model, prompt_tokens=10**number, completion_tokens=0)
        ProviderLane.objects.create(provider="gemini", model=model, failures=number)
    samples = scrape()
    tokens = {dict(labels)["model"]: count for (name, labels), count in samples.items()
              if name == "rubric_jobs_tokens_total" and dict(labels)["direction"] == "prompt"}  # fmt: skip
    assert tokens == {"gemini-3.5-flash": 101, "gemini-3.5-flash-lite": 10, "other": 11_000}
    assert value(samples, "rubric_jobs_provider_faults", provider="gemini", model="other") == 4


def test_no_label_tells_a_tenant_or_a_user(make_attempt: MakeAttempt, make_job: MakeJob) -> None:
    tenant, user = uuid.uuid4(), uuid.uuid4()
    make_attempt(tenant_id=tenant, user_id=user)
    make_job(tenant_id=tenant, user_id=user, status="pending")
    text = Client().get("/metrics").content.decode()
    assert str(tenant) not in text
    assert str(user) not in text
    assert not {"tenant", "user", "tenant_id", "user_id"} & {label for _, labels in scrape() for label, _ in labels}


def test_openmetrics_is_spoken_to_those_who_ask_for_it(make_attempt: MakeAttempt) -> None:
    make_attempt()
    answer = Client().get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    names = {family.name for family in parse_openmetrics(answer.content.decode())}
    assert "rubric_jobs_ended" in names


def test_connections_of_the_database_are_told() -> None:
    assert value(scrape(), "rubric_jobs_database_connections", state="active") >= 1


def test_a_scrape_is_cheap_however_old_the_service_is(
    make_attempt: MakeAttempt, django_assert_max_num_queries: Any
) -> None:
    make_attempt()
    ledger.roll_up()
    with django_assert_max_num_queries(10):
        scrape()
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("EXPLAIN " + ledger._TOTALS)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "idx_rubric_attempts_ended" in plan


def worker_row(
    name: str, *, started_s: float, silent_s: float = 0, cluster: str = "a", cluster_s: float = 5000
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.rubric_workers (worker, running, cluster, started_at, seen_at, cluster_started_at)
               VALUES (%s, 0, %s, now() - %s * interval '1 second', now() - %s * interval '1 second',
                 now() - %s * interval '1 second')""",
            [name, cluster, started_s, silent_s, cluster_s],
        )


def test_workers_that_are_alive_are_told() -> None:
    for name in ("host:1", "host:2"):
        worker_row(name, started_s=100)
    workers.note(worker="host:1", running=3)
    workers.note(worker="host:2", running=1)
    workers.note(worker="host:2", running=2)
    worker_row("gone:1", started_s=100, silent_s=20)
    samples = scrape()
    assert (value(samples, "rubric_jobs_workers"), value(samples, "rubric_jobs_running")) == (2, 5)
    assert value(samples, "rubric_jobs_workers_lost") == 1


@pytest.mark.parametrize(
    ("alive", "missed"),
    [
        pytest.param([("one:3", 90, "a")], ["one:1"], id="one new worker for two"),
        pytest.param([("one:3", 90, "a"), ("one:4", 20, "a")], [], id="both replaced in their cluster"),
        pytest.param([("two:1", 3000, "b"), ("two:2", 20, "b")], ["one:1", "one:2"], id="another host's hourly relief"),
        pytest.param([("one:8", 60, "b"), ("one:9", 20, "b")], ["one:1", "one:2"], id="a neighbour's hourly relief"),
        pytest.param([("one:8", 60, "c"), ("one:9", 60, "c")], [], id="a new cluster on the host"),
        pytest.param([("new:1", 30, "c"), ("new:2", 30, "c")], [], id="a new container"),
        pytest.param([("one:3", 200, "a")], ["one:1", "one:2"], id="an older neighbour"),
    ],
)
def test_a_worker_that_died_is_missed_until_another_takes_its_place(
    alive: list[tuple[str, float, str]], missed: list[str]
) -> None:
    """Of the clusters, `a` and `b` are older than the death, and `c` is younger."""
    for name in ("one:1", "one:2"):
        worker_row(name, started_s=1000, silent_s=100, cluster="a", cluster_s=5000)
    for name, started_s, cluster in alive:
        worker_row(name, started_s=started_s, cluster=cluster, cluster_s=90 if cluster == "c" else 5000)
    assert [worker.name for worker in workers.known() if not worker.is_alive] == missed


def test_a_worker_that_stopped_as_it_should_is_not_missed() -> None:
    workers.note(worker="host:1", running=0)
    workers.leave(worker="host:1")
    assert workers.known() == []


def test_workers_of_yesterday_are_forgotten() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO grader.rubric_workers (worker, running, seen_at) VALUES ('old', 0, now() - interval '2 d')"
        )
    workers.note(worker="host:1", running=0)
    assert workers.forget_the_dead() == 1
    assert [worker.name for worker in workers.alive()] == ["host:1"]
