"""`estimatedSeconds` comes from measured rates, and is unknown where nothing has been measured."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from rubric_jobs.web import wait_estimate
from tests.conftest import Caller
from tests.web.conftest import body_of


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    wait_estimate._measured = None
    yield
    wait_estimate._measured = None


def attempt(*, started_s_ago: float, queue_ms: int, run_ms: int, kind: str = "extract") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.rubric_job_attempts
                 (job_id, tenant_id, user_id, kind, worker, started_at, queue_ms, run_ms, outcome)
               VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), %s, 'w',
                 now() - %s * interval '1 second', %s, %s, 'completed')""",
            [kind, started_s_ago, queue_ms, run_ms],
        )


@pytest.mark.django_db
def test_a_busy_queue_is_as_fast_as_it_was_while_somebody_waited() -> None:
    for second in range(11):  # one start each second, each with a wait
        attempt(started_s_ago=20 - second, queue_ms=5000, run_ms=3000)

    measured = wait_estimate.measure()

    assert measured.starts_per_s == pytest.approx(1.0)
    assert measured.estimate_s("extract", 10) == pytest.approx(13.0)


@pytest.mark.django_db
def test_an_idle_queue_costs_no_wait() -> None:
    attempt(started_s_ago=500, queue_ms=5, run_ms=2000)
    attempt(started_s_ago=5, queue_ms=5, run_ms=2000)

    assert wait_estimate.measure().estimate_s("extract", 1) == pytest.approx(2.0)


@pytest.mark.django_db
def test_a_kind_that_was_never_measured_has_no_estimate() -> None:
    attempt(started_s_ago=5, queue_ms=5, run_ms=2000)

    assert wait_estimate.measure().estimate_s("enhance", 1) is None


@pytest.mark.django_db
def test_a_waiting_job_tells_its_estimate(owner: Caller, submit: Callable[..., uuid.UUID]) -> None:
    attempt(started_s_ago=5, queue_ms=5, run_ms=4000)

    told = body_of(owner.client.get(f"/api/rubric-jobs/{submit()}"))

    assert (told["queuePosition"], told["estimatedSeconds"]) == (1, 4.0)
