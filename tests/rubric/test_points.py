from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs.errors import InvalidPoints
from rubric_jobs.rubric import points, rescaling
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import LARGEST_POINTS, Adjustment, Criterion, Level, Rubric, Totals
from tests import rubrics

targets = st.integers(80, 4_000).map(lambda quarters: Decimal(quarters) / 4)


def point_list(*worths: object) -> Rubric:
    criteria = [Criterion.model_validate({"name": f"C{index}", "points": worth}) for index, worth in enumerate(worths)]
    return Rubric(criteria=criteria)


def worths(rubric: Rubric) -> list[Decimal | None]:
    return [criterion.points for criterion in rubric.criteria]


def without_warnings(rubric: Rubric) -> Rubric:
    return rubric.model_copy(update={"warnings": []})


@rubrics.quick
@given(st.lists(st.integers(0, 1000).map(Fraction), min_size=1, max_size=40).filter(any), targets)
def test_parts_are_within_a_step_of_their_share_unless_one_would_get_nothing(
    shares: list[Fraction], target: Decimal
) -> None:
    parts = points.apportion(target, shares)
    step = points.step_for(target, len(shares))
    assert sum(parts) == target
    exact = [Fraction(target) * share / sum(shares) for share in shares]
    if all(quota == 0 or quota >= Fraction(step) for quota in exact):
        assert all(abs(Fraction(part) - quota) < step for part, quota in zip(parts, exact, strict=True))
    assert all(part >= step for part, share in zip(parts, shares, strict=True) if share)
    for (share, part), (other, other_part) in combinations(zip(shares, parts, strict=True), 2):
        assert share <= other or part >= other_part


@pytest.mark.parametrize(
    ("given_worths", "target", "expected"),
    [
        ((1, 1, 1), 100, ["34", "33", "33"]),
        ((50, 30, 20), 10, ["5", "3", "2"]),
        ((5, 3, 2), "2.5", ["1.5", "0.5", "0.5"]),
        ((1, 1, 1), 1, ["0.5", "0.25", "0.25"]),
        ((10, 0, 10), 20, ["10", "0", "10"]),
        ((97, 1, 1, 1), 4, ["1", "1", "1", "1"]),
        ((None, None), 7, ["4", "3"]),
        ((30, None, 10), 80, ["40", "27", "13"]),
        (("2.5", "2.5", 5), 10, ["3", "2", "5"]),
    ],
)
def test_points_are_shared_out_by_largest_remainder(
    given_worths: tuple[object, ...], target: object, expected: list[str]
) -> None:
    rescaled = rescaling.rescale(point_list(*given_worths), Decimal(str(target)))
    assert worths(rescaled) == [Decimal(each) for each in expected]


@pytest.mark.parametrize(
    ("target", "count", "step"),
    [("10", 10, "1"), ("10", 11, "0.5"), ("10", 21, "0.25"), ("10.5", 3, "0.5"), ("0.75", 3, "0.25")],
)
def test_the_coarsest_step_that_fits_is_taken(target: str, count: int, step: str) -> None:
    assert points.step_for(Decimal(target), count) == Decimal(step)


@pytest.mark.parametrize(
    ("total", "count", "sentence"),
    [
        (0, 1, "above 0"),
        (-5, 1, "above 0"),
        ("0.1", 1, "multiple of 0.25"),
        (33.3, 1, "multiple of 0.25"),
        ("1e-400000", 1, "multiple of 0.25"),
        ("1e-999999999", 1, "multiple of 0.25"),
        ("NaN", 1, "must be a number"),
        ("sNaN", 1, "must be a number"),
        (float("nan"), 1, "must be a number"),
        (float("inf"), 1, "must be a number"),
        ("-Infinity", 1, "must be a number"),
        ("many", 1, "must be a number"),
        (None, 1, "must be a number"),
        (10**400, 1, "at most 100,000"),
        ("1e999999", 1, "at most 100,000"),
        (1, 5, "too few for 5 criteria; 1.25 is the least"),
    ],
)
def test_a_total_that_cannot_be_shared_out_is_refused_in_a_sentence(total: object, count: int, sentence: str) -> None:
    with pytest.raises(InvalidPoints, match=sentence):
        points.check_target(total, count)  # type: ignore[arg-type]


