"""Two independent readers of a document, by plans and by rules: the second says whether to believe the first.

What the plans read stands or nothing does: of the cross-validated documents that both read differently, and that the
rules were not made with, the plans were right in 24 and the rules in 2. But that the rules find a rubric at all is
evidence that there is one, and where both say the same it is nearly always right.
"""

from __future__ import annotations

from rubric_jobs.documents.model import fold
from rubric_jobs.rubric.model import Doubt, Level, Rubric

ALONE = 0.8
"""Log odds against "no rubric here" that a reading needs where the rules find nothing."""
SUPPORTED = -2.3
"""The same where they find something."""
CONFIDENT = 0.7
_DISAGREE = "Two ways of reading this document gave different rubrics."


def settled(by_plans: Rubric, odds: float, by_rules: Rubric | None) -> Rubric | None:
    """The plans' reading, with whether it is certain; None where there is no rubric.

    `odds` are the log odds of the plans' reading against "no rubric here".
    """
    if odds < (ALONE if by_rules is None else SUPPORTED):
        return None
    if by_rules is None:
        return by_plans.model_copy(update={"certain": False})
    if _content(by_plans) != _content(by_rules):
        doubts = [*by_plans.doubts, Doubt(path="criteria", why=_DISAGREE)]
        return by_plans.model_copy(update={"certain": False, "doubts": doubts})
    # The rules also read deductions in tables of their own.
    adjustments = by_plans.adjustments or by_rules.adjustments
    is_certain = (by_plans.confidence or 0.0) >= CONFIDENT
    return by_plans.model_copy(update={"certain": is_certain, "adjustments": adjustments})


def are_same(one: Rubric, other: Rubric) -> bool:
    """Whether two rubrics have the same criteria, whatever their spelling and total."""
    return _criteria(one) == _criteria(other)


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
