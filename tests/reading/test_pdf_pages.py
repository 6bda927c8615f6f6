"""What pages do to tables and text: turns, page breaks, columns, hyphens, form fields, shading, graph paper."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from rubric_jobs import documents, reader
from rubric_jobs.documents import Document
from tests.reading.builders import Sample, as_pdf
from tests.reading.samples_grids import HEADER_POINTS, TRANSPOSED, VALUE_SHEET
from tests.reading.samples_lists import POINT_TABLE

WIDTH, HEIGHT = A4


def drawn(draw: Callable[[canvas.Canvas], None], pages: int = 1) -> Document:
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pagesize=A4)
    for _ in range(pages):
        draw(page)
        page.showPage()
    page.save()
    return documents.parse(stream.getvalue())


def turned(data: bytes, *, text: int = 0, page: int = 0) -> bytes:
    """The pages with their content turned by `text` degrees and shown turned by `page` degrees."""
    writer = PdfWriter()
    for original in PdfReader(io.BytesIO(data)).pages:
        source = writer.add_page(original)
        if text:
            source.rotate(text)
            source.transfer_rotation_to_content()
        if page:
            source.rotate(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("sample", [HEADER_POINTS, TRANSPOSED, POINT_TABLE], ids=lambda s: s.name)
@pytest.mark.parametrize("layout", ["ruled", "plain"])
def test_turned_pages_read_as_upright_ones(sample: Sample, layout: str, degrees: int) -> None:
    data = as_pdf(sample, layout)
    upright = documents.parse(data).text()
    assert documents.parse(turned(data, text=degrees)).text() == upright
    assert documents.parse(turned(data, text=degrees, page=360 - degrees)).text() == upright
    assert documents.parse(turned(data, page=degrees)).text() == upright


def long_table(*, repeat: int, rows: int = 60) -> Document:
    data = [["Criteria", "Excellent", "Poor"]]
    data += [[f"Criterion number {i}", f"Text {i} that praises", f"Text {i} that blames"] for i in range(1, rows + 1)]
    stream = io.BytesIO()
    table = Table(data, colWidths=[120, 160, 160], repeatRows=repeat)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)]))

    def footer(page: canvas.Canvas, template: SimpleDocTemplate) -> None:
        page.drawString(60, 30, f"Course 101 - page {template.page}")

    SimpleDocTemplate(stream, pagesize=A4).build([table], onFirstPage=footer, onLaterPages=footer)
    return documents.parse(stream.getvalue())


@pytest.mark.parametrize("repeat", [0, 1], ids=["header-once", "header-repeated"])
def test_a_table_over_several_pages_is_one_table(repeat: int) -> None:
    document = long_table(repeat=repeat)
    assert document.pages > 1
    assert [(table.rows, table.columns) for table in document.tables] == [(61, 3)]
    assert not document.paragraphs
    assert len(reader.read(document).criteria) == 60


def test_a_row_broken_by_the_page_is_one_row() -> None:
    def draw_first(page: canvas.Canvas) -> None:
        grid(page, 500, [["Criteria", "Good", "Poor"], ["Style", "The prose is clear and", "The prose is"]])
        page.showPage()
        grid(
            page,
            800,
            [["", "pleasant to read.", "hard to follow."], ["Form", "All parts are there.", "Parts are missing."]],
        )

    document = drawn(draw_first)
    (table,) = document.tables
    assert table.rows == 3
    assert table.grid()[1][1].text == "The prose is clear and pleasant to read."  # type: ignore[union-attr]


@pytest.mark.parametrize("style", ["GRID", "LINEABOVE"])
def test_rows_in_small_letters_stay_apart_at_the_end_of_a_page(style: str) -> None:
    data = [["criteria", "excellent", "poor"]]
    data += [[f"part {i} of the pond", f"all of {i} is there, and clear", f"none of {i} is there"] for i in range(60)]
    stream = io.BytesIO()
    table = Table(data, colWidths=[120, 180, 180])
    table.setStyle(TableStyle([(style, (0, 0), (-1, -1), 0.5, colors.black)]))
    SimpleDocTemplate(stream, pagesize=A4).build([table])
    document = documents.parse(stream.getvalue())
    assert document.pages > 1
    assert [t.rows for t in document.tables] == [61]
    assert [c.name for c in reader.read(document).criteria] == [row[0] for row in data[1:]]


def test_a_row_whose_name_too_is_broken_by_the_page_is_one_row() -> None:
    def draw_first(page: canvas.Canvas) -> None:
        first = [["Criteria", "Good", "Poor"], ["Form", "All parts are there.", "Parts are missing."]]
        grid(page, 500, [*first, ["Style of the", "The prose is clear and", "The prose is"]])
        page.showPage()
        grid(page, 800, [["written part", "pleasant to read.", "hard to follow."], ["Maps", "All are there.", "None."]])

    (table,) = drawn(draw_first).tables
    assert [cell.text if cell else "" for cell in table.grid()[2]] == [
        "Style of the written part",
        "The prose is clear and pleasant to read.",
        "The prose is hard to follow.",
    ]


def grid(page: canvas.Canvas, top: float, rows: list[list[str]], *, ruled: bool = True) -> None:
    """A grid with its upper edge at `top`, 150 points a column and 30 a row."""
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            x, y = 60 + 150 * c, top - 30 * (r + 1)
            if ruled:
                page.rect(x, y, 150, 30)
            page.setFont("Helvetica", 10)
            page.drawString(x + 5, y + 12, text)


def test_shaded_cells_without_rules_make_a_table() -> None:
    def draw(page: canvas.Canvas) -> None:
        rows = [
            ["Criteria", "Good", "Poor"],
            ["Style", "The prose is clear.", "The prose is dull."],
            ["Form", "All is there.", "Parts lack."],
        ]
        for r, row in enumerate(rows):
            for c, _ in enumerate(row):
                page.setFillGray(0.7 if r % 2 else 0.9)
                page.rect(60 + 150 * c, 700 - 30 * (r + 1), 150, 30, stroke=0, fill=1)
        page.setFillGray(0)
        grid(page, 700, rows, ruled=False)

    (table,) = drawn(draw).tables
    assert (table.rows, table.columns) == (3, 3)


def test_graph_paper_behind_a_table_is_no_table() -> None:
    def draw(page: canvas.Canvas) -> None:
        page.setStrokeGray(0.8)
        for x in range(0, int(WIDTH) + 1, 15):
            page.line(x, 0, x, HEIGHT)
        for y in range(0, int(HEIGHT) + 1, 15):
            page.line(0, y, WIDTH, y)
        page.setStrokeGray(0)
        grid(page, 703, [["Criteria", "Good", "Poor"], ["Style", "It is clear.", "It is dull."]])

    (table,) = drawn(draw).tables
    assert (table.rows, table.columns) == (2, 3)


def test_two_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [
        "Rubrics tell students what",
        "is asked of them before they",
        "begin to write, and teachers",
        "what to look at when they",
    ]
    right = [
        "In the second column there is",
        "another story, which has to be",
        "read after the first one and",
        "never be mixed up with it at",
    ]

    def draw(page: canvas.Canvas) -> None:
        page.setFont("Helvetica", 11)
        for i in range(16):
            page.drawString(60, 760 - 14 * i, left[i % 4])
            page.drawString(320, 760 - 14 * i, right[i % 4])

    text = drawn(draw).text()
    assert "before they begin to write" in text
    assert text.index("when they") < text.index("In the second column")


def test_hyphens_of_line_breaks_go_and_others_stay() -> None:
    lines = [
        "The evidence is well-",
        "chosen and the argu-",
        "ment follows from it in every sen-",
        "tence; the argument is sound.",
    ]

    def draw(page: canvas.Canvas) -> None:
        page.setFont("Helvetica", 11)
        for i, line in enumerate(lines):
            page.drawString(60, 760 - 13 * i, line)

    assert "well-chosen and the argument follows from it in every sentence" in drawn(draw).text().replace("\n\n", " ")


def test_what_was_typed_into_form_fields_is_read() -> None:
    def draw(page: canvas.Canvas) -> None:
        page.setFont("Helvetica", 10)
        page.drawString(60, 760, "Criterion one is worth")
        page.acroForm.textfield(name="points", x=180, y=752, width=80, height=20, value="25 points", fontSize=10)

    assert "Criterion one is worth 25 points" in " ".join(drawn(draw).text().split())


def test_running_heads_and_page_numbers_are_left_out() -> None:
    number = iter(range(1, 9))

    def draw(page: canvas.Canvas) -> None:
        page.setFont("Helvetica", 10)
        page.drawString(60, 820, "University of Somewhere")
        page.drawString(290, 20, str(next(number)))
        page.drawString(60, 500, "What this page is about stands here.")

    text = drawn(draw, pages=3).text()
    assert "University" not in text
    assert text.count("What this page is about") == 3


def test_vertical_headings_are_read_along_their_own_direction() -> None:
    def draw(page: canvas.Canvas) -> None:
        grid(
            page,
            570,
            [["Style", "The prose is clear.", "The prose is dull."], ["Form", "All is there.", "Parts lack."]],
        )
        for c, text in enumerate(["Very good", "Rather poor"], 1):
            page.rect(60 + 150 * c, 570, 150, 80)
            page.saveState()
            page.translate(60 + 150 * c + 20, 580)
            page.rotate(90)
            page.drawString(0, 0, text)
            page.restoreState()

    texts = [cell.text for table in drawn(draw).tables for cell in table.cells]
    assert "Very good" in texts
    assert "Rather poor" in texts


def test_a_place_is_told_in_points_from_the_top_left() -> None:
    document = documents.parse(as_pdf(VALUE_SHEET, "ruled"))
    source = document.find("Diversity of Communities")
    assert source is not None
    assert source.page == 1
    assert source.bbox is not None
    x0, top, x1, bottom = source.bbox
    assert 0 <= x0 < x1 <= 900
    assert 0 <= top < bottom <= 600
    heading = document.find("Civic Engagement Rubric")
    assert heading is not None
    assert heading.bbox is not None
    assert heading.bbox[3] <= top
