"""Texts over the foot of their cell, and tables below each other in narrow columns, as browsers print them."""

from __future__ import annotations

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Spacer

from tests.reading.test_pdf_bands import boxed, shaded_cells
from tests.reading.test_pdf_geometry import BODY, drawn, read, table, texts

COLUMNS = (60, 200, 340)


def grid(canvas: Canvas, heights: list[float], foot: float) -> None:
    """Rules across at these heights, and verticals down to `foot`."""
    for y in heights:
        canvas.line(COLUMNS[0], y, COLUMNS[-1], y)
    for x in COLUMNS:
        canvas.line(x, heights[0], x, foot)


def test_the_last_line_of_a_cell_that_the_page_cut_belongs_to_it() -> None:
    def draw(canvas: Canvas) -> None:
        grid(canvas, [700, 670], 70)
        canvas.line(COLUMNS[1], 70, COLUMNS[2], 70)
        for x, y, text in ((66, 680, "Criterion"), (206, 680, "Level"), (206, 75, "2 points")):
            canvas.drawString(x, y, text)
        canvas.drawString(66, 75, "Development of the")
        canvas.drawString(66, 61, "argument")

    document = drawn(draw)
    assert texts(document) == [["Criterion", "Level"], ["Development of the argument", "2 points"]]
    assert not document.paragraphs


def test_a_text_below_a_table_is_no_part_of_its_last_cell() -> None:
    def draw(canvas: Canvas) -> None:
        grid(canvas, [700, 670, 640], 640)
        for x, y, text in ((66, 680, "Criterion"), (206, 680, "Level"), (66, 650, "Argument"), (206, 650, "2 points")):
            canvas.drawString(x, y, text)
        canvas.drawString(66, 620, "See page 2")

    assert [paragraph.text for paragraph in drawn(draw).paragraphs] == ["See page 2"]


def test_a_line_that_runs_into_the_row_below_ends_the_text_above_it() -> None:
    def draw(canvas: Canvas) -> None:
        grid(canvas, [700, 670, 640, 600], 600)
        for x, y, text in ((66, 680, "Criterion"), (206, 680, "Full marks"), (66, 658, "Analysis"), (66, 622, "Style")):
            canvas.drawString(x, y, text)
        for y, text in ((658, "Clear links to"), (645, "sources and"), (632, "decisions."), (623, "5 points")):
            canvas.drawString(206, y, text)
        canvas.drawString(206, 609, "Easy to read")

    assert [row[1] for row in texts(drawn(draw))[1:]] == [
        "Clear links to sources and decisions.",
        "5 points Easy to read",
    ]


def test_each_table_of_two_narrow_columns_has_its_own_header() -> None:
    first = [["Score", "Descriptor"], ["3", "The model answers every time."], ["2", "It answers at times."]]
    second = [["Score", "Descriptor"], ["3", "Ten pictures were tried in all."], ["2", "Two pictures were tried."]]
    for rows in (first, second):
        rows.append(["1", "Nothing was handed in."])
    title = BODY.clone("title", fontSize=14, leading=17, spaceBefore=12)
    style = boxed(shaded_cells([1, 3], 2))
    story: list[Flowable] = [
        Paragraph("Criterion 1: The model answers", title),
        table(first, style, [32, 300], hAlign="LEFT"),
    ]
    story += [
        Spacer(1, 16),
        Paragraph("Criterion 2: Tests with pictures", title),
        table(second, style, [32, 300], hAlign="LEFT"),
    ]
    document = read(*story)
    assert [texts(document, 0), texts(document, 1)] == [first, second]
