"""More rubrics of our own making, in the shapes that do not fit the usual grid or list."""

from __future__ import annotations

from tests.reading.builders import Bullets, Grid, Heading, Merged, Sample

GOOD_CODE = "Names speak for themselves and functions stay short throughout."
SOME_CODE = "Most names are clear, though a few functions have grown long."
BAD_CODE = "Names are cryptic and functions run over several screens."
GOOD_TESTS = "Every branch of the program has a test of its own that can fail."
SOME_TESTS = "The main paths of the program are tested, the others are not."
BAD_TESTS = "There are no tests, or they pass whatever the program does."

SPECIFICATIONS = Sample(
    "meets-specifications",
    [
        Heading("Project Rubric: Data Dashboard"),
        Heading("Code Quality"),
        Grid(
            [
                ["CRITERIA", "MEETS SPECIFICATIONS"],
                ["Is the code easy to read?", GOOD_CODE],
                ["Is the code tested?", GOOD_TESTS],
            ],
            widths=[0.35, 0.65],
        ),
        Heading("Communication"),
        Grid(
            [
                ["CRITERIA", "MEETS SPECIFICATIONS"],
                [
                    "Does the dashboard tell a story?",
                    "The charts lead from a question to its answer, one step at a time.",
                ],
                ["Are the sources named?", "Every number can be traced to a file in the repository."],
            ],
            widths=[0.35, 0.65],
        ),
        Heading("Suggestions to Make Your Project Stand Out"),
        Bullets(["Add a chart that nobody asked for.", "Let the readers choose the colours themselves."]),
    ],
    [
        ("Is the code easy to read?", None, [("MEETS SPECIFICATIONS", None, GOOD_CODE)]),
        ("Is the code tested?", None, [("MEETS SPECIFICATIONS", None, GOOD_TESTS)]),
        (
            "Does the dashboard tell a story?",
            None,
            [("MEETS SPECIFICATIONS", None, "The charts lead from a question to its answer, one step at a time.")],
        ),
        (
            "Are the sources named?",
            None,
            [("MEETS SPECIFICATIONS", None, "Every number can be traced to a file in the repository.")],
        ),
    ],
    kind="single_point",
    sections=["Code Quality", "Code Quality", "Communication", "Communication"],
)

LEADING_POINTS = Sample(
    "points-lead-the-line",
    [
        Heading("Homework 4: Grading Rubric (40 points)"),
        Bullets(
            [
                "(10 pts) The recurrence is set up correctly and its base case is given",
                "(15 pts) The proof by induction is complete",
                "(15 pts) The running time is derived and compared with brute force",
            ]
        ),
    ],
    [
        ("The recurrence is set up correctly and its base case is given", 10, []),
        ("The proof by induction is complete", 15, []),
        ("The running time is derived and compared with brute force", 15, []),
    ],
    total=40,
    kind="point_list",
    layouts=("docx", "ruled"),
)

SLASHED_NAMES = Sample(
    "points-below-names",
    [
        Heading("Podcast Rubric"),
        Grid(
            [
                ["Category", "Excellent", "Fair", "Poor"],
                ["Script\n/20", f"{GOOD_CODE}\n17-20", f"{SOME_CODE}\n10-16", f"{BAD_CODE}\n0-9"],
                ["Sound\n/10", f"{GOOD_TESTS}\n9-10", f"{SOME_TESTS}\n5-8", f"{BAD_TESTS}\n0-4"],
            ]
        ),
        "Total /30",
    ],
    [
        ("Script", 20, [("Excellent", (17, 20), GOOD_CODE), ("Fair", (10, 16), SOME_CODE), ("Poor", (0, 9), BAD_CODE)]),
        ("Sound", 10, [("Excellent", (9, 10), GOOD_TESTS), ("Fair", (5, 8), SOME_TESTS), ("Poor", (0, 4), BAD_TESTS)]),
    ],
    total=30,
    layouts=("docx", "ruled"),
)

ANCHORED_SCALE = Sample(
    "tick-scale",
    [
        Heading("Peer Evaluation Rubric"),
        Grid(
            [
                ["Criteria", "Always", "Often", "Sometimes", "Never"],
                ["Came to our meetings on time", "", "", "", ""],
                ["Did a fair share of the work", "", "", "", ""],
                ["Listened to what others said", "", "", "", ""],
            ]
        ),
    ],
    [
        (name, None, [("Always", None, ""), ("Often", None, ""), ("Sometimes", None, ""), ("Never", None, "")])
        for name in ("Came to our meetings on time", "Did a fair share of the work", "Listened to what others said")
    ],
    layouts=("docx", "ruled"),
)

