"""The providers by name, built from plain values. A new vendor is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rubric_jobs.llm import model_catalog
from rubric_jobs.llm.provider import Provider
from rubric_jobs.llm.providers.gemini import GeminiProvider
from rubric_jobs.llm.providers.gemini_legacy import LegacyGeminiProvider
from rubric_jobs.llm.providers.openai import OpenAIProvider

GEMINI_SDKS = ("google-genai", "google-generativeai")


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Keys, addresses and models; an empty base URL is the vendor's own."""

    gemini_api_key: str = ""
    gemini_base_url: str = ""
    gemini_model: str = model_catalog.DEFAULTS["gemini"]
    gemini_sdk: str = GEMINI_SDKS[0]
    openai_api_key: str = ""
    openai_base_url: str = ""
    openai_model: str = model_catalog.DEFAULTS["openai"]
    allowed_models: frozenset[str] | None = None
    """Models that callers may request; None allows any name."""

    def __repr__(self) -> str:
        return f"ProviderSettings(gemini_model={self.gemini_model!r}, openai_model={self.openai_model!r})"


def _gemini(settings: ProviderSettings) -> Provider:
    if settings.gemini_sdk not in GEMINI_SDKS:
        raise ValueError(f"GEMINI_SDK must be one of {', '.join(GEMINI_SDKS)}, not {settings.gemini_sdk!r}.")
    kind = GeminiProvider if settings.gemini_sdk == GEMINI_SDKS[0] else LegacyGeminiProvider
    return kind(api_key=settings.gemini_api_key, base_url=settings.gemini_base_url)


def _openai(settings: ProviderSettings) -> Provider:
    return OpenAIProvider(api_key=settings.openai_api_key, base_url=settings.openai_base_url)


PROVIDERS: Mapping[str, Callable[[ProviderSettings], Provider]] = MappingProxyType(
    {"gemini": _gemini, "openai": _openai}
)
"""In the order in which `auto` prefers them."""


class Providers(Mapping[str, Provider]):
    """All providers by name. Those without a key fail with a sentence that names the setting."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        default_models: Mapping[str, str],
        allowed_models: frozenset[str] | None = None,
    ) -> None:
        self._providers = dict(providers)
        self._default_models = dict(default_models)
        self._allowed_models = allowed_models

    def __getitem__(self, name: str) -> Provider:
        return self._providers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._providers)

    def __len__(self) -> int:
        return len(self._providers)

    @property
    def ready(self) -> tuple[str, ...]:
        """The names of the providers that have their key, the preferred one first."""
        return tuple(name for name, provider in self.items() if provider.is_ready)

    def model_for(self, name: str, asked: str | None = None) -> str:
        """The model to request from provider `name`.

        That is the configured one if the wanted name is retired or not allowed.
        """
        default = self._default_models[name]
        model = model_catalog.resolve(name, asked, default)
        return model if self._allowed_models is None or model in self._allowed_models else default

    def replaced(self, wrap: Callable[[Provider], Provider]) -> Providers:
        """The same providers, each wrapped (in limits or a circuit breaker)."""
        wrapped = {name: wrap(provider) for name, provider in self.items()}
        return Providers(wrapped, self._default_models, self._allowed_models)

    def preload(self) -> None:
        """Import the SDKs of the ready providers. It is slow; before a fork, the memory is shared."""
        for provider in self.values():
            if provider.is_ready:
                provider.preload()

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        for provider in self.values():
            await provider.aclose()


def build(settings: ProviderSettings) -> Providers:
    """Every provider. ValueError for a setting that names something unknown."""
    return Providers(
        {name: make(settings) for name, make in PROVIDERS.items()},
        {"gemini": settings.gemini_model, "openai": settings.openai_model},
        settings.allowed_models,
    )
