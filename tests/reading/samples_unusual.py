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
        ("Layout", None, [("Criteria Standards for this performance", None, "The poster can be")]),
        ("Content", None, [("Criteria Standards for this performance", None, "Three findings")]),
        ("Sources", None, [("Criteria Standards for this performance", None, "Every picture")]),
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

UNUSUAL = [value for value in list(globals().values()) if isinstance(value, Sample)]
