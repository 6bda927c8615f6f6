"""Tables with rules or shaded areas across alone, as web pages are printed: drawn cell by cell, without verticals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from reportlab.lib import colors
from reportlab.platypus import Flowable, Paragraph, Spacer

from tests.reading.test_pdf_geometry import BODY, GRID, ROWS, read, table, texts

GREY = colors.HexColor("#dddddd")
TINT = colors.HexColor("#f6f8fa")
NARROW = [60, 100, 105, 110]
"""Columns so tight that no wide gap stands between their headings."""


def below_cells(rows: Sequence[int], columns: int = 4) -> list[Any]:
    """A rule below each cell of these rows, in pieces that meet at the columns' borders."""
    return [("LINEBELOW", (c, r), (c, r), 0.5, GREY) for r in rows for c in range(columns)]


def shaded_cells(rows: Sequence[int], columns: int = 4) -> list[Any]:
    return [("BACKGROUND", (c, r), (c, r), TINT) for r in rows for c in range(columns)]


def boxed(style: Sequence[Any]) -> list[Any]:
    return [*style, ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3)]


def plain(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [list(row) for row in rows]


@pytest.mark.parametrize(
    "style",
    [below_cells(range(4)), below_cells(range(3)), shaded_cells([1, 3]), shaded_cells([2]) + below_cells(range(4))],
    ids=["a rule below each row", "none below the last row", "every other row shaded", "both"],
)
def test_columns_are_parted_where_the_pieces_of_rules_meet(style: Sequence[Any]) -> None:
    heading = Paragraph("The essay counts for forty percent of the mark of this course in all.", BODY)
    document = read(heading, Spacer(1, 20), table(ROWS, boxed(style), NARROW))
    assert texts(document) == plain(ROWS)


def test_tables_below_each_other_are_parted_by_the_heading_between_them() -> None:
    other = [["Criterion", "Excellent", "Good", "Poor"], ["Talk", "Free and lively.", "Clear.", "Read out."]]
    other += [["Slides", "They help to follow.", "They are legible.", "They hide the talk."]]
    story: list[Flowable] = [
        Paragraph("Essay", BODY),
        table(ROWS, boxed(below_cells(range(4))), NARROW),
        Paragraph("Presentation of forty minutes in which each of you has a part of their own", BODY),
        table(other, boxed(below_cells(range(3))), NARROW),
    ]
    document = read(*story)
    assert [texts(document, 0), texts(document, 1)] == [plain(ROWS), plain(other)]


def test_a_rule_between_sections_belongs_to_no_table() -> None:
    rule = table([[""]], [("LINEABOVE", (0, 0), (-1, 0), 0.5, GREY)], [sum(NARROW)])
    story = [rule, Paragraph("What we look for", BODY), table(ROWS, boxed(below_cells(range(4))), NARROW)]
    closing = [Paragraph("Hand in by Friday.", BODY), rule, Paragraph("Late work is not marked at all.", BODY)]
    document = read(*story, Spacer(1, 24), *closing)
    assert texts(document) == plain(ROWS)
    assert len(document.tables) == 1


def test_a_cell_beside_several_ruled_rows_names_all_of_them() -> None:
    rows = [["Part", "Criterion", "Points"], ["Report", "Structure", "5"], ["", "Style", "4"], ["Talk", "Voice", "3"]]
    style = [("LINEBELOW", (c, r), (c, r), 0.5, GREY) for r in (0, 2, 3) for c in range(3)]
    style += [("LINEBELOW", (c, 1), (c, 1), 0.5, GREY) for c in (1, 2)]
    (found,) = read(table(rows, style, [80, 120, 60])).tables
    spans = {cell.text: cell.row_span for cell in found.cells if cell.column == 0}
    assert spans == {"Part": 1, "Report": 2, "Talk": 1}


def test_headings_of_two_lines_without_a_rule_above_head_their_columns() -> None:
    rows = [
        ["Score", "Quality<br/>level", "Description"],
        ["9–10", "Good", "All parts are there and fit together well."],
    ]
    rows += [["5–8", "Fair", "Some parts are there."], ["0–4", "Poor", "Hardly any part is there, or none."]]
    heading = Paragraph("Report (10 points)", BODY)
    document = read(heading, table(rows, boxed(below_cells(range(4), 3)), [30, 40, 220]))
    assert texts(document)[0] == ["Score", "Quality level", "Description"]


def test_lines_of_a_paragraph_beside_scores_to_circle_stay_one_row() -> None:
    story = "The variable is on the axis with its unit;<br/>the other axis is labelled too, and intervals are<br/>even"
    rows = [
        ["Section", "Scores"],
        [story, "2<br/>1<br/>0"],
        ["A sentence that says what the<br/>trial showed.", "2<br/>0"],
    ]
    document = read(table(rows, GRID, [260, 60]))
    assert [row[1] for row in texts(document)] == ["Scores", "2 1 0", "2 0"]


def test_a_range_broken_in_a_narrow_column_stays_in_its_row() -> None:
    rows = [["Score", "Description"], ["13–<br/>15", "All parts are there and<br/>they fit together well."]]
    document = read(table([*rows, ["0–12", "Some are."]], GRID, [40, 130]))
    assert [row[0] for row in texts(document)] == ["Score", "13– 15", "0–12"]
