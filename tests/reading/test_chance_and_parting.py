"""What stands together by chance is not taken together, and what belongs together is not parted."""

from __future__ import annotations

import pytest

from rubric_jobs.documents.model import Document, Paragraph, Table
from rubric_jobs.reader import levels, names, reading
from rubric_jobs.reader.amounts import Amount, whole
from rubric_jobs.reader.tags import tags_of
from rubric_jobs.rubric.model import Rubric, Source
from tests.reading.paragraphs import document_of
from tests.reading.test_grids_by_kind import heading, read, shown, table


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "The students choose - together with their teacher - a topic of the last unit",
            "The students choose - together with their teacher - a topic of the last unit",
        ),
        ("Delivery - The speaker keeps eye contact and speaks freely", "Delivery"),
        (
            "For every measure (mean, median, mode, variance) that the final report explains in words",
            "For every measure (mean, median, mode, variance) that the final report explains in words",
        ),
        ("Sources (at least three, one of them a book)", "Sources"),
    ],
)
def test_a_name_ends_where_an_explanation_begins_and_not_inside_a_sentence(text: str, name: str) -> None:
    assert names.named(text).name == name


def test_points_in_brackets_may_open_the_line_below_a_name() -> None:
    found = names.named("Layout\n(25 points) clear structure, clean pages")
    assert (found.name, found.amount and found.amount.high) == ("Layout", 25)
    assert found.description == "clear structure, clean pages"


@pytest.mark.parametrize("text", ["De 1 à 5", "from 1 to 5", "1 - 5"])
def test_a_range_may_say_from_where_it_goes(text: str) -> None:
    assert whole(text) == Amount(high=5, low=1)  # type: ignore[arg-type]


def test_a_range_that_a_descriptor_ends_in_is_no_grade_below_another_range() -> None:
    text = "Some mistakes of spelling (4-8)."
    assert levels.cell_amount(text, beside=whole("41-59")) == (None, text)
    amount, rest = levels.cell_amount(text)
    assert (amount and amount.high, rest) == (8, "Some mistakes of spelling")


def test_a_word_that_a_narrow_column_broke_is_known() -> None:
    assert "only:points" in tags_of("Max. erreich-bare Punkte")
    assert tags_of("hand-in") == tags_of("hand-in ")


def test_a_first_row_that_offers_the_choices_of_the_next_ones_is_no_header() -> None:
    rows = [[name, "no", "partly", "yes"] for name in ("Language of the text", "Layout", "Teamwork", "Logbook")]
    found = read(heading("Assessment criteria"), table(*rows))
    assert [criterion.name for criterion in found.criteria] == [row[0] for row in rows]


def test_a_row_that_heads_the_names_alone_is_no_criterion() -> None:
    found = read(
        heading("Poster rubric"),
        table(
            ["Level of the work", "Basic 1-2 pts", "Full 3 pts", "Extended 4 pts"],
            ["Category", "", "", ""],
            ["Topic", "Part of it is done.", "All of it is done.", "More than asked for."],
            ["Form", "Hard to look at.", "Clean and clear.", "A pleasure to look at."],
            ["Team", "One did it all.", "All took part.", "All took part and helped."],
        ),
    )
    assert [criterion.name for criterion in found.criteria] == ["Topic", "Form", "Team"]


def test_rows_that_sum_up_the_next_ones_by_chance_are_criteria() -> None:
    rows = [["In time", "2"], ["Good practice", "5"], ["Aim", "1"], ["Hypothesis", "1"], ["Introduction", "3"]]
    rows += [["Variables", "4"], ["Method", "4"], ["Results", "4"], ["Graph", "6"], ["Conclusion", "4"]]
    found = read(heading("Lab report rubric"), table(["Criteria", "Marks available"], *rows))
    assert [criterion.name for criterion in found.criteria] == [row[0] for row in rows]


def test_a_single_column_of_amounts_holds_points_and_no_level() -> None:
    rows = [["Topic and aim", "2"], ["Correct terms", "2"], ["Facts and examples", "3"], ["Logical order", "1"]]
    found = read(heading("Bewertung der Präsentation"), table(["Kriterien", "Max. BE"], *rows))
    assert [(name, points, levels) for name, points, levels in shown(found)] == [
        (name, float(points), []) for name, points in rows
    ]


def of_one(name: str, *levels: tuple[str, str]) -> tuple[Paragraph, Table]:
    return heading(name), table(["Mark", "What was seen"], *([mark, text] for mark, text in levels))


def test_tables_of_one_criterion_each_are_not_joined() -> None:
    blocks = [
        heading("Assessment of the project"),
        *of_one("Research", ("1", "The group did its research."), ("0,5", "It did a part."), ("0", "It did none.")),
        *of_one("Talk", ("3", "Many good points were made."), ("2", "Some were made."), ("0", "None were made.")),
        *of_one("Game", ("3", "The game is new and works."), ("2", "The game works."), ("0", "There is no game.")),
    ]
    assert [(name, points, len(levels)) for name, points, levels in shown(read(*blocks))] == [
        ("Research", 1.0, 3),
        ("Talk", 3.0, 3),
        ("Game", 3.0, 3),
    ]


def rubric_of(*lines: str) -> Rubric:
    found = reading.reading_of(document_of(*lines)).rubric
    assert found is not None
    return found


def test_items_that_sum_up_the_next_two_by_chance_head_no_section() -> None:
    found = rubric_of(
        "# Poster rubric",
        "- Title (10 pts)",
        "- Names of the members (10 pts)",
        "- Eight facts or tips (40 pts)",
        "- Pictures (30 pts)",
        "- Neat and organized (10 pts)",
    )
    assert [float(criterion.points or 0) for criterion in found.criteria] == [10, 10, 40, 30, 10]


def test_lines_of_points_possible_are_no_totals_where_there_are_many() -> None:
    parts = [("Presentation", 5), ("Summary", 25), ("Data", 20), ("Bibliography", 10), ("Log", 10)]
    lines = [line for name, worth in parts for line in (f"{name} __________", f"({worth} points possible)")]
    found = rubric_of("# Science project grading sheet", *lines)
    assert [(criterion.name, criterion.points) for criterion in found.criteria] == parts


def test_headings_above_one_line_of_points_each_name_the_criteria() -> None:
    found = rubric_of(
        "# Grading rubric",
        "# Format",
        "Heading, font, spacing and margins are as asked for. ____ 10 pts.",
        "# Citations",
        "Two quotes in each paragraph, all of them cited. ____ 25 pts.",
        "# Language",
        "Word choice and sentence structure. ____ 15 pts.",
        "The writing is formal and clear.",
    )
    assert [(criterion.name, criterion.points) for criterion in found.criteria] == [
        ("Format", 10),
        ("Citations", 25),
        ("Language", 15),
    ]


def test_an_empty_document_has_no_reading() -> None:
    assert reading.reading_of(Document(1, (Paragraph("", Source()),))).rubric is None


def test_a_column_that_a_levels_name_heads_is_a_level_beside_others() -> None:
    found = read(
        heading("How tasks are graded"),
        table(
            ["Criterion", "Meet expectations", "Exceeded expectations"],
            ["Requirements", "All required features are there and work.", "Optional features are there, too."],
            ["Design", "The program follows the practices of the course.", "The student tells why it does so."],
            ["Process", "The student follows the workflow that was defined.", "The student improves the workflow."],
        ),
    )
    assert {name: [level for level, _ in levels] for name, _, levels in shown(found)} == {
        name: ["Meet expectations", "Exceeded expectations"] for name in ("Requirements", "Design", "Process")
    }
