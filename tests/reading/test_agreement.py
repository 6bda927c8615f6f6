"""Two readers of one document: whether its reading stands, and when it is certain."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rubric_jobs.reader.agreement import AGREED, ALONE, ANNOUNCED, CONFIDENT, SUPPORTED, SURE, settled
from rubric_jobs.rubric.model import Criterion, Doubt, Rubric


def rubric(*names: str, confidence: float = 0.0, **changed: Any) -> Rubric:
    criteria = [Criterion(name=name, points=Decimal(10)) for name in names]
    return Rubric(kind="point_list", criteria=criteria, confidence=confidence, **changed)


OURS = rubric("Thesis", "Style")
SAME = rubric("thesis", "STYLE", confidence=0.9)
CUT = rubric("Thesis", "Sty", confidence=0.9)
OTHER = rubric("Thesis", "Style", "Sources", confidence=0.9)


@pytest.mark.parametrize(("by_rules", "bound"), [(None, ALONE), (SAME, SUPPORTED), (OTHER, SUPPORTED)])
def test_a_reading_stands_from_its_bound_on(by_rules: Rubric | None, bound: float) -> None:
    assert settled(OURS, bound - 0.01, by_rules) is None
    assert settled(OURS, bound, by_rules) is not None


def test_a_list_that_is_spoken_of_as_grading_needs_less_where_the_rules_find_nothing() -> None:
    assert settled(OURS, ANNOUNCED - 0.01, None, is_announced=True) is None
    assert settled(OURS, ANNOUNCED, None, is_announced=True) is not None
    assert settled(OURS, ANNOUNCED, None) is None


def test_what_the_plans_read_stands_where_the_rules_read_otherwise() -> None:
    found = settled(OURS, 3.0, OTHER)
    assert found is not None
    assert [criterion.name for criterion in found.criteria] == ["Thesis", "Style"]
    assert [doubt.why for doubt in found.doubts] == ["Two ways of reading this document gave different rubrics."]


@pytest.mark.parametrize(
    ("by_rules", "confidence", "is_certain"),
    [
        (SAME, AGREED, True),
        (SAME, AGREED - 0.01, False),
        (CUT, CONFIDENT, True),
        (CUT, CONFIDENT - 0.01, False),
        (None, CONFIDENT, True),
        (OTHER, 1.0, False),
        (None, CONFIDENT - 0.01, False),
    ],
)
def test_it_is_certain_where_both_agree_or_the_plans_alone_are_very_sure(
    by_rules: Rubric | None, confidence: float, is_certain: bool
) -> None:
    found = settled(rubric("Thesis", "Style", confidence=confidence), 3.0, by_rules)
    assert found is not None
    assert found.certain is is_certain
    assert bool(found.doubts) is (by_rules is OTHER)


def test_sections_that_the_rules_do_not_see_are_no_disagreement() -> None:
    within = Criterion(name="Style", points=Decimal(10), section="Form")
    ours = OURS.model_copy(update={"criteria": [OURS.criteria[0], within], "confidence": CONFIDENT})
    found = settled(ours, 3.0, SAME)
    assert found is not None
    assert (found.certain, found.doubts) == (True, [])


@pytest.mark.parametrize(
    ("path", "by_rules", "is_certain"),
    [("", SAME, False), ("", None, False), ("criteria[0].points", SAME, True), ("criteria[0].points", None, False)],
)
def test_a_doubt_is_outweighed_by_agreement_unless_both_read_the_same_faint_print(
    path: str, by_rules: Rubric | None, is_certain: bool
) -> None:
    doubted = rubric("Thesis", "Style", confidence=CONFIDENT, doubts=[Doubt(path=path, why="Another reading is near.")])
    found = settled(doubted, 9.0, by_rules)
    assert found is not None
    assert found.certain is is_certain


def test_the_surest_readings_are_certain_whatever_place_is_in_doubt() -> None:
    doubted = rubric("Thesis", "Style", confidence=SURE, doubts=[Doubt(path="", why="Pages were joined.")])
    found = settled(doubted, 9.0, None)
    assert found is not None
    assert (found.certain, len(found.doubts)) == (True, 1)
