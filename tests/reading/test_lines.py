"""Runs of paragraphs read by plans: each role, and what is enumerated for lists as people set them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rubric_jobs.documents.model import Document, fold
from rubric_jobs.reader import candidates, shared_points
from rubric_jobs.reader.assemble import assemble, assemble_part
from rubric_jobs.reader.lines_enumeration import MOST_PARTS, enumerate_lines
from rubric_jobs.reader.lines_features import features_lines
from rubric_jobs.reader.plan import Part, Plan, PlanInvalid
from rubric_jobs.rubric.model import Rubric
from tests.reading.paragraphs import document_of, shown


def read(document: Document, rows: str, name: Any = "cell") -> Rubric:
    part = Part(tuple(range(len(rows))), "lines", "", rows, name=name)
    return assemble(Plan((part,)), document).rubric


def test_each_line_is_what_its_role_says() -> None:
    document = document_of(
        "Marking scheme",
        "Part A",
        "1. Thesis (6 points)",
        "Is it clear?",
        "- Excellent (6): sharp",
        "- Poor (1): vague",
        "and long-winded",
        "2. Style",
        "Value: 4 points",
        "Late: -2 points",
        "Total: 10 points",
        "Comments: ____",
    )
    rubric = read(document, "kscdlldcpat-")
    assert shown(rubric) == [("Thesis", 6, [("Excellent", 6), ("Poor", 1)]), ("Style", 4, [])]
    assert [criterion.section for criterion in rubric.criteria] == ["Part A", "Part A"]
    assert rubric.criteria[0].description == "Is it clear?"
    assert rubric.criteria[0].levels[1].description == "vague\nand long-winded"
    assert [(each.kind, each.points) for each in rubric.adjustments] == [("penalty", 2)]
    assert (rubric.totals.stated, rubric.totals.computed) == (10, 10)


def test_numbers_before_levels_are_points_where_the_plan_says_so() -> None:
    document = document_of("Security", "0) none of the three", "2) one of them", "6) all")
    assert shown(read(document, "cnnn")) == [("Security", 6, [(None, 0), (None, 2), (None, 6)])]


def test_a_line_that_a_page_broke_is_one() -> None:
    document = document_of("- Narrative of the justification [Engineering or", "principle used] [20]")
    assert shown(read(document, "c+")) == [("Narrative of the justification [Engineering or principle used]", 20, [])]


def test_levels_without_a_criterion_grade_the_whole() -> None:
    document = document_of(
        "# Participation (4 points)", "4 – Excellent: always", "2 – Fair: at times", "0 – None: never"
    )
    part = Part((1, 2, 3), "lines", "", "lll")
    rubric = assemble(Plan((part,)), document).rubric
    assert shown(rubric) == [("Participation", 4, [("Excellent", 4), ("Fair", 2), ("None", 0)])]


def test_points_for_each_are_no_points_of_levels_and_end_with_their_section() -> None:
    document = document_of(
        "Homework (3 points each)",
        "- Effort",
        "- Style",
        "- Good: neat",
        "- Poor: rough",
        "# Project",
        "- Report",
        "- Talk",
    )
    assert shown(read(document, "sccllscc")) == [
        ("Effort", 3, []),
        ("Style", None, [("Good", None), ("Poor", None)]),
        ("Report", None, []),
        ("Talk", None, []),
    ]


@pytest.mark.parametrize("way", ["line", "cell"])
def test_a_run_in_heading_is_the_name_where_the_plan_says_so(way: str) -> None:
    document = document_of("- Case study (20%): how relevant and clear the example is")
    (criterion,) = read(document, "c", way).criteria
    assert criterion.points == criterion.weight == 20
    assert criterion.name == ("Case study" if way == "line" else "Case study: how relevant and clear the example is")


def test_roles_must_be_as_many_as_blocks() -> None:
    document = document_of("a (1 point)", "b (2 points)")
    with pytest.raises(PlanInvalid):
        assemble(Plan((Part((0, 1), "lines", "", "c"),)), document)


LISTS: dict[str, tuple[Sequence[str], list[Any]]] = {
    "points at the end": (
        ["# Grading", "- Thesis (10 points)", "- Evidence (20 points)", "- Style (5 points)"],
        [("Thesis", 10, []), ("Evidence", 20, []), ("Style", 5, [])],
    ),
    "points in front": (
        ["___/2 points: Asked questions", "___/3 points: Found the inputs", "____/5 Total points"],
        [("Asked questions", 2, []), ("Found the inputs", 3, [])],
    ),
    "sections with points of their own": (
        [
            "# Content (30)",
            "- Thesis: 10 points",
            "- Proof: 20 points",
            "# Form (5)",
            "- Style: 2 points",
            "- Layout: 3 points",
        ],
        [("Thesis", 10, []), ("Proof", 20, []), ("Style", 2, []), ("Layout", 3, [])],
    ),
    "parts below criteria": (
        ["1. Design [15]", "  - Factors [5]", "  - Levels [10]", "2. Data [5]", "  - Check [2]", "  - Sheet [3]"],
        [("Design", 15, []), ("Data", 5, [])],
    ),
    "levels as bullets": (
        [
            "1. Effort",
            "  - 7 points: All is tried",
            "  - 0 points: Nothing",
            "2. Style",
            "  - 2 points: Neat",
            "  - 0 points: Not",
        ],
        [("Effort", 7, [("7 points", 7), ("0 points", 0)]), ("Style", 2, [("2 points", 2), ("0 points", 0)])],
    ),
    "named levels below headings": (
        ["# Login", "- Excellent: safe", "- Poor: broken", "# Mail", "- Excellent: reliable", "- Poor: missing"],
        [
            ("Login", None, [("Excellent", None), ("Poor", None)]),
            ("Mail", None, [("Excellent", None), ("Poor", None)]),
        ],
    ),
    "points alone below": (
        ["# Language", "of 15 possible points", "# Structure", "of 30 possible points"],
        [("Language", 15, []), ("Structure", 30, [])],
    ),
    "points alone below items that go on": (
        [
            "# Components",
            "1. The design form",
            "# [5 marks]",
            "2. The program",
            "  - its source text",
            "# [25 marks]",
            "3. Pictures",
            "# [10 marks]",
            "Hand in one file.",
        ],
        [("The design form", 5, []), ("The program", 25, []), ("Pictures", 10, [])],
    ),
    "points alone below each line": (
        ["Criteria Pts", "Theme: it is clear", "40 pts", "Style: it is plain", "10 pts", "Form: it is kept", "5 pts"],
        [("Theme: it is clear", 40, []), ("Style: it is plain", 10, []), ("Form: it is kept", 5, [])],
    ),
    "bare numbers at the ends of the lines": (
        [
            "# Text",
            "Order and contents 6",
            "Coherence (in all parts) 6",
            "# Language",
            "Register, style; 5",
            "Syntax 4",
            "Spelling 5",
            "# Total: 26",
            "The exam is worth at most 26 points.",
        ],
        [
            ("Order and contents", 6, []),
            ("Coherence (in all parts)", 6, []),
            ("Register, style", 5, []),
            ("Syntax", 4, []),
            ("Spelling", 5, []),
        ],
    ),
    "points that a line above says for each": (
        [
            "# Review",
            "Each question is worth two (2) points.",
            "1. Is it clear?",
            "2. Is it full?",
            "3. Is it long? (1 point)",
        ],
        [("Is it clear?", 2, []), ("Is it full?", 2, []), ("Is it long?", 1, [])],
    ),
    "a scale that a line above says for all": (
        ["# Judging", "Use a 1-5 scale.", "1. Thought: is it deep?", "2. Skill: is it seen?"],
        [("Thought: is it deep?", 5, []), ("Skill: is it seen?", 5, [])],
    ),
    "titles and sentences set alike": (
        ["# Essay", "Sources", "Are five of them cited?", "Structure", "Is there a thesis?", "Grammar", "Is it right?"],
        [("Sources", None, []), ("Structure", None, []), ("Grammar", None, [])],
    ),
    "points behind a colon": (
        [
            "# Fair",
            "Originality: 10 points (Does the project show a new idea?)",
            "Report: 15% of the overall course grade. It holds the results.",
            "Log: 5 points",
        ],
        [("Originality", 10, []), ("Report", 15, []), ("Log", 5, [])],
    ),
    "parts below headings that say their totals": (
        [
            "- Task 1 — Total: 12",
            "  - Code: 8",
            "  - Report: 4",
            "- Task 2 — Total: 30",
            "  - Code: 20",
            "  - Report: 10",
        ],
        [("Task 1", 12, []), ("Task 2", 30, [])],
    ),
    "headings with typed numbers among others": (
        ["# Talks", "# 1- Introduction", "- names the theme", "- names the plan", "# 2- Plan", "- is clear"],
        [("1- Introduction", None, []), ("2- Plan", None, [])],
    ),
    "boxes": (
        ["# Ready?", "☐ The title is set", "☐ The date is set", "☐ All is signed"],
        [("The title is set", None, []), ("The date is set", None, []), ("All is signed", None, [])],
    ),
    "announced by lines that are set like the items": (
        [
            "# Talks",
            "Choose a theme of your own; a game or a shop will do, and hand in everything by the end of May.",
            "We will look at the following:",
            "How well the theme fits",
            "Whether the code is easy to read",
            "How the work grew from week to week",
        ],
        [
            ("How well the theme fits", None, []),
            ("Whether the code is easy to read", None, []),
            ("How the work grew from week to week", None, []),
        ],
    ),
    "paragraphs around items that are set like them": (
        [
            "# Mark scheme",
            "Two markers read each report and judge every one of these on a scale of five.",
            "Abstract is clear",
            "Methods are complete",
            "Figures can be read",
            "Conclusions follow from results",
            "The marks of both are averaged, and a third marker reads reports where they differ by much.",
        ],
        [
            ("Abstract is clear", None, []),
            ("Methods are complete", None, []),
            ("Figures can be read", None, []),
            ("Conclusions follow from results", None, []),
        ],
    ),
    "bullets of two kinds above a scale of marks": (
        [
            "Content:",
            "- on the theme - 2 points",
            "- own ideas - 2 points",
            "Team:",
            "• everybody took part - 1 point",
            "Marks:",
            "Splendid - 5 points",
            "Keep going - 3 points",
        ],
        [("on the theme", 2, []), ("own ideas", 2, []), ("everybody took part", 1, [])],
    ),
    "an item without points among items with points": (
        [
            "# Report",
            "1. Purpose (10 pt)",
            "2. Method (20 pt)",
            "3. Results (35 pt)",
            "4. References",
            "Layout of figures: 15 pt",
        ],
        [
            ("Purpose", 10, []),
            ("Method", 20, []),
            ("Results", 35, []),
            ("References", None, []),
            ("Layout of figures", 15, []),
        ],
    ),
    "a sentence behind points in brackets": (
        [
            "- File name (2 points) Required elements: your name, the class, one file",
            "- Header (3 points) Give the author and the date of the work",
        ],
        [("File name", 2, []), ("Header", 3, [])],
    ),
    "an arrow behind the name": (
        ["30%: Content of the talk -> written part", "70%: Delivery and posture → spoken part"],
        [("Content of the talk", 30, []), ("Delivery and posture", 70, [])],
    ),
    "losses below criteria": (
        [
            "1. Runs without a warning (2 points)",
            "2. Passes the review (2 points)",
            "  - lose 1 point for each serious finding",
            "  - lose 2 points for a blocking finding",
        ],
        [("Runs without a warning", 2, []), ("Passes the review", 2, [])],
    ),
    "names that only count without what follows": (
        [
            "- Test #1: Next multiple (1 point)",
            "- Test #2: Celsius to Kelvin (1 point)",
            "- Part C (2 points)",
        ],
        [("Test #1: Next multiple", 1, []), ("Test #2: Celsius to Kelvin", 1, []), ("Part C", 2, [])],
    ),
    "answers to tick": (
        [
            "# Peer review",
            "1. Is the thesis stated?\tYes\tNo",
            "2. Are sources cited?  ☐ Yes ☐ No",
            "3. Is it free of mistakes? yes / no / n/a",
        ],
        [("Is the thesis stated?", None, []), ("Are sources cited?", None, []), ("Is it free of mistakes?", None, [])],
    ),
    "points for something": (
        ["Up to 10 points for the summary", "Up to 20 points for the analysis"],
        [("the summary", 10, []), ("the analysis", 20, [])],
    ),
    "among other text": (
        [
            "# Handout",
            "Due on 12 March 2024, counts 10 % of the module.",
            "- Read chapter 5",
            "- Write 3 pages",
            "# Assessment criteria",
            "- Concepts (20%): clear and complete work",
            "- Depth (80%): more than the obvious",
            "# Submission",
            "- Hand in one PDF",
        ],
        [("Concepts", 20, []), ("Depth", 80, [])],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), LISTS.values(), ids=LISTS)
def test_the_right_reading_of_a_list_is_enumerated(lines: Sequence[str], expected: list[Any]) -> None:
    document = document_of(*lines)
    parts = enumerate_lines(tuple(range(len(lines))), document)
    assert expected in [shown(assemble(Plan((part,)), document).rubric) for part in parts]


@pytest.mark.parametrize(
    "lines",
    [
        ["Great work (20)", "Good work (15)", "Poor work (5)"],
        ["Excellent: all is told in full", "Good: most of it is told", "Poor: little is told"],
        ["Fits (4)", "Fits mostly (3)", "Fits in part (2)", "Does not fit (1)"],
    ],
    ids=["named and worth less", "named", "worth one less each"],
)
def test_levels_of_one_scale_are_no_criteria(lines: Sequence[str]) -> None:
    document = document_of("# Essays", *lines)
    found = candidates.region_candidates(document, tuple(range(len(lines) + 1)))
    places = [[criterion.source.paragraph for criterion in own.reading.criteria] for own in found]
    assert list(range(1, len(lines) + 1)) not in places


@pytest.mark.parametrize(
    "lines",
    [
        ["Read Chapter 5", "Then Chapter 3", "Skim Chapter 2", "See Chapter 9"],
        ["Aims 1", "Methods 4", "Results 9", "Summary 12"],
        ["Style 5", "This sentence tells something else.", "Depth 3"],
    ],
)
def test_numbers_of_chapters_pages_and_single_lines_are_no_points(lines: Sequence[str]) -> None:
    document = document_of(*lines)
    for part in enumerate_lines(tuple(range(len(lines))), document):
        rubric = assemble(Plan((part,)), document).rubric
        assert all(criterion.points is None for criterion in rubric.criteria)


@pytest.mark.parametrize(
    ("line", "points"),
    [
        ("There is one point for each of the following", 1),
        ("(10 points each)", 10),
        ("Jede Frage zählt 4 Punkte.", 4),
        ("Assign a rating from 1 to 5 to all of them.", 5),
        ("Minus 2 points for each error", None),
        ("Each team has 5 members", None),
    ],
)
def test_points_for_each_are_told_from_other_numbers(line: str, points: int | None) -> None:
    told = shared_points.told(line)
    assert (told.high if told else None) == points


WORDS = st.sampled_from(
    [
        "Thesis",
        "# Style",
        "- Proof (5 points)",
        "  - Good: 3",
        "1. Aim [2]",
        "Total: 10 points",
        "Late: -2",
        "☐ a",
        "/10",
    ]
)


@example(["Thesis", "#", "Thesis"])
@given(st.lists(WORDS | st.text(min_size=1, max_size=40).filter(str.strip), min_size=2, max_size=12))
def test_any_paragraphs_give_bounded_plans_whose_values_are_printed(lines: list[str]) -> None:
    document = document_of(*lines)
    printed = "".join(fold(f"{paragraph.marker} {paragraph.text}") for paragraph in document.paragraphs)
    parts = enumerate_lines(tuple(range(len(lines))), document)
    assert len(parts) <= MOST_PARTS
    for part in parts:
        found = assemble(Plan((part,)), document)
        assert found.used | {text.ref for text in found.unread} == {
            (block, 0, -1) for block in part.blocks if document.blocks[block].text.strip()
        }
        for criterion in found.rubric.criteria:
            assert all(fold(word) in printed for word in criterion.name.split())
        assert Plan.from_json(Plan((part,)).to_json()) == Plan((part,))


def test_features_are_numbers_of_the_order_of_one() -> None:
    lines, _ = LISTS["among other text"]
    document = document_of(*lines)
    for part in enumerate_lines(tuple(range(len(lines))), document):
        numbers = features_lines(part, document, assemble_part(part, document))
        assert all(-5 <= value <= 5 for value in numbers.values())
