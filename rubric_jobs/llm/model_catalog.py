"""Retired model names and their replacements, as the vendors publish them (November 2026).

A name that is not listed is passed on unchanged: only the vendor knows all of its models, and its 404 becomes
`model_retired`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

DEFAULTS: Mapping[str, str] = MappingProxyType({"gemini": "gemini-3.5-flash", "openai": "gpt-6-luna"})
"""The model that is used if none is named.

`gpt-6-luna` is OpenAI's smallest current model with strict structured output, and its named successor of gpt-4o-mini
and gpt-4.1-mini. No end is announced for it (gpt-5-mini ends on 2026-12-11).
"""

_SHUTDOWNS: Mapping[str, Mapping[str, date]] = MappingProxyType(
    {
        "gemini": {
            "gemini-pro": date(2025, 2, 15),
            "gemini-1.0-pro": date(2025, 2, 15),
            "gemini-1.5-flash": date(2025, 9, 24),
            "gemini-1.5-flash-8b": date(2025, 9, 24),
            "gemini-1.5-pro": date(2025, 9, 24),
            "gemini-2.0-flash": date(2026, 6, 1),
            "gemini-2.0-flash-lite": date(2026, 6, 1),
            "gemini-2.0-flash-exp": date(2026, 6, 1),
            "gemini-2.5-flash": date(2026, 12, 1),
            "gemini-2.5-pro": date(2026, 12, 1),
            "gemini-3-pro-preview": date(2026, 3, 9),
        },
        "openai": {
            "gpt-3.5-turbo": date(2026, 10, 23),
            "gpt-4": date(2026, 10, 23),
            "gpt-4-turbo": date(2026, 10, 23),
            "gpt-4.1-nano": date(2026, 10, 23),
            "o1": date(2026, 10, 23),
            "o1-pro": date(2026, 10, 23),
            "o3-mini": date(2026, 10, 23),
            "o4-mini": date(2026, 10, 23),
            "gpt-5": date(2026, 12, 11),
            "gpt-5-mini": date(2026, 12, 11),
            "gpt-5-nano": date(2026, 12, 11),
            "gpt-5-pro": date(2026, 12, 11),
            "o3": date(2026, 12, 11),
            "o3-pro": date(2026, 12, 11),
            "gpt-4o": date(2027, 1, 14),
            "gpt-4o-mini": date(2027, 1, 14),
            "gpt-4.1": date(2027, 1, 14),
            "gpt-4.1-mini": date(2027, 1, 14),
        },
    }
)

_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4}|\d{3}|latest)$")
"""A dated or numbered snapshot (`-2025-08-07`, `-0613`, `-001`) is retired together with its model."""

_ONGOING_ALIASES = frozenset({"gemini-flash-latest", "gemini-pro-latest", "gemini-flash-lite-latest"})


def shutdown_of(provider: str, model: str) -> date | None:
    """The day on which the vendor shuts this model down, as announced, or None."""
    name = model.strip().removeprefix("models/").lower()
    if name in _ONGOING_ALIASES:
        return None
    known = _SHUTDOWNS.get(provider, {})
    return known.get(name) or known.get(_SNAPSHOT.sub("", name))


def resolve(provider: str, asked: str | None, default: str) -> str:
    """The model to use: `default` if none is named or the named one is retired or will be.

    An announced end counts from the announcement on, so that a job does not depend on the day on which it runs.
    An operator who configures such a name as `default` gets it, because the vendor may still serve it.
    """
    name = (asked or "").strip().removeprefix("models/")
    if not name or shutdown_of(provider, name) is not None:
        return default
    return name
