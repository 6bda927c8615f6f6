"""Lists without points and single scales: what stands around them says whether they are graded."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rubric_jobs.documents.model import Document
from rubric_jobs.reader.assemble import assemble_part
from rubric_jobs.reader.features import part_features
from rubric_jobs.reader.lines_features import features_lines
from rubric_jobs.reader.lines_unscored import is_graded
from rubric_jobs.reader.plan import Part
from tests.reading.paragraphs import document_of
from tests.reading.test_grids_by_kind import table

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


def test_learners_who_judge_their_own_work_speak_of_themselves() -> None:
    own = features_of(
        ["# Essay", "- I have named my sources", "- My aim is clear", "- The text is free of mistakes"], "ccc"
    )
    assert own["line unscored first person"] == pytest.approx(2 / 3)


def test_what_names_a_scale_is_short_and_no_sentence() -> None:
    heading = features_of(["# Essays", *LEVELS], "clll")
    sentence = features_of(["A teacher gives one of the marks that are described below.", *LEVELS], "clll")
    assert heading["line scale name sentence"] == 0 < sentence["line scale name sentence"]


def grid_features(above: str, *rows: list[str], columns: str) -> dict[str, float]:
    document = Document(1, (*document_of(above).blocks, table(*rows)))
    part = Part((1,), "down", columns, "c" * len(rows))
    return part_features(part, document, assemble_part(part, document))


NAMES = ("Is the aim clear?", "Are the sources named?", "Is the text free of mistakes?")


@pytest.mark.parametrize(
    ("cells", "evidence"),
    [
        (["☐"], "boxes"),
        (["[ ]"], "boxes"),
        ([""], "blanks"),
        (["Yes", "No"], "same answers"),
        (["1 2 3"], "same answers"),
    ],
)
def test_a_table_without_points_may_ask_for_a_judgement_in_each_row(cells: list[str], evidence: str) -> None:
    rows = [[name, *cells] for name in NAMES]
    asked = grid_features("# Essay checklist", *rows, columns="c" + "-" * len(cells))
    assert asked[f"unscored {evidence}"] == asked["unscored asks and graded"] == 1
    assert asked["unscored questions"] == 1
    assert is_graded(asked)
    assert not is_graded(grid_features("# Packing list", *rows, columns="c" + "-" * len(cells)))


def test_texts_beside_names_tell_something_of_each_row() -> None:
    rows = [["Monday", "Walk"], ["Tuesday", "Museum"], ["Friday", "Journey home"]]
    told = grid_features("# Our trip", *rows, columns="c-")
    assert told["unscored told and not graded"] == 1
    assert told["unscored asks"] == 0
    assert not is_graded(grid_features("# Essay checklist", *rows, columns="c-"))


def test_a_table_with_points_speaks_for_itself() -> None:
    scored = grid_features("# Essay checklist", *([name, "5"] for name in NAMES), columns="cp")
    assert not any(name.startswith("unscored") for name in scored)
