"""Tables whose grid is only partly drawn, or not at all, and tables over several pages."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from rubric_jobs import documents
from rubric_jobs.documents import Document

CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=9, leading=11)
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=12, spaceAfter=6)
GRID = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)]
TOP = ("VALIGN", (0, 0), (-1, -1), "TOP")
WIDTHS = [90, 130, 130, 130]
ROWS = [
    ["Criterion", "Excellent", "Good", "Poor"],
    [
        "Argument",
        "The claim is stated clearly and defended with several reasons that fit.",
        "The claim is stated and defended with one reason.",
        "No claim is stated in the text.",
    ],
    [
        "Evidence",
        "Sources are recent, cited in full and compared with each other.",
        "Some sources are cited.",
        "No sources are cited at all here.",
    ],
    [
        "Style",
        "Sentences vary and words are chosen with care for the reader.",
        "Sentences are clear.",
        "Many sentences are hard to read.",
    ],
]


def table(rows: Sequence[Sequence[str]], style: Sequence[Any], widths: Sequence[float] = WIDTHS, **more: Any) -> Table:
    cells = [[Paragraph(text, CELL) for text in row] for row in rows]
    return Table(cells, colWidths=list(widths), style=[TOP, *style], **more)


def read(*story: Flowable, top: float = 72) -> Document:
    stream = io.BytesIO()
    margins = {"leftMargin": 50, "rightMargin": 50, "topMargin": top}
    SimpleDocTemplate(stream, pagesize=A4, **margins).build(list(story))
    return documents.parse(stream.getvalue())


def texts(document: Document, index: int = 0) -> list[list[str]]:
    """The table's texts; one paragraph for each line of a cell."""
    return [[" ".join(cell.text.split()) if cell else "" for cell in row] for row in document.tables[index].grid()]


def drawn(draw: Any) -> Document:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.setFont("Helvetica", 11)
    draw(canvas)
    canvas.save()
    return documents.parse(stream.getvalue())


BLACK = colors.black
PARTLY_DRAWN = {
    "rules above, below the header and at the end": [
        ("LINEABOVE", (0, 0), (-1, 0), 1, BLACK),
        ("LINEBELOW", (0, 0), (-1, 0), 0.5, BLACK),
        ("LINEBELOW", (0, -1), (-1, -1), 1, BLACK),
    ],
    "one rule below the header": [("LINEBELOW", (0, 0), (-1, 0), 0.5, BLACK)],
    "no rules": [],
    "every other row shaded": [
        ("BACKGROUND", (0, 1), (-1, 1), colors.lightgrey),
        ("BACKGROUND", (0, 3), (-1, 3), colors.lightgrey),
    ],
    "rows in two colours": [("ROWBACKGROUNDS", (0, 0), (-1, -1), [colors.lightblue, colors.whitesmoke])],
    "a frame and a rule below the header": [
        ("BOX", (0, 0), (-1, -1), 1, BLACK),
        ("LINEBELOW", (0, 0), (-1, 0), 1, BLACK),
    ],
    "rules between the columns": [("LINEAFTER", (0, 0), (-2, -1), 0.5, BLACK)],
    "a frame and rules between the columns": [
        ("BOX", (0, 0), (-1, -1), 0.5, BLACK),
        ("LINEAFTER", (0, 0), (-2, -1), 0.5, BLACK),
    ],
}


@pytest.mark.parametrize("style", PARTLY_DRAWN.values(), ids=PARTLY_DRAWN.keys())
def test_a_table_is_read_whatever_is_drawn_of_its_grid(style: Sequence[Any]) -> None:
    document = read(Paragraph("How the essay is graded", BODY), table(ROWS, style))
    assert texts(document) == ROWS
    assert document.tables[0].origin in {"partly_ruled", "aligned"}


def test_an_underlined_name_does_not_cut_its_row() -> None:
    rows = [["Criterion", "Good"], ["<u>Quality of work</u>", "It runs.<br/>It is tested.<br/>It is documented."]]
    assert texts(read(table(rows, GRID, [120, 200])))[1:] == [
        ["Quality of work", "It runs. It is tested. It is documented."],
    ]


def test_several_lines_in_one_ruled_row_are_rows_where_each_has_its_own_beside_it() -> None:
    rows = [
        ["Basic", "Points"],
        ["Easy to start<br/>Structure of the archive<br/>Quality of the notes", "1<br/>0.5<br/>1"],
    ]
    assert texts(read(table(rows, GRID, [200, 60])))[1:] == [
        ["Easy to start", "1"],
        ["Structure of the archive", "0.5"],
        ["Quality of the notes", "1"],
    ]