POINTS_FIRST = Sample(
    "points-column-first",
    [
        Heading("Rubric for the Final Report"),
        Grid(
            [
                ["Points", "Criteria"],
                ["10", "The introduction says what was asked and why it matters"],
                ["20", "The method section lets another team repeat the study"],
                ["15", "The results are shown in figures that need no caption to be understood"],
                ["5", "The references are complete"],
            ],
            widths=[0.15, 0.85],
        ),
    ],
    [
        ("The introduction says what was asked and why it matters", 10, []),
        ("The method section lets another team repeat the study", 20, []),
        ("The results are shown in figures that need no caption to be understood", 15, []),
        ("The references are complete", 5, []),
    ],
    kind="point_list",
    layouts=("docx", "ruled", "lined"),
)

COLON_LIST = Sample(
    "points-after-colon",
    [
        Heading("Assessment criteria"),
        "Introduction: 10 points",
        "Literature review: 25 points",
        "Discussion of results: 40 points",
        "Conclusion and outlook: 15 points",
        "Form: 10 points",
        "Total: 100 points",
    ],
    [
        ("Introduction", 10, []),
        ("Literature review", 25, []),
        ("Discussion of results", 40, []),
        ("Conclusion and outlook", 15, []),
        ("Form", 10, []),
    ],
    total=100,
    kind="point_list",
    layouts=("docx", "ruled"),
)

PARAGRAPHS_WITH_POINTS = Sample(
    "headed-paragraphs",
    [
        Heading("Grading Rubric"),
        Heading("Readability (30 points)"),
        "Can a newcomer read the code from top to bottom? Are names and layout of one kind?",
        Heading("Correctness (50 points)"),
        "Does the program give the right answers, for the hard cases as well as for the easy ones?",
        Heading("Report (20 points)"),
        "Does the report say what was tried and what did not work?",
    ],
    [("Readability", 30, []), ("Correctness", 50, []), ("Report", 20, [])],
    kind="point_list",
    layouts=("docx", "ruled"),
)

TWO_RUBRICS = Sample(
    "two-rubrics",
    [
        Heading("Report rubric"),
        Grid([["Criteria", "Good", "Weak"], ["Structure", GOOD_CODE, BAD_CODE], ["Depth", GOOD_TESTS, BAD_TESTS]]),
        Heading("Talk rubric"),
        Grid([["Criteria", "Good", "Weak"], ["Voice", SOME_CODE, BAD_CODE], ["Slides", SOME_TESTS, BAD_TESTS]]),
    ],
    [
        ("Structure", None, [("Good", None, GOOD_CODE), ("Weak", None, BAD_CODE)]),
        ("Depth", None, [("Good", None, GOOD_TESTS), ("Weak", None, BAD_TESTS)]),
        ("Voice", None, [("Good", None, SOME_CODE), ("Weak", None, BAD_CODE)]),
        ("Slides", None, [("Good", None, SOME_TESTS), ("Weak", None, BAD_TESTS)]),
    ],
    sections=["Report rubric", "Report rubric", "Talk rubric", "Talk rubric"],
)

SUMMARY_AND_DETAIL = Sample(
    "summary-and-detail",
    [
        Heading("Thesis rubric"),
        Grid([["Criterion", "Points"], ["Argument", "60"], ["Language", "40"], ["Total", "100"]]),
        Grid(
            [
                ["Criterion", "Very good", "Sufficient", "Insufficient"],
                ["Argument", GOOD_CODE, SOME_CODE, BAD_CODE],
                ["Language", GOOD_TESTS, SOME_TESTS, BAD_TESTS],
            ]
        ),
    ],
    [
        (
            "Argument",
            60,
            [("Very good", None, GOOD_CODE), ("Sufficient", None, SOME_CODE), ("Insufficient", None, BAD_CODE)],
        ),
        (
            "Language",
            40,
            [("Very good", None, GOOD_TESTS), ("Sufficient", None, SOME_TESTS), ("Insufficient", None, BAD_TESTS)],
        ),
    ],
    total=100,
    layouts=("docx", "ruled"),
)

