"""Kinds of tables that were once misread, each in its smallest form."""

from __future__ import annotations

from typing import Any

import pytest

from rubric_jobs.documents.model import Block, Cell, Document, Paragraph, Table
from rubric_jobs.reader import reading
from rubric_jobs.reader.enumerate_rows import row_roles
from rubric_jobs.reader.sheet import sheet_of
from rubric_jobs.rubric.model import Rubric, Source

HERE = Source()
Found = list[tuple[str, float | None, list[tuple[str | None, Any]]]]


def heading(text: str) -> Paragraph:
    return Paragraph(text, HERE, is_bold=True, is_heading=True)


def table(*rows: list[str]) -> Table:
    cells = [Cell(r, c, text, HERE, is_bold=r == 0) for r, row in enumerate(rows) for c, text in enumerate(row)]
    return Table(len(rows), len(rows[0]), tuple(cells), HERE)


def read(*blocks: Block) -> Rubric:
    found = reading.reading_of(Document(1, tuple(blocks))).rubric
    assert found is not None
    return found


def shown(rubric: Rubric) -> Found:
    return [
        (
            criterion.name,
            None if criterion.points is None else float(criterion.points),
            [(level.name, _points(level)) for level in criterion.levels],
        )
        for criterion in rubric.criteria
    ]


def _points(level: Any) -> Any:
    if level.points_min is not None:
        return float(level.points_min), float(level.points_max)
    return None if level.points is None else float(level.points)


POINTS = [["Criterion", "Points"], ["Requirements", "4"], ["Data model", "3"], ["Tests", "8"], ["Report", "5"]]


@pytest.mark.parametrize(
    "name", ["Total", "TOTAL", "Gesamt", "Part A total", "Total points possible", "TOPLAM", "Σύνολο"]
)
def test_a_row_that_sums_the_others_up_is_their_total(name: str) -> None:
    found = read(heading("Grading rubric"), table(*POINTS, [name, "20"]))
    assert [criterion.name for criterion in found.criteria] == ["Requirements", "Data model", "Tests", "Report"]
    assert found.totals.stated == 20


def test_a_row_worth_less_than_another_is_no_total_whatever_its_name() -> None:
    found = read(heading("Grading rubric"), table(*POINTS, ["Total effort", "2"], ["Style", "3"]))
    assert [criterion.name for criterion in found.criteria][-2:] == ["Total effort", "Style"]


def test_a_place_to_write_in_is_no_level() -> None:
    rows = [["Criterion", "Points", "Group 1", "Group 2", "Group 3"]]
    rows += [[name, "2", "____", "____", "____"] for name in ("Project", "Scope", "Identity", "Modules")]
    assert shown(read(heading("Assessment"), table(*rows))) == [
        (name, 2.0, []) for name in ("Project", "Scope", "Identity", "Modules")
    ]


def test_points_earned_of_points_possible_are_worth_what_is_possible() -> None:
    rows = [["Criterion", "Points"], ["Correctness", "13 / 25"], ["Theory", "7 / 25"], ["Code", "16 / 20"]]
    assert [points for _, points, _ in shown(read(heading("Grading rubric"), table(*rows)))] == [25.0, 25.0, 20.0]


def test_a_range_before_its_gloss_is_the_level_s_points() -> None:
    rows = [
        ["Criteria", "Excellent", "Good", "Pass", "Points"],
        ["Writing", "10–8 (publishable)", "7–4 (minor issues)", "3–0 (too short)", "/10"],
        ["Analysis", "10–8 (clear links)", "7–4 (some gaps)", "3–0 (missing)", "/10"],
    ]
    levels = [("Excellent", (8.0, 10.0)), ("Good", (4.0, 7.0)), ("Pass", (0.0, 3.0))]
    found = read(heading("Rubric (total: 20 pts)"), table(*rows))
    assert shown(found) == [("Writing", 10.0, levels), ("Analysis", 10.0, levels)]
    assert found.totals.stated == 20