@pytest.mark.parametrize("total", [100, 100.0, "100", Decimal("100.00"), 0.25, 4.5])
def test_a_total_in_quarters_is_exact(total: float | str | Decimal) -> None:
    assert points.check_target(total) == Decimal(str(total))


def test_a_rubric_without_criteria_cannot_be_rescaled() -> None:
    with pytest.raises(InvalidPoints):
        rescaling.rescale(Rubric(criteria=[]), Decimal(10))


def test_ranges_are_scaled_at_both_ends() -> None:
    rescaled = rescaling.rescale(rubrics.essay(), Decimal(40))
    assert [(level.points_min, level.points_max) for level in rescaled.criteria[1].levels] == [(10, 16), (0, 8)]
    assert [level.points for level in rescaled.criteria[0].levels] == [24, 12, 0]


def test_penalties_keep_their_part_of_the_total() -> None:
    assert rescaling.rescale(rubrics.essay(), Decimal(100)).adjustments == [
        Adjustment(kind="penalty", reason="Late", points=Decimal(10))
    ]


def test_a_penalty_never_grows_beyond_what_can_be_read_again() -> None:
    penalty = Adjustment(kind="penalty", reason="Late", points=Decimal(1000))
    tiny = Rubric(criteria=[Criterion(name="A", points=Decimal("0.01"))], adjustments=[penalty])
    done = rescaling.rescale(tiny, Decimal(100))
    assert done.adjustments[0].points == LARGEST_POINTS
    assert rubric_text.read(rubric_text.write(done)).adjustments == done.adjustments


def test_a_penalty_never_shrinks_to_nothing() -> None:
    assert rescaling.rescale(rubrics.essay(), Decimal(2)).adjustments[0].points == 1


def test_weights_share_out_the_points_where_every_criterion_has_one() -> None:
    criteria = [
        Criterion(name="Content", points=Decimal(4), weight=Decimal(75)),
        Criterion(name="Style", points=Decimal(4), weight=Decimal(25)),
    ]
    rescaled = rescaling.rescale(Rubric(criteria=criteria), Decimal(20))
    assert worths(rescaled) == [15, 5]
    assert [criterion.weight for criterion in rescaled.criteria] == [75, 25]


def test_levels_that_rounding_makes_equal_are_told_of() -> None:
    rescaled = rescaling.rescale(rubrics.essay(), Decimal(2))
    assert [(warning.code, warning.path) for warning in rescaled.warnings] == [
        ("levels_tied", "criteria[0]"),
        ("levels_tied", "criteria[1]"),
    ]


def test_a_criterion_without_points_gets_an_average_share_and_is_told_of() -> None:
    rescaled = rescaling.rescale(point_list(10, None, 20), Decimal(45))
    assert worths(rescaled) == [10, 15, 20]
    assert [(warning.code, warning.path) for warning in rescaled.warnings] == [("points_assumed", "criteria[1]")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Excellent", "Good", "Fair", "Poor"], [20, 13, 7, 0]),
        (["Poor", "Fair", "Good", "Excellent"], [0, 7, 13, 20]),
        (["Does not meet", "Meets", "More than meets"], [0, 10, 20]),
        (["Nicht erfüllt", "Teilweise erfüllt", "Erfüllt"], [0, 10, 20]),
        (["不合格", "良好", "优秀"], [0, 10, 20]),
        (["Good", "Excellent", "Poor"], [10, 20, 0]),
        (["Level 1", "Level 2", "Level 3"], [0, 10, 20]),
        (["No attempt", "Alpha", "Beta"], [0, 10, 20]),
        (["Met", "Not met"], [20, 0]),
        (["Anything"], [20]),
    ],
)
def test_levels_without_points_get_them_evenly_from_the_best_to_the_worst(
    names: list[str], expected: list[int]
) -> None:
    criterion = Criterion(name="Clarity", points=Decimal(5), levels=[Level(name=name) for name in names])
    rescaled = rescaling.rescale(Rubric(criteria=[criterion]), Decimal(20))
    assert [level.points for level in rescaled.criteria[0].levels] == expected
    assert [warning.code for warning in rescaled.warnings] == ["level_points_assumed"]


