"""What a teacher would want to know about a rubric before it is used: sums that differ, gaps, levels out of order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from rubric_jobs.rubric.model import Criterion, Level, Rubric, Warning
from rubric_jobs.rubric.points import as_text, summed, top

_LEAST_DESCRIPTOR_WORDS = 3
"""Shorter ones ("Yes", "See above") are repeated on purpose."""


def review(rubric: Rubric) -> list[Warning]:
    """Everything that looks wrong, in the rubric's order; nothing is changed.

    Codes: `total_mismatch`, `points_missing`, `same_criterion_twice`, `top_level_mismatch`, `levels_out_of_order`,
    `range_reversed`, `range_gap`, `range_overlap`, `same_descriptor_twice`.
    """
    found = list(_of_totals(rubric))
    names: set[tuple[str, str]] = set()
    for index, criterion in enumerate(rubric.criteria):
        path = f"criteria[{index}]"
        name = (_folded(criterion.section), _folded(criterion.name))
        if name in names and name[1]:
            found.append(_warning("same_criterion_twice", f"“{criterion.name}” stands in the rubric twice.", path))
        names.add(name)
        found += _of_points(criterion, path)
        found += _of_order(criterion, path)
        found += _of_ranges(criterion, path)
        found += _of_descriptors(criterion, path)
    return found


def reviewed(rubric: Rubric) -> Rubric:
    """The same rubric with these warnings beside the ones that it came with."""
    known = {(warning.code, warning.path) for warning in rubric.warnings}
    found = [warning for warning in review(rubric) if (warning.code, warning.path) not in known]
    return rubric.model_copy(update={"warnings": [*rubric.warnings, *found]})


def _of_totals(rubric: Rubric) -> Iterator[Warning]:
    computed = summed(rubric)
    stated = rubric.totals.stated if rubric.totals.stated is not None else rubric.total_points
    if computed is not None and stated is not None and computed != stated:
        message = f"The rubric states {as_text(stated)} points; its criteria add up to {as_text(computed)}."
        yield _warning("total_mismatch", message, "total_points")
    without = [index for index, criterion in enumerate(rubric.criteria) if criterion.points is None]
    if 0 < len(without) < len(rubric.criteria):
        for index in without:
            message = f"“{rubric.criteria[index].name}” has no points, though others have."
            yield _warning("points_missing", message, f"criteria[{index}]")


def _of_points(criterion: Criterion, path: str) -> Iterator[Warning]:
    tops = [value for level in criterion.levels if (value := top(level)) is not None]
    # Where a rubric weighs, its levels stand on a scale of their own.
    if criterion.points is None or criterion.weight is not None or not tops or max(tops) == criterion.points:
        return
    message = f"“{criterion.name}” is worth {as_text(criterion.points)} points, its highest level {as_text(max(tops))}."
    yield _warning("top_level_mismatch", message, path)


def _of_order(criterion: Criterion, path: str) -> Iterator[Warning]:
    tops = [value for level in criterion.levels if (value := top(level)) is not None]
    if tops not in (sorted(tops), sorted(tops, reverse=True)):
        message = f"The points of the levels of “{criterion.name}” go up and down."
        yield _warning("levels_out_of_order", message, path)


def _of_ranges(criterion: Criterion, path: str) -> Iterator[Warning]:
    spans = []
    for index, level in enumerate(criterion.levels):
        span = _span(level)
        if span and span[0] > span[1]:
            message = f"A range of “{criterion.name}” runs from {as_text(span[0])} to {as_text(span[1])}."
            yield _warning("range_reversed", message, f"{path}.levels[{index}]")
        if span:
            spans.append((min(span), max(span), index))
    if len(spans) < 2 or not any(low < high for low, high, _ in spans):
        return
    spans.sort()
    step = _grain([end for low, high, _ in spans for end in (low, high)])
    for (_, below, _), (above, _, index) in pairwise(spans):
        where = f"{path}.levels[{index}]"
        between = f"between {as_text(below)} and {as_text(above)} points"
        if above - below > step:
            yield _warning("range_gap", f"“{criterion.name}” has no level {between}.", where)
        elif above <= below:
            yield _warning("range_overlap", f"Two levels of “{criterion.name}” hold {as_text(above)} points.", where)


def _of_descriptors(criterion: Criterion, path: str) -> Iterator[Warning]:
    seen: dict[str, int] = {}
    for index, level in enumerate(criterion.levels):
        text = _folded(level.description)
        if len(text.split()) < _LEAST_DESCRIPTOR_WORDS:
            continue
        if text in seen:
            message = f"Two levels of “{criterion.name}” are described in the same words."
            yield _warning("same_descriptor_twice", message, f"{path}.levels[{index}]")
        seen.setdefault(text, index)


def _span(level: Level) -> tuple[Decimal, Decimal] | None:
    if level.points_min is not None and level.points_max is not None:
        return level.points_min, level.points_max
    return (level.points, level.points) if level.points is not None else None


def _grain(ends: Sequence[Decimal]) -> Decimal:
    """The step in which these points go: whole ones are a point apart, `1.5` and `2` half a point."""
    return next(
        (step for step in (Decimal(1), Decimal("0.5"), Decimal("0.25")) if not any(end % step for end in ends)),
        Decimal("0.01"),
    )


def _folded(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


def _warning(code: str, message: str, path: str) -> Warning:
    return Warning(code=code, message=message, path=path)
