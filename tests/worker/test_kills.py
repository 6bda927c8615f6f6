"""kill -9, anywhere: no job is lost, none ends twice, and nobody pays for another's crash."""

from __future__ import annotations

import pytest

from rubric_jobs.models import RubricJob, RubricJobAttempt
from tests.fake_llm import FakeLLM
from tests.worker import faults
from tests.worker.clusters import ROLES
from tests.worker.trials import Trial

pytestmark = pytest.mark.long


def test_processes_of_every_kind_are_killed_and_no_job_is_lost_or_done_twice(trial: Trial) -> None:
    """Two clusters on one database: one of them is hit every half second, and started anew when it has ended."""
    told, killed = faults.kill_processes(trial, jobs=300, kills=6, beside=True)
    assert set(killed) == set(ROLES)
    assert sum(change.new_status == "completed" for change in told.changes) == len(trial.marks)


def test_jobs_that_wait_for_calls_are_not_lost_when_those_who_call_are_killed(trial: Trial, fake_llm: FakeLLM) -> None:
    trial.environ |= {"RUBRIC_PROVIDER_MAX_CALLS": "2"}
    fake_llm.behave(latency_s=0.2)
    _, killed = faults.kill_processes(trial, jobs=120, kills=4, kinds=["busy"], beside=True)
    assert killed == {"busy": 4}


def test_a_worker_that_dies_with_an_answer_in_hand_leaves_it_to_the_next_one(trial: Trial, fake_llm: FakeLLM) -> None:
    told = faults.die_with_an_answer(trial, fake_llm)
    assert [attempt.outcome for attempt in told.attempts] == ["lost", "completed"]
    assert len({attempt.worker for attempt in told.attempts}) == 2
    assert len(fake_llm.history) == 1
    (first, second) = RubricJobAttempt.objects.order_by("attempt_id").values_list("prompt_tokens", flat=True)
    assert RubricJob.objects.get().performance_metrics["prompt_tokens"] == first > 0
    assert second is None


def test_of_calls_in_flight_at_a_kill_only_those_without_a_stored_answer_are_made_again(
    trial: Trial, fake_llm: FakeLLM
) -> None:
    in_flight, twice = faults.kill_with_calls_in_flight(trial, fake_llm, calls=30)
    assert 0 < in_flight < 30
    assert twice <= in_flight
    trial.verify(nobody_there_s=30)


def test_only_what_is_in_flight_in_three_crashes_fails(trial: Trial, fake_llm: FakeLLM) -> None:
    told, guilty = faults.crash_three_times(trial, fake_llm, innocents=30)
    failed = {change.job_id for change in told.changes if change.error_code == "crashed_worker"}
    assert failed == {guilty}
    charged = trial.query(
        "SELECT max(attempt), max(crashes) FROM grader.rubric_extraction_jobs WHERE status = 'completed'"
    )
    assert charged == [(1, 1)]
