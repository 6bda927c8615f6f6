"""What every provider of the registry promises, by real HTTP through its real SDK against the fake server."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from rubric_jobs import errors
from rubric_jobs.llm import ask, plan_answer, points_answer
from rubric_jobs.llm.provider import Reply, Task
from rubric_jobs.llm.providers import registry
from rubric_jobs.reader.plan import Part, Plan
from tests.fake_llm import FakeLLM
from tests.fake_protocols import THOUGHT_TOKENS
from tests.llm import tasks
from tests.llm.conftest import SECRET, Vendor

pytestmark = pytest.mark.long


def answer(vendor: Vendor, task: Task, *, timeout_s: float = 20.0, model: str | None = None, **more: Any) -> Reply:
    async def ask() -> Reply:
        provider = vendor.build()
        try:
            return await provider.answer(task, model=model or vendor.model, timeout_s=timeout_s, **more)
        finally:
            await provider.aclose()

    return asyncio.run(ask())


def failure(vendor: Vendor, task: Task | None = None, **more: Any) -> errors.RubricJobError:
    with pytest.raises(errors.RubricJobError) as caught:
        answer(vendor, task or tasks.extract_task(), **more)
    said = str(caught.value)
    assert SECRET not in said
    assert "sk-fake-secret" not in said
    assert "Use of sources" not in said
    assert said.endswith(".")
    assert "\n" not in said
    return caught.value


def test_a_document_becomes_the_rubric_that_it_holds(vendor: Vendor) -> None:
    reply = answer(vendor, tasks.extract_task())
    rubric = ask.parse(reply.text)
    assert [criterion.name for criterion in rubric.criteria] == [row[0] for row in tasks.GRID[1:]]
    assert reply.model == vendor.model


def test_a_call_goes_through_the_proxy_that_the_environment_names(
    vendor_of: Callable[..., Vendor], streaming_vendor: Vendor, fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", fake_llm.url)
    address = {"gemini_base_url": "http://model.invalid", "openai_base_url": "http://model.invalid/v1"}
    # The fake is no proxy, and says so; without one, there would be nobody to say anything.
    assert isinstance(failure(vendor_of(streaming_vendor.kind, **address)), errors.ModelRetired)
    monkeypatch.delenv("http_proxy")
    assert isinstance(failure(vendor_of(streaming_vendor.kind, **address)), errors.ProviderUnavailable)


def test_tokens_are_counted_thoughts_included(vendor: Vendor, fake_llm: FakeLLM) -> None:
    reply = answer(vendor, tasks.extract_task())
    call = fake_llm.history[-1]
    assert reply.prompt_tokens == len(call.system + call.user) // 4
    thoughts = 0 if vendor.name == "openai" else THOUGHT_TOKENS
    assert reply.completion_tokens == len(reply.text) // 4 + thoughts


def test_rules_become_criteria_that_add_up_to_the_total(vendor: Vendor) -> None:
    rubric = ask.parse(answer(vendor, tasks.rules_task()).text)
    assert len(rubric.criteria) >= 4
    assert sum(criterion.points or 0 for criterion in rubric.criteria) == 50


def test_a_whole_rubric_is_answered_with_its_points_alone(vendor: Vendor) -> None:
    reply = answer(vendor, tasks.whole_task())
    rubric = points_answer.parse(reply.text, tasks.grid_rubric())
    assert [criterion.name for criterion in rubric.criteria] == [row[0] for row in tasks.GRID[1:]]
    assert sum(criterion.points or 0 for criterion in rubric.criteria) == 24
    assert len(reply.text) < 100


def test_a_document_is_pointed_at_within_a_limit_that_leaves_room_to_think(vendor: Vendor, fake_llm: FakeLLM) -> None:
    reply = answer(vendor, tasks.pointing_task())
    told = plan_answer.parse(reply.text, tasks.grid_document())
    assert told.plan == Plan((Part((1,), "down", "clll", "hccc", name="lead"),))
    call = fake_llm.history[-1]
    limit = call.body.get("max_completion_tokens") or call.body["generationConfig"]["maxOutputTokens"]
    assert limit >= 8_000


def test_an_answer_that_points_is_bound_to_flat_lists_of_strings(vendor: Vendor, fake_llm: FakeLLM) -> None:
    answer(vendor, tasks.pointing_task())
    schema = fake_llm.history[-1].schema
    assert schema is not None
    assert set(schema["required"]) == set(schema["properties"]) == {"choice", "words", "parts", "roles"}
    told = json.dumps(schema)
    assert "anyOf" not in told
    assert "enum" not in told
    assert "nullable" not in told


def test_a_scan_goes_to_the_model_as_the_file_itself(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(answer=json.loads(tasks.grid_rubric().model_dump_json()))
    answer(vendor, tasks.scan_task())
    assert fake_llm.history[-1].files == [tasks.scan_task().data]


def test_a_docx_goes_to_the_model_as_text_alone(vendor: Vendor, fake_llm: FakeLLM) -> None:
    answer(vendor, tasks.extract_task())
    call = fake_llm.history[-1]
    assert call.files == []
    assert "Line of argument" in call.user


def test_the_answer_is_bound_to_the_schema_of_the_rubric(vendor: Vendor, fake_llm: FakeLLM) -> None:
    answer(vendor, tasks.extract_task())
    schema = fake_llm.history[-1].schema
    assert schema is not None
    assert set(schema["properties"]) == {"title", "kind", "total_points", "criteria", "adjustments"}
    assert set(schema["required"]) == set(schema["properties"])
    criterion = schema["properties"]["criteria"]["items"]
    assert set(criterion["required"]) == {"name", "description", "section", "points", "weight", "levels"}


def test_text_is_reported_while_it_arrives(streaming_vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(pace_s=0.002)
    seen: list[str] = []
    reply = answer(streaming_vendor, tasks.extract_task(), on_text=seen.append)
    assert len(seen) > 5
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(seen))
    assert seen[-1] == reply.text
    assert reply.completion_tokens > 0
    assert len(ask.parse(reply.text).criteria) == 3


def test_a_vendor_that_cannot_stream_answers_a_listener_all_the_same(vendor_of: Callable[..., Vendor]) -> None:
    reply = answer(vendor_of("gemini_legacy"), tasks.extract_task(), on_text=lambda _text: None)
    assert len(ask.parse(reply.text).criteria) == 3


FAULTS = pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("400", errors.ProviderRejected),
        ("401", errors.ProviderRejected),
        ("403", errors.ProviderRejected),
        ("404", errors.ModelRetired),
        ("413", errors.ProviderRejected),
        ("429", errors.ProviderBusy),
        ("500", errors.ProviderUnavailable),
        ("503", errors.ProviderUnavailable),
        ("reset", errors.ProviderUnavailable),
        ("reset_midway", errors.ProviderUnavailable),
        ("not_json", errors.ProviderUnavailable),
        ("other_json", errors.ProviderUnavailable),
        ("other_usage", errors.ProviderUnavailable),
        ("vast_usage", errors.ProviderUnavailable),
        ("cut_off", errors.AnswerTruncated),
        ("refusal", errors.AnswerRefused),
        ("block", errors.AnswerRefused),
        ("empty", errors.AnswerInvalid),
    ],
)


@FAULTS
def test_a_fault_of_the_service_is_one_clear_error(
    vendor: Vendor, fake_llm: FakeLLM, mode: str, expected: type[errors.RubricJobError]
) -> None:
    fake_llm.behave(mode=mode)
    assert type(failure(vendor)) is expected
    assert len(fake_llm.history) == 1, "an SDK repeated the request by itself"


@FAULTS
def test_a_fault_in_a_stream_is_the_same_error(
    streaming_vendor: Vendor, fake_llm: FakeLLM, mode: str, expected: type[errors.RubricJobError]
) -> None:
    fake_llm.behave(mode=mode)
    assert type(failure(streaming_vendor, on_text=lambda _text: None)) is expected
    assert len(fake_llm.history) == 1, "an SDK repeated the request by itself"


@pytest.mark.parametrize("mode", ["cut_off", "refusal"])
def test_an_answer_that_cannot_be_used_tells_what_it_cost(vendor: Vendor, fake_llm: FakeLLM, mode: str) -> None:
    fake_llm.behave(mode=mode)
    fault = failure(vendor)
    assert isinstance(fault, errors.ProviderError)
    assert fault.prompt_tokens > 100
    assert fault.completion_tokens > 0


@pytest.mark.parametrize("mode", ["401", "403"])
def test_a_refused_key_names_the_setting_of_the_key(vendor: Vendor, fake_llm: FakeLLM, mode: str) -> None:
    fake_llm.behave(mode=mode)
    assert vendor.key_setting in str(failure(vendor))


def test_an_unknown_model_names_the_model_and_its_setting(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="404")
    said = str(failure(vendor))
    assert vendor.model in said
    assert vendor.model_setting in said


def test_a_missing_key_is_told_before_anything_is_sent(vendor_of: Callable[..., Vendor], fake_llm: FakeLLM) -> None:
    for kind in ("gemini", "gemini_legacy", "openai"):
        vendor = vendor_of(kind, gemini_api_key="", openai_api_key="")
        fault = failure(vendor)
        assert isinstance(fault, errors.ProviderRejected)
        assert vendor.key_setting in str(fault)
    assert not fake_llm.history


def test_a_busy_service_tells_how_long_to_wait(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="429", retry_after_s=17)
    fault = failure(vendor)
    assert fault.transient
    assert fault.retry_after_s == 17


def test_a_hanging_service_is_a_timeout_that_came_in_time(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="hang")
    start = time.monotonic()
    fault = failure(vendor, timeout_s=0.4)
    assert isinstance(fault, errors.ProviderTimeout)
    assert "LLM_TIMEOUT_SECONDS" in str(fault)
    assert time.monotonic() - start < 3


def test_a_stream_that_drips_forever_is_a_timeout(streaming_vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(pace_s=0.1, part_characters=1)
    fault = failure(streaming_vendor, timeout_s=0.5, on_text=lambda _text: None)
    assert isinstance(fault, errors.ProviderTimeout)


def test_a_service_that_is_not_there_is_unavailable(vendor_of: Callable[..., Vendor]) -> None:
    nobody = "http://127.0.0.1:9"
    for kind in ("gemini", "gemini_legacy", "openai"):
        vendor = vendor_of(kind, gemini_base_url=nobody, openai_base_url=nobody)
        assert isinstance(failure(vendor), errors.ProviderUnavailable)


def test_an_address_that_is_none_names_its_setting(vendor_of: Callable[..., Vendor]) -> None:
    for kind, setting in (("gemini", "GEMINI_BASE_URL"), ("openai", "OPENAI_BASE_URL")):
        vendor = vendor_of(kind, gemini_base_url="ftp://127.0.0.1", openai_base_url="ftp://127.0.0.1")
        assert setting in str(failure(vendor))


def test_many_calls_are_in_flight_at_once(vendor: Vendor, fake_llm: FakeLLM) -> None:
    count = 20 if vendor.kind == "gemini_legacy" else 120
    fake_llm.behave(latency_s=2)  # longer than it takes to send them all, on a busy machine too

    async def ask_all() -> None:
        provider = vendor.build()
        provider.preload()
        calls = (provider.answer(tasks.extract_task(), model=vendor.model, timeout_s=30) for _ in range(count))
        await asyncio.gather(*calls)
        await provider.aclose()

    asyncio.run(ask_all())
    assert fake_llm.most_in_flight == count


def test_one_provider_serves_one_event_loop_after_another(vendor: Vendor) -> None:
    provider = vendor.build()

    async def ask() -> Reply:
        try:
            return await provider.answer(tasks.extract_task(), model=vendor.model, timeout_s=20)
        finally:
            await provider.aclose()

    assert asyncio.run(ask()).text == asyncio.run(ask()).text


def test_a_cancelled_call_ends_at_once(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(latency_s=5)

    async def cancel() -> float:
        provider = vendor.build()
        provider.preload()
        call = asyncio.create_task(provider.answer(tasks.extract_task(), model=vendor.model, timeout_s=30))
        while not fake_llm.in_flight:
            assert not call.done()
            await asyncio.sleep(0.01)
        start = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await provider.aclose()
        return time.monotonic() - start

    assert asyncio.run(cancel()) < 1


def test_every_provider_of_the_registry_is_covered_here(vendor_of: Callable[..., Vendor]) -> None:
    assert {vendor_of(kind).name for kind in ("gemini", "gemini_legacy", "openai")} == set(registry.PROVIDERS)
