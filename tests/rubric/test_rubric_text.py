from __future__ import annotations

import contextlib
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric
from rubric_jobs.web.requests import LONGEST_RULES
from tests import cpu, rubrics

WRITTEN = """\
Essay rubric

**Scoring (20 pts total):**

- **Thesis (12 pts)**:
  Is there one?
  - Clear (12 pts): Stated in the first paragraph.
  - Vague (6 pts): Must be guessed.
  - Missing (0 pts): Not there.
- **Style (8 pts)**:
  - 5-8 pts: Good: Reads well.
  - 0-4 pts: Weak: Hard to read.

**Penalties (if applicable)**:
- **Late:** -2 pts"""


def content(rubric: Rubric) -> tuple[object, ...]:
    """What the text promises to hold."""
    return rubric.title, rubric.total_points, rubric.criteria, rubric.adjustments


def test_a_rubric_is_written_in_the_markdown_that_the_old_front_end_knows() -> None:
    assert rubric_text.write(rubrics.essay()) == WRITTEN


def test_a_rubric_without_any_points_has_no_brackets() -> None:
    criteria = [Criterion(name="Clarity", levels=[Level(name="Good", description="Is clear."), Level(name="Poor")])]
    text = "**Scoring**:\n\n- **Clarity**:\n  - Good: Is clear.\n  - Poor:"
    assert rubric_text.write(Rubric(criteria=criteria)) == text


@rubrics.quick
@given(rubrics.rubrics)
def test_what_is_written_is_read_back_without_loss_whatever_stands_in_it(rubric: Rubric) -> None:
    assert content(rubric_text.read(rubric_text.write(rubric))) == content(rubric)


@rubrics.quick
@given(rubrics.rubrics)
def test_line_ends_of_another_system_and_blank_lines_do_not_matter(rubric: Rubric) -> None:
    text = rubric_text.write(rubric).replace("\n", "\r\n") + "\r\n\r\n"
    assert content(rubric_text.read(text)) == content(rubric)


@pytest.mark.parametrize(
    "name", ["C:\\", "a\\", "\\<br>", "**bold**", "*", "(5 pts)", "A (5 pts) (6 pts)", "", " ", "מבנה (3)", "結構："]
)
@pytest.mark.parametrize("worth", [None, Decimal(5)])
def test_hostile_names_survive_in_every_place(name: str, worth: Decimal | None) -> None:
    criterion = Criterion(name=name, points=worth, levels=[Level(name=name.strip() or None, points=worth)])
    rubric = Rubric(criteria=[criterion], adjustments=[Adjustment(kind="penalty", reason=name, points=worth)])
    assert content(rubric_text.read(rubric_text.write(rubric))) == content(rubric)


def test_a_range_that_is_printed_high_to_low_stays_so() -> None:
    level = Level(name="Good", points_min=Decimal(4), points_max=Decimal(3))
    rubric = Rubric(criteria=[Criterion(name="A", levels=[level])])
    assert rubric_text.read(rubric_text.write(rubric)).criteria[0].levels == [level]


def test_sections_stand_above_their_criteria() -> None:
    criteria = [Criterion(name=name, section=section) for name, section in [("A", "One"), ("B", "One"), ("C", None)]]
    text = rubric_text.write(Rubric(criteria=criteria))
    assert text == "**Scoring**:\n\n### One\n\n- **A**:\n- **B**:\n\n###\n\n- **C**:"
    assert rubric_text.read(text).criteria == criteria


def test_text_that_was_written_states_its_total() -> None:
    totals = rubric_text.read(WRITTEN).totals
    assert (totals.stated, totals.computed, totals.requested) == (20, 20, None)


@pytest.mark.parametrize(
    ("criteria", "kind"),
    [
        ([Criterion(name="A", points=Decimal(1))], "point_list"),
        ([Criterion(name="A")], "checklist"),
        (
            [Criterion(name="A", levels=[Level(name="Met")]), Criterion(name="B", levels=[Level(name="Met")])],
            "single_point",
        ),
        ([Criterion(name="A", levels=[Level(name="x"), Level(name="y")])], "holistic"),
        ([Criterion(name="A", levels=[Level(name="x"), Level(name="y")]), Criterion(name="B")], "analytic"),
    ],
)
def test_the_kind_is_told_from_the_form(criteria: list[Criterion], kind: str) -> None:
    assert rubric_text.read(rubric_text.write(Rubric(criteria=criteria))).kind == kind


# ---- The old front end, as far as its regular expressions are known: whole points, the forms of the contract.

OLD_SCORING = re.compile(r"\*\*Scoring(?: \((\d+) pts total\))?:?\*\*:?")
OLD_CRITERION = re.compile(r"^- \*\*(.+?) \((\d+) pts\)\*\*:", re.MULTILINE)
OLD_LEVEL = re.compile(r"^\s+- (?!\d+-\d+ pts:)(.+?) \((\d+) pts\): (.*)$", re.MULTILINE)
OLD_RANGE = re.compile(r"^\s+- (\d+)-(\d+) pts: (.+?): (.*)$", re.MULTILINE)
OLD_PENALTY = re.compile(r"^- \*\*(.+?):\*\* -(\d+) pts", re.MULTILINE)
OLD_CRITERION_ANYWHERE = re.compile(r"\*\*(.+?) \((\d+) pts\)\*\*:")


