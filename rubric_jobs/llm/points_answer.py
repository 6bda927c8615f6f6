"""Points of a rubric as a model answers with them: by the number of each criterion, so that nothing else can change.

{"points": ["1 Use 12.5", "1.2 Fair 8", "2 Spelling 7.5"]}
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic_core import from_json

from rubric_jobs.llm import parts
from rubric_jobs.llm.plan_answer import first_object, texts_of
from rubric_jobs.reader.plan import PlanInvalid
from rubric_jobs.rubric.model import Criterion, Level, Rubric

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"points": {"type": "array", "items": {"type": "string"}}},
    "required": ["points"],
    "additionalProperties": False,
}
LONGEST_SHOWN = 120
MOST_POINTS = Decimal(1_000_000)
_ENTRY = re.compile(r"(\d{1,4})(?:\.(\d{1,3}))?\s+(?:(.*)\s)?([\d.]{1,12})")


def shown(rubric: Rubric) -> str:
    """One line for each criterion and level."""
    lines = []
    for number, criterion in enumerate(rubric.criteria, start=1):
        weight = "" if criterion.weight is None else f", weight {criterion.weight.normalize():f} %"
        lines.append(_line(f"{number} {_short(criterion.name)}", criterion.points, weight, criterion.description))
        for place, level in enumerate(criterion.levels, start=1):
            name = f"  {number}.{place} {_short(level.name or '–')}"
            lines.append(_line(name, level.highest, "", level.description))
    return "\n".join(lines)


def _line(name: str, points: Decimal | None, weight: str, description: str | None) -> str:
    worth = "no points" if points is None else f"{points.normalize():f} points"
    return f"{name}: {worth}{weight}. {_short(description or '')}".rstrip()


def written(rubric: Rubric, *, with_levels: bool = False) -> dict[str, Any]:
    """The answer that leaves each criterion's points unchanged."""
    entries = []
    for number, criterion in enumerate(rubric.criteria, start=1):
        entries.append(f"{number} {parts.first_word([criterion.name])} {_number(criterion.points)}")
        if with_levels:
            entries += [
                f"{number}.{place} {parts.first_word([level.name or ''])} {_number(level.highest)}"
                for place, level in enumerate(criterion.levels, start=1)
                if level.highest is not None
            ]
    return {"points": entries}


def parse(text: str, whole: Rubric) -> Rubric:
    """`whole` with the points of the answer; parts that it omits get none. Raises PlanInvalid with the reason."""
    return _told(texts_of(first_object(text), "points"), whole)


def so_far(text: str, whole: Rubric) -> Rubric | None:
    """The criteria of an unfinished answer whose points have arrived."""
    try:
        entries = texts_of(from_json(text[max(text.find("{"), 0) :], allow_partial=True), "points")
        # A number at the very end may not be complete.
        known = whole.model_copy(update={"criteria": whole.criteria[: _criteria_of(entries[:-1])]})
        return _told(entries[:-1], known)
    except (ValueError, AttributeError):
        return None


def _criteria_of(entries: list[str]) -> int:
    return sum("." not in entry.split(" ", 1)[0] for entry in entries)


def _told(entries: list[str], whole: Rubric) -> Rubric:
    criteria: dict[int, Decimal] = {}
    levels: dict[tuple[int, int], Decimal] = {}
    for entry in entries:
        match = _ENTRY.fullmatch(entry.strip())
        if match is None:
            raise PlanInvalid(f'"{entry[:40]}" is no entry such as "1 Use 12.5"')
        number, place = int(match[1]), int(match[2] or 0)
        _hold_reference(entry, number, place, match[3] or "", whole)
        known: dict[Any, Decimal] = levels if place else criteria
        if known.setdefault((number, place) if place else number, _points(match[4])) != _points(match[4]):
            raise PlanInvalid(f'"{entry[:40]}" tells other points than an entry before it')
    missing = [number for number in range(1, len(whole.criteria) + 1) if number not in criteria]
    if missing:
        raise PlanInvalid(f"criterion {missing[0]} has no points; give each of the {len(whole.criteria)} its points")
    told = [
        criterion.model_copy(
            update={
                "points": criteria[number],
                "levels": [_level(level, levels.get((number, at))) for at, level in enumerate(criterion.levels, 1)],
            }
        )
        for number, criterion in enumerate(whole.criteria, start=1)
    ]
    return whole.model_copy(update={"criteria": told})


def _hold_reference(entry: str, number: int, place: int, word: str, whole: Rubric) -> None:
    if not 1 <= number <= len(whole.criteria):
        raise PlanInvalid(f'"{entry[:40]}": there are {len(whole.criteria)} criteria')
    criterion: Criterion = whole.criteria[number - 1]
    if place > len(criterion.levels):
        raise PlanInvalid(f'"{entry[:40]}": criterion {number} has {len(criterion.levels)} levels')
    name = (criterion.levels[place - 1].name or "") if place else criterion.name
    if not parts.fits(word.split()[0] if word.split() else "", [name] if name else []):
        raise PlanInvalid(f'"{entry[:40]}": number {number}{f".{place}" if place else ""} is another one')


def _level(level: Level, told: Decimal | None) -> Level:
    return level.model_copy(update={"points": told, "points_min": None, "points_max": None})


def _points(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise PlanInvalid(f'"{text}" is no number') from None
    if not 0 <= value <= MOST_POINTS:
        raise PlanInvalid(f"{text} points are more than there can be")
    return value


def _number(value: Decimal | None) -> str:
    return "0" if value is None else f"{value.normalize():f}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[: LONGEST_SHOWN - 1]}…"
