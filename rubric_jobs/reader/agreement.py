"""Two independent readings of a document, by plans and by rules: where they agree, the reading is certain.

Cross-validated on the 204 documents of the fit: 37 of the 38 readings that agreed with at least CONFIDENT were right;
of the plans' own 30 surest 28 were. Where the plans find nothing or are below DOUBTFUL, a reading of the rules with
EVIDENCE is right more often: 83 instead of 75 documents wholly right.
"""

from __future__ import annotations

from rubric_jobs.documents.model import fold
from rubric_jobs.rubric.model import Doubt, Level, Rubric

CONFIDENT = 0.5
DOUBTFUL = 0.4
EVIDENCE = 0.6
_DISAGREE = "Two ways of reading this document gave different rubrics."


def settled(by_plans: Rubric | None, by_rules: Rubric | None) -> Rubric | None:
    """The reading that stands, and whether it is certain; None where neither found a rubric."""
    if by_plans is not None and by_rules is not None and _content(by_plans) == _content(by_rules):
        # The rules also read deductions in tables of their own.
        adjustments = by_plans.adjustments or by_rules.adjustments
        return by_plans.model_copy(update={"certain": _confidence(by_plans) >= CONFIDENT, "adjustments": adjustments})
    if by_rules is not None and _confidence(by_rules) >= EVIDENCE and _confidence(by_plans) < DOUBTFUL:
        return _doubted(by_rules, min(_confidence(by_rules), DOUBTFUL))
    return None if by_plans is None else _doubted(by_plans, _confidence(by_plans))


def are_same(one: Rubric, other: Rubric) -> bool:
    """Whether two rubrics have the same criteria, whatever their spelling and total."""
    return _criteria(one) == _criteria(other)


def _doubted(rubric: Rubric, confidence: float) -> Rubric:
    doubts = [*rubric.doubts, Doubt(path="criteria", why=_DISAGREE)]
    return rubric.model_copy(update={"confidence": confidence, "certain": False, "doubts": doubts})


def _confidence(rubric: Rubric | None) -> float:
    return 0.0 if rubric is None else rubric.confidence or 0.0


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
