"""Made checklists, which teach the fit: their truth is printed in them, and some hold none."""

from __future__ import annotations

import random

from benchmarks import made_checklists, made_pages
from rubric_jobs import documents


def test_what_a_made_checklist_asks_for_is_printed_in_it() -> None:
    told = [made_checklists.made(random.Random(seed)) for seed in range(12)]
    assert {bool(handout.criteria) for handout in told} == {True, False}
    for handout in told:
        text = documents.parse(made_pages.as_docx(handout.lines)).text()
        assert all(criterion["name"] in text for criterion in handout.criteria)
        assert all(criterion["points"] is None for criterion in handout.criteria)


def test_the_same_chance_makes_the_same_checklist() -> None:
    one, other = (made_checklists.made(random.Random(5)) for _ in range(2))
    assert (one.lines, one.criteria) == (other.lines, other.criteria)
