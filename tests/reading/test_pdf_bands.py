"""Tables with rules or shaded areas across alone, as web pages are printed: drawn cell by cell, without verticals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from reportlab.lib import colors
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from tests.reading.test_pdf_geometry import BODY, GRID, ROWS, drawn, read, table, texts

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


def test_a_table_with_a_rule_below_its_header_ends_before_the_next_heading() -> None:
    rows = [["Criterion", "Points"], ["Reads the file", "10"], ["Sorts the entries", "20"], ["Writes a report", "5"]]
    style = below_cells([0], 2)
    heading = Paragraph("What happens next", BODY.clone("title", fontSize=14, leading=18, spaceBefore=14))
    document = read(table(rows, style, [200, 60]), heading, Paragraph("1. Hand in your program by Friday", BODY))
    assert texts(document) == rows
    assert len(document.tables) == 1


def test_the_rest_of_a_row_goes_on_below_the_header_that_the_next_page_repeats() -> None:
    long = "the claim is stated clearly and defended with reasons that fit, and " * 3
    rows = [ROWS[0], ["Argument", long, "One reason.", "No claim."], ["Evidence", long + long, "Some.", "None."]]
    found = read(Spacer(1, 615), table(rows, below_cells([0]), splitInRow=1, repeatRows=1))
    assert [row[0] for row in texts(found)] == ["Criterion", "Argument", "Evidence"]
    assert texts(found)[2][1].count("defended") == 6


def test_a_heading_in_larger_type_is_no_row_of_the_table_below_it() -> None:
    title = BODY.clone("title", fontSize=14, leading=15, spaceAfter=0)
    cells = [[Paragraph(text, title) for text in ("6", "Proposal", "8 points")]]
    parted = Table(cells, colWidths=[60, 100, 105])
    rows = [["Step", "Points", "What it takes"], ["1", "0–2", "Nothing is proposed."], ["2", "3–8", "It is precise."]]
    style = [*shaded_cells([0, 1, 2], 3), *below_cells([0, 1, 2], 3)]
    document = read(parted, table(rows, style, [60, 100, 105]))
    assert rows in [texts(document, index) for index in range(len(document.tables))]


def test_boxes_around_code_are_no_table() -> None:
    code = [("BACKGROUND", (0, 0), (-1, -1), colors.lightgrey)]
    story: list[Flowable] = []
    for text in ("print('one')", "print('two')", "print('three')"):
        story += [table([[text]], code, [400]), Spacer(1, 10), Paragraph("It prints this line:", BODY)]
    assert not read(*story).tables


def test_rows_of_a_script_without_small_letters_are_parted_by_their_gaps() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 11)
        y = 740
        for row in (
            [["标准", "优秀", "良好"]],
            [["结构与论", "文章结构清晰论证充分", "结构基本清晰"], ["证", "引用恰当", ""]],
            [["语言表达", "语言准确流畅没有错误", "语言基本准确"], ["能力", "", "有少量的错误"]],
        ):
            for line in row:
                for x, text in zip((60, 160, 320), line, strict=True):
                    canvas.drawString(x, y, text)
                y -= 14
            y -= 8

    names = [row[0].replace(" ", "") for row in texts(drawn(draw))]
    assert names == ["标准", "结构与论证", "语言表达能力"]


def test_rows_of_the_table_above_are_no_headings() -> None:
    first = [["4", "The plot needs effort<br/>to be read"], ["0", "It cannot be read"]]
    second = [["1", "It has a title"], ["0", "It has none"]]
    heading = Paragraph("Title", BODY.clone("title", fontSize=9, leading=9, spaceAfter=0, leftIndent=180))
    document = read(table(first, GRID, [24, 300]), heading, table(second, GRID, [24, 300]))
    assert [len(texts(document, index)) for index in (0, 1)] == [2, 2]
