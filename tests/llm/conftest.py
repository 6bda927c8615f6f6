"""The registry's vendors, each against the fake server, through its real SDK."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rubric_jobs.llm.provider import Provider
from rubric_jobs.llm.providers import registry
from tests.fake_llm import FakeLLM

SECRET = "sk-secret-4711"
STREAMING = ("gemini", "openai")
VENDORS = (*STREAMING, "gemini_legacy")


@dataclass(frozen=True)
class Vendor:
    """`kind` tells the two SDKs of Gemini apart."""

    kind: str
    model: str
    key_setting: str
    model_setting: str
    settings: registry.ProviderSettings

    @property
    def name(self) -> str:
        return self.kind.removesuffix("_legacy")

    def build(self) -> Provider:
        provider = registry.build(self.settings)[self.name]
        # As a worker does. An import in a call's thread would go on after the call's time-out, into the next test,
        # where warnings are errors; and one that fails half-way leaves the package broken for good.
        provider.preload()
        return provider


@pytest.fixture
def vendor_of(fake_llm: FakeLLM) -> Callable[..., Vendor]:
    def build(kind: str, **changes: Any) -> Vendor:
        known: dict[str, Any] = {
            "gemini_api_key": SECRET,
            "gemini_base_url": fake_llm.url,
            "gemini_sdk": "google-generativeai" if kind == "gemini_legacy" else "google-genai",
            "openai_api_key": SECRET,
            "openai_base_url": fake_llm.openai_url,
        }
        prefix = "OPENAI" if kind == "openai" else "GEMINI"
        model = "gpt-6-luna" if kind == "openai" else "gemini-3.5-flash"
        settings = registry.ProviderSettings(**(known | changes))
        return Vendor(kind, model, f"{prefix}_API_KEY", f"{prefix}_MODEL", settings)

    return build


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest, vendor_of: Callable[..., Vendor]) -> Vendor:
    return vendor_of(request.param)


@pytest.fixture(params=STREAMING)
def streaming_vendor(request: pytest.FixtureRequest, vendor_of: Callable[..., Vendor]) -> Vendor:
    return vendor_of(request.param)
