from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import docx
import pytest
from docx.enum.section import WD_ORIENT
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs import documents, reader
from rubric_jobs.errors import LevelPointsNeeded, NotExportable
from rubric_jobs.rubric import exports, layout, layout_reading, points
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.exports import FORMATS
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric, Source, Warning
from tests import rubrics

LOSS = re.compile(
    r"(?:title|kind|total_points|warnings"
    r"|(?:criteria|adjustments)(?:\[\d+\](?:\.levels(?:\[\d+\])?)?(?:\.\w+)?)?): \S.*\.",
    re.DOTALL,
)

# ---- Every format.


@pytest.fixture(params=sorted(FORMATS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_formats_of_the_contract_are_there() -> None:
    assert set(FORMATS) == {"json", "text", "markdown", "canvas-csv", "docx", "csv"}


@rubrics.quick
@given(rubrics.rubrics)
def test_every_format_takes_any_rubric_and_says_its_losses_with_paths(rubric: Rubric) -> None:
    for wanted in FORMATS:
        try:
            export = exports.export(rubric, wanted)
        except NotExportable:
            assert wanted == "canvas-csv"
            continue
        assert export.data
        assert wanted == "docx" or export.text.endswith("\n")
        assert b"\x00" not in export.data or wanted not in ("canvas-csv", "csv")
        assert all(LOSS.fullmatch(loss) for loss in export.losses), export.losses


def test_every_format_has_a_media_type_and_a_suffix(name: str) -> None:
    export = FORMATS[name].export(rubrics.essay())
    assert re.fullmatch(r"[a-z]+/[a-z.-]+(?:; charset=utf-8)?", export.media_type)
    assert re.fullmatch(r"\.[a-z]+", export.file_name_suffix)


def test_every_format_holds_all_names_and_descriptions(name: str) -> None:
    export = FORMATS[name].export(rubrics.essay())
    content = word_text(export.data) if name == "docx" else export.text
    rubric = rubrics.essay()
    texts = [text for each in rubric.criteria for text in (each.name, each.description) if text]
    texts += [
        text for each in rubric.criteria for level in each.levels for text in (level.name, level.description) if text
    ]
    assert [text for text in texts if text not in content] == []


def test_no_format_touches_the_rubric(name: str) -> None:
    rubric = rubrics.essay()
    FORMATS[name].export(rubric)
    assert rubric == rubrics.essay()


def test_every_format_but_json_says_that_places_and_warnings_are_left_out(name: str) -> None:
    rubric = rubrics.essay()
    rubric.criteria[0].source = Source(page=1)
    rubric.warnings = [Warning(code="range_gap", message="There is a gap.", path="criteria[1]")]
    losses = FORMATS[name].export(rubric).losses
    assert any(loss.startswith("warnings:") for loss in losses) == (name != "json")
    assert any(loss.startswith("criteria:") for loss in losses) == (name != "json")


# ---- JSON and text.


@rubrics.quick
@given(rubrics.rubrics)
def test_json_is_the_canonical_rubric_and_loses_nothing(rubric: Rubric) -> None:
    export = FORMATS["json"].export(rubric)
    assert Rubric.model_validate(json.loads(export.text)) == rubric
    assert export.losses == []


def test_text_is_what_the_service_reads_back() -> None:
    export = FORMATS["text"].export(rubrics.essay())
    assert export.text == rubric_text.write(rubrics.essay()) + "\n"
    assert export.losses == []


def test_text_says_what_it_does_not_hold() -> None:
    criterion = Criterion(name="A", section="Part one", points=Decimal(4), weight=Decimal(50))
    export = FORMATS["text"].export(Rubric(kind="holistic", criteria=[criterion]))
    assert [loss.split(":")[0] for loss in export.losses] == ["kind", "criteria[0].weight"]


# ---- Files.


@pytest.mark.parametrize(
    ("title", "file"),
    [
        ("Essay rubric", "Essay rubric.csv"),
        ("Lab report: Part 1/2", "Lab report Part 1 2.csv"),
        ("../../etc\\passwd\n", "etc passwd.csv"),
        ("Überblick 書く", "Überblick 書く.csv"),
        ("x" * 300, "x" * 80 + ".csv"),
        ("...", "rubric.csv"),
        (None, "rubric.csv"),
    ],
)
def test_files_are_named_after_the_rubric(title: str | None, file: str) -> None:
    assert exports.file_name(Rubric(title=title, criteria=[]), ".csv") == file


# ---- Markdown and Word show the same tables.


def word_text(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def as_shown(rubric: Rubric) -> tuple[object, ...]:
    """All that a table shows; letters with their marks as one sign, as documents are read."""
    return (
        _line(rubric.title),
        rubric.total_points,
        [
            (
                _line(each.name),
                _composed(layout_reading.shown(each.description)),
                _line(each.section),
                each.points,
                each.weight,
                [
                    (_line(level.name), _composed(layout_reading.shown(level.description)), *worths_of(level))
                    for level in each.levels
                ],
            )
            for each in rubric.criteria
        ],
        [(each.kind, _line(each.reason), each.points) for each in rubric.adjustments],
    )


def _line(text: str | None) -> str:
    return _composed(layout.line(text))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def worths_of(level: Level) -> tuple[Decimal | None, ...]:
    return level.points, level.points_min, level.points_max


def read_back(rubric: Rubric, name: str) -> Rubric:
    export = FORMATS[name].export(rubric)
    return reader.read(documents.parse(export.data)) if name == "docx" else rubric_text.read(export.text)


words = st.sampled_from(
    ["Clear thesis", "Cites sources", "Überblick", "書く", "75 % of the items", "- a", "• b", "1. c"]
)
lines = st.lists(words, min_size=1, max_size=3).map("\n".join)
worths = st.decimals(0, 100, places=1)
shown_levels = st.builds(
    Level, name=st.none() | words, description=st.none() | lines, points=st.none() | worths
) | st.builds(Level, name=words, description=lines, points_min=worths, points_max=worths)
shown_criteria = st.builds(
    Criterion,
    name=words,
    description=st.none() | lines,
    section=st.sampled_from([None, "Form", "Content"]),
    points=st.none() | worths,
    weight=st.none() | worths,
    levels=st.lists(shown_levels, max_size=4),
)
shown_rubrics = st.builds(
    Rubric,
    title=st.none() | words,
    total_points=st.none() | worths,
    criteria=st.lists(shown_criteria, min_size=1, max_size=4),
)
READ_BACK = ["docx", "markdown"]


@rubrics.quick
@given(st.tuples(shown_rubrics | rubrics.rubrics, st.sampled_from(READ_BACK)))
def test_what_is_not_said_to_be_lost_is_read_back(given_rubric: tuple[Rubric, str]) -> None:
    rubric, name = given_rubric
    losses = FORMATS[name].export(rubric).losses
    if [loss for loss in losses if not loss.startswith(("kind:", "criteria[")) or ".levels: several" not in loss]:
        return
    found = read_back(rubric, name)
    assert as_shown(found) == as_shown(rubric)
    assert found.kind == rubric.kind or any(loss.startswith("kind:") for loss in losses)


@pytest.mark.parametrize("name", READ_BACK)
def test_a_rubric_comes_back_whole(name: str) -> None:
    rubric = rubrics.essay()
    rubric.criteria[0].section, rubric.criteria[0].weight = "Content", Decimal(60)
    rubric.criteria[1].section, rubric.criteria[1].weight = "Form", Decimal(40)
    assert FORMATS[name].export(rubric).losses == []
    assert as_shown(read_back(rubric, name)) == as_shown(rubric)


@pytest.mark.parametrize("name", READ_BACK)
def test_a_level_that_reads_like_a_label_is_said_to_be_lost(name: str) -> None:
    rubric = rubrics.essay()
    rubric.criteria[1].levels[0].name = None
    rubric.criteria[1].levels[0].points_min = rubric.criteria[1].levels[0].points_max = None
    rubric.criteria[1].levels[0].description = "Good (5 points):"
    assert FORMATS[name].export(rubric).losses[0].startswith("criteria[1].levels: ")


def strangers(rows: list[list[str]], *after: str) -> bytes:
    """A Word document with a table as our exports have it."""
    document = docx.Document()
    table = document.add_table(len(rows), len(rows[0]))
    for index, row in enumerate(rows):
        for place, text in enumerate(row):
            table.cell(index, place).text = text
    for text in after:
        document.add_paragraph(text)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


ROWS = [["Criterion", "Points"], ["Argument", "60"], ["Language", "40"], ["Total", "100"]]


@pytest.mark.parametrize("after", [[], ["End of rubric"], ["End of rubric (2 criteria)"], ["Total: 100 points"]])
def test_a_strangers_table_is_not_taken_for_ours(after: list[str]) -> None:
    found = reader.read(documents.parse(strangers(ROWS, *after)))
    assert [criterion.name for criterion in found.criteria] == ["Argument", "Language"]


def test_a_document_is_ours_by_what_shows_alone() -> None:
    found = reader.read(documents.parse(strangers(ROWS, layout.closing(3))))
    assert [criterion.name for criterion in found.criteria] == ["Argument", "Language", "Total"]


def test_a_document_to_which_somebody_added_a_row_is_read_like_any_other() -> None:
    document = docx.Document(io.BytesIO(FORMATS["docx"].export(rubrics.essay()).data))
    row = document.tables[0].add_row()
    row.cells[0].text, row.cells[1].text = "Total", "20"
    data = io.BytesIO()
    document.save(data)
    found = reader.read(documents.parse(data.getvalue()))
    assert [criterion.name for criterion in found.criteria] == ["Thesis", "Style"]


def test_markdown_has_one_table_where_the_criteria_share_their_levels() -> None:
    levels = [
        Level(name="Good", description="Yes", points=Decimal(1)),
        Level(name="Bad", description="No", points_min=Decimal(0), points_max=Decimal("0.5")),
    ]
    other = [levels[0], levels[1].model_copy(update={"points_max": Decimal("0.25")})]
    criteria = [Criterion(name="A", points=Decimal(1), levels=levels), Criterion(name="B", levels=other)]
    content = FORMATS["markdown"].export(Rubric(title="T", total_points=Decimal(2), criteria=criteria)).text
    assert content.splitlines() == [
        "# T",
        "",
        "| Criterion | Points | Good<br>1 point | Bad |",
        "| --- | --- | --- | --- |",
        "| **A** | 1 | Yes | **0–0.5 points**<br>No |",
        "| **B** |  | Yes | **0–0.25 points**<br>No |",
        "",
        "**Total: 2 points**",
    ]


def test_markdown_names_the_levels_in_their_cells_where_they_differ_and_tells_penalties() -> None:
    content = FORMATS["markdown"].export(rubrics.essay()).text
    assert "| Criterion | Points | Levels |  |  |" in content
    assert (
        "| **Style** | 8 | **Good (5–8 points):**<br>Reads well. | **Weak (0–4 points):**<br>Hard to read. |" in content
    )
    assert content.endswith("**Total: 20 points**\n\n- Penalty: Late: −2 points\n")


def test_markdown_has_a_table_below_the_heading_of_each_section() -> None:
    criteria = [Criterion(name="Signed", section="Form"), Criterion(name="Sound", section="Content")]
    content = FORMATS["markdown"].export(Rubric(title="T", kind="checklist", criteria=criteria)).text
    assert content == (
        "# T\n\n## Form\n\n| Criterion | Done |\n| --- | --- |\n| **Signed** | ☐ |\n\n"
        "## Content\n\n| Criterion | Done |\n| --- | --- |\n| **Sound** | ☐ |\n"
    )


def test_no_text_breaks_out_of_a_markdown_table() -> None:
    criteria = [Criterion(name="a|b\n<script>", description="`|`", points=Decimal(1)), Criterion(name="[x](y)")]
    content = FORMATS["markdown"].export(Rubric(criteria=criteria)).text
    rows = [line for line in content.splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [3] * 4
    assert not re.search(r"(?<!\\)<(?!br>)", content)


def test_a_word_document_repeats_its_header_and_turns_its_page_where_it_is_wide() -> None:
    narrow = docx.Document(io.BytesIO(FORMATS["docx"].export(Rubric(criteria=[Criterion(name="A")])).data))
    wide = docx.Document(io.BytesIO(FORMATS["docx"].export(rubrics.essay()).data))
    assert [document.sections[0].orientation for document in (narrow, wide)] == [
        WD_ORIENT.PORTRAIT,
        WD_ORIENT.LANDSCAPE,
    ]
    assert len(narrow.tables[0].columns) == 2
    header, *rows = wide.tables[0].rows
    assert header._tr.xpath("./w:trPr/w:tblHeader")
    assert not any(row._tr.xpath("./w:trPr/w:tblHeader") for row in rows)
    assert [paragraph.text for paragraph in wide.paragraphs] == [
        "Essay rubric",
        "Total: 20 points",
        "Penalty: Late: −2 points",
        "End of rubric (2 criteria)",
    ]


def test_a_rubric_wider_than_a_word_table_is_refused() -> None:
    levels = [Level(name=str(worth), points=Decimal(worth)) for worth in range(70)]
    with pytest.raises(NotExportable, match="60 columns; this rubric needs 71"):
        FORMATS["docx"].export(Rubric(criteria=[Criterion(name="A", levels=levels)]))


# ---- CSV for spreadsheets.


def test_a_spreadsheet_has_a_row_a_criterion_and_a_column_a_level() -> None:
    levels = [Level(name="Good", description="Yes", points=Decimal(4)), Level(name="Bad", points=Decimal(1))]
    criteria = [Criterion(name=name, section="S", points=Decimal(4), levels=levels) for name in ("A", "=B")]
    export = FORMATS["csv"].export(Rubric(title="T", total_points=Decimal(8), criteria=criteria))
    assert export.data.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(export.text, newline=""))) == [
        ["Section", "Criterion", "Description", "Points", "Good", "Bad"],
        ["S", "A", "", "4", "4 points: Yes", "1 point"],
        ["S", "'=B", "", "4", "4 points: Yes", "1 point"],
    ]
    assert [loss.split(":")[0] for loss in export.losses] == ["title", "kind", "total_points", "criteria[1].name"]


# ---- Canvas. The reader below does what Canvas does with the file; see rubric_jobs/exports/canvas.py.


@dataclass
class CanvasRating:
    name: str
    description: str
    points: Decimal


@dataclass
class CanvasCriterion:
    name: str
    description: str
    has_range: bool
    ratings: list[CanvasRating]

    @property
    def points(self) -> Decimal:
        return max(rating.points for rating in self.ratings)


def imported_by_canvas(content: str) -> tuple[str, list[CanvasCriterion]]:
    """Raises ValueError where Canvas refuses the file or breaks."""
    header, *rows = list(csv.reader(io.StringIO(content, newline="")))
    places = {
        kind: [i for i, title in enumerate(header) if kind in title.lower()]
        for kind in ("rating name", "rating description", "rating points")
    }
    found: dict[str, list[CanvasCriterion]] = {}
    for row in rows:
        cells: list[str | None] = [cell or None for cell in row] + [None] * (len(header) - len(row))
        named = dict(zip(reversed(header), reversed(cells), strict=True))
        title, name = named["Rubric Name"], named["Criteria Name"]
        ratings = [_rating(cells, *at) for at in zip(*places.values(), strict=True) if cells[at[0]] is not None]
        if not (title and title.strip() and name and name.strip() and ratings):
            raise ValueError("Canvas refuses a row without names or ratings")
        ratings.sort(key=lambda rating: (-rating.points, rating.name))
        has_range = (named["Criteria Enable Range"] or "").lower() in ("true", "1")
        criterion = CanvasCriterion(name.strip(), (named["Criteria Description"] or "").strip(), has_range, ratings)
        found.setdefault(title, []).append(criterion)
    if len(found) != 1:
        raise ValueError("not one rubric")
    return next(iter(found.items()))


def _rating(cells: list[str | None], name: int, description: int, worth: int) -> CanvasRating:
    text = cells[worth]
    if text is None:
        raise ValueError("Canvas breaks on a rating without points")
    number = re.match(r"\d*\.?\d*", text.replace(",", "."))
    exact = Decimal(number[0] or 0) if number else Decimal(0)
    points = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return CanvasRating((cells[name] or "").strip(), (cells[description] or "").strip(), points)


def as_canvas_trims(text: str | None) -> str:
    return "\n".join((text or "").replace("\x00", "").strip().splitlines())


@rubrics.quick
@given(rubrics.rubrics)
def test_canvas_imports_any_rubric_or_it_is_refused_and_what_differs_was_said(rubric: Rubric) -> None:
    try:
        export = FORMATS["canvas-csv"].export(rubric)
    except NotExportable:
        return
    title, criteria = imported_by_canvas(export.text)
    lost = {loss.split(": ")[0] for loss in export.losses}
    assert len(criteria) == len(rubric.criteria)
    assert title.strip() == as_canvas_trims(rubric.title) or "title" in lost
    for index, (before, after) in enumerate(zip(rubric.criteria, criteria, strict=True)):
        path = f"criteria[{index}]"
        assert after.name == as_canvas_trims(before.name) or f"{path}.name" in lost
        assert after.description == as_canvas_trims(before.description) or f"{path}.description" in lost
        if any(each.startswith(f"{path}.levels") for each in lost):
            continue
        assert before.points in (None, after.points) or f"{path}.points" in lost
        assert [(r.name, r.description, r.points) for r in after.ratings] == sorted(
            [
                (
                    as_canvas_trims(level.name),
                    as_canvas_trims(level.description),
                    level.points if level.points is not None else level.points_max,
                )
                for level in before.levels
            ],
            key=lambda rating: (-(rating[2] or 0), rating[0]),
        )
    assert_same_total(rubric, export.text)


@rubrics.quick
@given(rubrics.rubrics)
def test_no_cell_of_a_csv_starts_a_formula(rubric: Rubric) -> None:
    contents = [FORMATS["csv"].export(rubric).text]
    with contextlib.suppress(NotExportable):
        contents.append(FORMATS["canvas-csv"].export(rubric).text)
    cells = [cell for content in contents for row in csv.reader(io.StringIO(content, newline="")) for cell in row]
    assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@") and cell] == []


def test_the_csv_has_the_header_that_canvas_knows_as_wide_as_the_widest_row() -> None:
    header, *rows = FORMATS["canvas-csv"].export(rubrics.essay()).text.split("\r\n")
    assert (
        header
        == "Rubric Name,Criteria Name,Criteria Description,Criteria Enable Range"
        + ",Rating Name,Rating Description,Rating Points" * 3
    )
    assert rows[0] == (
        "Essay rubric,Thesis,Is there one?,false,Clear,Stated in the first paragraph.,12,"
        "Vague,Must be guessed.,6,Missing,Not there.,0"
    )
    assert rows[1] == "Essay rubric,Style,,true,Good,Reads well.,8,Weak,Hard to read.,4"


def test_ranges_become_upper_bounds_and_a_lower_bound_that_canvas_would_move_is_said() -> None:
    export = FORMATS["canvas-csv"].export(rubrics.essay())
    assert [loss for loss in export.losses if "points_min" in loss] == [
        "criteria[1].levels[0].points_min: Canvas lets this range reach from 8 down to 4, not 5."
    ]
    assert [loss for loss in export.losses if loss.startswith("adjustments")] == [
        "adjustments[0]: a Canvas rubric holds no penalty."
    ]


def losses_of(*levels: Level, **fields: object) -> list[str]:
    criterion = Criterion.model_validate({"name": "A", "levels": [level.model_dump() for level in levels], **fields})
    return FORMATS["canvas-csv"].export(Rubric(title="T", criteria=[criterion])).losses


def test_a_rating_without_a_name_gets_its_points_for_one() -> None:
    assert losses_of(Level(description="Fine", points=Decimal(3))) == [
        "criteria[0].levels[0].name: Canvas drops a rating without one; “3 pts” was written."
    ]


def test_a_level_that_earns_nothing_is_a_rating_of_0() -> None:
    levels = [Level(name="Good", points=Decimal(3)), Level(name="Not submitted")]
    export = FORMATS["canvas-csv"].export(Rubric(title="T", criteria=[Criterion(name="A", levels=levels)]))
    assert export.text.splitlines()[1] == "T,A,,false,Good,,3,Not submitted,,0"


def test_a_range_without_an_upper_end_gets_its_lower_one_and_that_is_said() -> None:
    assert losses_of(Level(name="Fine", points_min=Decimal(3)))[0] == (
        "criteria[0].levels[0].points_max: Canvas needs an upper end; 3 was written."
    )


def test_a_criterion_without_levels_gets_the_ratings_that_canvas_itself_would_give() -> None:
    export = FORMATS["canvas-csv"].export(Rubric(title="T", criteria=[Criterion(name="A", points=Decimal("2.5"))]))
    assert export.text.splitlines()[1] == "T,A,,false,Full Marks,,2.5,No Marks,,0"
    assert [loss.split(":")[0] for loss in export.losses] == ["criteria[0].levels"]


def test_points_that_canvas_would_take_otherwise_are_said() -> None:
    assert losses_of(Level(name="Good", points=Decimal("1.125"))) == [
        "criteria[0].points: Canvas keeps two decimals; 1.13 was written.",
        "criteria[0].levels: their points go up to 1.125; they were scaled to the criterion's 1.13 points.",
    ]
    assert losses_of(Level(name="Bad", points=Decimal(-1)), Level(name="Good", points=Decimal(1))) == [
        "criteria[0].levels[0].points: 0 was written instead of -1.",
        "criteria[0].levels: Canvas sorts ratings by points, the highest first.",
    ]


def test_names_that_canvas_needs_are_written_and_a_long_title_is_cut() -> None:
    export = FORMATS["canvas-csv"].export(
        Rubric(criteria=[Criterion(name=" ", levels=[Level(name="x", points=Decimal(1))])])
    )
    assert imported_by_canvas(export.text)[0] == "Rubric"
    assert [loss.split(":")[0] for loss in export.losses] == ["title", "criteria[0].name"]
    long = FORMATS["canvas-csv"].export(rubrics.essay().model_copy(update={"title": "x" * 300}))
    assert imported_by_canvas(long.text)[0] == "x" * 255


@pytest.mark.parametrize("sign", list("=+-@＝"))
def test_a_formula_is_made_harmless_and_that_is_said(sign: str) -> None:
    text = f" {sign}HYPERLINK(1)"
    assert losses_of(Level(name="x", description=text, points=Decimal(1)))[0].startswith(
        "criteria[0].levels[0].description: "
    )
    assert losses_of(Level(name=text, points=Decimal(1)))[0].startswith("criteria[0].levels[0].name: ")


def test_the_csv_has_no_byte_order_mark_which_would_hide_its_first_column() -> None:
    assert FORMATS["canvas-csv"].export(rubrics.essay()).text.encode().startswith(b"Rubric Name")


def test_bonuses_are_no_part_of_the_canvas_total() -> None:
    rubric = rubrics.essay().model_copy(
        update={"adjustments": [Adjustment(kind="bonus", reason="Early", points=Decimal(5))]}
    )
    losses = FORMATS["canvas-csv"].export(rubric).losses
    assert "adjustments[0]: a Canvas rubric holds no bonus." in losses
    assert not any(loss.startswith("total_points") for loss in losses)


# ---- What a criterion is worth in Canvas.


def assert_same_total(rubric: Rubric, content: str) -> None:
    _, criteria = imported_by_canvas(content)
    total = points.own_total(rubric)
    assert total is None or sum(criterion.points for criterion in criteria) == round_half_up(total)


def round_half_up(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def level(name: str, worth: object = None) -> dict[str, Any]:
    return {"name": name, "points": worth, "description": f"{name} work"}


def rubric_of(*criteria: dict[str, Any], **fields: Any) -> Rubric:
    named = [{"name": f"C{index}", **criterion} for index, criterion in enumerate(criteria)]
    return Rubric.model_validate({"title": "T", "criteria": named, **fields})


UNWORTHY = [level("Poor"), level("Good"), level("Excellent")]


@rubrics.thorough
@given(rubrics.rubrics, st.sampled_from([None, *exports.CHOICES]))
def test_canvas_shows_the_rubrics_own_total_or_nothing_is_written(
    rubric: Rubric, choice: exports.Choice | None
) -> None:
    try:
        export = exports.export(rubric, "canvas-csv", level_points=choice)
    except LevelPointsNeeded:
        assert choice is None
        return
    except NotExportable:
        return
    assert_same_total(rubric, export.text)
    assert sum(criterion.points for criterion in imported_by_canvas(export.text)[1])


def test_levels_of_a_criterion_worth_nothing_are_worth_nothing_on_canvas() -> None:
    rubric = rubric_of({"points": 0, "levels": UNWORTHY}, {"points": 10, "levels": []})
    for choice in (None, "spread"):
        export = exports.export(rubric, "canvas-csv", level_points=choice)
        assert [criterion.points for criterion in imported_by_canvas(export.text)[1]] == [0, 10]


def test_levels_without_points_need_a_choice_that_the_refusal_names() -> None:
    rubric = rubric_of({"points": 10, "levels": UNWORTHY})
    with pytest.raises(LevelPointsNeeded, match=r"levels of “C0” have none. Choose “spread” .* or “full_marks”"):
        exports.export(rubric, "canvas-csv")


@pytest.mark.parametrize(
    ("choice", "row"),
    [
        ("spread", "T,C0,,false,Poor,Poor work,0,Good,Good work,5,Excellent,Excellent work,10"),
        (
            "full_marks",
            'T,C0,"Poor: Poor work\nGood: Good work\nExcellent: Excellent work",false,Full Marks,,10,No Marks,,0',
        ),
    ],
)
def test_levels_get_the_points_that_were_chosen(choice: exports.Choice, row: str) -> None:
    export = exports.export(rubric_of({"points": 10, "levels": UNWORTHY}), "canvas-csv", level_points=choice)
    assert export.text.split("\r\n")[1] == row
    assert export.losses[0].startswith("criteria[0].levels: ")


def test_levels_are_not_spread_where_nothing_tells_their_order() -> None:
    rubric = rubric_of({"points": 10, "levels": [level("Alpha"), level("Beta")]})
    with pytest.raises(NotExportable, match="Nothing tells which level of “C0” is the best"):
        exports.export(rubric, "canvas-csv", level_points="spread")
    assert "Full Marks,,10" in exports.export(rubric, "canvas-csv", level_points="full_marks").text


def test_levels_on_a_scale_of_their_own_are_scaled_to_the_criterion_and_that_is_said() -> None:
    levels = [level("Good", 3), level("Fair", 1)]
    rubric = rubric_of(
        {"points": 30, "weight": 30, "levels": levels}, {"points": 70, "weight": 70, "levels": levels}, total_points=100
    )
    export = FORMATS["canvas-csv"].export(rubric)
    assert [criterion.points for criterion in imported_by_canvas(export.text)[1]] == [30, 70]
    assert (
        "criteria[0].levels: their points go up to 3; they were scaled to the criterion's 30 points." in export.losses
    )
    assert "T,C0,,false,Good,Good work,30,Fair,Fair work,10" in export.text


def test_weights_share_out_the_total_where_points_do_not() -> None:
    levels = [level("Good", 4), level("Fair", 2)]
    rubric = rubric_of({"points": 4, "weight": 75, "levels": levels}, {"points": 4, "weight": 25, "levels": levels})
    export = FORMATS["canvas-csv"].export(rubric)
    assert [criterion.points for criterion in imported_by_canvas(export.text)[1]] == [6, 2]
    assert "criteria[0].points: its weight of 75 % makes it 6 points, not 4." in export.losses


def test_thirds_add_up_to_the_cent() -> None:
    rubric = rubric_of(*[{"weight": 1, "levels": [level("Good", 1)]}] * 3, total_points=100)
    _, criteria = imported_by_canvas(FORMATS["canvas-csv"].export(rubric).text)
    assert [criterion.points for criterion in criteria] == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


@pytest.mark.parametrize(
    ("rubric", "sentence"),
    [
        (rubric_of({"points": 10}, {"points": 5}, total_points=20), "states 20 points, but its criteria add up to 15"),
        (rubric_of({"points": 10}, {}), "“C1” has no points"),
        (rubric_of({}, {"levels": UNWORTHY}), "The rubric has no points"),
        (rubric_of({"points": 0}), "worth 0 points"),
    ],
)
def test_a_rubric_that_canvas_would_make_another_total_of_is_refused_in_a_sentence(
    rubric: Rubric, sentence: str
) -> None:
    with pytest.raises(NotExportable, match=sentence):
        FORMATS["canvas-csv"].export(rubric)


def test_levels_that_are_worth_the_same_are_told_of_in_every_export(name: str) -> None:
    levels = [level("Good", 3), level("Fair", 3), level("Poor", 1)]
    losses = FORMATS[name].export(rubric_of({"points": 3, "levels": levels})).losses
    told = "criteria[0].levels: several of “C0” are worth the same, 3."
    assert (told in losses) == (name != "json")
