from __future__ import annotations

import subprocess
import sys

import pytest

from rubric_jobs.llm.provider import Provider
from rubric_jobs.llm.providers import registry
from rubric_jobs.llm.providers.registry import ProviderSettings


def test_without_a_key_no_provider_is_ready() -> None:
    assert registry.build(ProviderSettings()).ready == ()


def test_gemini_is_preferred_where_both_have_keys() -> None:
    providers = registry.build(ProviderSettings(openai_api_key="b", gemini_api_key="a"))
    assert providers.ready == ("gemini", "openai")


def test_an_sdk_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="GEMINI_SDK must be one of google-genai, google-generativeai"):
        registry.build(ProviderSettings(gemini_sdk="vertex"))


def test_a_model_is_the_wished_one_or_the_configured_one() -> None:
    providers = registry.build(ProviderSettings(gemini_model="gemini-flash-latest"))
    assert providers.model_for("gemini") == "gemini-flash-latest"
    assert providers.model_for("gemini", "gemini-3.5-flash-lite") == "gemini-3.5-flash-lite"
    assert providers.model_for("gemini", "gemini-2.0-flash") == "gemini-flash-latest"


def test_a_model_that_callers_may_not_ask_for_is_the_configured_one() -> None:
    settings = ProviderSettings(gemini_api_key="a", allowed_models=frozenset({"gemini-3.5-flash-lite"}))
    providers = registry.build(settings).replaced(lambda provider: provider)
    assert providers.model_for("gemini") == "gemini-3.5-flash"
    assert providers.model_for("gemini", "gemini-3.5-flash-lite") == "gemini-3.5-flash-lite"
    assert providers.model_for("gemini", "gemini-dearest") == "gemini-3.5-flash"


def test_settings_do_not_show_their_keys_when_printed() -> None:
    assert "secret" not in repr(ProviderSettings(gemini_api_key="secret", openai_api_key="secret"))


def test_providers_can_be_wrapped_and_keep_their_models() -> None:
    class Wrapped:
        def __init__(self, inner: Provider) -> None:
            self.inner = inner
            self.name, self.is_ready = inner.name, inner.is_ready

    providers = registry.build(ProviderSettings(gemini_api_key="a")).replaced(Wrapped)  # type: ignore[arg-type]
    assert {type(provider) for provider in providers.values()} == {Wrapped}
    assert providers.ready == ("gemini",)
    assert providers.model_for("gemini") == "gemini-3.5-flash"


def test_a_vendor_without_a_key_is_not_preloaded() -> None:
    modules = run_python("registry.build(registry.ProviderSettings()).preload(); print(*sys.modules)").split()
    assert not {"google.genai", "google.generativeai", "openai"} & set(modules)


@pytest.mark.parametrize(
    ("sdk", "wanted"), [("google-genai", "google.genai"), ("google-generativeai", "google.generativeai")]
)
def test_only_the_chosen_sdk_is_imported(sdk: str, wanted: str) -> None:
    settings = f"registry.ProviderSettings(gemini_api_key='a', gemini_sdk={sdk!r})"
    modules = set(run_python(f"registry.build({settings}).preload(); print(*sys.modules)").split())
    assert {"google.genai", "google.generativeai", "openai"} & modules == {wanted}


def test_the_legacy_sdk_is_imported_without_a_word() -> None:
    settings = "registry.ProviderSettings(gemini_api_key='a', gemini_sdk='google-generativeai')"
    assert run_python(f"registry.build({settings}).preload()", "-W", "error") == ""


def test_the_pipelines_are_imported_without_django_and_without_an_sdk() -> None:
    modules = set(run_python("import rubric_jobs.pipelines.extraction; print(*sys.modules)").split())
    assert not {"django", "google.genai", "google.generativeai", "openai", "httpx2", "aiohttp"} & modules


def run_python(code: str, *options: str) -> str:
    """What a fresh interpreter prints, errors and warnings included."""
    whole = f"import sys; from rubric_jobs.llm.providers import registry; {code}"
    done = subprocess.run(
        [sys.executable, *options, "-c", whole], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout + done.stderr
