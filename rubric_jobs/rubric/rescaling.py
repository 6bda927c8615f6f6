"""The same rubric with other points: worth a given total, or its own, down to the last level."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from rubric_jobs.errors import InvalidPoints
from rubric_jobs.rubric import level_points, points
from rubric_jobs.rubric.level_order import places
from rubric_jobs.rubric.model import LARGEST_POINTS, Adjustment, Criterion, Level, Rubric, Totals, Warning
from rubric_jobs.rubric.points import as_text, rounded, top

_MOST_TRIES = 20_000
"""Criteria looked at while totals are sought that keep equal ones equal."""
_FARTHEST = 200
_SHARE = re.compile(r"(\d+(?:[.,]\d+)?)\s*[%％]")


def rescale(rubric: Rubric, total: Decimal | float) -> Rubric:
    """The same rubric worth exactly `total`: names, levels and wording stay, points change. Raises InvalidPoints.

    Criteria share the total as they shared the old one (by weight where every criterion has one), by largest
    remainder; one worth anything gets at least one step. A level keeps its place between 0 and its criterion's top
    level, which carries the criterion's points. Levels without points get them evenly where something tells their
    order. Penalties and bonuses keep their part of the total, percents stay. What had to be assumed, or was levelled
    or set apart by rounding, is a warning on the result; the warnings it came with are not kept.
    """
    if not rubric.criteria:
        raise InvalidPoints("A rubric without criteria cannot share out points.")
    target = points.check_target(total, len(rubric.criteria))
    step = points.step_for(target, len(rubric.criteria))
    shares, warnings = _shares(rubric.criteria)
    parts = points.apportion(target, shares)
    warnings += _of_unequal(rubric.criteria, target, shares, parts)
    return _worth_these(rubric, parts, step, warnings)


def settle(rubric: Rubric) -> Rubric:
    """The same rubric worth its own total: no criterion's points change where they add up to it.

    Raises InvalidPoints where the rubric has no total of its own: neither states one nor has points everywhere.
    """
    total = points.own_total(rubric)
    if not total:
        raise InvalidPoints("The rubric has no total of its own. Say how many points it is worth.")
    parts = [criterion.points for criterion in rubric.criteria if criterion.points is not None]
    if len(parts) < len(rubric.criteria) or sum(parts) != total or min(parts) < 0:
        return rescale(rubric, total)
    return _worth_these(rubric, parts, points.grain(parts), [])


def _worth_these(rubric: Rubric, parts: Sequence[Decimal], step: Decimal, warnings: list[Warning]) -> Rubric:
    target = sum(parts, Decimal(0))
    criteria = []
    for index, part in enumerate(parts):
        levels, found = _levels(rubric, index, part, step)
        criteria.append(rubric.criteria[index].model_copy(update={"points": part, "levels": levels}))
        warnings += found
    changed = {
        "total_points": target,
        "criteria": criteria,
        "adjustments": _scaled_adjustments(rubric, target, step),
        "totals": Totals(stated=target, computed=target, requested=target),
        "warnings": warnings,
    }
    return rubric.model_copy(update=changed)


def _shares(criteria: Sequence[Criterion]) -> tuple[list[Fraction], list[Warning]]:
    weights = [criterion.weight for criterion in criteria]
    known = [points.worth(criterion) for criterion in criteria]
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


def _of_unequal(
    criteria: Sequence[Criterion], target: Decimal, shares: Sequence[Fraction], parts: Sequence[Decimal]
) -> Iterator[Warning]:
    """Criteria that were worth the same and no longer are."""
    equal: dict[Fraction, list[int]] = defaultdict(list)
    for index, share in enumerate(shares):
        equal[share].append(index)
    apart = [group for group in equal.values() if len({parts[index] for index in group}) > 1]
    if not apart:
        return
    most = max(apart[0], key=lambda index: parts[index])
    least = min(apart[0], key=lambda index: parts[index])
    told = [f"“{criteria[index].name}” {as_text(parts[index])}" for index in (most, least)]
    others = sorted(_nearest_totals(target, shares))
    offer = f" A total of {' or '.join(map(as_text, others))} keeps them equal." if others else ""
    yield Warning(
        code="criteria_unequal",
        message=f"Criteria that were worth the same no longer are: {told[0]}, {told[1]}.{offer}",
        path="total_points",
        other_totals=others,
    )


def _nearest_totals(target: Decimal, shares: Sequence[Fraction]) -> Iterator[Decimal]:
    """The nearest total below and the nearest above whose parts are equal where the shares are."""
    step = points.step_for(target, len(shares))
    for direction in (-step, step):
        for away in range(1, min(_FARTHEST, _MOST_TRIES // len(shares)) + 1):
            total = target + away * direction
            if not points.STEPS[-1] * len(shares) <= total <= points.LARGEST_TARGET:
                break
            parts = points.apportion(total, shares)
            if len(set(zip(shares, parts, strict=True))) == len(set(shares)):
                yield total
                break


def _levels(rubric: Rubric, index: int, part: Decimal, step: Decimal) -> tuple[list[Level], list[Warning]]:
    criterion = level_points.with_zeros(rubric.criteria[index])
    path = f"criteria[{index}]"
    if not criterion.levels:
        return [], []
    tops = [value for level in criterion.levels if (value := top(level)) is not None]
    if not tops or (part and max(tops) <= 0):
        levels, found = _assumed(rubric, criterion, part, step, path=path)
    else:
        factor = Fraction(part) / Fraction(max(tops)) if part else Fraction(0)
        levels, found = [_scaled(level, factor, step) for level in criterion.levels], []
    tied = [_tied(criterion, step, path)] if _are_levelled(criterion.levels, levels) else []
    return levels, [*found, *tied]


def _assumed(
    rubric: Rubric, criterion: Criterion, part: Decimal, step: Decimal, *, path: str
) -> tuple[list[Level], list[Warning]]:
    order = places(criterion, rubric.criteria)
    if order is None:
        message = f"Nothing tells which level of “{criterion.name}” is the best, so they were given no points."
        return criterion.levels, [Warning(code="level_order_unknown", message=message, path=path)]
    levels = level_points.spread(criterion.levels, part, order, step)
    best = criterion.levels[order.index(0)].name or f"level {order.index(0) + 1}"
    message = f"The levels of “{criterion.name}” had no points. They were given some evenly, the most for “{best}”."
    return levels, [Warning(code="level_points_assumed", message=message, path=path)]


def _are_levelled(before: Sequence[Level], after: Sequence[Level]) -> bool:
    """Whether levels were told apart by their points, or by having none yet, and no longer are."""
    old, new = ([top(level) for level in levels] for levels in (before, after))
    if not any(old) and any(new):
        return len(set(new)) < len(new)
    return len(set(new)) < len(set(old))


def _tied(criterion: Criterion, step: Decimal, path: str) -> Warning:
    message = f"Rounded to steps of {as_text(step)}, some levels of “{criterion.name}” are worth the same."
    return Warning(code="levels_tied", message=message, path=path)


def _scaled(level: Level, factor: Fraction, step: Decimal) -> Level:
    ends = {name: getattr(level, name) for name in ("points", "points_min", "points_max")}
    return level.model_copy(
        update={name: _times(value, factor, step) for name, value in ends.items() if value is not None}
    )


def _times(value: Decimal, factor: Fraction, step: Decimal) -> Decimal:
    if value <= 0:
        return Decimal(0)
    # What need not change does not: a 7.5 under an unchanged criterion stays, though the others go in whole points.
    return value if factor == 1 else rounded(Fraction(value) * factor, step)


def _scaled_adjustments(rubric: Rubric, target: Decimal, step: Decimal) -> list[Adjustment]:
    before = points.own_total(rubric)
    kept = [_without_percent(adjustment) for adjustment in rubric.adjustments]
    if before is None or before <= 0 or before == target:
        return kept
    factor = Fraction(target) / Fraction(before)

    def scaled(amount: Decimal) -> Decimal:
        # A penalty far above a tiny total would grow beyond what a rubric can hold, and could not be read again.
        return min(max(step, rounded(abs(Fraction(amount)) * factor, step)), Decimal(LARGEST_POINTS))

    return [
        adjustment.model_copy(update={"points": scaled(adjustment.points)}) if adjustment.points else adjustment
        for adjustment in kept
    ]


def _without_percent(adjustment: Adjustment) -> Adjustment:
    """A percent that its reason tells is no points: "Late: 10 % a day" costs a tenth, whatever the total."""
    shares = [Decimal(number.replace(",", ".")) for number in _SHARE.findall(adjustment.reason)]
    is_percent = adjustment.points is not None and abs(adjustment.points) in shares
    return adjustment.model_copy(update={"points": None}) if is_percent else adjustment
