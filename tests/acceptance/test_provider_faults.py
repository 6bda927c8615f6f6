"""Whatever the model's service does, the job fails with one sentence and a code, and the next one is served."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Service
from tests.warm import WarmService

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def service_settings() -> dict[str, str]:
    return {"LLM_TIMEOUT_SECONDS": "2", "RUBRIC_JOB_MAX_ATTEMPTS": "2", "RUBRIC_JOB_TIMEOUT_SECONDS": "12"}


@pytest.fixture(scope="module")
def service_kind() -> type[WarmService]:
    return WarmService


@pytest.fixture(autouse=True)
def _lanes_open(service: Service) -> None:
    service.query("DELETE FROM grader.provider_lanes")


@pytest.mark.parametrize("provider", ["gemini", "openai"])
@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("401", "provider_rejected"),
        ("404", "model_retired"),
        ("429", "provider_unavailable"),
        ("500", "provider_unavailable"),
        ("reset", "provider_unavailable"),
        ("hang", "provider_timeout"),
        ("cut_off", "answer_truncated"),
        ("refusal", "answer_refused"),
        ("invalid_json", "answer_invalid"),
        ("nul", "answer_invalid"),
        ("wrong_shape", "answer_invalid"),
    ],
)
def test_a_fault_of_the_provider_fails_the_job_and_nothing_else(
    service: Service, provider: str, mode: str, code: str
) -> None:
    failed = service.ended(service.enhance(prompt=f"[[fake mode={mode}]]", llmProvider=provider))
    assert (failed["status"], failed["errorCode"]) == ("failed", code)
    assert failed["error"].endswith((".", "”."))
    assert "result" not in failed
    assert "test-key" not in failed["error"]
    assert service.ended(service.enhance(llmProvider="local"))["status"] == "completed"


def test_a_fault_that_passes_is_tried_again(service: Service) -> None:
    service.llm.then(mode="500")
    ended = service.ended(service.enhance(prompt="again", llmProvider="gemini", total=60))
    assert (ended["status"], ended["performance"]["attempts"]) == ("completed", 2)


def test_a_busy_provider_is_left_alone_by_all_and_costs_no_attempt(service: Service) -> None:
    service.llm.then(mode="429", retry_after_s=2)
    first = service.enhance(prompt="busy", llmProvider="gemini", total=70)
    ended = service.ended(first)
    assert (ended["status"], ended["performance"]["attempts"]) == ("completed", 1)
    assert ended["performance"]["duration_ms"] >= 2000


def test_an_invalid_answer_is_asked_for_once_more(service: Service) -> None:
    service.llm.then(mode="invalid_json")
    ended = service.ended(service.enhance(prompt="once more", llmProvider="gemini", total=80))
    assert ended["status"] == "completed"
    assert ended["performance"]["attempts"] == 1
