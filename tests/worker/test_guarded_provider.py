"""A provider behind the fleet's lane for it: what its calls tell of the service, and who goes ahead."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from rubric_jobs.errors import CallLimitReached, CircuitOpen, ProviderBusy, ProviderError
from rubric_jobs.jobs.claims import Claim
from rubric_jobs.llm import ask
from rubric_jobs.llm.ask import Question, Target
from rubric_jobs.llm.provider import EnhanceTask
from rubric_jobs.llm.providers import registry
from rubric_jobs.models import ProviderLane, RubricJob
from rubric_jobs.worker import circuit_breaker
from rubric_jobs.worker.guarded_provider import GuardedProvider
from rubric_jobs.worker.writer import Writer
from tests import claiming
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.usefixtures("rows")

MODEL = "gemini-3.5-flash"
LANE = {"provider": "gemini", "model": MODEL}
TASK = EnhanceTask(rules="Cite sources.", instruction="", total_points=Decimal(100), rubric=None)

Guard = Callable[[str], GuardedProvider]


@pytest.fixture
def claim(submit: Callable[..., uuid.UUID]) -> Claim:
    submit()
    (claim,) = claiming.claim()
    return claim


@pytest.fixture
def guarding(claim: Claim, fake_llm: FakeLLM) -> Callable[[Callable[[Guard], Awaitable[Any]]], Any]:
    """Runs work that is given guarded providers by name, as one job sees them."""
    keys = {"gemini_api_key": "key", "openai_api_key": "key"}
    settings = registry.ProviderSettings(gemini_base_url=fake_llm.url, openai_base_url=fake_llm.openai_url, **keys)

    def run(work: Callable[[Guard], Awaitable[Any]]) -> Any:
        async def with_providers() -> Any:
            writer, providers = Writer(), registry.build(settings)
            try:
                return await work(
                    lambda name: GuardedProvider(providers[name], claim=claim, writer=writer, max_calls=2)
                )
            finally:
                await providers.aclose()
                await writer.close()

        return asyncio.run(with_providers())

    return run


def answer(guard: Guard) -> Awaitable[Any]:
    return guard("gemini").answer(TASK, model=MODEL, timeout_s=30)


def let_the_next_call_be_a_probe() -> None:
    circuit_breaker.record_failure(**LANE, is_busy=True, retry_after_s=60)
    ProviderLane.objects.update(paused_until="2020-01-01T00:00:00Z")


async def in_turn(guard: Guard) -> Any:
    candidates = [Target(guard("gemini"), MODEL), Target(guard("openai"), "gpt-6-luna")]
    return await ask.ask_in_turn([Question(TASK, ask.passing(lambda rubric: None))], candidates, timeout_s=30)


def take_all_calls(submit: Callable[..., uuid.UUID], provider: str) -> None:
    for _ in range(2):
        submit()
    assert all(circuit_breaker.take_call(claim, provider=provider, cap=2) for claim in claiming.claim())


def test_a_busy_answer_pauses_the_lane_and_a_paused_lane_is_not_called(guarding: Any, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="429", retry_after_s=30)

    async def twice(guard: Guard) -> None:
        with pytest.raises(ProviderBusy):
            await answer(guard)
        with pytest.raises(CircuitOpen) as paused:
            await answer(guard)
        assert paused.value.retry_after_s is not None
        assert paused.value.retry_after_s > 25

    guarding(twice)
    assert fake_llm.served == 1
    assert not RubricJob.objects.filter(calling__isnull=False).exists()


def test_jobs_that_a_paused_lane_sends_back_come_again_after_its_pause_and_not_all_at_once(guarding: Any) -> None:
    circuit_breaker.record_failure(**LANE, is_busy=True, retry_after_s=20)

    async def crowd(guard: Guard) -> list[float]:
        sent_back = await asyncio.gather(*[answer(guard) for _ in range(20)], return_exceptions=True)
        return [fault.retry_after_s for fault in sent_back if isinstance(fault, CircuitOpen) and fault.retry_after_s]

    waits = sorted(guarding(crowd))
    assert len(waits) == 20
    assert waits[0] > 15
    assert waits[-1] - waits[0] > 2


def test_while_a_lane_is_paused_the_fallback_answers(guarding: Any, fake_llm: FakeLLM) -> None:
    circuit_breaker.record_failure(**LANE, is_busy=True, retry_after_s=60)
    assert guarding(in_turn).reply.provider == "openai"
    assert {call.vendor for call in fake_llm.history} == {"openai"}


def test_where_all_calls_are_taken_the_fallback_answers(guarding: Any, submit: Any, fake_llm: FakeLLM) -> None:
    take_all_calls(submit, "gemini")
    assert guarding(in_turn).reply.provider == "openai"


def test_where_all_calls_of_all_are_taken_the_job_waits_for_the_first_one(guarding: Any, submit: Any) -> None:
    take_all_calls(submit, "gemini")
    take_all_calls(submit, "openai")
    with pytest.raises(CallLimitReached) as awaited:
        guarding(in_turn)
    assert awaited.value.awaited_provider == "gemini"
    assert awaited.value.retry_after_s == 60


def test_a_probe_that_is_answered_opens_the_lane(guarding: Any) -> None:
    let_the_next_call_be_a_probe()
    guarding(answer)
    assert not ProviderLane.objects.exists()


@pytest.mark.parametrize("mode", ["400", "401", "404", "413", "refusal", "cut_off", "empty"])
def test_a_probe_that_ends_in_a_fault_of_the_question_opens_the_lane(
    guarding: Any, fake_llm: FakeLLM, mode: str
) -> None:
    let_the_next_call_be_a_probe()
    fake_llm.then(mode=mode)

    async def refused_then_answered(guard: Guard) -> None:
        with pytest.raises(ProviderError) as fault:
            await answer(guard)
        assert not fault.value.transient
        await answer(guard)

    guarding(refused_then_answered)
    assert not ProviderLane.objects.exists()


def test_a_probe_that_meets_a_fault_of_the_service_pauses_the_lane_again(guarding: Any, fake_llm: FakeLLM) -> None:
    let_the_next_call_be_a_probe()
    fake_llm.then(mode="503")

    async def down(guard: Guard) -> None:
        with pytest.raises(ProviderError):
            await answer(guard)
        with pytest.raises(CircuitOpen):
            await answer(guard)

    guarding(down)
    assert ProviderLane.objects.get().failures == 2


def test_a_cancelled_probe_lets_the_next_call_try(guarding: Any, fake_llm: FakeLLM) -> None:
    let_the_next_call_be_a_probe()
    fake_llm.then(mode="hang")

    async def cancelled_then_answered(guard: Guard) -> None:
        probe = asyncio.ensure_future(answer(guard))
        async with asyncio.timeout(10):
            while not fake_llm.in_flight:
                await asyncio.sleep(0.01)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        await answer(guard)

    guarding(cancelled_then_answered)
    assert not ProviderLane.objects.exists()


def test_a_probe_that_is_cancelled_before_it_hears_that_it_is_one_lets_the_next_call_try(
    guarding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_the_next_call_be_a_probe()
    is_probe, may_tell = threading.Event(), threading.Event()
    enter = circuit_breaker.acquire

    def enter_slowly(*args: Any, **kwargs: Any) -> Any:
        entered = enter(*args, **kwargs)
        is_probe.set()
        assert may_tell.wait(10)
        return entered

    async def cancelled_then_answered(guard: Guard) -> None:
        with monkeypatch.context() as slow:
            slow.setattr(circuit_breaker, "acquire", enter_slowly)
            probe = asyncio.ensure_future(answer(guard))
            assert await asyncio.to_thread(is_probe.wait, 10)
        probe.cancel()
        may_tell.set()
        with pytest.raises(asyncio.CancelledError):
            await probe
        await answer(guard)

    guarding(cancelled_then_answered)
    assert not ProviderLane.objects.exists()


def test_a_probe_whose_pass_was_lost_on_the_way_is_let_in_when_it_asks_again(claim: Claim) -> None:
    let_the_next_call_be_a_probe()
    assert circuit_breaker.acquire(claim, **LANE, probe_s=60) is circuit_breaker.Pass.PROBE
    assert circuit_breaker.acquire(claim, **LANE, probe_s=60) is circuit_breaker.Pass.PROBE


def test_a_probe_that_was_given_up_does_not_take_the_next_ones_place(claim: Claim) -> None:
    let_the_next_call_be_a_probe()
    assert circuit_breaker.acquire(claim, **LANE, probe_s=60) is circuit_breaker.Pass.PROBE
    ProviderLane.objects.update(probe_token=claim.token + 1)  # it took too long, and another one tries
    circuit_breaker.release_probe(claim, **LANE)
    assert isinstance(circuit_breaker.acquire(claim, **LANE, probe_s=60), float)
