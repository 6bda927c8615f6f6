"""Point lists, checklists and tables of points of our own making."""

from __future__ import annotations

from tests.reading.builders import Bullets, Grid, Heading, Merged, Sample

POINT_TABLE = Sample(
    "table-of-points",
    [
        Heading("Grading Sheet: Home Assignment 3"),
        Grid(
            [
                ["Item", "Max points", "Points earned", "Comments"],
                ["Program compiles without warnings", "10", "", ""],
                ["All unit tests pass", "25", "", ""],
                ["Code is documented", "15", "", ""],
                ["Total", "50", "", ""],
            ]
        ),
    ],
    [("Program compiles without warnings", 10, []), ("All unit tests pass", 25, []), ("Code is documented", 15, [])],
    total=50,
    kind="point_list",
)

BRACKETED_LIST = Sample(
    "points-in-brackets",
    [
        Heading("Grading criteria (20 points)"),
        "Your report will be graded as follows:",
        Bullets(
            [
                "Introduction states the research question (4 points)",
                "Method can be repeated by others (6 points)",
                "Results are shown in at least two figures (7 points)",
                "Language and layout (3 points)",
            ]
        ),
    ],
    [
        ("Introduction states the research question", 4, []),
        ("Method can be repeated by others", 6, []),
        ("Results are shown in at least two figures", 7, []),
        ("Language and layout", 3, []),
    ],
    total=20,
    kind="point_list",
    layouts=("docx", "ruled"),
)

SCORE_LINES = Sample(
    "score-lines",
    [
        Heading("Oral Exam Score Sheet"),
        "Name: __________________   Date: __________",
        "1. Pronunciation and fluency ______/5",
        "2. Range of vocabulary ______/5",
        "3. Grammar ______/10",
        "4. Interaction with the partner ______/5",
        "Total: ______/25",
    ],
    [
        ("Pronunciation and fluency", 5, []),
        ("Range of vocabulary", 5, []),
        ("Grammar", 10, []),
        ("Interaction with the partner", 5, []),
    ],
    total=25,
    kind="point_list",
    layouts=("docx", "ruled"),
)

NESTED_LIST = Sample(
    "parts-that-add-up",
    [
        Heading("Marking scheme"),
        "Part A: Analysis (10 marks)",
        "a) Requirements are listed (4 marks)",
        "b) Use cases are drawn (6 marks)",
        "Part B: Design (15 marks)",
        "a) Class diagram (10 marks)",
        "b) Reasons for the choices made (5 marks)",
        "Total: 25 marks",
    ],
    [
        ("Requirements are listed", 4, []),
        ("Use cases are drawn", 6, []),
        ("Class diagram", 10, []),
        ("Reasons for the choices made", 5, []),
    ],
    total=25,
    kind="point_list",
    layouts=("docx", "ruled"),
)

PERCENT_LIST = Sample(
    "percent-list",
    [
        Heading("How your poster is assessed"),
        "The poster is graded according to these criteria:",
        Bullets(
            [
                "30% Scientific content: correct, complete and up to date",
                "30% Design: readable from afar, with a clear path for the eye",
                "40% Defence: questions are answered with care and to the point",
            ]
        ),
    ],
    [("Scientific content", 30, []), ("Design", 30, []), ("Defence", 40, [])],
    kind="point_list",
    layouts=("docx", "ruled"),
)

DEDUCTIONS = Sample(
    "deductions",
    [
        Heading("Project 2 Grading Rubric"),
        Grid(
            [
                ["Requirement", "Points"],
                ["The parser accepts all sample files", "30"],
                ["Errors name the line they were found on", "20"],
                ["The report explains the grammar", "50"],
                [Merged("Deductions", columns=2), None],
                ["Late submission, per day", "-10"],
                ["Does not compile", "-50"],
            ],
            widths=[0.8, 0.2],
        ),
    ],
    [
        ("The parser accepts all sample files", 30, []),
        ("Errors name the line they were found on", 20, []),
        ("The report explains the grammar", 50, []),
    ],
    kind="point_list",
    layouts=("docx", "ruled"),
)

CHECK_TABLE = Sample(
    "yes-no-table",
    [
        Heading("Peer Review Checklist"),
        Grid(
            [
                ["Criteria", "Yes", "No"],
                ["The title tells what the article is about", "☐", "☐"],
                ["Every figure is mentioned in the text", "☐", "☐"],
                ["The references follow the style guide", "☐", "☐"],
                ["The abstract has fewer than 200 words", "☐", "☐"],
            ],
            widths=[0.7, 0.15, 0.15],
        ),
    ],
    [
        ("The title tells what the article is about", None, []),
        ("Every figure is mentioned in the text", None, []),
        ("The references follow the style guide", None, []),
        ("The abstract has fewer than 200 words", None, []),
    ],
    kind="checklist",
    layouts=("docx",),
)

BOXES = Sample(
    "boxes-to-tick",
    [
        Heading("Checklist for your lab notebook"),
        "☐ Every page is dated and numbered",
        "☐ Mistakes are crossed out and still readable",
        "☐ Each experiment begins with its purpose",
        "☐ Units stand beside every number",
    ],
    [
        ("Every page is dated and numbered", None, []),
        ("Mistakes are crossed out and still readable", None, []),
        ("Each experiment begins with its purpose", None, []),
        ("Units stand beside every number", None, []),
    ],
    kind="checklist",
    layouts=("docx",),
)

DESCRIBED_POINTS = Sample(
    "points-with-descriptions",
    [
        Heading("Evaluation Criteria"),
        Grid(
            [
                ["Criteria", "Description", "Points"],
                ["Creativity", "The idea is new, or an old one is seen in a new light.", "25 points"],
                ["Feasibility", "The plan can be carried out with what the team has.", "25 points"],
                ["Impact", "It is clear who would gain from it and how much.", "50 points"],
                ["", "Total", "100 points"],
            ],
            widths=[0.2, 0.6, 0.2],
        ),
    ],
    [("Creativity", 25, []), ("Feasibility", 25, []), ("Impact", 50, [])],
    total=100,
    kind="point_list",
)

LISTS = [value for value in list(globals().values()) if isinstance(value, Sample)]
