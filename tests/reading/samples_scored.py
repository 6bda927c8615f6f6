"""Rubrics of our own making whose points have to be worked out: multipliers, bare totals, scales under headings."""

from __future__ import annotations

from tests.reading.builders import Bullets, Grid, Heading, Merged, Sample

FULL = "Describes the approach fully and gives reasons for each of the choices made."
PART = "Describes the approach but gives reasons only for some of the choices."
NONE = "Mentions an approach without describing or justifying it at all."

TIMES_COLUMN = Sample(
    "multipliers-in-a-column",
    [
        Heading("Rubric for assignment 2"),
        Grid(
            [
                ["Component", "Beginning (1)", "Developing (2)", "Exemplary (3)", "Weight", "Score"],
                ["Approach", NONE, PART, FULL, "x3", ""],
                ["Report", NONE, PART, FULL, "x1", ""],
                ["Total", "", "", "", "", "/12"],
            ]
        ),
    ],
    [
        (name, points, [("Beginning", 1, NONE), ("Developing", 2, PART), ("Exemplary", 3, FULL)])
        for name, points in (("Approach", 9), ("Report", 3))
    ],
    total=12,
)

BARE_TOTAL = Sample(
    "total-without-a-word",
    [
        Heading("Project 3 Grading"),
        Grid(
            [
                ["Functionality", "60", "The program runs and gives the right output on all inputs"],
                ["Style", "20", "Comments, names, indentation"],
                ["Design", "20", "Small functions, no globals"],
                ["", "100", ""],
            ],
            widths=[0.2, 0.1, 0.7],
        ),
    ],
    [("Functionality", 60, []), ("Style", 20, []), ("Design", 20, [])],
    total=100,
    kind="point_list",
    layouts=("docx", "ruled"),
)

HEADED_LISTS = Sample(
    "levels-in-lists-under-headings",
    [
        Heading("Essay rubric"),
        Heading("Thesis (10 points)"),
        Bullets([f"Excellent: {FULL}", f"Good: {PART}", f"Poor: {NONE}"]),
        Heading("Evidence (20 points)"),
        Bullets([f"Excellent: {FULL}", f"Good: {PART}", f"Poor: {NONE}"]),
    ],
    [
        (name, points, [("Excellent", None, FULL), ("Good", None, PART), ("Poor", None, NONE)])
        for name, points in (("Thesis", 10), ("Evidence", 20))
    ],
    layouts=("docx", "ruled"),
)

SECTION_COLUMN = Sample(
    "section-column",
    [
        Heading("Final Report Rubric"),
        Grid(
            [
                ["Section", "Item", "Points"],
                [Merged("Introduction", rows=2), "Background is given", "5"],
                [None, "The question is stated", "5"],
                [Merged("Methods", rows=2), "The data are described", "10"],
                [None, "The analysis is described", "10"],
                ["Total", "", "30"],
            ]
        ),
    ],
    [
        ("Background is given", 5, []),
        ("The question is stated", 5, []),
        ("The data are described", 10, []),
        ("The analysis is described", 10, []),
    ],
    total=30,
    kind="point_list",
    sections=["Introduction", "Introduction", "Methods", "Methods"],
    layouts=("docx", "ruled"),
)

SIGNS = Sample(
    "signs-as-levels",
    [
        Heading("Bewertungsbogen Präsentation"),
        Grid(
            [
                ["Kriterien", "Gewichtung", "++", "+", "o", "-", "Bemerkungen"],
                ["Aufbau und Gliederung", "20 %", "", "", "", "", ""],
                ["Inhaltliche Richtigkeit", "50 %", "", "", "", "", ""],
                ["Vortragsweise", "30 %", "", "", "", "", ""],
            ]
        ),
    ],
    [
        (name, points, [("++", None, ""), ("+", None, ""), ("o", None, ""), ("-", None, "")])
        for name, points in (("Aufbau und Gliederung", 20), ("Inhaltliche Richtigkeit", 50), ("Vortragsweise", 30))
    ],
    layouts=("docx", "ruled"),
)

WEIGHED_SCALE = Sample(
    "weights-beside-a-scale",
    [
        Heading("Critérios de avaliação do artigo"),
        Grid(
            [
                ["Critério", "Peso", "Insuficiente (0-4)", "Regular (5-7)", "Excelente (8-10)"],
                ["Conteúdo", "70%", NONE, PART, FULL],
                ["Forma", "30%", NONE, PART, FULL],
            ]
        ),
    ],
    [
        (name, points, [("Insuficiente", (0, 4), NONE), ("Regular", (5, 7), PART), ("Excelente", (8, 10), FULL)])
        for name, points in (("Conteúdo", 70), ("Forma", 30))
    ],
)

UNEVEN_STEPS = Sample(
    "criteria-across-uneven-points",
    [
        Heading("Reading log rubric"),
        Grid(
            [
                ["Points", "Content", "Organization"],
                ["5", FULL, FULL],
                ["3", PART, PART],
                ["1", NONE, NONE],
                ["0", "No log was handed in at all.", "No log was handed in at all."],
            ]
        ),
    ],
    [
        (name, 5, [("5", 5, FULL), ("3", 3, PART), ("1", 1, NONE), ("0", 0, "No log was handed in at all.")])
        for name in ("Content", "Organization")
    ],
)

DASHED = Sample(
    "percent-after-a-dash",
    [
        Heading("Grading breakdown of the film project"),
        "Screenplay – 10%",
        "Camera work – 20%",
        "Editing – 40%",
        "Premiere – 30%",
    ],
    [("Screenplay", 10, []), ("Camera work", 20, []), ("Editing", 40, []), ("Premiere", 30, [])],
    kind="point_list",
    layouts=("docx", "ruled"),
)

BRACKET_BEFORE_COLON = Sample(
    "points-before-the-colon",
    [
        Heading("Lab report grading guide"),
        "Abstract (5): states aim, method and main result in at most 150 words.",
        "Introduction (10): gives the background and ends with the hypothesis.",
        "Results (20): figures and tables are numbered and referred to in the text.",
        "Total (35)",
    ],
    [("Abstract", 5, []), ("Introduction", 10, []), ("Results", 20, [])],
    total=35,
    kind="point_list",
    layouts=("docx", "ruled"),
)

SCORED = [value for value in list(globals().values()) if isinstance(value, Sample)]
