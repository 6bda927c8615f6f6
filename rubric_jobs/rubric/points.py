"""Arithmetic on points, all of it: totals, targets, rescaling. (`review.py` looks for what does not add up.)

Everything is exact: Decimal outside, Fraction within.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from rubric_jobs.errors import InvalidPoints
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric, Totals, Warning

STEPS = (Decimal(1), Decimal("0.5"), Decimal("0.25"))
LARGEST_TARGET = Decimal(100_000)


def as_text(value: Decimal) -> str:
    """`10`, `2.5`, `0.25`: no exponent and no idle zero."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def top(level: Level) -> Decimal | None:
    """The most that a level is worth."""
    return max((end for end in (level.points, level.points_min, level.points_max) if end is not None), default=None)


def summed(rubric: Rubric) -> Decimal | None:
    """The sum of the criteria's points where every criterion has them, else None."""
    values = [criterion.points for criterion in rubric.criteria if criterion.points is not None]
    return sum(values, Decimal(0)) if values and len(values) == len(rubric.criteria) else None


def totals(rubric: Rubric, *, stated: Decimal | None = None, requested: Decimal | None = None) -> Totals:
    """What is known of the rubric's total; what is not given is taken from the rubric's own totals."""
    known = rubric.totals
    return Totals(
        stated=known.stated if stated is None else stated,
        computed=summed(rubric),
        requested=known.requested if requested is None else requested,
    )


def check_target(total: Decimal | float | str, criteria_count: int = 1) -> Decimal:
    """`total` as an exact number that so many criteria can share in steps of 0.25 or more; raises InvalidPoints."""
    try:
        target = Decimal(repr(total) if isinstance(total, float) else total)
    except (InvalidOperation, TypeError, ValueError):
        raise InvalidPoints("The total points must be a number.") from None
    if not target.is_finite():
        raise InvalidPoints("The total points must be a number.")
    if target <= 0:
        raise InvalidPoints("The total points must be above 0.")
    if target > LARGEST_TARGET:
        raise InvalidPoints(f"The total points must be at most {LARGEST_TARGET:,}.")
    if target < STEPS[-1] or target % STEPS[-1]:  # of 1e-999999999 the remainder is rounded to 0
        raise InvalidPoints("The total points must be a multiple of 0.25.")
    if target < criteria_count * STEPS[-1]:
        least = as_text(criteria_count * STEPS[-1])
        raise InvalidPoints(
            f"{as_text(target)} points are too few for {criteria_count} criteria; {least} is the least."
        )
    return target + 0


def step_for(target: Decimal, criteria_count: int) -> Decimal:
    """The coarsest step in which so many criteria can share the target; raises InvalidPoints."""
    checked = check_target(target, criteria_count)
    return next(step for step in STEPS if not checked % step and checked >= criteria_count * step)


def rescale(rubric: Rubric, total: Decimal | float) -> Rubric:
    """The same rubric worth exactly `total`: names, levels and wording stay, points change. Raises InvalidPoints.

    Criteria share the total as they shared the old one (by weight where every criterion has one), by largest
    remainder; one worth anything gets at least one step. A level keeps its place between 0 and its criterion's top
    level, which carries the criterion's points. Penalties and bonuses keep their part of the total. What had to be
    assumed, or was levelled by rounding, is a warning on the result; the warnings it came with are not kept.
    """
    if not rubric.criteria:
        raise InvalidPoints("A rubric without criteria cannot share out points.")
    target = check_target(total, len(rubric.criteria))
    step = step_for(target, len(rubric.criteria))
    shares, warnings = _shares(rubric.criteria)
    criteria = []
    for index, (criterion, points) in enumerate(zip(rubric.criteria, apportion(target, shares), strict=True)):
        levels, found = _scaled_levels(criterion, points, step, path=f"criteria[{index}]")
        criteria.append(criterion.model_copy(update={"points": points, "levels": levels}))
        warnings += found
    changed = {
        "total_points": target,
        "criteria": criteria,
        "adjustments": _scaled_adjustments(rubric, target, step),
        "totals": Totals(stated=target, computed=target, requested=target),
        "warnings": warnings,
    }
    return rubric.model_copy(update=changed)


def apportion(target: Decimal, shares: Sequence[Fraction]) -> list[Decimal]:
    """The target in as many parts as shares: exact in sum, in proportion but for less than a step, in their order.

    A share above 0 gets at least one step, a share of 0 nothing. Equal shares may differ by one step; the earlier
    ones get it. Raises InvalidPoints where the target is too small.
    """
    step = step_for(target, len(shares))
    units = int(target / step)
    counts = [0] * len(shares)
    open_ = [index for index, share in enumerate(shares) if share > 0]
    while True:
        whole = sum((shares[index] for index in open_), Fraction(0))
        quotas = {index: units * shares[index] / whole for index in open_}
        starved = [index for index in open_ if quotas[index] < 1]
        if not starved:
            break
        for index in starved:
            counts[index] = 1
        units -= len(starved)
        open_ = [index for index in open_ if index not in starved]
    for index, quota in quotas.items():
        counts[index] = int(quota)
    spare = units - sum(int(quota) for quota in quotas.values())
    by_remainder = sorted(open_, key=lambda index: (int(quotas[index]) - quotas[index], index))
    for index in by_remainder[:spare]:
        counts[index] += 1
    return [count * step for count in counts]


