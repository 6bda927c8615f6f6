"""Lists without points and single scales: what stands around them says whether they are graded."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rubric_jobs.reader.assemble import assemble_part
from rubric_jobs.reader.lines_features import features_lines
from rubric_jobs.reader.lines_unscored import is_graded
from rubric_jobs.reader.plan import Part
from tests.reading.paragraphs import document_of

ITEMS = ("- The thesis is clear", "- Sources are named", "- The text is free of mistakes")
LEVELS = ("Excellent: all is told", "Good: most is told", "Poor: little is told")


def features_of(lines: Sequence[str], rows: str) -> dict[str, float]:
    first = len(lines) - len(rows)
    document = document_of(*lines)
    part = Part(tuple(range(first, len(lines))), "lines", "", rows)
    return features_lines(part, document, assemble_part(part, document))


@pytest.mark.parametrize(
    "above",
    [
        ["# Grading criteria"],
        ["# Essay checklist", "Read it before you hand in."],
        ["# Essay", "Your essay will be assessed on the following:"],
        ["# Beurteilung"],
        ["# Kritéria hodnocení"],
        ["# Değerlendirme ölçütleri"],
        ["# Arviointikriteerit"],
        ["# Критерії оцінювання"],
        ["# Barem de notare"],
        ["# Értékelési szempontok"],
    ],
    ids=lambda above: above[-1],
)
def test_a_heading_or_an_announcement_says_that_a_list_is_graded(above: list[str]) -> None:
    assert is_graded(features_of([*above, *ITEMS], "ccc"))
    assert is_graded(features_of([*above, *LEVELS], "lll"))


@pytest.mark.parametrize("above", [["# Shopping"], ["# Welcome", "Please bring:"], ["# Tagesordnung"], []])
def test_any_other_list_is_not_graded(above: list[str]) -> None:
    assert not is_graded(features_of([*above, *ITEMS], "ccc"))


def test_points_speak_for_themselves() -> None:
    scored = [f"{item} (5 points)" for item in ITEMS]
    assert not is_graded(features_of(["# Grading criteria", *scored], "ccc"))


def test_how_much_of_the_document_a_list_is_counts() -> None:
    alone = features_of(["# Grading criteria", *ITEMS], "ccc")
    among = features_of(["A long day began. " * 20, "# Grading criteria", *ITEMS], "ccc")
    assert among["line unscored of all"] < 0.3 < alone["line unscored of all"]


def test_levels_in_order_are_told_from_others() -> None:
    ordered = features_of(["# Essays", *LEVELS], "lll")
    mixed = features_of(["# Essays", LEVELS[1], LEVELS[0], LEVELS[2]], "lll")
    assert ordered["line scale known in order"] > mixed["line scale known in order"]