def test_level_points_stay_where_the_criterion_stays() -> None:
    levels = [Level(name="Good", points=Decimal(10)), Level(name="Fair", points=Decimal("7.5"))]
    rubric = Rubric(criteria=[Criterion(name="A", points=Decimal(10), levels=levels)])
    assert rescaling.rescale(rubric, Decimal(10)).criteria[0].levels[1].points == Decimal("7.5")


def test_levels_whose_order_nothing_tells_get_no_points_and_that_is_said() -> None:
    levels = [Level(name="Alpha"), Level(name="Beta")]
    rescaled = rescaling.rescale(Rubric(criteria=[Criterion(name="A", levels=levels)]), Decimal(8))
    assert rescaled.criteria[0].levels == levels
    assert [(warning.code, warning.path) for warning in rescaled.warnings] == [("level_order_unknown", "criteria[0]")]


def test_what_the_other_criteria_tell_orders_levels_too() -> None:
    told = [Level(name="Alpha", points=Decimal(1)), Level(name="Beta", points=Decimal(3))]
    untold = [Level(name="Alpha"), Level(name="Beta")]
    criteria = [Criterion(name="A", levels=told), Criterion(name="B", levels=untold)]
    rescaled = rescaling.rescale(Rubric(criteria=criteria), Decimal(12))
    assert [level.points for level in rescaled.criteria[1].levels] == [0, 6]


@pytest.mark.parametrize(
    "name", ["Zero credit", "Failing (F)", "No attempt", "Not submitted", "Nicht abgegeben", "未提交"]
)
def test_a_level_that_earns_nothing_gets_nothing(name: str) -> None:
    levels = [Level(name="Excellent"), Level(name="Good"), Level(name="Fair"), Level(name=name)]
    rescaled = rescaling.rescale(Rubric(criteria=[Criterion(name="A", levels=levels)]), Decimal(30))
    assert [level.points for level in rescaled.criteria[0].levels] == [30, 20, 10, 0]
    levels = [Level(name="Good", points=Decimal(2)), Level(name="Fair", points=Decimal(1)), Level(name=name)]
    rescaled = rescaling.rescale(Rubric(criteria=[Criterion(name="A", levels=levels)]), Decimal(30))
    assert [level.points for level in rescaled.criteria[0].levels] == [30, 15, 0]


def test_a_level_earns_nothing_by_its_text_unless_it_is_a_good_one() -> None:
    levels = [
        Level(name="Excellent", description="None."),
        Level(name="Fair", description="Some errors."),
        Level(name="F", description="Not submitted."),
        Level(name="G", description="Not attempted."),
    ]
    rescaled = rescaling.rescale(Rubric(criteria=[Criterion(name="Errors", levels=levels)]), Decimal(30))
    assert [level.points for level in rescaled.criteria[0].levels] == [30, 20, 0, 0]


def test_levels_that_are_all_worth_nothing_are_ordered_by_their_words() -> None:
    levels = [Level(name="Poor", points=Decimal(0)), Level(name="Good", points=Decimal(0)), Level(name="Excellent")]
    rescaled = rescaling.rescale(Rubric(criteria=[Criterion(name="A", levels=levels)]), Decimal(8))
    assert [level.points for level in rescaled.criteria[0].levels] == [0, 4, 8]
    assert [warning.code for warning in rescaled.warnings] == ["level_points_assumed"]