def test_a_table_of_levels_is_the_criterion_that_its_heading_names() -> None:
    titles = ["Score", "Quality", "Description"]
    talk = [["7-9", "Excellent", "Slides carry the talk from start to end."], ["4-6", "Adequate", "Some slides help."]]
    talk += [["0-3", "Poor", "The slides are read out."]]
    report = [["7-9", "Excellent", "Every claim rests on a source."], ["4-6", "Adequate", "Some claims rest on one."]]
    report += [["0-3", "Poor", "No claim rests on a source."]]
    blocks = [heading("Presentation (9 points)"), table(titles, *talk), heading("Report (9 points)")]
    found = read(heading("Grading rubric"), *blocks, table(titles, *report))
    scale = [("Excellent", (7.0, 9.0)), ("Adequate", (4.0, 6.0)), ("Poor", (0.0, 3.0))]
    assert shown(found) == [("Presentation", 9.0, scale), ("Report", 9.0, scale)]


def test_a_column_that_counts_down_is_a_scale_and_no_list_of_criteria() -> None:
    texts = ["Every paragraph serves the thesis.", "Some paragraphs wander off.", "Readers guess.", "No thesis."]
    rows = [["Score", "Description"], *([str(4 - place), text] for place, text in enumerate(texts))]
    assert shown(read(heading("Holistic essay rubric"), table(*rows))) == [
        ("Holistic essay rubric", 4.0, [("4", 4.0), ("3", 3.0), ("2", 2.0), ("1", 1.0)])
    ]


def test_a_summary_and_its_details_are_one_rubric() -> None:
    summary = [
        Paragraph(f"({worth}%) {name}", HERE, marker="•", indent=18)
        for name, worth in (("Argument", 50), ("Bibliographic interaction", 25), ("Mechanics and style", 25))
    ]
    rows = [
        ["Criterion", "Excellent", "Good", "Poor"],
        ["Argument", "Makes a distinctive claim.", "Makes a solid claim.", "Makes no claim."],
        ["Bibliography", "Uses many sources well.", "Uses some sources.", "Uses no sources."],
        ["Mechanics", "Reads without an error.", "Has a few errors.", "Is hard to read."],
    ]
    found = read(heading("Essay rubric"), *summary, table(*rows))
    assert [(name, points, len(levels)) for name, points, levels in shown(found)] == [
        ("Argument", 50.0, 3),
        ("Bibliography", 25.0, 3),
        ("Mechanics", 25.0, 3),
    ]


def test_a_sentence_below_a_name_is_no_part_of_it() -> None:
    rows = [
        ["Criterion", "Strong", "Weak", "Points"],
        ["Thesis\nWhat the paper sets out to show.", "States a claim that can be tested.", "Cannot be found.", "10"],
        ["Evidence", "Every claim rests on a source.", "No claim does.", "10"],
        ["Structure", "One thought leads to the next.", "There is no order.", "5"],
        ["Language", "Reads well from start to end.", "Is hard to follow.", "5"],
    ]
    found = read(heading("Seminar paper"), table(*rows))
    assert (found.criteria[0].name, found.criteria[0].description) == ("Thesis", "What the paper sets out to show.")


LEVELLED = ["Level 3: Sophisticated", "Level 2: Developing", "Level 1: Unacceptable"]
TEXTS = ["16 points\nConvincing in every part.", "8 points\nConvincing in some parts.", "0 points\nNot convincing."]


def roles_of_rows(roles: str, *rows: list[str]) -> str:
    """The likeliest roles of the rows below the first one."""
    sheet = sheet_of(Document(1, (table(*rows),)), (0,))
    return row_roles(sheet, roles, rows[0], range(1, len(rows)))[0][0]


def test_a_row_that_repeats_the_names_of_the_levels_is_a_header() -> None:
    told = ["Lead", "Style", "Sources"]
    rows = [["News lead", *LEVELLED], *([name, *TEXTS] for name in told), ["Body of the main story", *LEVELLED]]
    assert roles_of_rows("clll", *rows, *([name, *TEXTS] for name in told)) == "ccchccc"


@pytest.mark.parametrize("name", ["Teacher(s)\nComments:", "(Please use the other side of the sheet, if necessary.)"])
def test_a_row_without_marks_below_the_total_is_skipped(name: str) -> None:
    scores = ["1, 2, 3", "4, 5, 6", "7, 8, 9"]
    rows = [["Process", "Poor", "Fair", "Good"], ["1. Vision", *scores], ["2. Time", *scores], ["3. Format", *scores]]
    assert roles_of_rows("clll", *rows, ["Total Score:____", "", "", ""], [name, "", "", ""]) == "ccct-"
