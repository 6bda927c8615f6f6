"""Arithmetic on points: totals, targets, shares. (`rescaling.py` changes a rubric's points by it.)

Everything is exact: Decimal outside, Fraction within.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from rubric_jobs.errors import InvalidPoints
from rubric_jobs.rubric.model import Criterion, Level, Rubric, Totals

STEPS = (Decimal(1), Decimal("0.5"), Decimal("0.25"))
CENT = Decimal("0.01")
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


def rounded(exact: Fraction, step: Decimal) -> Decimal:
    """To the nearest step, halves up."""
    return int(exact / Fraction(step) + Fraction(1, 2)) * step


def grain(values: Iterable[Decimal]) -> Decimal:
    """The coarsest step that these points go in: whole ones are a point apart, `1.5` and `2` half a point."""
    known = list(values)
    return next((step for step in (*STEPS, CENT) if not any(value % step for value in known)), CENT)


def worth(criterion: Criterion) -> Decimal | None:
    """A criterion's points, else those of its highest level."""
    if criterion.points is not None:
        return criterion.points
    return max((value for level in criterion.levels if (value := top(level)) is not None), default=None)


def own_total(rubric: Rubric) -> Decimal | None:
    """What the rubric says that it is worth, else what its criteria add up to."""
    return rubric.total_points if rubric.total_points is not None else summed(rubric)


def apportion(target: Decimal, shares: Sequence[Fraction], *, step: Decimal | None = None) -> list[Decimal]:
    """The target in as many parts as shares: exact in sum, in proportion but for less than a step, in their order.

    A share above 0 gets at least one step, a share of 0 nothing. Equal shares may differ by one step; the earlier
    ones get it. The step is the coarsest that fits, unless one is given that divides the target and is small enough
    for every share. Raises InvalidPoints where the target is too small. (Largest remainder, or Hamilton's method.)
    """
    step = step or step_for(target, len(shares))
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
