"""Compares two independent readers, by plans and by rules. The second decides whether to trust the first.

The result is always the plans' reading, or none: of the cross-validated documents that both read differently, the plans
were right in 81 and the rules in 35. That the rules find a rubric at all is evidence that there is one. If both agree,
the reading is nearly always right; if they differ, nothing is certain. The bounds are those of
docs/reading-quality.md.
"""

from __future__ import annotations

import math
from typing import Any

from rubric_jobs.documents.model import fold
from rubric_jobs.rubric.model import Doubt, Level, Rubric

ALONE = 0.0
"""Least log odds against "no rubric here" for a reading if the rules find nothing."""
ANNOUNCED = -0.25
"""The same for criteria without points, or a single scale, if a heading or a sentence mentions grading."""
SUPPORTED = -2.1
"""The same if the rules find something."""
LEAST = min(ALONE, ANNOUNCED, SUPPORTED)
"""Below these odds no reading is accepted."""
SURE = 0.9
"""From this confidence on, a reading is certain even with doubts."""
CONFIDENT = 0.85
"""The same for a reading without doubts, or if the other reader only shortens names."""
AGREED = 0.6
"""The same if both readers agree. Then only doubts of the document layer count, because both depend on it."""
_DISAGREE = "Two ways of reading this document gave different rubrics."


def settled(by_plans: Rubric, odds: float, by_rules: Rubric | None, *, is_announced: bool = False) -> Rubric | None:
    """The plans' reading, marked certain or not; None if there is no rubric.

    `odds` are the log odds of the plans' reading against "no rubric here". `is_announced`: the reading
    consists of lists or tables without points that the document introduces as grading. The rules find hardly any.
    """
    alone = ANNOUNCED if is_announced else ALONE
    if odds < (alone if by_rules is None else SUPPORTED):
        return None
    is_agreed = by_rules is not None and _agree(by_plans, by_rules)
    is_certain = (by_plans.confidence or 0.0) >= _bound(by_plans, by_rules, is_agreed=is_agreed)
    changed: dict[str, Any] = {"certain": is_certain}
    if by_rules is not None and is_agreed:
        # The rules also read deductions in tables of their own.
        changed["adjustments"] = by_plans.adjustments or by_rules.adjustments
    elif by_rules is not None:
        changed["doubts"] = [*by_plans.doubts, Doubt(path="criteria", why=_DISAGREE)]
    return by_plans.model_copy(update=changed)


def _bound(by_plans: Rubric, by_rules: Rubric | None, *, is_agreed: bool) -> float:
    """The confidence from which a reading is certain. If the other reader disagrees, none is enough."""
    if by_rules is not None and is_agreed and all(doubt.path for doubt in by_plans.doubts):
        return AGREED if are_same(by_plans, by_rules) else CONFIDENT
    if by_rules is None or is_agreed:
        return SURE if by_plans.doubts else CONFIDENT
    return math.inf


def are_same(one: Rubric, other: Rubric) -> bool:
    """Whether two rubrics have the same content, ignoring spelling."""
    return _content(one) == _content(other)


def _content(rubric: Rubric) -> object:
    """The content that two readings are compared by, without differences in spelling."""
    return _valued(rubric), [(fold(each.name), fold(each.section or "")) for each in rubric.criteria]


def _agree(by_plans: Rubric, by_rules: Rubric) -> bool:
    """Whether the rules confirm the reading. They find few sections and end a name at its explanation."""
    names = [
        (fold(one.name), fold(other.name)) for one, other in zip(by_plans.criteria, by_rules.criteria, strict=False)
    ]
    is_named = all(other and one.startswith(other) for one, other in names)
    return _valued(by_plans) == _valued(by_rules) and is_named


def _valued(rubric: Rubric) -> object:
    """Points and levels of all criteria, and the stated total."""
    values = [(each.points, [_level(level) for level in each.levels]) for each in rubric.criteria]
    return rubric.kind, rubric.totals.stated, values


def _level(level: Level) -> object:
    return level.points, level.points_min, level.points_max, fold(level.description or level.name or "")
