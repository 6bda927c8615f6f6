"""What browsers, office programs and spreadsheets do to rubrics when they print them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import docx
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from rubric_jobs import documents, reader
from rubric_jobs.rubric.model import Rubric
from tests.reading.builders import saved

WIDTH, HEIGHT = A4


def drawn(draw: Callable[[canvas.Canvas], None]) -> Rubric:
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pagesize=A4)
    draw(page)
    page.save()
    return reader.read(documents.parse(stream.getvalue()))


def lines(page: canvas.Canvas, texts: list[tuple[float, str]], top: float = 90) -> None:
    for index, (x, text) in enumerate(texts):
        page.drawString(x, HEIGHT - top - 24 * index, text)


def browser_frame(page: canvas.Canvas, address: str) -> None:
    page.setFontSize(8)
    page.drawString(20, HEIGHT - 20, "3/14/24, 9:26 AM")
    page.drawString(WIDTH / 2, HEIGHT - 20, "Course page")
    page.drawString(20, 15, address)
    page.drawString(WIDTH - 40, 15, "1/1")
    page.setFontSize(11)


def ruled(rows: list[list[str]], widths: list[float] | None = None) -> Rubric:
    stream = io.BytesIO()
    table = Table(rows, colWidths=widths)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    SimpleDocTemplate(stream, pagesize=A4).build([table])
    return reader.read(documents.parse(stream.getvalue()))


def written(rows: list[list[str]], *texts: str, heading: str = "", beside: list[list[str]] | None = None) -> Rubric:
    """`beside`: a second table."""
    document = docx.Document()
    if heading:
        document.add_heading(heading, 1)
    for text in texts:
        document.add_paragraph(text)
    for grid in (rows, beside or []):
        if grid:
            add_table(document, grid)
            document.add_paragraph("")
    return reader.read(documents.parse(saved(document)))


def add_table(document: Any, rows: list[list[str]]) -> None:
    table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            table.cell(r, c).text = text


def points(rubric: Rubric) -> list[Any]:
    return [(criterion.name, criterion.points) for criterion in rubric.criteria]


@pytest.mark.parametrize("address", ["file:///home/ada/marking.html", "https://example.org/courses/7/marking?print=1"])
def test_the_address_and_page_count_that_a_browser_prints_are_no_criterion(address: str) -> None:
    def draw(page: canvas.Canvas) -> None:
        browser_frame(page, address)
        lines(
            page,
            [
                (50, "Marking criteria"),
                (50, "Plan of the garden (4 points)"),
                (50, "List of plants (3 points)"),
                (50, "Calendar of tasks (5 points)"),
            ],
        )

    rubric = drawn(draw)
    assert points(rubric) == [("Plan of the garden", 4), ("List of plants", 3), ("Calendar of tasks", 5)]
    assert rubric.title == "Marking criteria"


def test_the_first_of_a_list_that_is_worth_half_of_the_stated_total_stays_a_criterion() -> None:
    def draw(page: canvas.Canvas) -> None:
        lines(page, [(50, "Grading rubric of the cart")])
        page.drawString(50, HEIGHT - 140, "Part")
        page.drawString(150, HEIGHT - 140, "Points")
        for index, (name, value) in enumerate([("Engine", 30), ("Wheels", 18), ("Brakes", 12), ("Total", 60)]):
            page.drawString(50, HEIGHT - 158 - 18 * index, name)
            page.drawString(150, HEIGHT - 158 - 18 * index, str(value))

    rubric = drawn(draw)
    assert points(rubric) == [("Engine", 30), ("Wheels", 18), ("Brakes", 12)]
    assert rubric.total_points == 60


def test_sentences_about_the_whole_and_lost_points_are_no_criteria() -> None:
    def draw(page: canvas.Canvas) -> None:
        lines(
            page,
            [
                (50, "Build a kite that flies. Your kite will be graded out of 40 points."),
                (50, "Rubric"),
                (60, "Frame (20 points)"),
                (90, "Light (10 points)"),
                (90, "Straight (10 points)"),
                (60, "Sail (20 points)"),
                (90, "Tight (12 points)"),
                (90, "Colourful (8 points)"),
                (50, "Late kites lose 5 points per day."),
            ],
        )

    rubric = drawn(draw)
    assert [c.name for c in rubric.criteria] == ["Light", "Straight", "Tight", "Colourful"]
    assert rubric.total_points == 40
    assert [(a.kind, a.points) for a in rubric.adjustments] == [("penalty", 5)]


def test_words_that_a_narrow_column_broke_are_put_together_again() -> None:
    rubric = ruled(
        [
            ["Criterion", "Exempla\nry 3", "Develop\ning 2", "Beginni\nng 1"],
            ["Maps of\nthe town", "All the\nstreets", "Some of\nthem", "None at\nall, yet"],
            ["Models\nof it", "Every\nhouse", "Half of\nthem", "One of\nthem"],
        ],
        widths=[60, 49.5, 51, 47],
    )
    assert [level.name for level in rubric.criteria[0].levels] == ["Exemplary", "Developing", "Beginning"]
    assert [level.points for level in rubric.criteria[0].levels] == [3, 2, 1]
    assert rubric.criteria[0].levels[0].description == "All the streets"
    assert [c.name for c in rubric.criteria] == ["Maps of the town", "Models of it"]


def test_short_chinese_descriptors_describe() -> None:
    rubric = written(
        [
            ["评价指标", "优秀（9-10分）", "合格（6-8分）", "不合格（0-5分）"],
            ["选题", "题目新颖", "题目一般", "题目陈旧"],
            ["排版", "整齐美观", "基本整齐", "十分混乱"],
        ],
        heading="小报评分标准",
    )
    assert points(rubric) == [("选题", 10), ("排版", 10)]
    assert [(lv.points_min, lv.points_max) for lv in rubric.criteria[0].levels] == [(9, 10), (6, 8), (0, 5)]


def test_a_list_whose_bullets_stand_far_from_its_items_is_no_table() -> None:
    def draw(page: canvas.Canvas) -> None:
        page.drawString(50, HEIGHT - 90, "Poster rubric")
        items = ["Title that says what was found (4 points)", "Graph with units (6 points)", "Sources named (5 points)"]
        for index, item in enumerate(items):
            page.drawString(60, HEIGHT - 130 - 15 * index, "\u2022")
            page.drawString(82, HEIGHT - 130 - 15 * index, item)

    assert points(drawn(draw)) == [("Title that says what was found", 4), ("Graph with units", 6), ("Sources named", 5)]


def test_the_last_row_of_a_table_with_rules_above_its_rows_alone_is_read() -> None:
    def draw(page: canvas.Canvas) -> None:
        page.drawString(50, HEIGHT - 60, "Evaluation criteria")
        rows = [("Criterion", "Points"), ("Taste", "20"), ("Smell", "30"), ("Looks", "15"), ("Service", "35")]
        for index, (name, value) in enumerate(rows):
            top = HEIGHT - 90 - 40 * index
            page.line(50, top, 500, top)
            page.drawString(55, top - 15, name)
            page.drawString(400, top - 15, value)
            if index:
                page.drawString(55, top - 29, "How good is it?")

    assert points(drawn(draw)) == [("Taste", 20), ("Smell", 30), ("Looks", 15), ("Service", 35)]


def test_the_rest_of_a_row_on_the_next_page_stays_in_its_columns_and_row() -> None:
    def page_of(page: canvas.Canvas, rows: list[list[str]], top: float) -> None:
        ys = [top - 30 * i for i in range(len(rows) + 1)]
        page.grid([50, 150, 330, 510], ys)
        for row, y in zip(rows, ys, strict=False):
            for x, text in zip([55, 155, 335], row, strict=True):
                page.drawString(x, y - 18, text)

    def draw(page: canvas.Canvas) -> None:
        page_of(
            page,
            [
                ["Criteria", "Good", "Poor"],
                ["Roof", "Keeps all the rain out", "Lets all the rain in"],
                ["Walls", "They are straight and", "They are crooked and"],
            ],
            150,
        )
        page.showPage()
        page_of(page, [["", "stand by themselves.", "fall over at once."]], HEIGHT - 40)

    rubric = drawn(draw)
    assert [c.name for c in rubric.criteria] == ["Roof", "Walls"]
    assert rubric.criteria[1].levels[0].description == "They are straight and stand by themselves."


def test_a_level_between_levels_needs_no_known_name() -> None:
    rubric = written(
        [
            ["Indicadores", "4 Logrado", "3 Casi ahí", "2 Tibio", "1 No logrado"],
            ["Puente", "Resiste todo el peso", "Resiste la mitad", "Resiste poco", "Se cae"],
            ["Plano", "Tiene todas las medidas", "Faltan algunas", "Faltan muchas", "No hay"],
        ],
        heading="Pauta de evaluación",
    )
    assert [(lv.name, lv.points) for lv in rubric.criteria[0].levels] == [
        ("Logrado", 4),
        ("Casi ahí", 3),
        ("Tibio", 2),
        ("No logrado", 1),
    ]


def test_numbers_of_tasks_are_names_where_the_task_is_told_beside_them() -> None:
    rubric = written(
        [
            ["Aufgabe", "Anforderung", "max. BE", "erreicht"],
            ["1a", "nennt drei Gründe", "6", ""],
            ["1b", "erläutert einen davon", "8", ""],
            ["2", "nimmt Stellung", "16", ""],
            ["Summe", "", "30", ""],
        ],
        heading="Erwartungshorizont",
    )
    assert points(rubric) == [("1a", 6), ("1b", 8), ("2", 16)]
    assert rubric.total_points == 30


def test_points_with_a_plus_before_a_colon_count() -> None:
    rubric = written(
        [], "+3: The door opens", "+2: The bell rings", "+5: The lamp is lit", "Total: 10 points", heading="Grading"
    )
    assert points(rubric) == [("The door opens", 3), ("The bell rings", 2), ("The lamp is lit", 5)]


def test_bold_labels_with_percents_begin_paragraphs() -> None:
    def draw(page: canvas.Canvas) -> None:
        page.drawString(50, HEIGHT - 80, "Grading criteria")
        entries = [
            ("Soil (30%)", "Is it loose, and"),
            ("", "has it been turned?"),
            ("Seed (70%)", "Has it all come up?"),
        ]
        for index, (label, text) in enumerate(entries):
            page.setFont("Helvetica-Bold", 11)
            page.drawString(50, HEIGHT - 110 - 13 * index, label)
            page.setFont("Helvetica", 11)
            page.drawString(115 if label else 70, HEIGHT - 110 - 13 * index, text)

    assert points(drawn(draw)) == [("Soil", 30), ("Seed", 70)]


@pytest.mark.parametrize(
    ("values", "highest"),
    [
        (["10", "0 – 20", "30"], [10, 20, 30]),
        (["0 - 10", "0 - 20", "0 - 5"], [10, 20, 5]),
        (["0 – 10 pts", "0 – 20 pts", "0 – 5 pts"], [10, 20, 5]),
    ],
)
def test_a_spaced_range_in_the_column_of_points_is_what_a_criterion_is_worth(
    values: list[str], highest: list[int]
) -> None:
    names = ["Depth of the pond", "Plants on its banks", "Path that leads there"]
    rows = [list(pair) for pair in zip(names, values, strict=True)]
    rubric = written([["Criteria", "Points"], *rows], heading="Garden rubric")
    assert points(rubric) == list(zip(names, highest, strict=True))
    assert not rubric.adjustments


def test_a_row_of_levels_beside_a_spaced_range_keeps_them() -> None:
    texts = ["Everything grows well here", "Some of it grows well here", "Nothing grows here at all"]
    rows = [["Pond", *texts, "1 – 4"], ["Banks", *texts, "5"], ["Path", *texts, "0 - 10"]]
    rubric = written([["Criteria", "Excellent", "Good", "Poor", "Points"], *rows], heading="Garden rubric")
    assert points(rubric) == [("Pond", 4), ("Banks", 5), ("Path", 10)]
    assert all(len(criterion.levels) == 3 for criterion in rubric.criteria)


GARDEN = [["Criteria", "Points"], ["Depth of the pond", "10"], ["Plants on its banks", "20"], ["Path to it", "30"]]
GARDEN_POINTS = [("Depth of the pond", 10), ("Plants on its banks", 20), ("Path to it", 30)]


@pytest.mark.parametrize("at", [2, 4], ids=["in the midst", "at the end"])
@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("Penalty for late work: 10% per day", 10),
        ("Late work loses 5 points per day", 5),
        ("Deduct 5 points for missing labels", 5),
        ("Late work (10% per day)", 10),
        ("Penalty for no labels: 5 points", 5),
    ],
)
def test_a_deduction_told_in_a_row_of_its_own_costs_what_it_says_and_takes_no_criterion(
    text: str, cost: int, at: int
) -> None:
    rubric = written([*GARDEN[:at], [text, ""], *GARDEN[at:]], heading="Garden rubric")
    assert points(rubric) == GARDEN_POINTS
    assert [(a.kind, a.reason, a.points) for a in rubric.adjustments] == [("penalty", text, cost)]


@pytest.mark.parametrize("text", ["Late work will not be accepted", "No late work is accepted."])
def test_a_sentence_about_late_work_makes_no_deductions_of_the_criteria_below_it(text: str) -> None:
    rubric = written([*GARDEN[:2], [text, ""], *GARDEN[2:]], heading="Garden rubric")
    assert points(rubric) == GARDEN_POINTS


def test_a_deduction_between_the_rows_of_a_grid_is_no_section() -> None:
    texts = ["Everything grows well here", "Some of it grows well here", "Nothing grows here at all"]
    rows = [["Pond", *texts], ["Late work: minus 10% per day", "", "", ""], ["Banks", *texts]]
    rubric = written([["Criteria", "Good (3)", "Fair (2)", "Poor (1)"], *rows], heading="Garden rubric")
    assert [(c.name, c.section) for c in rubric.criteria] == [("Pond", None), ("Banks", None)]
    assert [(a.kind, a.points) for a in rubric.adjustments] == [("penalty", 10)]


@pytest.mark.parametrize(
    ("headings", "cells"),
    [
        (
            ["Sehr gut (4)", "Gut (3)", "Mangelhaft (1)"],
            ["Nennt mindestens 5 Punkte", "Nennt mindestens 2 Punkte", "Nennt 0 Punkte"],
        ),
        (
            ["Excellent (4 pts)", "Good (3 pts)", "Poor (1 pt)"],
            ["Up to 5 errors; each costs 1 point", "5 points are named, and told", "5 - all of them far too old"],
        ),
    ],
)
def test_a_number_in_a_description_leaves_the_points_of_its_heading(headings: list[str], cells: list[str]) -> None:
    rows = [["Pond", *cells], ["Banks", "Everything grows here", "Some of it grows here", "Nothing grows here"]]
    rubric = written([["Criteria", *headings], *rows], heading="Garden rubric")
    assert [(lv.points, lv.description) for lv in rubric.criteria[0].levels] == list(zip([4, 3, 1], cells, strict=True))


@pytest.mark.parametrize("form", ["{n}\n{text}", "({n} points) {text}", "{text} ({n} points)", "{n} points: {text}"])
def test_points_that_a_cell_sets_off_outdo_those_of_its_heading(form: str) -> None:
    texts = ["Everything grows well here", "Some of it grows well here", "Nothing grows here at all"]
    rows = [
        [name, *(form.format(n=n, text=t) for n, t in zip([8, 6, 2], texts, strict=True))] for name in ("Pond", "Bank")
    ]
    rubric = written([["Criteria", "Good (4)", "Fair (3)", "Poor (1)"], *rows], heading="Garden rubric")
    assert [(lv.points, lv.description) for lv in rubric.criteria[0].levels] == list(zip([8, 6, 2], texts, strict=True))


def test_points_that_open_a_cell_say_which_of_its_headings_range_it_is() -> None:
    texts = ["Everything grows well here", "Some of it grows well here", "Nothing grows here at all"]
    rows = [[name, *(f"{n} pts {text}" for n, text in zip([9, 6, 2], texts, strict=True))] for name in ("Pond", "Bank")]
    rubric = written([["Criteria", "Good (8-10)", "Fair (5-7)", "Poor (0-4)"], *rows], heading="Garden rubric")
    assert [(lv.points, lv.description) for lv in rubric.criteria[0].levels] == list(zip([9, 6, 2], texts, strict=True))


@pytest.mark.parametrize("form", ["1,000 500 1,500 3,000", "1.000 500 1.500 3.000"])
def test_thousands_are_set_off_by_a_comma_or_a_point(form: str) -> None:
    first, second, third, total = form.split()
    rows = [["Criteria", "Points"], ["Pond and its fish", first], ["Banks of it", second], ["Path to the pond", third]]
    rubric = written([*rows, ["Total", total]], heading="Garden rubric")
    assert points(rubric) == [("Pond and its fish", 1000), ("Banks of it", 500), ("Path to the pond", 1500)]
    assert rubric.total_points == 3000


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["Good 5–4.5", "Fair 4–3", "Poor 2.5–0"], [(None, 4.5, 5), (None, 3, 4), (None, 0, 2.5)]),
        (["Good 5–4,5", "Fair 4–3", "Poor 2,5–0"], [(None, 4.5, 5), (None, 3, 4), (None, 0, 2.5)]),
        (["Good 90+", "Fair 70-89", "Poor <70"], [(90, None, None), (None, 70, 89), (None, 0, 70)]),
        (["Good 1,000", "Fair 750.5", "Poor > 0"], [(1000, None, None), (750.5, None, None), (0, None, None)]),
    ],
)
def test_headings_of_levels_hold_decimals_open_ends_and_bounds(headings: list[str], expected: list[Any]) -> None:
    texts = ["Everything grows well here", "Some of it grows well here", "Nothing grows here at all"]
    rubric = written([["Criteria", *headings], ["Pond", *texts], ["Banks", *texts]], heading="Garden rubric")
    levels = rubric.criteria[0].levels
    assert [level.name for level in levels] == ["Good", "Fair", "Poor"]
    assert [(level.points, level.points_min, level.points_max) for level in levels] == expected


def test_a_year_in_the_heading_of_a_level_is_a_part_of_its_name() -> None:
    texts = ["Everything grows well here", "Nothing grows here at all"]
    rubric = written([["Criteria", "Good 2024", "Poor 2024"], ["Pond", *texts], ["Bank", *texts]], heading="Rubric")
    assert [(level.name, level.points) for level in rubric.criteria[0].levels] == [
        ("Good 2024", None),
        ("Poor 2024", None),
    ]


def test_a_dash_before_the_points_of_a_section_makes_no_deduction_of_it() -> None:
    rubric = written([*GARDEN[:2], ["Part B –50 points", ""], *GARDEN[2:]], heading="Garden rubric")
    assert points(rubric) == GARDEN_POINTS
    assert not rubric.adjustments
    assert [criterion.section for criterion in rubric.criteria] == [None, *["Part B –50 points"] * 2]
