from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from rubric_jobs.rubric.model import Rubric
from rubric_jobs.rubric.review import review
from tests import rubrics


def found(criteria: list[dict[str, Any]], **fields: Any) -> list[tuple[str, str]]:
    rubric = Rubric.model_validate({"criteria": criteria, **fields})
    return [(warning.code, warning.path) for warning in review(rubric)]


def levels(*worths: object, text: str = "") -> list[dict[str, Any]]:
    spans = [worth if isinstance(worth, tuple) else (worth,) for worth in worths]
    return [
        {"name": str(index), "description": text and f"{text} {index}", "points_min": span[0], "points_max": span[1]}
        if len(span) == 2
        else {"name": str(index), "points": span[0]}
        for index, span in enumerate(spans)
    ]


def test_a_sound_rubric_gives_no_warnings() -> None:
    assert review(rubrics.essay()) == []


@rubrics.quick
@given(rubrics.rubrics)
def test_any_rubric_can_be_reviewed_and_every_warning_says_where(rubric: Rubric) -> None:
    for warning in review(rubric):
        assert warning.message.endswith(".")
        assert warning.path == "total_points" or warning.path.startswith("criteria[")


def test_a_stated_total_that_differs_from_the_sum_is_told_of() -> None:
    criteria = [{"name": "A", "points": 10}, {"name": "B", "points": 30.5}]
    assert found(criteria, total_points=50) == [("total_mismatch", "total_points")]
    assert found(criteria, total_points=40.5, totals={"stated": 41}) == [("total_mismatch", "total_points")]
    assert found(criteria, total_points=40.5) == []


def test_criteria_without_points_among_others_are_told_of() -> None:
    assert found([{"name": "A", "points": 10}, {"name": "B"}]) == [("points_missing", "criteria[1]")]
    assert found([{"name": "A"}, {"name": "B"}]) == []


def test_a_criterion_that_stands_twice_is_told_of_unless_in_another_section() -> None:
    assert found([{"name": "Style"}, {"name": "style "}]) == [("same_criterion_twice", "criteria[1]")]
    assert found([{"name": "Style", "section": "Draft"}, {"name": "Style", "section": "Final"}]) == []


def test_a_highest_level_that_differs_from_the_criterion_is_told_of_unless_it_weighs() -> None:
    criterion = {"name": "A", "points": 20, "levels": levels(15, 5)}
    assert found([criterion]) == [("top_level_mismatch", "criteria[0]")]
    assert found([{**criterion, "weight": 20}]) == []


@pytest.mark.parametrize(
    ("worths", "is_told"), [((4, 3, 2), False), ((1, 2, 3), False), ((4, 2, 3), True), ((4, 4, 2), False)]
)
def test_levels_whose_points_go_up_and_down_are_told_of(worths: tuple[int, ...], is_told: bool) -> None:
    codes = [code for code, _ in found([{"name": "A", "levels": levels(*worths)}])]
    assert codes == ["levels_out_of_order"] * is_told


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(9, 10), (7, 8), (0, 6)], []),
        ([(9, 10), (5, 7), (0, 4)], [("range_gap", "criteria[0].levels[0]")]),
        ([(8, 10), (6, 8), (0, 5)], [("range_overlap", "criteria[0].levels[0]")]),
        ([(1.5, 2), (0.5, 1)], []),
        ([(4, 3), (0, 2)], [("range_reversed", "criteria[0].levels[0]")]),
        ([(3, 4), (1, 2), 0], []),
        ([10, 5, 0], []),
    ],
)
def test_gaps_and_overlaps_between_ranges_are_told_of(spans: list[Any], expected: list[tuple[str, str]]) -> None:
    assert found([{"name": "A", "levels": levels(*spans)}]) == expected


def test_levels_described_in_the_same_words_are_told_of() -> None:
    same = [
        {"name": "Good", "description": "Cites all sources."},
        {"name": "Fair", "description": "cites all  SOURCES."},
    ]
    assert found([{"name": "A", "levels": same}]) == [("same_descriptor_twice", "criteria[0].levels[1]")]
    short = [{"name": "Good", "description": "See above"}, {"name": "Fair", "description": "See above"}]
    assert found([{"name": "A", "levels": short}]) == []


def test_amounts_in_messages_are_plain_numbers() -> None:
    rubric = Rubric.model_validate({"criteria": [{"name": "A", "points": Decimal("1E+1")}], "total_points": 12.5})
    assert [warning.message for warning in review(rubric)] == [
        "The rubric states 12.5 points; its criteria add up to 10."
    ]
