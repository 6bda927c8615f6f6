"""How well answers tell what the hand-made truths of documents say: the measures of `evaluate_reading`.

A truth is JSON: `kind` ("none" where the document holds no rubric), `total_points`, and `criteria` with `name`,
`points` and `levels` (`name`, `points`, `points_min`, `description_start`). Optional: other good `names` and
`prefixes` of a criterion, and `alternatives`, other honest readings; an answer counts by the one that it fits best.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ALIKE = 0.8
"""How much of two folded texts must agree."""
Truth = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Count:
    """What was right, of what was wanted and what was found."""

    right: int = 0
    wanted: int = 0
    found: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.right + other.right, self.wanted + other.wanted, self.found + other.found)

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.wanted + self.found) if self.wanted + self.found else 1.0

    @property
    def share(self) -> str:
        return f"{self.right}/{self.wanted}" + (f" = {self.right / self.wanted:.3f}" if self.wanted else "")


@dataclass(frozen=True, slots=True)
class Measures:
    """Sums over documents; criteria and levels are measured by F1, the others by share."""

    criteria: Count = field(default_factory=Count)
    points: Count = field(default_factory=Count)
    levels: Count = field(default_factory=Count)
    totals: Count = field(default_factory=Count)
    wholly_right: Count = field(default_factory=Count)
    negatives: Count = field(default_factory=Count)

    def __add__(self, other: Measures) -> Measures:
        return Measures(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def is_right(self) -> bool:
        return self.wholly_right.right + self.negatives.right == 1

    def __str__(self) -> str:
        return (
            f"criteria F1 {self.criteria.f1:.3f} · points {self.points.share} · level F1 {self.levels.f1:.3f} · "
            f"totals {self.totals.share} · wholly right {self.wholly_right.share} · negatives {self.negatives.share}"
        )


def of(truth: Truth, answer: dict[str, Any] | None) -> Measures:
    """The measures of one document; `answer` is the rubric as JSON, None where none was found."""
    found = (answer or {}).get("criteria") or []
    if truth["kind"] == "none":
        return Measures(negatives=Count(int(not found), 1))
    # An alternative without criteria: no rubric is a good answer too.
    others = [other for other in truth.get("alternatives") or [] if other["criteria"] or not found]
    return max((_compared({**truth, **reading}, answer or {}) for reading in [{}, *others]), key=_rank)


def _rank(measures: Measures) -> tuple[float, float, float, int]:
    points = measures.points
    share = points.right / points.wanted if points.wanted else 1.0
    return measures.criteria.f1, share, measures.levels.f1, measures.totals.right - measures.totals.wanted


def _compared(truth: Truth, answer: dict[str, Any]) -> Measures:
    wanted, found = truth["criteria"], answer.get("criteria") or []
    pairs = _paired(wanted, found, _name_likeness)
    points, levels = Count(), Count()
    twins = {id(criterion): twin for criterion, twin in pairs}
    for criterion in wanted:
        own = criterion.get("levels") or []
        twin = twins.get(id(criterion))
        if twin is None:
            levels += Count(wanted=len(own) if _fold(criterion["name"]) else 0)
            continue
        if criterion.get("points") is not None:
            points += Count(int(_is_same(criterion["points"], twin.get("points"))), 1)
        told = twin.get("levels") or []
        levels += Count(len(_paired(own, told, _level_likeness)), len(own), len(told))
    criteria = Count(len(pairs), len(wanted), len(found))
    is_stated = truth.get("total_points") is not None and truth.get("total_stated") is not False and wanted
    totals = Count(int(_is_same(truth["total_points"], answer.get("total_points"))), 1) if is_stated else Count()
    is_right = (
        all(each.right == each.wanted == each.found for each in (criteria, levels))
        and points.right == points.wanted
        and totals.right == totals.wanted
    )
    return Measures(criteria, points, levels, totals, Count(int(is_right), 1) if wanted else Count())


def _paired(
    wanted: Sequence[Truth], found: Sequence[Truth], likeness: Callable[[Truth, Truth], float]
) -> list[tuple[Truth, Truth]]:
    """One to one, best pairs first; ties go to the pair nearest in order."""
    scored = sorted(
        ((likeness(t, f), -abs(i - j), i, j) for i, t in enumerate(wanted) for j, f in enumerate(found)), reverse=True
    )
    mine: set[int] = set()
    theirs: set[int] = set()
    pairs = []
    for score, _, i, j in scored:
        if score >= ALIKE and i not in mine and j not in theirs:
            mine.add(i)
            theirs.add(j)
            pairs.append((wanted[i], found[j]))
    return pairs


def _name_likeness(truth: Truth, found: Truth) -> float:
    told = _fold(found.get("name"))
    if not _fold(truth.get("name")) and not told:
        return 1.0
    prefixes = [prefix for prefix in map(_fold, truth.get("prefixes") or []) if prefix]
    texts = [told, *(told[len(prefix) :] for prefix in prefixes if told.startswith(f"{prefix} "))]
    return max(_likeness(name, text) for name in [truth.get("name"), *(truth.get("names") or [])] for text in texts)


def _level_likeness(truth: Truth, found: Truth) -> float:
    for name in ("points", "points_min"):
        if truth.get(name) is not None and not _is_same(truth[name], found.get(name)):
            return 0.0
    if truth.get("description_start"):
        start, full = _fold(truth["description_start"]), _fold(found.get("description"))
        start = start.rsplit(" ", 1)[0] if " " in start else start  # the last word may be cut
        return _ratio(start, full[: len(start)]) if start and full else 0.0
    if truth.get("name"):
        return _name_likeness(truth, found)
    return 1.0 if truth.get("points") is not None else 0.0


def _likeness(one: str | None, other: str) -> float:
    a, b = _fold(one), _fold(other)
    return _ratio(a, b) if a and b else 0.0


def _ratio(one: str, other: str) -> float:
    return 1.0 if one == other else difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _fold(text: Any) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", str(text or "")).casefold()))


def _is_same(one: Any, other: Any) -> bool:
    try:
        return abs(float(one) - float(other)) < 1e-6
    except (TypeError, ValueError):
        return False
