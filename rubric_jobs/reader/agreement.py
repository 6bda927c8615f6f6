"""Two independent readers of a document, by plans and by rules: the second says whether to believe the first.

What the plans read stands or nothing does: of the cross-validated documents that both read differently, the plans were
right in 81 and the rules in 35. But that the rules find a rubric at all is evidence that there is one, and where both
say the same it is nearly always right. The bounds are those of docs/reading-quality.md.
"""

from __future__ import annotations

from typing import Any

from rubric_jobs.documents.model import fold
from rubric_jobs.rubric.model import Doubt, Level, Rubric

ALONE = 0.25
"""Log odds against "no rubric here" that a reading needs where the rules find nothing."""
SUPPORTED = -1.6
"""The same where they find something."""
SURE = 0.9
"""The confidence from which a reading is certain by itself, whatever places in it are in doubt."""
CONFIDENT = 0.85
"""The same for a reading without any doubt."""
AGREED = 0.6
"""The same where both readers say the same; then only doubts of the document layer, which both read, count."""
_DISAGREE = "Two ways of reading this document gave different rubrics."


def settled(by_plans: Rubric, odds: float, by_rules: Rubric | None) -> Rubric | None:
    """The plans' reading, with whether it is certain; None where there is no rubric.

    `odds` are the log odds of the plans' reading against "no rubric here".
    """
    if odds < (ALONE if by_rules is None else SUPPORTED):
        return None
    is_agreed = by_rules is not None and are_same(by_plans, by_rules)
    confidence = by_plans.confidence or 0.0
    is_read_clearly = all(doubt.path for doubt in by_plans.doubts)
    is_certain = (
        confidence >= SURE
        or (confidence >= CONFIDENT and not by_plans.doubts)
        or (confidence >= AGREED and is_agreed and is_read_clearly)
    )
    changed: dict[str, Any] = {"certain": is_certain}
    if by_rules is not None and is_agreed:
        # The rules also read deductions in tables of their own.
        changed["adjustments"] = by_plans.adjustments or by_rules.adjustments
    elif by_rules is not None and not is_certain:
        changed["doubts"] = [*by_plans.doubts, Doubt(path="criteria", why=_DISAGREE)]
    return by_plans.model_copy(update=changed)


def are_same(one: Rubric, other: Rubric) -> bool:
    """Whether two rubrics say the same, whatever their spelling."""
    return _content(one) == _content(other)


def _content(rubric: Rubric) -> object:
    """What two readings share when they say the same, whatever its spelling."""
    return rubric.kind, rubric.totals.stated, _criteria(rubric)


def _criteria(rubric: Rubric) -> object:
    return [
        (fold(each.name), fold(each.section or ""), each.points, [_level(level) for level in each.levels])
        for each in rubric.criteria
    ]


def _level(level: Level) -> object:
    return level.points, level.points_min, level.points_max, fold(level.description or level.name or "")