def _shares(criteria: Sequence[Criterion]) -> tuple[list[Fraction], list[Warning]]:
    weights = [criterion.weight for criterion in criteria]
    known = [_worth(criterion) for criterion in criteria]
    if all(weight is not None for weight in weights):
        known = [weight for weight in weights if weight is not None]
    given = [max(Fraction(value), Fraction(0)) for value in known if value is not None]
    if not sum(given):
        return [Fraction(1)] * len(criteria), []
    average = sum(given, Fraction(0)) / len(given)
    shares = [average if value is None else max(Fraction(value), Fraction(0)) for value in known]
    warnings = [
        Warning(
            code="points_assumed",
            message=f"“{criterion.name}” had no points and was given an average share.",
            path=f"criteria[{index}]",
        )
        for index, criterion in enumerate(criteria)
        if known[index] is None
    ]
    return shares, warnings


def _worth(criterion: Criterion) -> Decimal | None:
    if criterion.points is not None:
        return criterion.points
    return max((value for level in criterion.levels if (value := top(level)) is not None), default=None)


def _scaled_levels(
    criterion: Criterion, points: Decimal, step: Decimal, *, path: str
) -> tuple[list[Level], list[Warning]]:
    tops = [value for level in criterion.levels if (value := top(level)) is not None]
    if not criterion.levels:
        return [], []
    if not tops:
        return _spread(criterion, points, step, path=path)
    if points and max(tops) <= 0:
        return _raised(criterion, points, max(tops), path=path)
    factor = Fraction(points) / Fraction(max(tops)) if points else Fraction(0)
    levels = [_scaled(level, factor, step) for level in criterion.levels]
    before = {value for level in criterion.levels if (value := top(level)) is not None}
    after = {value for level in levels if (value := top(level)) is not None}
    if len(after) == len(before):
        return levels, []
    message = f"Rounded to steps of {as_text(step)}, some levels of “{criterion.name}” are worth the same."
    return levels, [Warning(code="levels_tied", message=message, path=path)]


def _raised(criterion: Criterion, points: Decimal, highest: Decimal, *, path: str) -> tuple[list[Level], list[Warning]]:
    """Nothing above 0 can be scaled: the best levels get the criterion's points, the others with points none."""
    levels = [
        level
        if (worth := top(level)) is None
        else level.model_copy(
            update={"points": points if worth == highest else Decimal(0), "points_min": None, "points_max": None}
        )
        for level in criterion.levels
    ]
    message = f"No level of “{criterion.name}” was worth anything; the best was given the criterion's points."
    return levels, [Warning(code="level_points_assumed", message=message, path=path)]


def _scaled(level: Level, factor: Fraction, step: Decimal) -> Level:
    ends = {name: getattr(level, name) for name in ("points", "points_min", "points_max")}
    return level.model_copy(
        update={name: _times(value, factor, step) for name, value in ends.items() if value is not None}
    )


def _times(value: Decimal, factor: Fraction, step: Decimal) -> Decimal:
    if value <= 0:
        return Decimal(0)
    # What need not change does not: a 7.5 under an unchanged criterion stays, though the others go in whole points.
    return value if factor == 1 else _rounded(Fraction(value) * factor, step)


def _rounded(exact: Fraction, step: Decimal) -> Decimal:
    """To the nearest step, halves up."""
    return int(exact / Fraction(step) + Fraction(1, 2)) * step


def _spread(criterion: Criterion, points: Decimal, step: Decimal, *, path: str) -> tuple[list[Level], list[Warning]]:
    """Levels without points get them evenly, as 4-3-2-1; of two levels the second gets none, as in yes and no."""
    count = len(criterion.levels)
    parts = [Fraction(1), Fraction(0)] if count == 2 else [Fraction(count - place, count) for place in range(count)]
    values = [_rounded(Fraction(points) * part, step) for part in parts]
    levels = [
        level.model_copy(update={"points": value, "points_min": None, "points_max": None})
        for level, value in zip(criterion.levels, values, strict=True)
    ]
    message = f"The levels of “{criterion.name}” had no points; they were given some evenly, the first one the most."
    return levels, [Warning(code="level_points_assumed", message=message, path=path)]


def _scaled_adjustments(rubric: Rubric, target: Decimal, step: Decimal) -> list[Adjustment]:
    before = rubric.total_points if rubric.total_points is not None else summed(rubric)
    if before is None or before <= 0 or before == target:
        return rubric.adjustments
    factor = Fraction(target) / Fraction(before)
    return [
        adjustment.model_copy(update={"points": max(step, _rounded(abs(Fraction(adjustment.points)) * factor, step))})
        if adjustment.points
        else adjustment
        for adjustment in rubric.adjustments
    ]
