"""Grids of our own making: levels across and down, points wherever teachers put them."""

from __future__ import annotations

from tests.reading.builders import Grid, Heading, Merged, Sample

CLEAR = "The thesis is clear and every paragraph of the paper serves it well."
MIXED = "The thesis can be found but some of the paragraphs wander off."
VAGUE = "The thesis is vague, and readers have to guess what is argued."
NONE = "There is no thesis that a reader could name after reading."
MANY = "Five or more scholarly sources are cited and discussed in depth."
SOME = "Three or four sources are cited, most of them scholarly ones."
FEW = "One or two sources are cited, and they are hardly discussed."
ZERO = "No source is cited, although the paper draws on the work of others."

HEADER_POINTS = Sample(
    "points-in-header",
    [
        Heading("Essay Grading Rubric"),
        "Student name: ______________________",
        Grid(
            [
                ["Criteria", "Excellent (4 points)", "Good (3 points)", "Fair (2 points)", "Poor (1 point)"],
                ["Thesis", CLEAR, MIXED, VAGUE, NONE],
                ["Use of sources", MANY, SOME, FEW, ZERO],
            ]
        ),
        "Total: ______ / 8",
    ],
    [
        ("Thesis", 4, [("Excellent", 4, CLEAR), ("Good", 3, MIXED), ("Fair", 2, VAGUE), ("Poor", 1, NONE)]),
        ("Use of sources", 4, [("Excellent", 4, MANY), ("Good", 3, SOME), ("Fair", 2, FEW), ("Poor", 1, ZERO)]),
    ],
    total=8,
)

BARE_NUMBERS = Sample(
    "bare-numbers",
    [
        Heading("Lab Report Rubric"),
        Grid(
            [
                ["", "4", "3", "2", "1"],
                ["Hypothesis", CLEAR, MIXED, VAGUE, NONE],
                ["Evidence", MANY, SOME, FEW, ZERO],
            ]
        ),
    ],
    [
        ("Hypothesis", 4, [("4", 4, CLEAR), ("3", 3, MIXED), ("2", 2, VAGUE), ("1", 1, NONE)]),
        ("Evidence", 4, [("4", 4, MANY), ("3", 3, SOME), ("2", 2, FEW), ("1", 1, ZERO)]),
    ],
)

RANGES = Sample(
    "ranges-in-header",
    [
        Heading("Research Paper Rubric"),
        Grid(
            [
                ["Category", "Exemplary\n9-10", "Proficient\n7-8", "Developing\n4-6", "Beginning\n0-3"],
                ["Argument", CLEAR, MIXED, VAGUE, NONE],
                ["Sources", MANY, SOME, FEW, ZERO],
            ]
        ),
    ],
    [
        (
            "Argument",
            10,
            [
                ("Exemplary", (9, 10), CLEAR),
                ("Proficient", (7, 8), MIXED),
                ("Developing", (4, 6), VAGUE),
                ("Beginning", (0, 3), NONE),
            ],
        ),
        (
            "Sources",
            10,
            [
                ("Exemplary", (9, 10), MANY),
                ("Proficient", (7, 8), SOME),
                ("Developing", (4, 6), FEW),
                ("Beginning", (0, 3), ZERO),
            ],
        ),
    ],
)

POINTS_IN_CELLS = Sample(
    "points-in-cells",
    [
        Heading("Presentation Rubric"),
        Grid(
            [
                ["Criterion", "Outstanding", "Satisfactory", "Needs improvement"],
                ["Delivery", f"10 points: {CLEAR}", f"6 points: {MIXED}", f"2 points: {VAGUE}"],
                ["Visual aids", f"5 points: {MANY}", f"3 points: {SOME}", f"0 points: {ZERO}"],
            ]
        ),
    ],
    [
        ("Delivery", 10, [("Outstanding", 10, CLEAR), ("Satisfactory", 6, MIXED), ("Needs improvement", 2, VAGUE)]),
        ("Visual aids", 5, [("Outstanding", 5, MANY), ("Satisfactory", 3, SOME), ("Needs improvement", 0, ZERO)]),
    ],
)

