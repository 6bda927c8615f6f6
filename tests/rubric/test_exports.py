from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given

from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.exports import FORMATS
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric, Source, Warning
from rubric_jobs.rubric.points import as_text
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
    assert set(FORMATS) == {"json", "text", "markdown", "canvas-csv"}


@rubrics.quick
@given(rubrics.rubrics)
def test_every_format_takes_any_rubric_and_says_its_losses_with_paths(rubric: Rubric) -> None:
    for exporter in FORMATS.values():
        export = exporter.export(rubric)
        assert export.content.encode()
        assert export.content.endswith("\n")
        assert "\x00" not in export.content or exporter is not FORMATS["canvas-csv"]
        assert all(LOSS.fullmatch(loss) for loss in export.losses), export.losses


def test_every_format_has_a_media_type_and_a_suffix(name: str) -> None:
    export = FORMATS[name].export(rubrics.essay())
    assert re.fullmatch(r"[a-z]+/[a-z]+(?:; charset=utf-8)?", export.media_type)
    assert re.fullmatch(r"\.[a-z]+", export.file_name_suffix)


def test_every_format_holds_all_names_and_descriptions(name: str) -> None:
    content = FORMATS[name].export(rubrics.essay()).content
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
    assert Rubric.model_validate(json.loads(export.content)) == rubric
    assert export.losses == []


def test_text_is_what_the_service_reads_back() -> None:
    export = FORMATS["text"].export(rubrics.essay())
    assert export.content == rubric_text.write(rubrics.essay()) + "\n"
    assert export.losses == []


def test_text_says_what_it_does_not_hold() -> None:
    criterion = Criterion(name="A", section="Part one", points=Decimal(4), weight=Decimal(50))
    export = FORMATS["text"].export(Rubric(kind="holistic", criteria=[criterion]))
    assert [loss.split(":")[0] for loss in export.losses] == ["kind", "criteria[0].section", "criteria[0].weight"]


# ---- Markdown.


def test_markdown_has_one_table_where_the_criteria_share_their_levels() -> None:
    levels = [
        Level(name="Good", description="Yes", points=Decimal(1)),
        Level(name="Bad", points_min=Decimal(0), points_max=Decimal("0.5")),
    ]
    criteria = [Criterion(name=name, points=Decimal(1), levels=levels) for name in ("A", "B")]
    content = FORMATS["markdown"].export(Rubric(title="T", total_points=Decimal(2), criteria=criteria)).content
    assert content.splitlines() == [
        "# T",
        "",
        "**Total: 2 points**",
        "",
        "| Criterion | Good | Bad |",
        "| --- | --- | --- |",
        "| **A** (1 point) | **1 point**<br>Yes | **0–0.5 points** |",
        "| **B** (1 point) | **1 point**<br>Yes | **0–0.5 points** |",
    ]


def test_markdown_has_a_table_for_each_criterion_where_levels_differ_and_tells_penalties() -> None:
    content = FORMATS["markdown"].export(rubrics.essay()).content
    assert "### Thesis (12 points)\n\nIs there one?\n\n| Level | Points | Description |" in content
    assert "| Good | 5–8 points | Reads well. |" in content
    assert content.endswith("## Penalties and bonuses\n\n- Penalty, Late: −2 points\n")


def test_markdown_has_boxes_for_a_checklist_and_headings_for_sections() -> None:
    criteria = [Criterion(name="Signed", section="Form"), Criterion(name="Dated", section="Form")]
    content = FORMATS["markdown"].export(Rubric(title="T", kind="checklist", criteria=criteria)).content
    assert content == "# T\n\n## Form\n\n- [ ] **Signed**\n- [ ] **Dated**\n"


