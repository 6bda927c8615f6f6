"""Cells, headings, and rows of rubric tables that were once read almost right."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rubric_jobs.documents.model import Cell, Document, Table
from rubric_jobs.reader import amounts, cell_values, names
from rubric_jobs.reader.assemble import assemble_part
from rubric_jobs.reader.enumerate_rows import row_roles
from rubric_jobs.reader.plan import Part
from rubric_jobs.reader.sheet import sheet_of
from rubric_jobs.rubric.model import Source
from tests.reading.test_grids_by_kind import heading, read, shown, table


def roles_of(*rows: list[str], columns: str) -> str:
    sheet = sheet_of(Document(1, (table(*rows),)), (0,))
    return row_roles(sheet, columns, [""] * sheet.columns, range(len(rows)))[0][0]


def levels_in(text: str) -> list[tuple[str | None, str | None, int | None, int | None]]:
    told = cell_values.levels_in(text)
    return [
        (level.name, level.description, *((level.amount.low, level.amount.high) if level.amount else (None, None)))  # type: ignore[misc]
        for level in told
    ]


def test_levels_that_follow_each_other_within_a_line_are_parted() -> None:
    text = "Weak (0–5): no plan. Fair (6–9): a plan that\nholds. Very\ngood (10–12): a plan that convinces."
    assert levels_in(text) == [
        ("Weak", "no plan.", 0, 5),
        ("Fair", "a plan that\nholds.", 6, 9),
        ("Very good", "a plan that convinces.", 10, 12),
    ]


def test_a_single_mark_among_ranges_within_a_line_is_a_level_too() -> None:
    assert [found[2:] for found in levels_in("0–3: vague. 4–6: clear. 7: convincing.")] == [(0, 3), (4, 6), (None, 7)]


def test_a_ratio_within_a_sentence_begins_no_level() -> None:
    assert len(levels_in("3 points: The mix is right. It is 2:1 or better. All of it is stirred.")) == 1


def test_points_of_which_any_may_be_given_are_a_range() -> None:
    text = "- 8 Punkte: alles verständlich\n- 3, 2 oder 1 Punkte bei Fehlern\n- 2 oder 4 Bonuspunkte: mehr als verlangt"
    assert [found[2:] for found in levels_in(text)] == [(None, 8), (1, 3), (2, 4)]


def test_a_bonus_among_levels_does_not_raise_what_the_criterion_is_worth() -> None:
    rows = [["Kriterium", "Ausprägungen"]]
    rows += [["Modell", "- 4 Punkte: vollständig\n- 2 Punkte: teilweise\n- 5 oder 6 Bonuspunkte: mehr als verlangt"]]
    rows += [
        ["Bericht", "- 3 Punkte: klar\n- 1 Punkt: lückenhaft"],
        ["Vortrag", "- 3 Punkte: frei\n- 1 Punkt: gelesen"],
    ]
    assert [points for _, points, _ in shown(read(heading("Bewertung"), table(*rows)))] == [4.0, 3.0, 3.0]


@pytest.mark.parametrize("text", ["Very little effort\n5", "Sources are lacking detail\n0-3"])
def test_a_few_words_about_the_work_above_points_describe_a_level(text: str) -> None:
    told = cell_values.unnamed_level(text, "", beside_others=True)
    assert (told.name, told.description) == (None, text.split("\n")[0])


@pytest.mark.parametrize("text", ["Excellent\n5", "B\n3", "Meets expectations\n4", "No attempt\n0"])
def test_the_name_of_a_level_above_points_stays_its_name(text: str) -> None:
    assert cell_values.unnamed_level(text, "", beside_others=True).name == text.split("\n")[0]


def test_a_share_in_the_bracket_of_a_level_s_name_is_no_amount() -> None:
    assert cell_values.heading("Good (shows 75% of what was asked for)") == (
        "Good (shows 75% of what was asked for)",
        None,
    )
    assert cell_values.heading("Good (75%)")[1] is not None


def test_the_last_of_two_brackets_holds_the_points() -> None:
    found = amounts.trailing("Few warnings (fewer than 5). (7 points)")
    assert found is not None
    assert found[0].high == 7


def test_a_bracket_that_closes_within_the_text_does_not_cut_the_name() -> None:
    assert names.named("Layout (0-6) with pictures that fit\nOrder\nSpelling").name.startswith(
        "Layout (0-6) with pictures"
    )


def test_a_numbered_row_above_its_numbered_parts_is_a_section() -> None:
    rows = [
        ["1. Planning", ""],
        ["1.1 Handed in on time", ""],
        ["2. Code", ""],
        ["2.1 Tidy", ""],
        ["2.2 No errors", ""],
    ]
    assert roles_of(*rows, columns="c-") == "scscc"


def test_a_numbered_row_with_points_of_its_own_is_a_criterion() -> None:
    rows = [["1. Planning", "4"], ["1.1 Handed in on time", "2"], ["2. Code", "9"], ["2.1 Tidy", "3"]]
    assert roles_of(*rows, columns="cp")[0] == "c"


def test_a_header_below_a_group_heading_is_known_when_it_comes_again() -> None:
    rows = [["Concepts", "All of them.", "Most of them.", "A few."], ["Structure 30%", "Advanced", "Fair", "Weak"]]
    rows += [["Spelling", "No errors.", "Few errors.", "Many errors."], ["Layout", "Neat.", "Fair enough.", "Poor."]]
    sheet = sheet_of(Document(1, (table(*rows),)), (0,))
    titles = ["Criteria\nContent 70%", "Levels of Achievement\nAdvanced", "Fair", "Weak"]
    assert row_roles(sheet, "clll", titles, range(4))[0][0] == "chcc"


def test_points_in_ukrainian_are_known() -> None:
    found = cell_values.whole("0-6 балів")
    assert found is not None
    assert (found.low, found.high, found.has_unit) == (Decimal(0), Decimal(6), True)


def test_numbered_headings_above_boxes_to_tick_are_levels() -> None:
    heads = [
        f"{n} – The work is {word}, and most of what was asked for is there or can be seen in it"
        for n, word in enumerate(("untidy", "in order", "tidy"), start=1)
    ]
    rows = [["RUBRIC", *heads], *[[name, "", "", ""] for name in ("Plot of the game", "Sound", "Controls", "End")]]
    levels = [("1", 1.0), ("2", 2.0), ("3", 3.0)]
    assert shown(read(heading("Term project"), table(*rows))) == [
        (name, 3.0, levels) for name in ("Plot of the game", "Sound", "Controls", "End")
    ]


def test_a_row_of_a_section_of_its_own_is_a_criterion_though_its_name_is_blank() -> None:
    grid = [
        ["Part", "Task", "Points"],
        ["Planning", "Goals", "4"],
        ["", "Steps", "3"],
        ["Code", "", "5"],
        ["", "Tests", "2"],
    ]
    cells = [
        Cell(r, c, text, Source(), row_span=2 if c == 0 and r in (1, 3) else 1)
        for r, row in enumerate(grid)
        for c, text in enumerate(row)
        if c or r not in (2, 4)
    ]
    part = Part((0,), "down", "scp", "hcccc")
    found = assemble_part(part, Document(1, (Table(5, 3, tuple(cells), Source()),))).criteria
    assert [(c.section, c.name, c.points) for c in found] == [
        ("Planning", "Goals", 4),
        ("Planning", "Steps", 3),
        ("Code", "", 5),
        ("Code", "Tests", 2),
    ]


def test_two_marks_in_a_cell_below_a_descriptor_are_a_range() -> None:
    grid = [["", "Poor", "Good"], ["Fluency", "It is hard to follow.", "It flows."], ["", "1 2", "3.5 4"]]
    cells = [
        Cell(r, c, text, Source(), row_span=2 if (r, c) == (1, 0) else 1)
        for r, row in enumerate(grid)
        for c, text in enumerate(row)
        if (r, c) != (2, 0)
    ]
    part = Part((0,), "down", "cll", "hcc")
    (found,) = assemble_part(part, Document(1, (Table(3, 3, tuple(cells), Source()),))).criteria
    assert [(level.points_min, level.points_max) for level in found.levels] == [(1, 2), (Decimal("3.5"), 4)]


@pytest.mark.parametrize(("title", "is_name"), [("Descriptors", False), ("Rating", True)])
def test_under_a_heading_for_descriptions_a_short_text_is_one(title: str, is_name: bool) -> None:
    rows = [["Criterion", title, "Points"], ["Argument", "Complete", "3"], ["", "Partial", "2"], ["", "Absent", "0"]]
    part = Part((0,), "long", "cxv", "hcll", name="lead")
    (found,) = assemble_part(part, Document(1, (table(*rows),))).criteria
    told = [level.name if is_name else level.description for level in found.levels]
    assert told == ["Complete", "Partial", "Absent"]
