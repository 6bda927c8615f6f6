"""What is particular to OpenAI's protocol and to servers that only resemble it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from rubric_jobs import errors
from rubric_jobs.llm import ask
from rubric_jobs.llm.providers import openai
from tests.fake_llm import FakeLLM
from tests.llm import tasks
from tests.llm.conftest import Vendor
from tests.llm.test_conformance import answer, failure


@pytest.fixture
def vendor(vendor_of: Callable[..., Vendor]) -> Vendor:
    return vendor_of("openai")


def forms(fake_llm: FakeLLM) -> list[str | None]:
    return [call.body.get("response_format", {}).get("type") for call in fake_llm.history]


def test_the_schema_is_strict(vendor: Vendor, fake_llm: FakeLLM) -> None:
    answer(vendor, tasks.extract_task())
    assert fake_llm.history[0].body["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_server_that_does_not_know_schemas_is_asked_for_json(
    vendor: Vendor, fake_llm: FakeLLM, is_streamed: bool
) -> None:
    fake_llm.behave(mode="no_schema")
    reply = answer(vendor, tasks.extract_task(), on_text=(lambda _text: None) if is_streamed else None)
    assert len(ask.parse(reply.text).criteria) == 3
    assert forms(fake_llm) == ["json_schema", "json_object"]
    assert '"total_points"' in fake_llm.history[1].system


def test_a_server_that_does_not_know_json_mode_either_is_asked_in_words(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="no_json_mode")
    answer(vendor, tasks.extract_task())
    assert forms(fake_llm) == ["json_schema", "json_object", None]


def test_what_a_server_does_not_know_is_remembered(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="no_schema")

    async def ask_twice() -> None:
        provider = vendor.build()
        for _ in range(2):
            await provider.answer(tasks.extract_task(), model="llama3.3", timeout_s=20)
        await provider.aclose()

    asyncio.run(ask_twice())
    assert forms(fake_llm) == ["json_schema", "json_object", "json_object"]


def test_a_400_for_another_reason_is_not_asked_again(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="400")
    assert isinstance(failure(vendor), errors.ProviderRejected)
    assert len(fake_llm.history) == 1


@pytest.mark.parametrize(("model", "effort"), [("gpt-6-luna", "low"), ("o9-mini", "low"), ("llama3.3", None)])
def test_only_reasoning_models_are_told_to_think_little(
    vendor: Vendor, fake_llm: FakeLLM, model: str, effort: str | None
) -> None:
    answer(vendor, tasks.extract_task(), model=model)
    assert fake_llm.history[0].body.get("reasoning_effort") == effort


def test_a_used_up_quota_is_permanent_though_it_is_a_429(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="quota")
    fault = failure(vendor)
    assert isinstance(fault, errors.ProviderRejected)
    assert not fault.transient
    assert "quota" in str(fault)


def test_the_file_of_a_scan_goes_as_a_file_part_with_a_neutral_name(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(answer=tasks.grid_rubric().as_json())
    answer(vendor, tasks.scan_task())
    parts = fake_llm.history[0].body["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["file", "text"]
    assert parts[0]["file"]["filename"] == "document.pdf"


def test_a_fenced_answer_of_a_simple_server_is_read(vendor: Vendor, fake_llm: FakeLLM) -> None:
    fake_llm.behave(answer='```json\n{"criteria": [{"name": "Spelling"}]}\n```')
    assert ask.parse(answer(vendor, tasks.extract_task()).text).criteria[0].name == "Spelling"


def test_the_environment_does_not_choose_another_address(
    vendor: Vendor, fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-x")
    answer(vendor, tasks.extract_task())
    assert len(fake_llm.history) == 1


def test_without_an_address_the_vendors_own_is_asked() -> None:
    async def address() -> str:
        provider = openai.OpenAIProvider(api_key="k")
        try:
            with provider._clients.client() as client:
                return str(client.base_url)
        finally:
            await provider.aclose()

    assert asyncio.run(address()) == "https://api.openai.com/v1/"
