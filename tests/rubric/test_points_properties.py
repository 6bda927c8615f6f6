"""What holds of points whatever the rubric. A few hundred examples here, 2,000 each in `make fuzz`."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs.rubric import level_order, points, rescaling
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric, Totals
from tests import rubrics

SCALES = [
    ["Excellent", "Good", "Fair", "Poor"],
    ["Exceeds", "Meets", "Does not meet"],
    ["Advanced", "Developing", "Beginning", "No attempt"],
    ["Sehr gut", "Gut", "Ungenügend", "Nicht abgegeben"],
    ["Excelente", "Bueno", "Regular", "Deficiente"],
    ["优秀", "良好", "未提交"],
    ["A", "B", "C", "Failing (F)"],
    ["4", "3", "2", "1"],
]
"""Each with its best level first."""

targets = st.integers(80, 4_000).map(lambda quarters: Decimal(quarters) / 4)
halves = st.integers(0, 200).map(lambda value: Decimal(value) / 2)


@st.composite
def scales(draw: st.DrawFn) -> list[Level]:
    """Levels in either direction, with points that fall as their names do, or without any."""
    names = draw(st.sampled_from(SCALES))
    worths = sorted(draw(st.lists(halves, min_size=len(names), max_size=len(names))), reverse=True)
    has_points = draw(st.booleans()) and worths[0] > 0
    levels = [Level(name=name, points=worth if has_points else None) for name, worth in zip(names, worths, strict=True)]
    return levels[::-1] if draw(st.booleans()) else levels


criteria = st.builds(Criterion, name=st.sampled_from("ABCDE"), points=st.none() | halves, levels=scales())
graded = st.builds(
    Rubric, criteria=st.lists(criteria, min_size=1, max_size=5), total_points=st.none() | halves.filter(bool)
)
any_rubrics = rubrics.rubrics | graded


def worths(rubric: Rubric) -> list[Decimal | None]:
    return [criterion.points for criterion in rubric.criteria]


def without_warnings(rubric: Rubric) -> Rubric:
    return rubric.model_copy(update={"warnings": []})


@rubrics.thorough
@given(any_rubrics, targets)
def test_a_rescaled_rubric_adds_up_to_exactly_its_target(rubric: Rubric, target: Decimal) -> None:
    rescaled = rescaling.rescale(rubric, target)
    assert points.summed(rescaled) == target == rescaled.total_points
    assert rescaled.totals == Totals(stated=target, computed=target, requested=target)


@rubrics.thorough
@given(any_rubrics, targets)
def test_rescaling_keeps_every_name_and_word(rubric: Rubric, target: Decimal) -> None:
    def wording(of: Rubric) -> object:
        return [
            (c.name, c.description, c.section, [(level.name, level.description) for level in c.levels])
            for c in of.criteria
        ]

    rescaled = rescaling.rescale(rubric, target)
    assert wording(rescaled) == wording(rubric)
    assert [each.reason for each in rescaled.adjustments] == [each.reason for each in rubric.adjustments]


@rubrics.thorough
@given(any_rubrics, targets)
def test_rescaling_keeps_the_weak_order_of_levels_by_points(rubric: Rubric, target: Decimal) -> None:
    for before, after in zip(rubric.criteria, rescaling.rescale(rubric, target).criteria, strict=True):
        old, new = ([points.top(level) for level in criterion.levels] for criterion in (before, after))
        if not any(old):
            continue
        known = [(a, b) for a, b in zip(old, new, strict=True) if a is not None and b is not None]
        for (lower, its), (higher, others) in combinations(sorted(known), 2):
            assert its <= others
            assert lower != higher or its == others


@rubrics.thorough
@given(graded, targets)
def test_a_level_that_is_better_by_its_name_is_never_worth_less(rubric: Rubric, target: Decimal) -> None:
    for criterion in rescaling.rescale(rubric, target).criteria:
        scale = next(scale for scale in SCALES if {level.name for level in criterion.levels} == set(scale))
        by_name = {level.name: points.top(level) for level in criterion.levels}
        from_best = [by_name[name] for name in scale]
        assert None not in from_best
        assert from_best == sorted(from_best, key=lambda worth: worth or 0, reverse=True)


@rubrics.thorough
@given(any_rubrics, targets)
def test_the_top_level_carries_the_criterions_points_or_the_order_is_said_to_be_unknown(
    rubric: Rubric, target: Decimal
) -> None:
    rescaled = rescaling.rescale(rubric, target)
    unknown = {warning.path for warning in rescaled.warnings if warning.code == "level_order_unknown"}
    for index, criterion in enumerate(rescaled.criteria):
        tops = [top for level in criterion.levels if (top := points.top(level)) is not None]
        if f"criteria[{index}]" in unknown:
            assert criterion.levels == rubric.criteria[index].levels
        elif criterion.levels:
            assert max(tops) == criterion.points


@rubrics.thorough
@given(any_rubrics, targets)
def test_criteria_worth_the_same_stay_so_or_it_is_said(rubric: Rubric, target: Decimal) -> None:
    rescaled = rescaling.rescale(rubric, target)
    said = [warning for warning in rescaled.warnings if warning.code == "criteria_unequal"]
    given_worths = [points.worth(criterion) for criterion in rubric.criteria]
    equal: defaultdict[Decimal | None, set[Decimal | None]] = defaultdict(set)
    for before, after in zip(given_worths, worths(rescaled), strict=True):
        equal[before].add(after)
    assert said or all(len(after) == 1 for after in equal.values())
    for total in (total for warning in said for total in warning.other_totals):
        assert "criteria_unequal" not in {warning.code for warning in rescaling.rescale(rubric, total).warnings}


@rubrics.thorough
@given(any_rubrics, targets)
def test_levels_that_rounding_ties_are_told_of(rubric: Rubric, target: Decimal) -> None:
    rescaled = rescaling.rescale(rubric, target)
    told = {warning.path for warning in rescaled.warnings if warning.code == "levels_tied"}
    for index, (before, after) in enumerate(zip(rubric.criteria, rescaled.criteria, strict=True)):
        old, new = ({points.top(level) for level in criterion.levels} for criterion in (before, after))
        if after.points and any(old) and len(new - {None}) < len(old - {None}):
            assert f"criteria[{index}]" in told


@rubrics.thorough
@given(any_rubrics, targets)
def test_nothing_becomes_negative_and_zero_stays_zero(rubric: Rubric, target: Decimal) -> None:
    rescaled = rescaling.rescale(rubric, target)
    for before, after in zip(rubric.criteria, rescaled.criteria, strict=True):
        ends = [end for level in after.levels for end in (level.points, level.points_min, level.points_max)]
        assert all(value >= 0 for value in [after.points, *ends] if value is not None)
        old, new = ([points.top(level) for level in criterion.levels] for criterion in (before, after))
        if any(old):
            assert all(b == 0 for a, b in zip(old, new, strict=True) if a == 0)
        best = max((worth for worth in new if worth is not None), default=Decimal(0))
        for level, had, has in zip(after.levels, old, new, strict=True):
            if had is None and has is not None and has < best and level_order.earns_nothing(level):
                assert has == 0


@rubrics.thorough
@given(any_rubrics, targets)
def test_rescaling_twice_is_rescaling_once(rubric: Rubric, target: Decimal) -> None:
    once = rescaling.rescale(rubric, target)
    assert without_warnings(rescaling.rescale(once, target)) == without_warnings(once)


@rubrics.thorough
@given(any_rubrics)
def test_a_rubric_that_keeps_its_own_total_keeps_the_points_that_add_up_to_it(rubric: Rubric) -> None:
    if points.summed(rubric) != points.own_total(rubric) or not points.own_total(rubric):
        return
    settled = rescaling.settle(rubric)
    assert worths(settled) == worths(rubric)
    assert settled.total_points == points.summed(rubric)
    assert without_warnings(rescaling.settle(settled)) == without_warnings(settled)


@rubrics.thorough
@given(st.integers(1, 100), st.sampled_from(["Late: {} % a day", "Cheating: {}%", "-0 to -{} %"]), targets)
def test_percents_stay_percents(percent: int, reason: str, target: Decimal) -> None:
    penalty = Adjustment(kind="penalty", reason=reason.format(percent), points=Decimal(percent))
    rubric = Rubric(criteria=[Criterion(name="A", points=Decimal(10))], adjustments=[penalty])
    assert rescaling.rescale(rubric, target).adjustments == [penalty.model_copy(update={"points": None})]
