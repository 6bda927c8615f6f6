"""A person's plan: read exactly as it says or refused, whatever its roles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubric_jobs.documents.model import GARBLED_TEXT, Cell, Document, Paragraph, Table
from rubric_jobs.reader import mending
from rubric_jobs.reader.plan import COLUMN_ROLES, LINE_ROLES, ROW_ROLES, Part, Plan, PlanInvalid
from rubric_jobs.rubric.model import Adjustment, Rubric, Source

ROWS = (
    ("Criterion", "Good", "Poor", "Points"),
    ("Thesis: what is claimed", "5-6 A clear claim.", "0 No claim.", "6"),
    ("Sources\nand their use", "All are named.", "None is named.", "4 pts"),
    ("Late", "", "", "-2"),
    ("Total", "", "", "10"),
)
LINES = ("Title of the list", "1. Form (5 points)", "Neat and legible.", "Total: 15 points")


def document() -> Document:
    cells = tuple(
        Cell(row, column, text, Source(table=0, row=row, column=column))
        for row, texts in enumerate(ROWS)
        for column, text in enumerate(texts)
    )
    lines = tuple(Paragraph(text, Source(paragraph=at)) for at, text in enumerate(LINES))
    return Document(1, (Table(len(ROWS), len(ROWS[0]), cells, Source(table=0)), *lines))


DOCUMENT = document()


def words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"\w+", text.casefold())}


PRINTED = words(text for text, _ in DOCUMENT.texts())
NOTHING = Rubric(criteria=[])
GRID = Plan((Part((0,), "down", "cllp", "hccct"),))


def roles(known: object, count: int) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(sorted(known)), min_size=count, max_size=count)  # type: ignore[call-overload]


plans = st.builds(
    lambda shape, rows, columns, name, lines: Plan(
        (Part((0,), shape, columns, rows, name), Part((1, 2, 3, 4), "lines", "", lines, name))
    ),
    st.sampled_from(["down", "long", "across"]),
    st.one_of(roles(ROW_ROLES, len(ROWS)), roles(COLUMN_ROLES, len(ROWS))),
    st.one_of(roles(COLUMN_ROLES, len(ROWS[0])), roles(ROW_ROLES, len(ROWS[0]))),
    st.sampled_from(["cell", "line", "lead", "above", "level"]),
    roles(LINE_ROLES, len(LINES)),
)


@given(plans)
@settings(deadline=None)
def test_any_plan_is_refused_or_read_with_printed_words_alone(plan: Plan) -> None:
    try:
        rubric = mending.mended(plan, DOCUMENT, before=NOTHING, old_plan=Plan())
    except PlanInvalid:
        return
    assert words(rubric.texts()) <= PRINTED
    assert rubric.confidence is None


def test_a_plan_from_outside_is_bounded_before_it_is_unpacked() -> None:
    for at in ("0-99999", "7", "0-999999999", "-1", "x", ""):
        with pytest.raises(PlanInvalid):
            mending.plan_of({"parts": [{"at": at, "shape": "lines", "rows": "c"}]}, DOCUMENT)
    with pytest.raises(PlanInvalid):
        mending.plan_of({"parts": [{"at": "1", "shape": "lines", "rows": "c" * 600}]}, DOCUMENT)


def test_penalties_that_were_found_outside_of_the_plan_stay() -> None:
    before = Rubric(criteria=[], adjustments=[Adjustment(kind="penalty", reason="Late", points=Decimal(1))])
    elsewhere = mending.mended(GRID, DOCUMENT, before=before, old_plan=Plan())
    assert [one.reason for one in elsewhere.adjustments] == ["Late"]
    told = Plan((replace(GRID.parts[0], rows="hccat"),))
    assert mending.mended(GRID, DOCUMENT, before=before, old_plan=told).adjustments != before.adjustments


def test_letters_that_are_in_doubt_are_not_made_certain_by_a_plan() -> None:
    assert mending.mended(GRID, DOCUMENT, before=NOTHING, old_plan=Plan()).certain
    garbled = replace(DOCUMENT, doubts=(GARBLED_TEXT,))
    assert not mending.mended(GRID, garbled, before=NOTHING, old_plan=Plan()).certain


def test_a_result_that_says_something_else_did_not_come_from_the_plan() -> None:
    rubric = mending.mended(GRID, DOCUMENT, before=NOTHING, old_plan=Plan())
    assert mending.is_read_by(GRID, DOCUMENT, rubric)
    assert not mending.is_read_by(GRID, DOCUMENT, rubric.model_copy(update={"criteria": rubric.criteria[:1]}))
    assert not mending.is_read_by(Plan((Part((0,), "down", "c", "h"),)), DOCUMENT, rubric)