TWO_ROW_HEADER = Sample(
    "two-row-header",
    [
        Heading("Rubric for the Design Project"),
        Grid(
            [
                [
                    Merged("Criteria", rows=2),
                    Merged("Levels of performance", columns=3),
                    None,
                    None,
                    Merged("Points", rows=2),
                ],
                [None, "Advanced", "Basic", "Not yet", None],
                ["Concept", CLEAR, MIXED, NONE, "20"],
                ["Prototype", MANY, SOME, ZERO, "30"],
                ["Total", "", "", "", "50"],
            ]
        ),
    ],
    [
        ("Concept", 20, [("Advanced", None, CLEAR), ("Basic", None, MIXED), ("Not yet", None, NONE)]),
        ("Prototype", 30, [("Advanced", None, MANY), ("Basic", None, SOME), ("Not yet", None, ZERO)]),
    ],
    total=50,
    layouts=("docx", "ruled"),
)

POINTS_ROW = Sample(
    "points-row-under-header",
    [
        Heading("Discussion Rubric"),
        Grid(
            [
                ["Criteria", "Exceeds", "Meets", "Below"],
                ["Points", "5", "3", "1"],
                ["Quality of posts", CLEAR, MIXED, VAGUE],
                ["Replies to peers", MANY, SOME, FEW],
            ]
        ),
    ],
    [
        ("Quality of posts", 5, [("Exceeds", 5, CLEAR), ("Meets", 3, MIXED), ("Below", 1, VAGUE)]),
        ("Replies to peers", 5, [("Exceeds", 5, MANY), ("Meets", 3, SOME), ("Below", 1, FEW)]),
    ],
)

TRANSPOSED = Sample(
    "transposed",
    [
        Heading("Book Review Rubric"),
        Grid(
            [
                ["Level", "Summary", "Criticism", "Style"],
                ["Excellent (A)", CLEAR, MANY, "The prose is lively and free of mistakes."],
                ["Good (B)", MIXED, SOME, "The prose is plain with few mistakes in it."],
                ["Poor (D)", VAGUE, FEW, "The prose is hard to follow in many places."],
            ]
        ),
    ],
    [
        ("Summary", None, [("Excellent (A)", None, CLEAR), ("Good (B)", None, MIXED), ("Poor (D)", None, VAGUE)]),
        ("Criticism", None, [("Excellent (A)", None, MANY), ("Good (B)", None, SOME), ("Poor (D)", None, FEW)]),
        (
            "Style",
            None,
            [
                ("Excellent (A)", None, "The prose is lively and free of mistakes."),
                ("Good (B)", None, "The prose is plain with few mistakes in it."),
                ("Poor (D)", None, "The prose is hard to follow in many places."),
            ],
        ),
    ],
)

CANVAS = Sample(
    "ratings-in-cells",
    [
        Heading("Some Rubric"),
        Grid(
            [
                ["Criteria", Merged("Ratings", columns=3), None, None, "Pts"],
                [
                    "Thesis",
                    f"10 pts\nFull Marks\n{CLEAR}",
                    f"5 pts\nPartial\n{MIXED}",
                    f"0 pts\nNo Marks\n{NONE}",
                    "10 pts",
                ],
                [
                    "Sources",
                    f"20 pts\nFull Marks\n{MANY}",
                    f"8 pts\nPartial\n{SOME}",
                    f"0 pts\nNo Marks\n{ZERO}",
                    "20 pts",
                ],
                [Merged("Total Points: 30", columns=5), None, None, None, None],
            ]
        ),
    ],
    [
        ("Thesis", 10, [("Full Marks", 10, CLEAR), ("Partial", 5, MIXED), ("No Marks", 0, NONE)]),
        ("Sources", 20, [("Full Marks", 20, MANY), ("Partial", 8, SOME), ("No Marks", 0, ZERO)]),
    ],
    total=30,
    layouts=("docx", "ruled"),
)

WEIGHTS = Sample(
    "weight-column",
    [
        Heading("Project Assessment Criteria"),
        Grid(
            [
                ["Criterion", "Weight", "High", "Medium", "Low"],
                ["Originality", "40%", CLEAR, MIXED, VAGUE],
                ["Execution", "60%", MANY, SOME, FEW],
            ]
        ),
    ],
    [
        ("Originality", 40, [("High", None, CLEAR), ("Medium", None, MIXED), ("Low", None, VAGUE)]),
        ("Execution", 60, [("High", None, MANY), ("Medium", None, SOME), ("Low", None, FEW)]),
    ],
)

