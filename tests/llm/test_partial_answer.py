from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs.llm import partial_answer

WHOLE = {
    "title": "Lab 7e",
    "kind": "analytic",
    "total_points": 120,
    "criteria": [
        {"name": "Method", "points": 100, "levels": [{"name": "Full", "points": 100}, {"name": "Half", "points": 50}]},
        {"name": "Result 10", "points": 20, "levels": []},
    ],
}
TEXT = json.dumps(WHOLE)


def test_nothing_is_shown_before_the_answer_begins() -> None:
    assert partial_answer.rubric_of("") is None
    assert partial_answer.rubric_of("Here is") is None


def test_the_first_criterion_shows_as_soon_as_its_name_has_begun() -> None:
    shown = partial_answer.rubric_of('{"title": "Lab", "criteria": [{"name": "Meth')
    assert shown is not None
    assert [criterion["name"] for criterion in shown["criteria"]] == ["Meth"]


def test_a_number_is_not_shown_until_its_key_closes() -> None:
    shown = partial_answer.rubric_of('{"criteria": [{"name": "Method", "points": 10')
    assert shown is not None
    assert shown["criteria"][0]["points"] is None
    closed = partial_answer.rubric_of('{"criteria": [{"name": "Method", "points": 100, ')
    assert closed is not None
    assert closed["criteria"][0]["points"] == 100


@given(st.integers(min_value=0, max_value=len(TEXT)))
def test_whatever_has_arrived_is_shown_without_a_wrong_number(length: int) -> None:
    shown = partial_answer.rubric_of(TEXT[:length])
    if shown is None:
        return
    for criterion, whole in zip(shown["criteria"], WHOLE["criteria"], strict=False):  # type: ignore[call-overload]
        assert criterion["points"] in {None, whole["points"]}
        assert [level["points"] for level in criterion["levels"]] == [
            whole["levels"][at]["points"] if level["points"] is not None else None
            for at, level in enumerate(criterion["levels"])
        ]


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    partial_answer.rubric_of("{" + text)
    partial_answer.rubric_of('{"criteria": [' + text)


def test_values_of_a_wrong_type_are_left_out() -> None:
    shown = partial_answer.rubric_of(
        '{"title": 3, "criteria": [{"name": "A", "points": "ten", "levels": "none"}, "B", {}]}'
    )
    assert shown == {
        "title": None,
        "kind": None,
        "criteria": [{"name": "A", "description": None, "section": None, "points": None, "weight": None, "levels": []}],
    }


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400, "1e10", "NaN", "Infinity"])
def test_a_number_that_no_rubric_has_is_never_shown(number: str) -> None:
    shown = partial_answer.rubric_of('{"criteria": [{"name": "A", "points": ' + number + ', "levels": [{"name": "L", ')
    assert shown is None or shown["criteria"][0]["points"] is None


PIECES = [*'{}[]",: ', "1e999", "NaN", "-Infinity", "9" * 400, '"points"', '"levels": [{"name": "B", ', "\\ud800"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_whatever_is_shown_is_json(text: str) -> None:
    json.dumps(partial_answer.rubric_of('{"criteria": [{"name": "A", "points": ' + text), allow_nan=False)


def test_an_answer_that_is_no_json_yet_is_not_parsed_anew_with_each_part() -> None:
    now, told = [0.0], []
    hear = partial_answer.streaming(lambda **news: told.append(news), is_unfit=lambda _: False, clock=lambda: now[0])
    hear("{,")
    hear(TEXT)
    assert told == []
    now[0] = partial_answer.REPORT_EVERY_S
    hear(TEXT)
    assert [news["criteria_found"] for news in told] == [2]
