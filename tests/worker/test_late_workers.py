"""Workers that come back from the dead, and workers that live in another time."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from rubric_jobs.jobs import claims, lifecycle
from rubric_jobs.jobs.claims import Cost, Ending
from rubric_jobs.models import RubricJobAttempt, RubricJobReply
from tests import claiming
from tests.fake_llm import FakeLLM
from tests.worker import faults
from tests.worker.trials import Trial

pytestmark = pytest.mark.long


def test_a_frozen_pump_that_wakes_up_after_its_lease_lands_nothing(trial: Trial, fake_llm: FakeLLM) -> None:
    told = faults.freeze_a_pump(trial, fake_llm, jobs=40)
    assert told.ends == {"completed": len(trial.marks)}
    assert told.outcomes["lost"] > 0


def test_workers_whose_clocks_are_an_hour_wrong_do_what_the_others_do(trial: Trial) -> None:
    told = faults.shift_clocks(trial, hours=[-1, 0, 1], jobs=100)
    assert told.ends == {"completed": 100}
    assert told.outcomes == {"completed": 100}


@pytest.mark.usefixtures("rows")
def test_what_the_ledger_says_of_a_lost_attempt_stays(submit: Callable[..., uuid.UUID]) -> None:
    """A late worker adds what its attempt cost; were the line moved to a later time, it would be added up twice."""
    submit()
    (late,) = claiming.claim(limit=1, lease_s=-1)
    lifecycle.rescue()
    before = RubricJobAttempt.objects.get()
    claims.keep_replies([(late, Cost(llm_provider="gemini", llm_model="m", prompt_tokens=7), {"text": "late"})])
    assert claims.end([Ending(claim=late, result={}, metrics={"llm_provider": "local"})]) == set()
    after = RubricJobAttempt.objects.get()
    assert (after.outcome, after.error_code, after.ended_at, after.run_ms) == (
        ("lost", "crashed_worker", before.ended_at, before.run_ms)
    )
    assert (after.llm_provider, after.llm_model, after.prompt_tokens) == ("gemini", "m", 7)
    assert not RubricJobReply.objects.exists()