def test_no_text_breaks_out_of_a_markdown_table() -> None:
    criteria = [Criterion(name="a|b\n<script>", description="`|`", points=Decimal(1)), Criterion(name="[x](y)")]
    content = FORMATS["markdown"].export(Rubric(criteria=criteria)).content
    rows = [line for line in content.splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [4] * 4
    assert not re.search(r"(?<!\\)<(?!br>)", content)


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
def test_canvas_imports_any_rubric_and_what_differs_was_said(rubric: Rubric) -> None:
    export = FORMATS["canvas-csv"].export(rubric)
    title, criteria = imported_by_canvas(export.content)
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
    total = sum(criterion.points for criterion in criteria)
    assert rubric.total_points in (None, total) or "total_points" in lost


@rubrics.quick
@given(rubrics.rubrics)
def test_no_cell_of_the_csv_starts_a_formula(rubric: Rubric) -> None:
    content = FORMATS["canvas-csv"].export(rubric).content
    cells = [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]
    assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@") and cell] == []


def test_the_csv_has_the_header_that_canvas_knows_as_wide_as_the_widest_row() -> None:
    header, *rows = FORMATS["canvas-csv"].export(rubrics.essay()).content.split("\r\n")
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


def test_a_rating_without_points_gets_none_and_that_is_said() -> None:
    assert losses_of(Level(name="Fine")) == ["criteria[0].levels[0].points: Canvas needs points; 0 was written."]


def test_a_range_without_an_upper_end_gets_its_lower_one_and_that_is_said() -> None:
    assert losses_of(Level(name="Fine", points_min=Decimal(3)))[0] == (
        "criteria[0].levels[0].points_max: Canvas needs an upper end; 3 was written."
    )


def test_a_criterion_without_levels_gets_the_ratings_that_canvas_itself_would_give() -> None:
    export = FORMATS["canvas-csv"].export(Rubric(title="T", criteria=[Criterion(name="A", points=Decimal("2.5"))]))
    assert export.content.splitlines()[1] == "T,A,,false,Full Marks,,2.5,No Marks,,0"
    assert [loss.split(":")[0] for loss in export.losses] == ["criteria[0].levels"]


def test_points_that_canvas_would_take_otherwise_are_said() -> None:
    assert losses_of(Level(name="Good", points=Decimal("1.125"))) == [
        "criteria[0].levels[0].points: Canvas keeps two decimals, 1.13 instead of 1.125."
    ]
    assert losses_of(Level(name="Good", points=Decimal(3)), points=4) == [
        "criteria[0].points: Canvas takes the highest rating, 3, not 4."
    ]
    assert losses_of(Level(name="Bad", points=Decimal(-1)), Level(name="Good", points=Decimal(1))) == [
        "criteria[0].levels[0].points: 0 was written instead of -1.",
        "criteria[0].levels: Canvas sorts ratings by points, the highest first.",
    ]


def test_names_that_canvas_needs_are_written_and_a_long_title_is_cut() -> None:
    export = FORMATS["canvas-csv"].export(
        Rubric(criteria=[Criterion(name=" ", levels=[Level(name="x", points=Decimal(1))])])
    )
    assert imported_by_canvas(export.content)[0] == "Rubric"
    assert [loss.split(":")[0] for loss in export.losses] == ["title", "criteria[0].name"]
    long = FORMATS["canvas-csv"].export(rubrics.essay().model_copy(update={"title": "x" * 300}))
    assert imported_by_canvas(long.content)[0] == "x" * 255


@pytest.mark.parametrize("sign", list("=+-@＝"))
def test_a_formula_is_made_harmless_and_that_is_said(sign: str) -> None:
    text = f" {sign}HYPERLINK(1)"
    assert losses_of(Level(name="x", description=text, points=Decimal(1)))[0].startswith(
        "criteria[0].levels[0].description: "
    )
    assert losses_of(Level(name=text, points=Decimal(1)))[0].startswith("criteria[0].levels[0].name: ")


def test_the_csv_has_no_byte_order_mark_which_would_hide_its_first_column() -> None:
    assert FORMATS["canvas-csv"].export(rubrics.essay()).content.encode().startswith(b"Rubric Name")


def test_bonuses_are_no_part_of_the_canvas_total() -> None:
    rubric = rubrics.essay().model_copy(
        update={"adjustments": [Adjustment(kind="bonus", reason="Early", points=Decimal(5))]}
    )
    losses = FORMATS["canvas-csv"].export(rubric).losses
    assert "adjustments[0]: a Canvas rubric holds no bonus." in losses
    assert not any(loss.startswith("total_points") for loss in losses)
    rubric = rubric.model_copy(update={"total_points": Decimal(25)})
    assert (
        f"total_points: Canvas adds up the highest ratings, 20, not {as_text(Decimal(25))}."
        in FORMATS["canvas-csv"].export(rubric).losses
    )
