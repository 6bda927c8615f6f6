"""Grids of our own making with unusual headings or names."""

from __future__ import annotations

from tests.reading.builders import Grid, Heading, Sample
from tests.reading.samples_grids import CLEAR, FEW, MANY, MIXED, SOME, VAGUE

SINGLE_POINT = Sample(
    "single-point",
    [
        Heading("Single-Point Rubric: Poster"),
        Grid(
            [
                [
                    "Concerns\nAreas that need work",
                    "Criteria\nStandards for this performance",
                    "Advanced\nEvidence of exceeding",
                ],
                ["", "Layout: The poster can be read from two metres away.", ""],
                ["", "Content: Three findings are stated with their evidence.", ""],
                ["", "Sources: Every picture and figure names where it came from.", ""],
            ]
        ),
    ],
    [
        (
            "Layout",
            None,
            [("Criteria Standards for this performance", None, "The poster can be read from two metres away.")],
        ),
        (
            "Content",
            None,
            [("Criteria Standards for this performance", None, "Three findings are stated with their evidence.")],
        ),
        (
            "Sources",
            None,
            [("Criteria Standards for this performance", None, "Every picture and figure names where it came from.")],
        ),
    ],
    kind="single_point",
    layouts=("docx", "ruled"),
)

ODD_LEVEL_NAMES = Sample(
    "unusual-level-names",
    [
        Heading("Rubric for the Garden Project"),
        Grid(
            [
                ["Criteria", "Full bloom", "Sprouting", "Still a seed"],
                ["Teamwork", CLEAR, MIXED, VAGUE],
                ["Research", MANY, SOME, FEW],
            ]
        ),
    ],
    [
        ("Teamwork", None, [("Full bloom", None, CLEAR), ("Sprouting", None, MIXED), ("Still a seed", None, VAGUE)]),
        ("Research", None, [("Full bloom", None, MANY), ("Sprouting", None, SOME), ("Still a seed", None, FEW)]),
    ],
)

NAME_WITH_GLOSS = Sample(
    "points-and-gloss-in-name",
    [
        Heading("Capstone Rubric"),
        Grid(
            [
                ["Component", "Distinguished", "Competent", "Unacceptable"],
                ["Abstract (10 pts)\nSummarises the whole work in 200 words or fewer.", CLEAR, MIXED, VAGUE],
                ["Method (25 pts)\nLets another student repeat every step of the work.", MANY, SOME, FEW],
            ]
        ),
    ],
    [
        ("Abstract", 10, [("Distinguished", None, CLEAR), ("Competent", None, MIXED), ("Unacceptable", None, VAGUE)]),
        ("Method", 25, [("Distinguished", None, MANY), ("Competent", None, SOME), ("Unacceptable", None, FEW)]),
    ],
)

FULL_POINTS = Sample(
    "criteria-for-full-points",
    [
        Heading("Website Rubric"),
        Grid(
            [
                ["Category", "Points possible", "Criteria for full points"],
                ["Navigation", "10", "Every page can be reached from every other one."],
                ["Pictures", "5", "All pictures have a text for those who can't see them."],
                ["Extra credit", "3", "The site works without scripts."],
            ],
            widths=[0.2, 0.2, 0.6],
        ),
    ],
    [("Navigation", 10, []), ("Pictures", 5, [])],
    kind="point_list",
    layouts=("docx", "ruled", "lined"),
)

POINTS_BELOW = Sample(
    "points-in-a-row-below",
    [
        Heading("Debate Rubric"),
        Grid(
            [
                ["Criteria", "Exceeds Expectations", "Meets Expectations", "Below Expectations"],
                ["Arguments", CLEAR, MIXED, VAGUE],
                ["", "20-16", "15-10", "9-0"],
                ["Rebuttal", MANY, SOME, FEW],
                ["", "10-8", "7-5", "4-0"],
            ]
        ),
    ],
    [
        (
            "Arguments",
            20,
            [
                ("Exceeds Expectations", (16, 20), CLEAR),
                ("Meets Expectations", (10, 15), MIXED),
                ("Below Expectations", (0, 9), VAGUE),
            ],
        ),
        (
            "Rebuttal",
            10,
            [
                ("Exceeds Expectations", (8, 10), MANY),
                ("Meets Expectations", (5, 7), SOME),
                ("Below Expectations", (0, 4), FEW),
            ],
        ),
    ],
    layouts=("docx", "ruled"),
)

CIRCLED = Sample(
    "numbers-to-circle",
    [
        Heading("Presentation evaluation form"),
        Grid(
            [
                ["Criteria", "Score (circle one)"],
                ["The speakers kept eye contact with us", "1 2 3 4 5"],
                ["The slides helped to follow the talk", "1 2 3 4 5"],
                ["The questions were answered well", "1 2 3 4 5"],
            ],
            widths=[0.7, 0.3],
        ),
    ],
    [
        ("The speakers kept eye contact with us", 5, []),
        ("The slides helped to follow the talk", 5, []),
        ("The questions were answered well", 5, []),
    ],
    kind="point_list",
    layouts=("docx", "ruled", "lined"),
)

MIXED_HEADINGS = Sample(
    "percent-within-heading",
    [
        Heading("Case Study Rubric"),
        Grid(
            [
                ["Criterion", "Exceeds 90-100% (A)", "Meets 75-89% (B)", "Fails 0-74% (F)"],
                ["Analysis", CLEAR, MIXED, VAGUE],
                ["Solution", MANY, SOME, FEW],
            ]
        ),
    ],
    [
        (
            "Analysis",
            100,
            [("Exceeds (A)", (90, 100), CLEAR), ("Meets (B)", (75, 89), MIXED), ("Fails (F)", (0, 74), VAGUE)],
        ),
        (
            "Solution",
            100,
            [("Exceeds (A)", (90, 100), MANY), ("Meets (B)", (75, 89), SOME), ("Fails (F)", (0, 74), FEW)],
        ),
    ],
)

UNUSUAL = [value for value in list(globals().values()) if isinstance(value, Sample)]
