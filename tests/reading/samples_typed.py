"""Rubrics as teachers type or paste them, with what they hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Shown = list[tuple[str, Any, list[tuple[str, Any]]]]
"""Names, points, and levels as (name, points or range)."""

OUTLINES: list[tuple[str, Shown]] = [
    (
        "1. Content (20 points)\n   a) Excellent (20): all there\n   b) Good (10-15): most\n"
        "2. Style (10 points)\n   a) Excellent (10): fine\n   b) Poor (0-3): bad",
        [
            ("Content", 20, [("Excellent", 20), ("Good", (10, 15))]),
            ("Style", 10, [("Excellent", 10), ("Poor", (0, 3))]),
        ],
    ),
    (
        "Content\n- Excellent: 4 points\n- Poor: 1 point\nStyle\n- Excellent: 4 points\n- Poor: 1 point",
        [("Content", 4, [("Excellent", 4), ("Poor", 1)]), ("Style", 4, [("Excellent", 4), ("Poor", 1)])],
    ),
    (
        "Content (20 points)\nExcellent (20): yes\nGood (10): so so\n\n"
        "Style (10 points)\nExcellent (10): yes\nGood (5): hm",
        [("Content", 20, [("Excellent", 20), ("Good", 10)]), ("Style", 10, [("Excellent", 10), ("Good", 5)])],
    ),
    (
        "Grammar\n- Excellent: no errors\n- Poor: many\nStyle\n- Excellent: nice\n- Poor: not",
        [
            ("Grammar", None, [("Excellent", None), ("Poor", None)]),
            ("Style", None, [("Excellent", None), ("Poor", None)]),
        ],
    ),
    (
        "Criterion\tExcellent (4)\tGood (3)\tPoor (1)\nClarity\tVery clear\tClear\tUnclear\n"
        "Depth\tDeep\tFair\tShallow\nTotal\t8",
        [
            ("Clarity", 4, [("Excellent", 4), ("Good", 3), ("Poor", 1)]),
            ("Depth", 4, [("Excellent", 4), ("Good", 3), ("Poor", 1)]),
        ],
    ),
    (
        "| Criterion | 4 | 3 |\n|---|---|---|\n| **Clarity** | Very clear | Clear |\n| Depth | Deep | Fair |",
        [("Clarity", 4, [("4", 4), ("3", 3)]), ("Depth", 4, [("4", 4), ("3", 3)])],
    ),
    (
        "| Criteria | Points |\n|:--|--:|\n| Clarity | 2,5 |\n| Depth | 10 |",
        [("Clarity", Decimal("2.5"), []), ("Depth", 10, [])],
    ),
    ("Content: 50 %, style: 30 %, grammar: 20 %", [("Content", 50, []), ("style", 30, []), ("grammar", 20, [])]),
    (
        "Structure\n3: clear\n2: mixed\n1: none\nGrammar\n3: perfect\n2: few errors\n1: many errors",
        [
            ("Structure", 3, [("3", 3), ("2", 2), ("1", 1)]),
            ("Grammar", 3, [("3", 3), ("2", 2), ("1", 1)]),
        ],
    ),
    (
        "# Essay\n## Content (50 pts)\n- **Good (50 pts):** great\n- **Poor (10 pts):** not\n## Style (50 pts)",
        [("Content", 50, [("Good", 50), ("Poor", 10)]), ("Style", 50, [])],
    ),
    ("Clarity\t\tIs it clear?\t10\nDepth\t\tIs it deep?\t20", [("Clarity", 10, []), ("Depth", 20, [])]),
    (
        "Report\n6 - Outstanding: all of it\n5 - Strong: most\n4 - Weak: little",
        [("Report", 6, [("Outstanding", 6), ("Strong", 5), ("Weak", 4)])],
    ),
    (
        "[ ] has a title\n[x] has a date\n[ ] is signed",
        [("has a title", None, []), ("has a date", None, []), ("is signed", None, [])],
    ),
    (
        "Formatting (5)\n- No penalty (5)\n- Small penalty (3)\n- Penalty (0)\nStyle (5)\n- Good (5)\n- Bad (0)",
        [
            ("Formatting", 5, [("No penalty", 5), ("Small penalty", 3), ("Penalty", 0)]),
            ("Style", 5, [("Good", 5), ("Bad", 0)]),
        ],
    ),
    (
        "Style (10 points)\n- Excellent (10): 75 % of the items\n- Poor (0): none\nThesis (5 points)",
        [("Style", 10, [("Excellent", 10), ("Poor", 0)]), ("Thesis", 5, [])],
    ),
    (
        "Thesis (10 points)\n- Excellent: 100 %\n- Good: 50 %\nStyle (10 points)",
        [("Thesis", 10, [("Excellent", 100), ("Good", 50)]), ("Style", 10, [])],
    ),
]

TWO = "Thesis (20 points)\nEvidence (30 points)\n"
DEDUCTED: list[tuple[str, list[str], list[tuple[str, str, int | None]]]] = [
    (
        "Criteria\tPoints\nThesis\t20\nEvidence\t30\nLate penalty\t-5\nTotal\t50",
        ["Thesis", "Evidence"],
        [("penalty", "Late penalty", 5)],
    ),
    (
        "| Task | Points | Notes |\n|---|---|---|\n| A | 10 | |\n| B | 20 | |\n| Bonus | +3 | |",
        ["A", "B"],
        [("bonus", "Bonus", 3)],
    ),
    (
        "Aim\tIs it clear?\t10\nMethod\tIs it sound?\t20\nLate\ta day\t–5",
        ["Aim", "Method"],
        [("penalty", "Late a day", 5)],
    ),
    (
        TWO + "Penalty: -5 points per day late\nStyle (50 points)\nGrammar (10 points)",
        ["Thesis", "Evidence", "Style", "Grammar"],
        [("penalty", "Penalty: -5 points per day late", 5)],
    ),
    (
        TWO + "Bonus: +5 points for peer review",
        ["Thesis", "Evidence"],
        [("bonus", "Bonus: for peer review", 5)],
    ),
    (
        TWO + "Late penalty (5 points)\nExtra credit (10 points)\nStyle (50 points)",
        ["Thesis", "Evidence", "Style"],
        [("penalty", "Late penalty", 5), ("bonus", "Extra credit", 10)],
    ),
    (
        TWO + "Penalty: no name on it\nLate penalty: 10% a day\nStyle (50 points)",
        ["Thesis", "Evidence", "Style"],
        [("penalty", "Penalty: no name on it", None), ("penalty", "Late penalty: 10% a day", None)],
    ),
    (
        TWO + "Penalties\n- Late: 5 points\n- No name: 2 points\nStyle (50 points)\nTotal: 100 points",
        ["Thesis", "Evidence", "Style"],
        [("penalty", "Late", 5), ("penalty", "No name", 2)],
    ),
    (
        TWO + "Late penalty (5 points)\n  Applied each day.\n  - on weekends: 2\nStyle (50 points)",
        ["Thesis", "Evidence", "Style"],
        [("penalty", "Late penalty Applied each day.", 5), ("penalty", "on weekends", 2)],
    ),
    (
        "Essay (100 points)\n- Thesis (60)\n- Style (40)\n- Punktabzug (5)",
        ["Thesis", "Style"],
        [("penalty", "Punktabzug", 5)],
    ),
    (
        TWO + "Penalties\nLate: 5 points\nNo name: 2 points\nTotal: 50 points",
        ["Thesis", "Evidence"],
        [("penalty", "Late", 5), ("penalty", "No name", 2)],
    ),
]
"""Text, names of the criteria, and penalties and bonuses."""

SPEAKING_LEVELS: list[str] = [
    "Formatting (5)\n- No penalty (5)\n- Small penalty (3)\n- Penalty (0)\nStyle (5)\n- Good (5)\n- Bad (0)",
    "Form\nNo deduction: 5\nPenalty: 1\nStyle\nNo deduction: 5\nPenalty: 1",
    "Criteria\tGood (5)\tBad (0)\nDeductions\tnone\tmany\nStyle\tfine\tnot",
]
"""Two criteria of five points with levels, some of which speak of penalties."""
