from __future__ import annotations

from datetime import date

import pytest

from rubric_jobs.llm import model_catalog


@pytest.mark.parametrize(
    ("provider", "asked"),
    [
        ("gemini", "gemini-2.0-flash"),
        ("gemini", "gemini-2.0-flash-001"),
        ("gemini", "models/gemini-2.0-flash"),
        ("gemini", "gemini-1.5-pro-latest"),
        ("gemini", "Gemini-2.5-Flash"),
        ("openai", "gpt-4o-mini"),
        ("openai", "gpt-4o-mini-2024-07-18"),
        ("openai", "gpt-4-0613"),
        ("openai", "gpt-5-nano"),
    ],
)
def test_a_retired_name_becomes_the_configured_model(provider: str, asked: str) -> None:
    assert model_catalog.resolve(provider, asked, "the-default") == "the-default"


@pytest.mark.parametrize(
    ("provider", "asked"),
    [
        ("gemini", "gemini-3.5-flash-lite"),
        ("gemini", "gemini-flash-latest"),
        ("gemini", "gemini-2.5-flash-lite"),
        ("openai", "gpt-6-luna"),
        ("openai", "llama3.3:70b"),
        ("openai", "gpt-5.4-mini"),
    ],
)
def test_a_name_that_is_not_known_to_be_gone_passes_through(provider: str, asked: str) -> None:
    assert model_catalog.resolve(provider, asked, "the-default") == asked


@pytest.mark.parametrize("asked", [None, "", "  "])
def test_no_name_is_the_configured_model(asked: str | None) -> None:
    assert model_catalog.resolve("gemini", asked, "the-default") == "the-default"


def test_a_name_of_another_vendor_is_left_to_that_vendor() -> None:
    assert model_catalog.shutdown_of("gemini", "gpt-4o") is None


@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_a_default_model_has_no_announced_end(provider: str) -> None:
    assert model_catalog.shutdown_of(provider, model_catalog.DEFAULTS[provider]) is None


def test_a_dated_snapshot_ends_with_its_model() -> None:
    assert model_catalog.shutdown_of("openai", "gpt-5-mini-2025-08-07") == date(2026, 12, 11)
