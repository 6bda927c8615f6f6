"""How well a reading tells what the truth of a document says: what the weights are fitted to."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from rubric_jobs.rubric.model import Criterion, Level, Rubric

Truth = dict[str, Any]
ALIKE = 0.8
_NAMED, _POINTED, _LEVELLED, _EXTRA = 0.4, 0.3, 0.3, 0.4


@lru_cache(500_000)
def fold(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text or "").casefold()))


@lru_cache(500_000)
def alike(a: str, b: str) -> float:
    return 1.0 if a == b else difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() if a and b else 0.0


def name_likeness(truth: Truth, name: str | None) -> float:
    found = [fold(name or "")]
    if not fold(truth.get("name") or "") and not found[0]:
        return 1.0
    prefixes = [fold(prefix) for prefix in truth.get("prefixes") or []]
    found += [found[0][len(p) :].strip() for p in prefixes if p and found[0].startswith(f"{p} ")]
    names = [fold(other or "") for other in [truth.get("name"), *(truth.get("names") or [])]]
    return max(alike(one, other) for one in names for other in found)


def level_likeness(truth: Truth, level: Level) -> float:
    if not (_is_same(truth.get("points"), level.points) and _is_same(truth.get("points_min"), level.points_min)):
        return 0.0
    start, full = fold(truth.get("description_start") or ""), fold(level.description or "")
    if start:
        start = start.rsplit(" ", 1)[0] if " " in start else start
        ratio = alike(start, full[: len(start)])
        return ratio if ratio >= ALIKE else 0.0
    return name_likeness(truth, level.name) if truth.get("name") else float(truth.get("points") is not None)


def _is_same(wanted: Any, found: Decimal | None) -> bool:
    return wanted is None or (found is not None and abs(float(wanted) - float(found)) < 1e-6)


def pairs(wanted: Sequence[Any], found: Sequence[Any], likeness: Callable[[Any, Any], float]) -> list[tuple[Any, Any]]:
    """One to one, best pairs first."""
    scored = sorted(
        ((likeness(t, f), -abs(i - j), i, j) for i, t in enumerate(wanted) for j, f in enumerate(found)), reverse=True
    )
    mine: set[int] = set()
    theirs: set[int] = set()
    told = []
    for score, _, i, j in scored:
        if score >= ALIKE and i not in mine and j not in theirs:
            mine.add(i)
            theirs.add(j)
            told.append((wanted[i], found[j]))
    return told


def readings(truth: Truth) -> list[Truth]:
    return [truth, *({**truth, **other} for other in truth.get("alternatives") or [] if other["criteria"])]


def utility(truth: Truth, criteria: list[Criterion]) -> float:
    """Of one part: what it tells rightly, less what it makes up."""
    return max((_utility(one, criteria) for one in readings(truth) if one["criteria"]), default=-1.0)


def _utility(truth: Truth, criteria: list[Criterion]) -> float:
    told = pairs(truth["criteria"], criteria, lambda t, c: name_likeness(t, c.name))
    worth = -_EXTRA * (len(criteria) - len(told))
    for wanted, found in told:
        share = _levels(wanted, found)
        worth += _NAMED + _POINTED * _is_same(wanted.get("points"), found.points)
        worth += _LEVELLED * (1.0 if share == 1 else share / 2)
    return worth


def _levels(wanted: Truth, found: Criterion) -> float:
    """F1 of a criterion's levels."""
    levels = wanted.get("levels") or []
    if not levels and not found.levels:
        return 1.0
    return 2 * len(pairs(levels, found.levels, level_likeness)) / (len(levels) + len(found.levels))


def quality(truth: Truth, rubric: Rubric | None) -> float:
    """Of a whole reading: 1 where all is right, less than 0.55 where anything is wrong."""
    if truth["kind"] == "none":
        return float(rubric is None)
    if rubric is None:
        return 0.0
    return max(_quality(one, rubric) for one in readings(truth))


def _quality(truth: Truth, rubric: Rubric) -> float:
    criteria = truth["criteria"]
    told = pairs(criteria, rubric.criteria, lambda t, c: name_likeness(t, c.name))
    both = len(criteria) + len(rubric.criteria)
    f1 = 2 * len(told) / both if both else 0.0
    points = [_is_same(wanted.get("points"), found.points) for wanted, found in told]
    levels = [_levels(wanted, found) for wanted, found in told]
    is_total = truth.get("total_stated") is False or _is_same(truth.get("total_points"), rubric.total_points)
    if f1 == 1 and all(points) and all(share == 1 for share in levels) and is_total:
        return 1.0
    mean = sum(levels) / len(levels) if levels else 0.0
    return 0.55 * (f1 * (0.5 + 0.2 * (sum(points) / len(points) if points else 0.0) + 0.3 * mean)) ** 3