MULTIPLIERS = Sample(
    "multipliers",
    [
        Heading("Speech Rubric"),
        Grid(
            [
                ["Trait", "4 - Advanced", "3 - Proficient", "2 - Basic", "1 - Below basic"],
                ["Content x2", CLEAR, MIXED, VAGUE, NONE],
                ["Voice", MANY, SOME, FEW, ZERO],
            ]
        ),
    ],
    [
        (
            "Content",
            8,
            [("Advanced", 4, CLEAR), ("Proficient", 3, MIXED), ("Basic", 2, VAGUE), ("Below basic", 1, NONE)],
        ),
        ("Voice", 4, [("Advanced", 4, MANY), ("Proficient", 3, SOME), ("Basic", 2, FEW), ("Below basic", 1, ZERO)]),
    ],
)

SECTION_ROWS = Sample(
    "section-rows",
    [
        Heading("Portfolio Rubric"),
        Grid(
            [
                ["Criteria", "Mastery", "Emerging", "Missing", "Score"],
                [Merged("Written work", columns=5), None, None, None, None],
                ["Reflection", CLEAR, MIXED, NONE, ""],
                ["Sources", MANY, SOME, ZERO, ""],
                [Merged("Oral work", columns=5), None, None, None, None],
                ["Interview", CLEAR, VAGUE, NONE, ""],
            ]
        ),
    ],
    [
        ("Reflection", None, [("Mastery", None, CLEAR), ("Emerging", None, MIXED), ("Missing", None, NONE)]),
        ("Sources", None, [("Mastery", None, MANY), ("Emerging", None, SOME), ("Missing", None, ZERO)]),
        ("Interview", None, [("Mastery", None, CLEAR), ("Emerging", None, VAGUE), ("Missing", None, NONE)]),
    ],
    sections=["Written work", "Written work", "Oral work"],
    layouts=("docx", "ruled"),
)

LONG_FORM = Sample(
    "a-row-for-each-level",
    [
        Heading("Internship Evaluation Rubric"),
        Grid(
            [
                ["Criterion", "Level", "Description", "Points"],
                [Merged("Punctuality", rows=3), "Excellent", CLEAR, "5"],
                [None, "Acceptable", MIXED, "3"],
                [None, "Poor", VAGUE, "0"],
                [Merged("Initiative", rows=3), "Excellent", MANY, "10"],
                [None, "Acceptable", SOME, "6"],
                [None, "Poor", FEW, "0"],
            ]
        ),
    ],
    [
        ("Punctuality", 5, [("Excellent", 5, CLEAR), ("Acceptable", 3, MIXED), ("Poor", 0, VAGUE)]),
        ("Initiative", 10, [("Excellent", 10, MANY), ("Acceptable", 6, SOME), ("Poor", 0, FEW)]),
    ],
    layouts=("docx", "ruled"),
)

HOLISTIC = Sample(
    "holistic",
    [
        Heading("Holistic Writing Rubric"),
        Grid(
            [
                ["Score", "Description"],
                ["4", CLEAR],
                ["3", MIXED],
                ["2", VAGUE],
                ["1", NONE],
            ],
            widths=[0.15, 0.85],
        ),
    ],
    [("Holistic Writing Rubric", 4, [("4", 4, CLEAR), ("3", 3, MIXED), ("2", 2, VAGUE), ("1", 1, NONE)])],
    kind="holistic",
)

VALUE_SHEET = Sample(
    "capstone-milestones",
    [
        Heading("Civic Engagement Rubric"),
        "Evaluators are encouraged to assign a zero to any work that does not meet level one.",
        Grid(
            [
                ["", "Capstone\n4", Merged("Milestones", columns=2), None, "Benchmark\n1"],
                ["", "", "3", "2", ""],
                ["Diversity of Communities", CLEAR, MIXED, VAGUE, NONE],
                ["Analysis of Knowledge", MANY, SOME, FEW, ZERO],
            ]
        ),
    ],
    [
        (
            "Diversity of Communities",
            4,
            [("Capstone", 4, CLEAR), ("Milestones", 3, MIXED), ("Milestones", 2, VAGUE), ("Benchmark", 1, NONE)],
        ),
        (
            "Analysis of Knowledge",
            4,
            [("Capstone", 4, MANY), ("Milestones", 3, SOME), ("Milestones", 2, FEW), ("Benchmark", 1, ZERO)],
        ),
    ],
    layouts=("docx", "ruled"),
)

GRIDS = [value for value in list(globals().values()) if isinstance(value, Sample)]
