"""A cluster stops within its bound, however it is told to."""

from __future__ import annotations

import pytest

from tests.fake_llm import FakeLLM
from tests.worker import faults
from tests.worker.faults import STOPS
from tests.worker.trials import Trial

pytestmark = pytest.mark.long


@pytest.mark.parametrize("way", STOPS)
def test_a_stop_is_bounded_and_gives_running_jobs_back(trial: Trial, fake_llm: FakeLLM, way: str) -> None:
    jobs = 100 if way == "SIGTERM" else 20
    told = faults.stop_again_and_again(trial, fake_llm, way=way, rounds=1, jobs=jobs)
    assert told.ends["completed"] == jobs
    assert told.outcomes["released"] == jobs
    assert told.most_crashes == 0
