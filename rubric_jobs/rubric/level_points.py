"""Points for levels that have none."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from rubric_jobs.errors import NotExportable
from rubric_jobs.rubric.level_order import Places, earns_nothing, places
from rubric_jobs.rubric.model import Criterion, Level, Rubric
from rubric_jobs.rubric.points import CENT, as_text, rounded, top, worth

Choice = Literal["spread", "full_marks"]
CHOICES: tuple[Choice, ...] = ("spread", "full_marks")
FULL_MARKS, NO_MARKS = "Full Marks", "No Marks"


def with_points(level: Level, points: Decimal) -> Level:
    return level.model_copy(update={"points": points, "points_min": None, "points_max": None})


def with_zeros(criterion: Criterion) -> Criterion:
    """Levels that earn nothing by their words and have no points get 0, where the others have points."""
    if all(top(level) is None for level in criterion.levels):
        return criterion
    levels = [
        with_points(level, Decimal(0)) if top(level) is None and earns_nothing(level) else level
        for level in criterion.levels
    ]
    return criterion if levels == criterion.levels else criterion.model_copy(update={"levels": levels})


def are_missing(criterion: Criterion) -> bool:
    """Whether a criterion that is worth something has levels, and none of them is."""
    tops = [top(level) or Decimal(0) for level in criterion.levels]
    return bool(tops) and max(tops) <= 0 and (criterion.points is None or criterion.points > 0)


def spread(levels: Sequence[Level], points: Decimal, order: Places, step: Decimal) -> list[Level]:
    """Points for each place of the order, evenly from all of them for the best level to 0 for the worst."""
    lowest = max(order, default=0)
    parts = [Fraction(lowest - place, lowest) if lowest else Fraction(1) for place in order]
    return [
        with_points(level, Decimal(0) if part < 1 and earns_nothing(level) else rounded(Fraction(points) * part, step))
        for level, part in zip(levels, parts, strict=True)
    ]


def given(rubric: Rubric, choice: Choice) -> tuple[Rubric, list[str]]:
    """The rubric with points in all its levels as the caller chose, and a sentence for each criterion changed.

    `spread` gives them evenly, from the criterion's points for the best level to 0 for the worst; `full_marks` makes
    two levels, with the old ones in the criterion's description. Raises NotExportable where nothing tells the order of
    the levels, or where some levels alone have points.
    """
    criteria, said = [], []
    for index, criterion in enumerate(rubric.criteria):
        changed, sentence = _given(with_zeros(criterion), rubric, choice)
        criteria.append(changed)
        if sentence:
            said.append(f"criteria[{index}].levels: {sentence}")
    return rubric.model_copy(update={"criteria": criteria}), said


def _given(criterion: Criterion, rubric: Rubric, choice: Choice) -> tuple[Criterion, str]:
    points = worth(criterion) or criterion.weight
    if points is None or not points or not (are_missing(criterion) or _are_partly_missing(criterion)):
        return criterion, ""
    if choice == "full_marks":
        return _as_full_marks(
            criterion, points
        ), f"“{FULL_MARKS}” and “{NO_MARKS}” stand for the levels without points."
    if not are_missing(criterion):
        raise NotExportable(
            f"Some levels of “{criterion.name}” have points and some have none. "
            f"Give points to all of them, or choose “full_marks”."
        )
    order = places(criterion, rubric.criteria)
    if order is None:
        raise NotExportable(
            f"Nothing tells which level of “{criterion.name}” is the best. "
            f"Give its levels points, or choose “full_marks”."
        )
    levels = spread(criterion.levels, points, order, CENT)
    return (
        criterion.model_copy(update={"levels": levels}),
        f"they had no points and were given some evenly, from {as_text(points)} down to 0.",
    )


def _are_partly_missing(criterion: Criterion) -> bool:
    return any(top(level) is None for level in criterion.levels)


def _as_full_marks(criterion: Criterion, points: Decimal) -> Criterion:
    texts = [": ".join(filter(None, [level.name, level.description])) for level in criterion.levels]
    description = "\n".join(filter(None, [criterion.description, *texts])) or None
    levels = [Level(name=FULL_MARKS, points=points), Level(name=NO_MARKS, points=Decimal(0))]
    return criterion.model_copy(update={"description": description, "levels": levels})