LETTER_LEVELS = Sample(
    "letter-grades",
    [
        Heading("Term Paper Rubric"),
        Grid(
            [
                ["", "A (90-100)", "B (80-89)", "C (70-79)", "F (0-69)"],
                ["Research (60%)", GOOD_CODE, SOME_CODE, BAD_CODE, "No research is shown."],
                ["Writing (40%)", GOOD_TESTS, SOME_TESTS, BAD_TESTS, "The text cannot be read."],
            ]
        ),
    ],
    [
        (
            "Research",
            60,
            [
                ("A", (90, 100), GOOD_CODE),
                ("B", (80, 89), SOME_CODE),
                ("C", (70, 79), BAD_CODE),
                ("F", (0, 69), "No research is shown."),
            ],
        ),
        (
            "Writing",
            40,
            [
                ("A", (90, 100), GOOD_TESTS),
                ("B", (80, 89), SOME_TESTS),
                ("C", (70, 79), BAD_TESTS),
                ("F", (0, 69), "The text cannot be read."),
            ],
        ),
    ],
)

HEADED_SCALES = Sample(
    "a-scale-for-each-criterion",
    [
        Heading("Marking criteria"),
        Heading("Exploration"),
        Grid(
            [["Marks", "Level descriptor"], ["0", BAD_CODE], ["1-2", SOME_CODE], ["3-4", GOOD_CODE]], widths=[0.2, 0.8]
        ),
        Heading("Evaluation"),
        Grid(
            [["Marks", "Level descriptor"], ["0", BAD_TESTS], ["1-3", SOME_TESTS], ["4-6", GOOD_TESTS]],
            widths=[0.2, 0.8],
        ),
    ],
    [
        ("Exploration", 4, [("0", 0, BAD_CODE), ("1-2", (1, 2), SOME_CODE), ("3-4", (3, 4), GOOD_CODE)]),
        ("Evaluation", 6, [("0", 0, BAD_TESTS), ("1-3", (1, 3), SOME_TESTS), ("4-6", (4, 6), GOOD_TESTS)]),
    ],
)

HOLISTIC_LINES = Sample(
    "holistic-lines",
    [
        Heading("Holistic scoring rubric for essays"),
        "Score 4: " + GOOD_CODE + " " + GOOD_TESTS,
        "Score 3: " + SOME_CODE,
        "Score 2: " + SOME_TESTS,
        "Score 1: " + BAD_CODE,
    ],
    [
        (
            "Holistic scoring rubric for essays",
            4,
            [("4", 4, GOOD_CODE + " " + GOOD_TESTS), ("3", 3, SOME_CODE), ("2", 2, SOME_TESTS), ("1", 1, BAD_CODE)],
        )
    ],
    kind="holistic",
    layouts=("docx", "ruled"),
)

COMMENT_ROW = Sample(
    "comments-and-signature",
    [
        Heading("Lab performance rubric"),
        Grid(
            [
                ["Skill", "3", "2", "1", "Score"],
                ["Safety", GOOD_CODE, SOME_CODE, BAD_CODE, "___/3"],
                ["Precision", GOOD_TESTS, SOME_TESTS, BAD_TESTS, "___/3"],
                [Merged("Total score", columns=4), None, None, None, "___/6"],
                [Merged("Comments:", columns=5), None, None, None, None],
            ]
        ),
    ],
    [
        ("Safety", 3, [("3", 3, GOOD_CODE), ("2", 2, SOME_CODE), ("1", 1, BAD_CODE)]),
        ("Precision", 3, [("3", 3, GOOD_TESTS), ("2", 2, SOME_TESTS), ("1", 1, BAD_TESTS)]),
    ],
    total=6,
    layouts=("docx", "ruled"),
)

NUMBERED_ROWS = Sample(
    "numbered-rows",
    [
        Heading("Formulario de evaluación del proyecto"),
        Grid(
            [
                ["N°", "Criterio de evaluación", "Puntaje máximo", "Puntaje obtenido"],
                ["1", "El informe respeta la estructura pedida", "2,5", ""],
                ["2", "Las fuentes están citadas según las normas", "1,5", ""],
                ["3", "La exposición dura entre ocho y diez minutos", "3,0", ""],
                ["", "TOTAL", "7,0", ""],
            ],
            widths=[0.08, 0.52, 0.2, 0.2],
        ),
    ],
    [
        ("El informe respeta la estructura pedida", 2.5, []),
        ("Las fuentes están citadas según las normas", 1.5, []),
        ("La exposición dura entre ocho y diez minutos", 3, []),
    ],
    total=7,
    kind="point_list",
    layouts=("docx", "ruled", "lined"),
)

VARIED = [value for value in list(globals().values()) if isinstance(value, Sample)]