def test_the_old_front_ends_expressions_find_everything_in_a_rubric_of_whole_points() -> None:
    text = rubric_text.write(rubrics.essay())
    scoring = OLD_SCORING.search(text)
    assert scoring is not None
    assert scoring[1] == "20"
    assert OLD_CRITERION.findall(text) == [("Thesis", "12"), ("Style", "8")]
    assert [found[:2] for found in OLD_LEVEL.findall(text)] == [("Clear", "12"), ("Vague", "6"), ("Missing", "0")]
    assert OLD_RANGE.findall(text) == [("5", "8", "Good", "Reads well."), ("0", "4", "Weak", "Hard to read.")]
    assert OLD_PENALTY.findall(text) == [("Late", "2")]


whole = st.integers(0, 500).map(Decimal)
hostile_levels = st.builds(
    Level, name=rubrics.texts.filter(str.strip), description=rubrics.texts.filter(str.strip), points=whole
)
hostile_criteria = st.builds(
    Criterion,
    name=rubrics.texts.filter(str.strip),
    description=rubrics.given_texts,
    section=rubrics.given_texts,
    points=whole,
    levels=st.lists(hostile_levels, max_size=3),
)


@rubrics.quick
@given(st.lists(hostile_criteria, min_size=1, max_size=4))
def test_no_text_can_make_the_old_front_end_see_other_points(criteria: list[Criterion]) -> None:
    text = rubric_text.write(Rubric(criteria=criteria, total_points=Decimal(7)))
    assert [points for _, points in OLD_CRITERION.findall(text)] == [str(each.points) for each in criteria]
    assert [points for _, points in OLD_CRITERION_ANYWHERE.findall(text)] == [str(each.points) for each in criteria]
    levels = [level for criterion in criteria for level in criterion.levels]
    assert [points for _, points, _ in OLD_LEVEL.findall(text)] == [str(level.points) for level in levels]
    assert OLD_SCORING.findall(text)[0] == "7"


def test_what_was_edited_by_hand_or_written_by_others_is_not_taken_for_written_text() -> None:
    for text in (
        WRITTEN.replace("- **Style", "* **Style"),
        "Thesis: 20 points\nStyle: 10 points",
        "",
        "Hello\n\n**Scoring**:",
    ):
        with pytest.raises(rubric_text.NotWrittenError):
            rubric_text.read(text)


@pytest.mark.parametrize("part", ["- **", " (5 pts)", ":\\:", "<br ", ":** -5", "**a ", "\\", "| --- "])
@pytest.mark.parametrize(
    "begins", ["", "**Scoring**:\n- **A**:\n  - ", "**Scoring**:\n- **A**:\n**Penalties (if applicable)**:\n- **"]
)
def test_the_longest_hostile_text_that_looks_like_written_is_read_or_refused_at_once(begins: str, part: str) -> None:
    text = begins + part * (LONGEST_RULES // len(part))
    with cpu.at_most(3), contextlib.suppress(rubric_text.NotWrittenError):
        rubric_text.read(text)


def test_a_text_of_too_many_lines_is_not_read() -> None:
    text = "**Scoring**:\n" + "- **A (5 pts)**:\n" * (rubric_text.MOST_LINES - 1)
    assert len(rubric_text.read(text).criteria) == rubric_text.MOST_LINES - 1
    with pytest.raises(rubric_text.NotWrittenError):
        rubric_text.read(f"{text}- **A (5 pts)**:\n")


def test_the_old_shape_holds_titles_levels_and_scores_as_text() -> None:
    shape = rubric_text.as_old_shape(rubrics.essay())
    assert (shape["rubricTitle"], shape["totalPossiblePoints"]) == ("Essay rubric", 20)
    assert [category["categoryName"] for category in shape["categories"]] == ["Thesis", "Style"]
    assert shape["categories"][0]["levels"][0] == {
        "levelName": "Clear",
        "scoreValue": "12",
        "description": "Stated in the first paragraph.",
    }
    assert [level["scoreValue"] for level in shape["categories"][1]["levels"]] == ["5-8", "0-4"]


def test_the_old_shape_keeps_the_points_of_a_criterion_without_levels() -> None:
    criteria = [Criterion(name="A", description="Why", points=Decimal("2.5")), Criterion(name="B")]
    shape = rubric_text.as_old_shape(Rubric(criteria=criteria))
    assert (shape["rubricTitle"], shape["totalPossiblePoints"]) == ("", None)
    assert shape["categories"] == [
        {"categoryName": "A", "levels": [{"levelName": "", "scoreValue": "2.5", "description": "Why"}]},
        {"categoryName": "B", "levels": []},
    ]


def test_the_old_shape_of_a_level_without_points_has_an_empty_score() -> None:
    rubric = Rubric(criteria=[Criterion(name="A", levels=[Level(name="Good"), Level(points_min=Decimal(3))])])
    levels = rubric_text.as_old_shape(rubric)["categories"][0]["levels"]
    assert [level["scoreValue"] for level in levels] == ["", "3"]