def test_equal_criteria_that_rounding_sets_apart_are_told_of_with_the_nearest_totals_that_keep_them_equal() -> None:
    rescaled = rescaling.rescale(point_list(5, 5, 5, 5), Decimal(50))
    assert worths(rescaled) == [13, 13, 12, 12]
    assert [(warning.code, warning.path, warning.other_totals) for warning in rescaled.warnings] == [
        ("criteria_unequal", "total_points", [48, 52])
    ]
    assert rescaled.warnings[0].message == (
        "Criteria that were worth the same no longer are: “C0” 13, “C2” 12. A total of 48 or 52 keeps them equal."
    )
    assert rescaling.rescale(point_list(5, 5, 5, 5), Decimal(52)).warnings == []


def test_a_rubric_keeps_its_own_total_and_all_points_of_its_criteria() -> None:
    settled = rescaling.settle(point_list("2.5", "2.5", 5))
    assert worths(settled) == [Decimal("2.5"), Decimal("2.5"), 5]
    assert (settled.total_points, settled.warnings) == (10, [])
    stated = point_list(5, 5).model_copy(update={"total_points": Decimal(20)})
    assert worths(rescaling.settle(stated)) == [10, 10]
    with pytest.raises(InvalidPoints, match="no total of its own"):
        rescaling.settle(point_list(5, None))


def test_a_percent_that_a_penalty_takes_off_stays_a_percent() -> None:
    adjustments = [
        Adjustment(kind="penalty", reason="Late: 10 % a day", points=Decimal(10)),
        Adjustment(kind="penalty", reason="Plagiarism: -0 to -100 %", points=Decimal(-100)),
        Adjustment(kind="penalty", reason="Over 10 % too long", points=Decimal(5)),
    ]
    rescaled = rescaling.rescale(point_list(10).model_copy(update={"adjustments": adjustments}), Decimal(20))
    assert [each.points for each in rescaled.adjustments] == [None, None, 10]
    assert [each.reason for each in rescaled.adjustments] == [each.reason for each in adjustments]


def test_a_criterion_that_is_worth_nothing_stays_so_with_its_ranges() -> None:
    ranges = [Level(name="A", points_min=Decimal(0), points_max=Decimal(4))]
    criteria = [Criterion(name="A", points=Decimal(4)), Criterion(name="B", points=Decimal(0), levels=ranges)]
    once = rescaling.rescale(Rubric(criteria=criteria), Decimal(8))
    assert (once.criteria[1].levels[0].points_min, once.criteria[1].levels[0].points_max) == (0, 0)
    assert without_warnings(rescaling.rescale(once, Decimal(8))) == without_warnings(once)


def test_negative_level_points_become_none() -> None:
    levels = [Level(name="Good", points=Decimal(4)), Level(name="Off topic", points=Decimal(-4))]
    rubric = Rubric(criteria=[Criterion(name="A", levels=levels)])
    assert [level.points for level in rescaling.rescale(rubric, Decimal(8)).criteria[0].levels] == [8, 0]


def test_the_sum_is_unknown_where_a_criterion_has_no_points() -> None:
    assert points.summed(point_list(1, 2)) == 3
    assert points.summed(point_list(1, None)) is None
    assert points.summed(Rubric(criteria=[])) is None


def test_totals_tell_stated_computed_and_requested_apart() -> None:
    rubric = point_list(1, "2.5").model_copy(update={"totals": Totals(stated=Decimal(4))})
    expected = Totals(stated=Decimal(4), computed=Decimal("3.5"), requested=Decimal(100))
    assert points.totals(rubric, requested=Decimal(100)) == expected
    assert points.totals(rubric, stated=Decimal(5)).stated == 5


@pytest.mark.parametrize(
    ("value", "text"), [("10.00", "10"), ("1E+2", "100"), ("2.50", "2.5"), ("0.25", "0.25"), ("0", "0")]
)
def test_points_are_written_without_exponent_or_idle_zeros(value: str, text: str) -> None:
    assert points.as_text(Decimal(value)) == text