def test_a_name_beside_several_amounts_names_all_of_their_rows() -> None:
    rows = [["Part", "What", "Points"], ["Report", "Introduction<br/>Methods<br/>Results", "5<br/>5<br/>10"]]
    document = read(table(rows, GRID, [80, 200, 60]))
    assert texts(document)[1:] == [
        ["Report", "Introduction", "5"],
        ["Report", "Methods", "5"],
        ["Report", "Results", "10"],
    ]


def test_wrapped_texts_beside_each_other_stay_one_row() -> None:
    document = read(table(ROWS[:2], GRID))
    assert texts(document) == ROWS[:2]


def test_paragraphs_at_one_height_in_all_levels_stay_one_row() -> None:
    level = "The page shows all that was asked for by the client.<br/><br/>Colours fit and the text can be read."
    document = read(table([["Fail", "Pass", "Credit"], [level, level, level]], GRID, [150, 150, 150]))
    assert document.tables[0].rows == 2


def test_rules_drawn_anew_for_each_row_part_the_rows() -> None:
    def draw(canvas: Canvas) -> None:
        left, right, pitch = 60, 360, 20
        for x in (left, right, 420):
            for row in range(4):
                canvas.line(x, 700 - pitch * row, x, 700 - pitch * (row + 1))
        for y in (700, 680, 620):
            canvas.line(left, y, 420, y)
        for row, (name, points) in enumerate(
            [("Task", "Pts"), ("read the file", "x"), ("sort it", "y"), ("save", "z")]
        ):
            canvas.drawString(left + 4, 700 - pitch * (row + 1) + 6, name)
            canvas.drawString(right + 4, 700 - pitch * (row + 1) + 6, points)

    assert texts(drawn(draw)) == [["Task", "Pts"], ["read the file", "x"], ["sort it", "y"], ["save", "z"]]


def test_columns_under_headings_that_stand_apart_are_parted() -> None:
    def draw(canvas: Canvas) -> None:
        for y in (700, 680, 660, 640):
            canvas.line(60, y, 420, y)
        for x in (60, 250, 420):
            canvas.line(x, 700, x, 640)
        for row, (name, points) in enumerate([("Task", "Points"), ("Reads the file", "10"), ("Sorts it", "20")]):
            canvas.drawString(64, 706 - 20 * (row + 1), name)
            canvas.drawString(254, 706 - 20 * (row + 1), points)
        canvas.drawString(330, 686, "Points Earned")

    document = drawn(draw)
    assert texts(document) == [
        ["Task", "Points", "Points Earned"],
        ["Reads the file", "10", ""],
        ["Sorts it", "20", ""],
    ]
    assert document.tables[0].origin == "partly_ruled"


def test_bullets_are_no_headings_of_a_column() -> None:
    def draw(canvas: Canvas) -> None:
        for y in (700, 660, 620):
            canvas.line(60, y, 420, y)
        for x in (60, 160, 420):
            canvas.line(x, 700, x, 620)
        for row, text in enumerate(["shows evidence of thought", "answers the question"]):
            canvas.drawString(64, 685 - 40 * row, f"Marks {row}")
            canvas.drawString(164, 685 - 40 * row, "•")
            canvas.drawString(190, 685 - 40 * row, text)

    assert drawn(draw).tables[0].columns == 2


def test_tables_side_by_side_are_two_from_left_to_right() -> None:
    left = table([["Part", "Pts"], ["Code", "10"], ["Report", "20"]], GRID, [120, 40])
    right = table([["Bonus", "Pts"], ["Tests", "3"], ["Video", "2"]], GRID, [120, 40])
    document = read(Table([[left, Spacer(1, 1), right]], colWidths=[170, 20, 170]))
    assert [texts(document, i)[0][0] for i in (0, 1)] == ["Part", "Bonus"]


def test_pieces_of_a_table_that_differ_by_an_empty_column_are_one_table() -> None:
    widths = [80, 110, 110, 110, 60]
    first = [[*row, ""] for row in ROWS]
    first[0][4] = "Score"
    second = [["Form", "The text has a clear form.", "Some form.", "No form.", ""]]
    document = read(table(first, GRID, widths), PageBreak(), table(second, GRID, widths))
    assert len(document.tables) == 1
    assert texts(document)[-1] == second[0]
    assert document.doubts == ("joined_pages",)


def test_a_group_cell_that_the_page_cut_reaches_over_its_rows_on_the_next_page() -> None:
    widths = [100, 200, 50]
    above = [["Group", "Item", "Pts"], ["Content", "Claim", "5"], ["", "Proof", "5"]]
    below = [["", "Limits", "5"], ["", "Scope", "5"], ["Style", "Words", "3"]]
    document = read(
        table(above, [*GRID, ("SPAN", (0, 1), (0, 2))], widths),
        PageBreak(),
        table(below, [*GRID, ("SPAN", (0, 0), (0, 1))], widths),
    )
    assert [row[0] for row in texts(document)] == ["Group", "Content", "Content", "Content", "Content", "Style"]


