"""A cluster stops within its bound, however it is told to."""

from __future__ import annotations

import pytest

from tests.engine import faults
from tests.engine.faults import STOPS
from tests.engine.trials import Trial
from tests.fake_llm import FakeLLM


@pytest.mark.parametrize("way", STOPS)
def test_a_stop_is_bounded_and_gives_running_jobs_back(trial: Trial, fake_llm: FakeLLM, way: str) -> None:
    told = faults.stop_again_and_again(trial, fake_llm, way=way, rounds=3, jobs=100)
    assert told.ends["completed"] == 100
    assert told.outcomes["released"] == 300
    assert told.most_crashes == 0
