"""What was paid to a provider stands in the ledger, and what it answered is not asked for again, however a job goes."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from rubric_jobs import conf
from rubric_jobs.documents import DOCX
from rubric_jobs.jobs import controls, lifecycle
from rubric_jobs.jobs.claims import Claim
from rubric_jobs.llm.providers import registry
from rubric_jobs.models import RubricJobAttempt, RubricJobReply, TenantControl
from rubric_jobs.worker import circuit_breaker
from rubric_jobs.worker.job_pump import Pump
from rubric_jobs.worker.runner import Runner, digest_of, provider_settings
from rubric_jobs.worker.writer import Writer
from tests import claiming
from tests import fake_llm as fakes
from tests.fake_llm import FakeLLM
from tests.llm import tasks
from tests.pipelines.test_extraction_documents import word_file
from tests.worker.test_job_pump import LIMITS, end_of, wait_until

pytestmark = pytest.mark.usefixtures("rows")

Ask = Callable[..., uuid.UUID]
NO_RUBRIC = {"answer": "{}"}


@pytest.fixture(autouse=True)
def _gemini(fake_llm: FakeLLM, settings: Any) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_BASE_URL = "test-key", fake_llm.url
    settings.RUBRIC_LLM_FALLBACK = []


@pytest.fixture
def ask(submit: Callable[..., uuid.UUID]) -> Ask:
    """Submit a few rules, which only a model can make a rubric of."""

    def ask(rules: str = "Be clear. Cite sources.", **wanted: Any) -> uuid.UUID:
        parameters = {"total_points": "40", "provider": "gemini", "models": {}, "instruction": ""}
        job = {"kind": "enhance", "file_name": "rules.txt", "file_type": "text/plain", "parameters": parameters}
        return submit(data=rules.encode(), **{**job, **wanted})

    return ask


@contextmanager
def working() -> Iterator[None]:
    """A whole worker: the pump, with the runner that asks providers."""
    conninfo, limits = conf.database_conninfo(), replace(LIMITS, lease_s=30)
    registry.build(provider_settings()).preload()  # as a worker does before it takes jobs: it takes seconds
    started: dict[str, Any] = {}
    is_up = threading.Event()

    async def serve() -> None:
        writer = Writer()
        runner = Runner(writer)
        pump = Pump(run=runner.run, writer=writer, limits=limits, name="test", conninfo=conninfo)
        started.update(pump=pump, loop=asyncio.get_running_loop())
        is_up.set()
        await pump.run()
        await runner.close()
        await writer.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert is_up.wait(10)
    try:
        yield
    finally:
        started["loop"].call_soon_threadsafe(started["pump"].stop)
        thread.join(15)
        assert not thread.is_alive()


def ledger() -> list[RubricJobAttempt]:
    return list(RubricJobAttempt.objects.order_by("attempt_id"))


def tokens(line: RubricJobAttempt) -> int:
    return (line.prompt_tokens or 0) + (line.completion_tokens or 0)


PLAN = {
    "choice": "own",
    "words": [],
    "parts": ["1 down"],
    "roles": ["1c0 c Criteria", "1c1-3 l Strong Weak", "1r0 h Criteria", "1r1-3 c Use Spelling"],
}


def test_the_form_of_an_answer_and_refused_plans_stand_in_the_ledger(
    submit: Callable[..., uuid.UUID], fake_llm: FakeLLM
) -> None:
    document = word_file("Field report", grid=tasks.GRID)
    parameters = {"provider": "gemini", "models": {}, "instruction": "as printed", "fresh": True}
    for answers in ([PLAN], ["no plan", PLAN], ["no plan", "no plan", tasks.grid_rubric().as_json()]):
        for answer in answers:
            fake_llm.then(answer=answer)
        with working():
            job = end_of(submit(kind="extract", file_type=DOCX, parameters=parameters, data=document))
        assert job.status == "completed"
        assert job.performance_metrics["answer_form"] == ledger()[-1].answer_form
        assert "plans_refused" not in job.performance_metrics
    told = [(line.answer_form, line.plans_answered, line.plans_refused) for line in ledger()]
    assert told == [("plan", 1, 0), ("plan", 2, 1), ("copy", 2, 2)]


def test_an_attempt_that_was_answered_and_tried_again_keeps_its_cost(ask: Ask, fake_llm: FakeLLM) -> None:
    fake_llm.then(**NO_RUBRIC)
    fake_llm.then(mode="503")
    with working():
        job = end_of(ask())
    first, second = ledger()
    assert (first.outcome, first.llm_provider, bool(first.llm_model)) == ("retried", "gemini", True)
    assert (job.status, second.outcome) == ("completed", "completed")
    assert min(tokens(first), tokens(second)) > 0
    assert job.performance_metrics["token_usage"] == tokens(first) + tokens(second)
    assert len(fake_llm.history) == 3


def test_a_retried_attempt_counts_towards_its_tenants_cap(ask: Ask, fake_llm: FakeLLM) -> None:
    tenant_id = uuid.uuid4()
    TenantControl.objects.create(tenant_id=tenant_id, daily_token_cap=1)
    fake_llm.then(**NO_RUBRIC)
    fake_llm.then(mode="503")
    with working():
        job = end_of(ask(tenant_id=tenant_id))
    assert controls.allowance(tenant_id).tokens_left == 0
    assert (job.error_code, len(fake_llm.history)) == ("models_forbidden", 2)


def test_an_attempt_that_nobody_answered_says_who_was_asked(ask: Ask, fake_llm: FakeLLM) -> None:
    fake_llm.then(mode="503")
    with working():
        end_of(ask())
    first, _ = ledger()
    assert (first.outcome, first.llm_provider, tokens(first)) == ("retried", "gemini", 0)


@pytest.mark.parametrize(("mode", "code"), [("cut_off", "answer_truncated"), ("block", "answer_refused")])
def test_an_answer_that_cannot_be_used_is_paid_for(ask: Ask, fake_llm: FakeLLM, mode: str, code: str) -> None:
    fake_llm.behave(mode=mode)
    with working():
        job = end_of(ask())
    (line,) = ledger()
    assert (line.outcome, line.error_code, line.llm_provider) == ("failed", code, "gemini")
    assert job.performance_metrics["token_usage"] == tokens(line) > 0


def test_an_answer_is_stored_while_its_call_is_still_held(
    ask: Ask, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a crash between the two would have it paid for again."""
    settings.RUBRIC_PROVIDER_MAX_CALLS = 1
    end_call, stored = circuit_breaker.end_call, []

    def look_and_end(claim: Claim, *, cap: int) -> None:
        stored.append(RubricJobReply.objects.filter(job_id=claim.job_id).exists())
        end_call(claim, cap=cap)

    monkeypatch.setattr(circuit_breaker, "end_call", look_and_end)
    with working():
        assert end_of(ask()).status == "completed"
    assert stored == [True]
    assert tokens(ledger()[0]) > 0