def test_a_row_without_a_rule_at_the_foot_of_its_page_goes_on_on_the_next_one() -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    pages = [
        (["Name", "Good"], ["Key Differences", "3 to 2 pts"]),
        (["Between Designs", "Tells changes apart"], ["Proposals", "2 to 1 pts"]),
    ]
    for number, rows in enumerate(pages):
        canvas.setFont("Helvetica", 11)
        for x in (60, 250, 450):
            canvas.line(x, 760, x, 700)
        for y in (760, 730) if number == 0 else (730, 700):
            canvas.line(60, y, 450, y)
        for row, (name, text) in enumerate(rows):
            canvas.drawString(64, 740 - 30 * row, name)
            canvas.drawString(254, 740 - 30 * row, text)
        canvas.showPage()
    canvas.save()
    assert texts(documents.parse(stream.getvalue()))[1:] == [
        ["Key Differences Between Designs", "3 to 2 pts Tells changes apart"],
        ["Proposals", "2 to 1 pts"],
    ]


@pytest.mark.parametrize("style", [[], GRID], ids=["unruled", "ruled"])
def test_a_header_alone_at_the_foot_of_a_page_heads_the_rows_of_the_next_one(style: Sequence[Any]) -> None:
    text = [Paragraph("A line of text that stands above.", BODY) for _ in range(36)]
    document = read(*text, table(ROWS[:1], style), PageBreak(), table(ROWS[1:], style))
    assert texts(document) == ROWS


@pytest.mark.parametrize(
    "style", [[], [("LINEABOVE", (0, 0), (-1, -1), 0.5, BLACK)]], ids=["unruled", "rules between the rows"]
)
def test_a_header_repeated_at_the_head_of_each_page_is_no_running_head(style: Sequence[Any]) -> None:
    rows = [ROWS[0], *([f"{row[0]} {i}", *row[1:]] for i in range(11) for row in ROWS[1:])]
    document = read(table(rows, style, repeatRows=1), top=30)
    assert [row[0] for row in texts(document)][:30] == [row[0] for row in rows][:30]
    assert document.pages == 2


def test_columns_printed_on_further_pages_stand_beside_their_rows() -> None:
    heights = [30, 40, 55, 25, 70]
    rows = [["Criterion", "Excellent", "Good", "Fair", "Poor"]]
    rows += [[f"Name {i}", f"excellent {i}", f"good {i}", f"fair {i}", f"poor {i}"] for i in range(4)]
    left = table([row[:3] for row in rows], GRID, [100, 150, 150], rowHeights=heights)
    right = table([row[3:] for row in rows], GRID, [150, 160], rowHeights=heights)
    assert texts(read(left, PageBreak(), right)) == rows


def test_the_same_form_on_two_pages_is_two_tables() -> None:
    heights = [30, 40, 55, 25, 70]
    rows = [["Criterion", "Good"], *([f"Name {i}", f"good {i}"] for i in range(4))]
    form = [table(rows, GRID, [150, 250], rowHeights=heights) for _ in range(2)]
    document = read(Paragraph("First", BODY), form[0], PageBreak(), Paragraph("Second", BODY), form[1])
    assert [table.columns for table in document.tables] == [2, 2]


def test_items_of_one_line_are_paragraphs_though_one_of_them_is_wrapped() -> None:
    def draw(canvas: Canvas) -> None:
        y = 760.0
        lines = [
            ("Excellent", 22),
            ("The architecture is clear and modular, and every choice is argued for with reasons and", 13.5),
            ("examples.", 22),
            ("Good", 22),
            ("The architecture works and its parts fit together in the way that was asked for by us", 22),
            ("Poor", 22),
            ("No architecture is shown.", 22),
        ]
        for text, pitch in lines:
            canvas.drawString(60, y, text)
            y -= pitch

    found = [paragraph.text for paragraph in drawn(draw).paragraphs]
    assert found[0] == "Excellent"
    assert found[1].endswith("reasons and examples.")
    assert found[2] == "Good"


def test_lines_that_stand_upon_each_other_are_doubted() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 700, "This sentence was printed over another sentence of the page")
        canvas.drawString(62, 701, "Nobody can tell which words of which line come after which")

    assert "fused_lines" in drawn(draw).doubts
    assert documents.parse(_plain()).doubts == ()


def _plain() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.drawString(60, 700, "One line of text.")
    canvas.drawString(60, 680, "And another one below it.")
    canvas.save()
    return stream.getvalue()
