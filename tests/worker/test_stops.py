"""A cluster stops within its bound, however it is told to."""

from __future__ import annotations

import pytest

from tests.fake_llm import FakeLLM
from tests.worker import faults
from tests.worker.faults import STOPS
from tests.worker.trials import Trial

pytestmark = pytest.mark.long


def test_each_way_of_stopping_is_bounded_and_gives_running_jobs_back(trial: Trial, fake_llm: FakeLLM) -> None:
    """With all slots of the cluster taken; `WORKER_CONCURRENCY` is 50 here."""
    told = faults.stop_again_and_again(trial, fake_llm, ways=list(STOPS), jobs=100)
    assert told.ends["completed"] == 100
    assert told.outcomes["released"] == 100 * len(STOPS)
    assert told.most_crashes == 0
