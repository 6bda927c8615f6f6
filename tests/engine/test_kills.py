"""kill -9, anywhere: no job is lost, none ends twice, and nobody pays for another's crash."""

from __future__ import annotations

from tests.engine import faults
from tests.engine.clusters import ROLES
from tests.engine.trials import Trial


def test_processes_of_every_kind_are_killed_and_no_job_is_lost_or_done_twice(trial: Trial) -> None:
    told, killed = faults.kill_processes(trial, jobs=300, kills=12)
    assert set(killed) == set(ROLES)
    assert told.ends["completed"] == len(trial.marks)
