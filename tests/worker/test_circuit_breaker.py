"""Lanes: a provider's faults are noticed once for the whole fleet, and calls in flight are counted from rows."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from rubric_jobs.jobs import lifecycle
from rubric_jobs.jobs.claims import Claim
from rubric_jobs.models import ProviderLane, RubricJob
from rubric_jobs.worker import circuit_breaker
from rubric_jobs.worker.circuit_breaker import Pass
from tests import claiming

pytestmark = pytest.mark.usefixtures("rows")

LANE = {"provider": "gemini", "model": "m"}
SOMEBODY = Claim(
    job_id=uuid.UUID(int=1),
    token=1,
    tenant_id=uuid.UUID(int=2),
    user_id=uuid.UUID(int=3),
    kind="enhance",
    file_name="rules.txt",
    file_type="text/plain",
    file_size_kb=1,
    attempt=1,
    seconds_given=280,
    parameters={},
)


TOKENS = itertools.count(2)


def enter() -> Pass | float:
    """Somebody new each time."""
    return circuit_breaker.acquire(replace(SOMEBODY, token=next(TOKENS)), **LANE, probe_s=60)


def fault(*, is_busy: bool = False, retry_after_s: float | None = None) -> None:
    circuit_breaker.record_failure(**LANE, is_busy=is_busy, retry_after_s=retry_after_s)


def end_pause() -> None:
    ProviderLane.objects.update(paused_until="2020-01-01T00:00:00Z")


def test_a_lane_without_faults_is_clear_and_has_no_row() -> None:
    assert enter() is Pass.CLEAR
    assert not ProviderLane.objects.exists()


def test_a_busy_provider_is_left_alone_for_as_long_as_it_says() -> None:
    fault(is_busy=True, retry_after_s=17)
    wait_s = enter()
    assert isinstance(wait_s, float)
    assert 15 < wait_s <= 17


def test_a_busy_provider_is_tried_again_within_ten_minutes_whatever_it_says() -> None:
    fault(is_busy=True, retry_after_s=1e14)
    wait_s = enter()
    assert isinstance(wait_s, float)
    assert 590 < wait_s <= 600


def test_another_model_of_the_provider_goes_on() -> None:
    fault(is_busy=True, retry_after_s=17)
    assert circuit_breaker.acquire(SOMEBODY, provider="gemini", model="another", probe_s=60) is Pass.CLEAR


def test_a_service_that_is_down_is_left_alone_after_some_faults_in_a_row() -> None:
    for _ in range(circuit_breaker.FAULTS_ALLOWED - 1):
        fault()
        assert enter() is Pass.DOUBTFUL
    fault()
    assert isinstance(enter(), float)


def test_a_success_in_between_ends_the_row_of_faults() -> None:
    for _ in range(circuit_breaker.FAULTS_ALLOWED - 1):
        fault()
    circuit_breaker.record_success(**LANE, passed=Pass.DOUBTFUL)
    fault()
    assert enter() is Pass.DOUBTFUL


def test_calls_that_fail_together_pause_the_lane_no_longer_than_one() -> None:
    for _ in range(20):
        fault(is_busy=True)
    wait_s = enter()
    assert isinstance(wait_s, float)
    assert wait_s <= 1


def test_when_the_pause_is_over_one_call_tries_and_the_others_wait() -> None:
    fault(is_busy=True)
    end_pause()
    assert enter() is Pass.PROBE
    assert isinstance(enter(), float)


def test_the_longer_a_probe_takes_the_longer_the_others_wait() -> None:
    fault(is_busy=True)
    end_pause()  # long ago: that says nothing of the probe
    assert enter() is Pass.PROBE
    waits = [enter()]
    for since_s in (8, 60, 3600):
        ProviderLane.objects.update(paused_until=Now() - timedelta(seconds=since_s))
        waits.append(enter())
    assert waits == pytest.approx([1, 4, circuit_breaker.LONGEST_LOOK_S, circuit_breaker.LONGEST_LOOK_S], abs=1)


def test_a_probe_that_succeeds_opens_the_lane_for_all() -> None:
    fault(is_busy=True)
    end_pause()
    circuit_breaker.record_success(**LANE, passed=enter())  # type: ignore[arg-type]
    assert enter() is Pass.CLEAR


def test_a_probe_that_fails_pauses_the_lane_for_longer() -> None:
    pauses = []
    for _ in range(4):
        fault()
    for _ in range(4):
        fault()
        pauses.append(round(enter()))  # type: ignore[call-overload]
        end_pause()
        assert enter() is Pass.PROBE
    assert pauses == [1, 2, 4, 8]


def test_a_probe_that_never_comes_back_does_not_close_the_lane_for_ever() -> None:
    fault(is_busy=True)
    end_pause()
    assert circuit_breaker.acquire(SOMEBODY, **LANE, probe_s=-1) is Pass.PROBE
    assert enter() is Pass.PROBE


def test_a_success_from_before_the_pause_does_not_end_it() -> None:
    entered = enter()
    assert entered is Pass.CLEAR
    fault(is_busy=True, retry_after_s=30)
    circuit_breaker.record_success(**LANE, passed=entered)
    assert isinstance(enter(), float)


@pytest.fixture
def held(submit: Callable[..., uuid.UUID]) -> list[Claim]:
    for _ in range(3):
        submit()
    return claiming.claim(limit=3)


def test_no_more_calls_are_in_flight_than_the_cap_allows(held: list[Claim]) -> None:
    taken = [circuit_breaker.take_call(claim, provider="gemini", cap=2) for claim in held]
    assert taken == [True, True, False]
    circuit_breaker.end_call(held[0], cap=2)
    assert circuit_breaker.take_call(held[2], provider="gemini", cap=2)


def test_a_cap_counts_each_provider_apart(held: list[Claim]) -> None:
    assert circuit_breaker.take_call(held[0], provider="gemini", cap=1)
    assert circuit_breaker.take_call(held[1], provider="openai", cap=1)


def test_the_calls_of_a_dead_worker_do_not_count(held: list[Claim]) -> None:
    assert circuit_breaker.take_call(held[0], provider="gemini", cap=1)
    RubricJob.objects.filter(job_id=held[0].job_id).update(lease_expires_at="2020-01-01T00:00:00Z")
    lifecycle.rescue()
    assert circuit_breaker.take_call(held[1], provider="gemini", cap=1)
    (again,) = claiming.claim(limit=1)
    assert not circuit_breaker.take_call(again, provider="gemini", cap=1)
