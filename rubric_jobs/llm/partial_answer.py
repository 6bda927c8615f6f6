"""The part of a rubric that has arrived while a model is still writing it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic_core import from_json

from rubric_jobs.rubric.model import Rubric

MOST_CRITERIA = 200
MOST_LEVELS = 20
REPORT_EVERY_S = 0.5
LARGEST_NUMBER = 1e9
"""No rubric has a larger one; JSON has no infinity, and the database refuses it."""
_NUMBER_CHARACTERS = "0123456789+-.eE"


class OnProgress(Protocol):
    def __call__(
        self, *, stage: str, criteria_found: int = 0, partial_rubric: dict[str, Any] | None = None
    ) -> None: ...


def silent(*, stage: str, criteria_found: int = 0, partial_rubric: dict[str, Any] | None = None) -> None:
    """An OnProgress that does nothing."""


def streaming(
    on_progress: OnProgress,
    *,
    is_unfit: Callable[[Any], bool],
    read: Callable[[str], dict[str, Any] | None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[str], None]:
    """An `on_text` for a provider that reports the stage `writing`, at most twice a second.

    `read` makes of the text so far what `rubric_of` makes of an answer that is a rubric itself.
    """
    due = clock()
    read = read or rubric_of

    def on_text(text: str) -> None:
        nonlocal due
        if clock() < due:
            return
        shown = read(text)
        due = clock() + REPORT_EVERY_S
        if shown is not None and not is_unfit(shown):
            on_progress(stage="writing", criteria_found=len(shown["criteria"]), partial_rubric=shown)

    return on_text


def rubric_of(text: str) -> dict[str, Any] | None:
    """`{"title", "kind", "criteria"}` of an unfinished answer, or None while there is nothing to show.

    A number at the very end is left out, because `1` may become `10`. Nothing is checked yet: it is for display only.
    """
    start = text.find("{")
    if start < 0:
        return None
    try:
        told = from_json(text[start:].rstrip(_NUMBER_CHARACTERS), allow_inf_nan=False, allow_partial="trailing-strings")
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    criteria = [_criterion(item) for item in _list(told, "criteria")[:MOST_CRITERIA] if _text(item, "name")]
    return {"title": _text(told, "title"), "kind": _text(told, "kind"), "criteria": criteria}


def shown(rubric: Rubric) -> dict[str, Any] | None:
    """The same of a rubric that is made from an unfinished answer."""
    return rubric_of(rubric.model_dump_json())


def _criterion(told: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: _text(told, name) for name in ("name", "description", "section")}
    numbers = {name: _number(told, name) for name in ("points", "weight")}
    return shown | numbers | {"levels": [_level(item) for item in _list(told, "levels")[:MOST_LEVELS]]}


def _level(told: Any) -> dict[str, Any]:
    shown = {name: _text(told, name) for name in ("name", "description")}
    return shown | {name: _number(told, name) for name in ("points", "points_min", "points_max")}


def _list(told: Any, name: str) -> list[Any]:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, list) else []


def _text(told: Any, name: str) -> str | None:
    value = told.get(name) if isinstance(told, dict) else None
    return value.replace("\x00", "") if isinstance(value, str) else None


def _number(told: Any, name: str) -> int | float | None:
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if abs(value) <= LARGEST_NUMBER else None
