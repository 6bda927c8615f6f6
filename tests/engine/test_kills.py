"""kill -9, anywhere: no job is lost, none ends twice, and nobody pays for another's crash."""

from __future__ import annotations

from tests.engine import faults
from tests.engine.clusters import ROLES
from tests.engine.trials import Trial
from tests.fake_llm import FakeLLM


def test_processes_of_every_kind_are_killed_and_no_job_is_lost_or_done_twice(trial: Trial) -> None:
    """Two clusters on one database: one of them is hit every half second, and started anew when it has ended."""
    told, killed = faults.kill_processes(trial, jobs=300, kills=12, beside=True)
    assert set(killed) == set(ROLES)
    assert sum(change.new_status == "completed" for change in told.changes) == len(trial.marks)


def test_only_what_is_in_flight_in_three_crashes_fails(trial: Trial, fake_llm: FakeLLM) -> None:
    told, guilty = faults.crash_three_times(trial, fake_llm, innocents=30)
    failed = {change.job_id for change in told.changes if change.error_code == "crashed_worker"}
    assert failed == {guilty}
    charged = trial.query(
        "SELECT max(attempt), max(crashes) FROM grader.rubric_extraction_jobs WHERE status = 'completed'"
    )
    assert charged == [(1, 1)]
