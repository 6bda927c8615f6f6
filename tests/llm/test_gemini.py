"""What is particular to Gemini's protocol and its two SDKs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from rubric_jobs import errors
from rubric_jobs.llm.providers import gemini_protocol
from rubric_jobs.rubric.model import answer_schema
from tests.fake_llm import FakeLLM
from tests.llm import tasks
from tests.llm.conftest import Vendor
from tests.llm.test_conformance import answer, failure

KINDS = pytest.mark.parametrize("kind", ["gemini", "gemini_legacy"])


def test_a_current_model_is_told_to_think_little(vendor_of: Callable[..., Vendor], fake_llm: FakeLLM) -> None:
    answer(vendor_of("gemini"), tasks.extract_task())
    thinking = fake_llm.history[0].body["generationConfig"]["thinkingConfig"]
    assert list(thinking.values()) == ["LOW"]


@pytest.mark.parametrize("model", ["gemini-2.5-flash-lite", "gemma-4-27b"])
def test_a_model_without_thinking_levels_is_not_told(
    vendor_of: Callable[..., Vendor], fake_llm: FakeLLM, model: str
) -> None:
    answer(vendor_of("gemini"), tasks.extract_task(), model=model)
    assert "thinkingConfig" not in fake_llm.history[0].body["generationConfig"]


@KINDS
def test_a_key_that_is_none_is_a_400_and_names_the_setting(
    vendor_of: Callable[..., Vendor], fake_llm: FakeLLM, kind: str
) -> None:
    fake_llm.behave(mode="bad_key")
    fault = failure(vendor_of(kind))
    assert isinstance(fault, errors.ProviderRejected)
    assert "GEMINI_API_KEY" in str(fault)


@KINDS
def test_the_key_stands_in_no_address(vendor_of: Callable[..., Vendor], fake_llm: FakeLLM, kind: str) -> None:
    answer(vendor_of(kind), tasks.extract_task())
    assert "key=" not in fake_llm.history[0].query


@pytest.mark.parametrize(("model", "sent"), [("gemini-9?alt=x", "gemini-9%3Falt=x"), ("..", ".."), ("a#b", "a%23b")])
def test_the_name_of_a_model_stays_within_its_place_in_the_address(
    vendor_of: Callable[..., Vendor], fake_llm: FakeLLM, model: str, sent: str
) -> None:
    answer(vendor_of("gemini"), tasks.extract_task(), model=model)
    assert (fake_llm.history[0].path, fake_llm.history[0].query) == (f"/v1/models/{sent}:generateContent", "")


@pytest.mark.parametrize("model", ["../models/gemini-3.5-flash", "x/../../models/gemini-3.5-flash", "tunedModels/mine"])
def test_a_name_that_looks_like_a_path_leads_to_no_other_model(vendor_of: Callable[..., Vendor], model: str) -> None:
    assert isinstance(failure(vendor_of("gemini"), model=model), errors.ModelRetired)


@KINDS
def test_the_waiting_time_is_read_from_the_error_details(
    vendor_of: Callable[..., Vendor], fake_llm: FakeLLM, kind: str
) -> None:
    fake_llm.behave(mode="429", retry_after_s=0.5)
    assert failure(vendor_of(kind)).retry_after_s == 0.5


def test_the_schema_is_of_the_plain_kind_that_every_model_takes() -> None:
    def nodes(node: dict[str, object]) -> list[dict[str, object]]:
        children = [*dict(node.get("properties", {})).values(), *([node["items"]] if "items" in node else [])]  # type: ignore[call-overload]
        return [node, *(found for child in children for found in nodes(child))]

    plain = nodes(gemini_protocol.plain_schema(answer_schema()))
    assert {key for node in plain for key in node} <= {
        "type",
        "nullable",
        "enum",
        "items",
        "properties",
        "required",
        "propertyOrdering",
    }
    assert {node["type"] for node in plain} == {"OBJECT", "ARRAY", "STRING", "NUMBER"}


@pytest.mark.parametrize("ending", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST"])
def test_every_way_of_refusing_is_a_refusal(ending: str) -> None:
    with pytest.raises(errors.AnswerRefused):
        gemini_protocol.check_ending(ending, None, "{}", "m")


@pytest.mark.parametrize("ending", ["OTHER", "MALFORMED_FUNCTION_CALL", "SOMETHING_NEW"])
def test_an_ending_that_nobody_knows_is_no_answer(ending: str) -> None:
    with pytest.raises(errors.AnswerInvalid):
        gemini_protocol.check_ending(ending, None, "{}", "m")


def test_thoughts_in_front_of_the_answer_are_left_out_by_the_legacy_sdk_too() -> None:
    from rubric_jobs.llm.providers.gemini_legacy import _without_thoughts

    assert _without_thoughts(["I should look at the table.", '{"criteria": ', "[]}"]) == '{"criteria": []}'
    assert _without_thoughts(["no JSON at all"]) == "no JSON at all"


@KINDS
@pytest.mark.parametrize("suffix", ["/v1beta", "/v1beta/", "/v1"])
def test_an_address_with_a_version_is_understood(
    vendor_of: Callable[..., Vendor], fake_llm: FakeLLM, kind: str, suffix: str
) -> None:
    answer(vendor_of(kind, gemini_base_url=fake_llm.url + suffix), tasks.extract_task())
    path = fake_llm.history[0].path
    assert path.count("/v1") == 1
    if kind == "gemini":
        assert path.startswith(suffix.rstrip("/") + "/models/")


def test_a_process_ends_at_once_though_a_call_of_the_legacy_sdk_hangs(fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="hang")
    code = f"""
import asyncio
from rubric_jobs.llm.providers import registry
from tests.llm import tasks

async def give_up():
    settings = registry.ProviderSettings(
        gemini_api_key="k", gemini_base_url="{fake_llm.url}", gemini_sdk="google-generativeai"
    )
    provider = registry.build(settings)["gemini"]
    try:
        await asyncio.wait_for(provider.answer(tasks.extract_task(), model="gemini-3.5-flash", timeout_s=60), 2)
    except TimeoutError:
        print("given up")

asyncio.run(give_up())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "given up\n"
