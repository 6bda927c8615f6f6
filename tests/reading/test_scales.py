"""Scales that a run of paragraphs prints below its criteria, or for the whole work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rubric_jobs.reader import totals
from rubric_jobs.reader.assemble import assemble, assemble_part
from rubric_jobs.reader.lines_enumeration import enumerate_lines
from rubric_jobs.reader.lines_features import features_lines
from rubric_jobs.reader.lines_levels import level_told
from rubric_jobs.reader.plan import Part, Plan
from tests.reading.paragraphs import document_of, shown

SCALES: dict[str, tuple[Sequence[str], list[Any]]] = {
    "numbers that only a blank sets off": (
        ["# Aims", "2 The aim is clear.", "1 The aim is vague.", "# Effort", "2 Much was done.", "1 Little was done."],
        [("Aims", 2, [("2", 2), ("1", 1)]), ("Effort", 2, [("2", 2), ("1", 1)])],
    ),
    "points and names that only a blank sets off": (
        [
            "# Thesis",
            "5 pts Excellent The thesis is clear.",
            "0 pts Poor No thesis is found.",
            "# Style",
            "5 pts Excellent All sentences are clear.",
            "0 pts Poor No sentence is clear.",
        ],
        [("Thesis", 5, [("Excellent", 5), ("Poor", 0)]), ("Style", 5, [("Excellent", 5), ("Poor", 0)])],
    ),
    "levels as headings with lines below": (
        [
            "# Criterion 1: Tests",
            "Novice (0-2 pts)",
            "  - none run",
            "Advanced (3-5 pts)",
            "  - all run, the coverage is good",
            "# Criterion 2: Docs",
            "Novice (0-2 pts)",
            "  - none are complete",
            "Advanced (3-5 pts)",
            "  - complete",
        ],
        [
            ("Criterion 1: Tests", 5, [("Novice", (0, 2)), ("Advanced", (3, 5))]),
            ("Criterion 2: Docs", 5, [("Novice", (0, 2)), ("Advanced", (3, 5))]),
        ],
    ),
    "points below each level": (
        [
            "# Sound (9)",
            "hard to follow",
            "3 points",
            "clear",
            "9 points",
            "# Ideas (4)",
            "few",
            "1 point",
            "many",
            "4 points",
        ],
        [("Sound", 9, [(None, 3), (None, 9)]), ("Ideas", 4, [(None, 1), (None, 4)])],
    ),
    "points, name and text of a level on lines of their own": (
        [
            "# Focus",
            "10 pts",
            "Exceptional",
            "The purpose is clear.",
            "0 pts",
            "No Credit",
            "There is none.",
            "# Content",
            "10 pts",
            "Exceptional",
            "It is thorough.",
            "0 pts",
            "No Credit",
            "It is missing.",
        ],
        [
            ("Focus", 10, [("Exceptional", 10), ("No Credit", 0)]),
            ("Content", 10, [("Exceptional", 10), ("No Credit", 0)]),
        ],
    ),
    "points at the end of each level, a sentence above": (
        [
            "1. STRUCTURE",
            "Does it name the parts?",
            "  names all of them = 2,5",
            "  leaves one of them out = 1,0",
            "2. COHESION",
            "Does it hold together?",
            "  holds together well = 2,5",
            "  falls apart at times = 1,0",
        ],
        [("STRUCTURE", 2.5, [(None, 2.5), (None, 1)]), ("COHESION", 2.5, [(None, 2.5), (None, 1)])],
    ),
    "a key of the letters below": (
        ["# Form", "A = neat", "B = rough", "# Content", "A = full", "B = thin", "# Key", "A = 4", "B = 3"],
        [("Form", None, [("A", None), ("B", None)]), ("Content", None, [("A", None), ("B", None)])],
    ),
    "marks in the same sentence": (
        [
            "# Essays",
            'The mark "good" is for full work.',
            'The mark "fair" is for half of it.',
            'The mark "poor" is for less.',
        ],
        [("Essays", None, [("good", None), ("fair", None), ("poor", None)])],
    ),
    "marks behind the same word": (
        [
            "# Marks",
            "- Karakteren 6: eleven har fått med seg alt det som oppgaven krever",
            "- Karakteren 5: eleven har fått med seg nesten alt det som oppgaven krever",
            "- Karakteren 4: eleven har fått med seg noe av det som oppgaven krever",
        ],
        [("Marks", None, [("Karakteren 6", None), ("Karakteren 5", None), ("Karakteren 4", None)])],
    ),
    "levels beside known ones whose names nobody knows": (
        [
            "# Aim (20 pts)",
            "  Competent (20-15 pts): The aim is plain and its reasons are told",
            "  Still on the way (≤15 pts): The aim cannot be found",
            "# Form (10 pts)",
            "  Competent (10-5 pts): Sections follow each other well",
            "  Still on the way (≤5 pts): Sections are missing or mixed",
        ],
        [
            ("Aim", 20, [("Competent", (15, 20)), ("Still on the way", (0, 15))]),
            ("Form", 10, [("Competent", (5, 10)), ("Still on the way", (0, 5))]),
        ],
    ),
    "headings of two marks each, some of several": (
        [
            "# Essays",
            "# Grades 4-5",
            "- The question is answered in full",
            "# Grade 3",
            "- Most of it is answered",
            "# Grades 1-2",
            "- Little of it is answered",
        ],
        [("Essays", None, [("Grades 4-5", None), ("Grade 3", None), ("Grades 1-2", None)])],
    ),
    "two marks that nothing stands above": (
        [
            'A report earns an "A" when it ...',
            "- answers the whole question",
            'A report earns a "B" when it ...',
            "- answers most of it",
        ],
        [("", None, [('A report earns an "A" when it ...', None), ('A report earns a "B" when it ...', None)])],
    ),
    "sentences about one kind of work each": (
        [
            "# How essays are graded",
            "An excellent essay has a thesis and supports it with evidence from many sources.",
            "A good essay has a thesis, but some of its evidence is missing.",
            "In a weak essay no thesis can be found, or nothing supports it.",
        ],
        [
            (
                "How essays are graded",
                None,
                [("An excellent essay", None), ("A good essay", None), ("In a weak essay", None)],
            )
        ],
    ),
    "scores that a word stands before": (
        [
            "# Guide",
            "Score of 2",
            "The response answers the task.",
            "Score of 1",
            "It answers some.",
            "Score of 0",
            "None.",
        ],
        [("Guide", 2, [("Score of 2", 2), ("Score of 1", 1), ("Score of 0", 0)])],
    ),
    "marks that a dash sets off from the lines below": (
        ["# Marks", "5 –", "  All of the code runs;", "4 –", "  Most of it runs;", "3 –", "  It does not start;"],
        [("Marks", 5, [("5", 5), ("4", 4), ("3", 3)])],
    ),
    "marks that say which level they are": (
        [
            "# Teamwork",
            "# 2 = Good",
            "- All took part.",
            "# 1 = Fair",
            "- Some took part.",
            "# 0 = Poor",
            "- None did.",
        ],
        [("Teamwork", 2, [("Good", 2), ("Fair", 1), ("Poor", 0)])],
    ),
    "a sentence above that names nothing": (
        [
            "Readers give one of these scores to your text.",
            "3 This text answers all of the task.",
            "2 This text answers most of the task.",
            "1 This text answers little of the task.",
        ],
        [("", 3, [("3", 3), ("2", 2), ("1", 1)])],
    ),
    "one scale for the whole work": (
        [
            "# Essays",
            "20 Points Great Job",
            "  - full",
            "18 Points Good Job",
            "  - nearly",
            "14 Points OK Job",
            "  - part",
        ],
        [("Essays", 20, [("Great Job", 20), ("Good Job", 18), ("OK Job", 14)])],
    ),
}


def readings_of(lines: Sequence[str]) -> list[list[Any]]:
    document = document_of(*lines)
    parts = enumerate_lines(tuple(range(len(lines))), document)
    return [shown(assemble(Plan((part,)), document).rubric) for part in parts]


@pytest.mark.parametrize(("lines", "expected"), SCALES.values(), ids=SCALES)
def test_the_right_reading_of_a_scale_is_enumerated(lines: Sequence[str], expected: list[Any]) -> None:
    assert expected in readings_of(lines)


def test_things_that_earn_the_same_are_no_scale() -> None:
    lines = ["# Term work (25)", "- Quiz (5)", "- Lab (5)", "- Talk (5)", "- Paper (5)", "- Attendance (5)"]
    levelled = [rubric for rubric in readings_of(lines) if rubric[0][2]]
    assert not any(name == "Term work" and len(levels) == 5 for rubric in levelled for name, _, levels in rubric)


def test_names_that_count_are_not_cut_where_the_number_stands() -> None:
    lines = [f"# Criterion {n} of the rubric: {what} work (5)" for n, what in enumerate(("neat", "full", "sound"), 1)]
    names = [[name for name, _, _ in rubric] for rubric in readings_of(lines)]
    assert ["Criterion 1 of the rubric: neat work", *names[0][1:]] in names
    assert not any(own[0] == "Criterion 1 of the rubric" for own in names)


@pytest.mark.parametrize(
    ("line", "name", "description"),
    [
        ("Good The thesis is clear to all", "Good", "The thesis is clear to all"),
        ("Good Use of Several Sources", "Good Use of Several Sources", None),
        ("Bueno (13-12) Arquitectura funcional", "Bueno", "Arquitectura funcional"),
        ("C (Average) 70% -- 17-19 points", "C (Average)", None),
        ("160 - Good reading: develops the theme", "160", "Good reading: develops the theme"),
        ("4 - Excellent: all is there", "Excellent", "all is there"),
    ],
)
def test_a_level_is_told_apart_from_what_it_asks_for(line: str, name: str | None, description: str | None) -> None:
    told = level_told(line, "")
    assert (told.name, told.description) == (name, description)


def test_a_total_may_stand_before_its_word() -> None:
    assert totals.stated_in("____/40 Total points") == 40
    assert totals.stated_in("____/4 points: asked questions") is None


def test_parts_that_add_up_to_their_criterion_are_told_from_levels() -> None:
    def features(*lines: str) -> dict[str, float]:
        document = document_of(*lines)
        part = Part(tuple(range(len(lines))), "lines", "", "cll" * (len(lines) // 3))
        return features_lines(part, document, assemble_part(part, document))

    parts = features("1. Design (5)", "- Factors (2)", "- Levels (3)", "2. Data (4)", "- Check (1)", "- Sheet (3)")
    levels = features("1. Design (3)", "- Sketch (1)", "- Plan (3)", "2. Data (4)", "- Some (1)", "- Much (4)")
    assert (parts["line levels add up"], levels["line levels add up"]) == (1, 0)


def test_points_on_their_own_lines_that_nothing_takes_are_evidence_against_a_reading() -> None:
    document = document_of("# Language", "of 15 points", "# Structure", "of 30 points", "- Order (10)", "- Logic (20)")

    def unused(rows: str, first: int = 0) -> float:
        part = Part(tuple(range(first, first + len(rows))), "lines", "", rows)
        return features_lines(part, document, assemble_part(part, document))["line amounts alone unused"]

    assert unused("cpcpdd") == 0
    assert unused("c-c-dd") == 1


def test_levels_that_say_nothing_are_told_from_others() -> None:
    document = document_of("# Form", "A = neat", "B = rough", "# Key", "A = 4", "B = 3")
    part = Part(tuple(range(6)), "lines", "", "cllcll")
    assert features_lines(part, document, assemble_part(part, document))["line levels described"] == 0.5


def test_sections_worth_their_criteria_are_evidence() -> None:
    lines = ["Content (30)", "- Thesis (10)", "- Proof (20)", "Form (5)", "- Style (2)", "- Layout (3)"]
    document = document_of(*lines)
    told = {
        rows: features_lines(part, document, assemble_part(part, document))
        for rows in ("sccscc", "cccccc")
        if (part := Part(tuple(range(6)), "lines", "", rows))
    }
    assert told["sccscc"]["line sections add up"] == 1
    assert told["sccscc"]["line criteria add up"] == 0
    assert told["cccccc"]["line criteria add up"] > 0