def test_what_one_provider_was_paid_counts_though_another_one_served(
    ask: Ask, fake_llm: FakeLLM, settings: Any
) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "test-key", fake_llm.openai_url
    settings.RUBRIC_LLM_FALLBACK = ["openai"]
    fake_llm.then(mode="cut_off")
    with working():
        job = end_of(ask(parameters={"total_points": "40"}))
    (line,) = ledger()
    assert (job.status, line.llm_provider) == ("completed", "openai")
    assert job.performance_metrics["token_usage"] == tokens(line) > tokens_of_one_answer(ask)


def tokens_of_one_answer(ask: Ask) -> int:
    with working():
        job = end_of(ask(parameters={"total_points": "40", "provider": "openai"}))
    used: int = job.performance_metrics["token_usage"]
    return used


def test_a_job_that_runs_out_of_time_keeps_what_was_answered_until_then(ask: Ask, fake_llm: FakeLLM) -> None:
    fake_llm.then(**NO_RUBRIC, latency_s=0.1)
    fake_llm.then(mode="hang")
    with working():
        job = end_of(ask(timeout_s=1.5))
    (line,) = ledger()
    assert (job.error_code, line.error_code, line.llm_provider) == ("timed_out", "timed_out", "gemini")
    assert job.performance_metrics["token_usage"] == tokens(line) > 0


def test_a_cancelled_job_keeps_what_was_answered_until_then(ask: Ask, fake_llm: FakeLLM) -> None:
    fake_llm.then(**NO_RUBRIC)
    fake_llm.then(mode="hang")
    with working():
        job_id = ask()
        wait_until(lambda: len(fake_llm.history) == 2)
        assert lifecycle.cancel(job_id=job_id)
        (line,) = ledger()
    assert (line.outcome, line.llm_provider, tokens(line) > 0) == ("cancelled", "gemini", True)
    assert line.run_ms is not None


def test_a_job_that_was_answered_by_its_twin_is_one_itself(ask: Ask, fake_llm: FakeLLM) -> None:
    with working():
        first = end_of(ask())
        second = end_of(ask())
        lifecycle.delete(job_id=first.job_id)
        third = end_of(ask())
    assert [job.performance_metrics["cache_hit"] for job in (first, second, third)] == [False, True, True]
    assert third.result == first.result
    assert len(fake_llm.history) == 1


def test_a_crowd_that_waits_to_ask_the_same_is_answered_by_its_twins(
    ask: Ask, fake_llm: FakeLLM, settings: Any
) -> None:
    settings.RUBRIC_PROVIDER_MAX_CALLS = 1
    fake_llm.behave(latency_s=1)
    with working():  # its sweep does not wake those who wait for calls: each job wakes the next one
        job_ids = [ask() for _ in range(6)]
        assert [end_of(job_id).status for job_id in job_ids] == ["completed"] * 6
    # The second one is woken by the end of a call, a moment before its result is there.
    assert len(fake_llm.history) <= 2


def test_a_model_of_the_same_name_at_another_server_is_asked_anew(ask: Ask, fake_llm: FakeLLM, settings: Any) -> None:
    with fakes.running() as other:
        with working():
            end_of(ask())
        settings.GEMINI_BASE_URL = other.url
        with working():
            job = end_of(ask())
        assert (len(fake_llm.history), len(other.history)) == (1, 1)
    assert not job.performance_metrics["cache_hit"]


@pytest.mark.parametrize(
    "changed",
    [{"GEMINI_BASE_URL": "http://a"}, {"OPENAI_BASE_URL": "http://a"}, {"GEMINI_SDK": "google-generativeai"}],
    ids=lambda changed: next(iter(changed)),
)
def test_what_decides_an_answer_decides_whether_it_serves_again(
    ask: Ask, settings: Any, changed: dict[str, str]
) -> None:
    ask()
    (claim,) = claiming.claim(limit=1)
    providers = registry.build(provider_settings())
    before = digest_of(claim, b"x", providers)
    settings.GEMINI_API_KEY = "another-key"
    assert digest_of(claim, b"x", providers) == before
    for name, value in changed.items():
        setattr(settings, name, value)
    assert digest_of(claim, b"x", providers) != before
