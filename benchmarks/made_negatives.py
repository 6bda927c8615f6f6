"""Handouts without a rubric that have numbers, points or levels in them."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.made_lists import LANGUAGES, Handout


def made(chance: random.Random) -> Handout:
    handout = Handout(chance, chance.choice(LANGUAGES))
    handout.add(chance.choice(["Information", "Overview", handout.one("other"), "Course notes", "Minutes"]), "title")
    handout.some_prose(3)
    chance.choice(_KINDS)(handout)
    handout.some_prose(2)
    return handout


def _marker(handout: Handout) -> str:
    return handout.chance.choice(["bullet", "number", "dash", "body"])


def _course_weights(handout: Handout) -> None:
    """The parts of a course's grade: work to come, not qualities of one piece of work."""
    handout.add("Grading policy", "head")
    parts = handout.chance.sample(
        ["Homework", "Midterm exam", "Final exam", "Attendance", "Quizzes", "Participation", "Lab reports"], 4
    )
    marker = _marker(handout)
    for part, share in zip(parts, handout.chance.choice([(40, 30, 20, 10), (25, 25, 25, 25)]), strict=True):
        handout.add(f"{part} ({share}%)", marker)


def _exam(handout: Handout) -> None:
    handout.add("Final exam", "head")
    for number in range(1, handout.chance.randint(4, 8)):
        asked = handout.chance.choice(
            [
                "Show that the sum of two even numbers is even.",
                "Explain the difference between a stack and a queue.",
                "Calculate the area under the curve between 0 and 3.",
                "What is the capital of Peru, and why was it founded there?",
                "Write a function that reverses a list.",
            ]
        )
        handout.add(f"{number}. {asked} ({handout.chance.choice([5, 10, 15])} points)")


def _prices(handout: Handout) -> None:
    marker = _marker(handout)
    for item in handout.chance.sample(["Coffee", "Tea", "Soup of the day", "Salad", "Cake", "Lemonade", "Bread"], 5):
        handout.add(f"{item}\t${handout.chance.randint(2, 15)}.{handout.chance.choice(['00', '50'])}", marker)


def _agenda(handout: Handout) -> None:
    marker = _marker(handout)
    for item in handout.chance.sample(
        ["Welcome", "Budget", "Report of the chair", "Elections", "Next steps", "Break"], 5
    ):
        handout.add(f"{item} ({handout.chance.choice([5, 10, 15, 20])} min)", marker)


def _survey(handout: Handout) -> None:
    handout.add("Please rate each statement: 1 = strongly disagree, 5 = strongly agree")
    for item in ["The room was comfortable.", "I learned something new.", "I would come again.", "The pace was right."]:
        handout.add(f"{item} 1 2 3 4 5", "number")


def _dates(handout: Handout) -> None:
    marker = _marker(handout)
    for week in range(1, handout.chance.randint(5, 10)):
        handout.add(f"Week {week}: {handout.one('names')}", marker)


def _tasks(handout: Handout) -> None:
    marker = _marker(handout)
    for text in [*handout.one("lists"), *handout.words("facts")[:3]]:
        handout.add(text, marker)


def _game(handout: Handout) -> None:
    handout.add("How to score", "head")
    for item, points in [("Touchdown", 6), ("Field goal", 3), ("Safety", 2), ("Extra kick", 1)]:
        handout.add(f"{item}: {points} points", "bullet")
    handout.add("The first player to reach 50 points wins the game.")


def _registers(handout: Handout) -> None:
    for bit in range(handout.chance.randint(4, 8)):
        handout.add(f"Bit {bit}: {handout.chance.choice(['enable', 'reset', 'ready', 'mode', 'reserved'])}", "bullet")


def _grades(handout: Handout) -> None:
    handout.add("Grade scale", "head")
    for grade, span in [("A", "90-100"), ("B", "80-89"), ("C", "70-79"), ("D", "60-69"), ("F", "0-59")]:
        handout.add(f"{grade}: {span}%")


def _references(handout: Handout) -> None:
    for number in range(1, handout.chance.randint(4, 9)):
        year = handout.chance.randint(1980, 2024)
        handout.add(
            f"[{number}] Author {number}. {handout.one('names')}. Journal of Studies {number} ({year}), {number * 3}."
        )


def _recipe(handout: Handout) -> None:
    handout.add("Ingredients", "head")
    for amount, item in [(200, "g flour"), (3, "eggs"), (50, "g sugar"), (2, "spoons of oil"), (1, "pinch of salt")]:
        handout.add(f"{amount} {item}", "bullet")


def _rules(handout: Handout) -> None:
    for text in [
        "Late work loses 10% a day.",
        "Attendance counts 5 points.",
        "Two absences are allowed.",
        "Phones are off.",
    ]:
        handout.add(text, "bullet")


def _table(handout: Handout, *rows: str) -> None:
    """Rows with cells parted by bars."""
    handout.add("\n".join(row.replace(" | ", "\t") for row in rows), "table")


def _likert_table(handout: Handout) -> None:
    rows = ["The course was well organised", "I felt welcome", "The tasks were clear", "I would recommend it"]
    scale = "Strongly disagree | Disagree | Neutral | Agree | Strongly agree"
    cells = handout.chance.choice(["1 | 2 | 3 | 4 | 5", "☐ | ☐ | ☐ | ☐ | ☐", "  |   |   |   |  "])
    _table(handout, f"Statement | {scale}", *(f"{row} | {cells}" for row in rows))


def _data_sheet(handout: Handout) -> None:
    rows = ["Supply voltage | 3.3 | 5.0 | 5.5 | V", "Current | 10 | 15 | 20 | mA", "Temperature | -40 | 25 | 85 | °C"]
    _table(handout, "Parameter | Min | Typ | Max | Unit", *rows)


def _bits(handout: Handout) -> None:
    rows = [f"{bit} | {name} | {what}" for bit, name, what in _BITS[: handout.chance.randint(3, 6)]]
    _table(handout, handout.chance.choice(["Bit | Field | Description", "Bits | Name | Function"]), *rows)


_BITS = (
    (7, "EN", "Enables the unit when set"),
    (6, "RST", "Resets all counters"),
    (5, "IE", "Allows the interrupt request"),
    (4, "DIR", "Direction of the transfer"),
    (3, "MODE", "Selects the operating mode"),
    (2, "RDY", "Data are ready to be read"),
)


def _interface(handout: Handout) -> None:
    rows = [
        "id | integer | yes | Number of the user",
        "name | string | yes | Full name",
        "limit | integer | no | Default 20",
    ]
    _table(handout, "Parameter | Type | Required | Description", *rows)


def _game_sheet(handout: Handout) -> None:
    rows = [f"{name} |  |  |  | " for name in ("Ones", "Twos", "Full house", "Straight", "Chance", "Total score")]
    _table(handout, "Round | Player 1 | Player 2 | Player 3 | Player 4", *rows)


def _price_table(handout: Handout) -> None:
    rows = [f"{item} | {count} | {price}.00 | {count * price}.00" for item, count, price in _ITEMS]
    _table(
        handout, "Item | Quantity | Unit price | Amount", *rows, f"Total |  |  | {sum(c * p for _, c, p in _ITEMS)}.00"
    )


_ITEMS = (("Notebook", 3, 4), ("Pencil", 10, 1), ("Paint set", 2, 15), ("Paper, 500 sheets", 4, 6))


def _schedule_table(handout: Handout) -> None:
    rows = [f"{week} | {handout.one('names')} | Chapter {week}" for week in range(1, handout.chance.randint(5, 9))]
    _table(handout, "Week | Topic | Reading", *rows)


def _exam_sheet(handout: Handout) -> None:
    numbers = range(1, handout.chance.randint(4, 8))
    points = [handout.chance.choice([5, 10, 15, 20]) for _ in numbers]
    rows = [f"{number} | {worth} | " for number, worth in zip(numbers, points, strict=True)]
    _table(handout, "Problem | Points | Score", *rows, f"Total | {sum(points)} | ")


def _grade_table(handout: Handout) -> None:
    rows = ["A | 90 | 100 | Excellent", "B | 80 | 89 | Good", "C | 70 | 79 | Satisfactory", "D | 60 | 69 | Poor"]
    _table(handout, "Grade | From | To | Meaning", *rows)


def _marks(handout: Handout) -> None:
    people = handout.chance.sample(["Ada", "Ben", "Chloe", "Dan", "Eve", "Finn", "Gus"], 5)
    rows = [f"{name} | {handout.chance.randint(3, 10)} | {handout.chance.randint(3, 10)}" for name in people]
    _table(handout, "Student | Test 1 | Test 2", *rows)


def _course_table(handout: Handout) -> None:
    _table(handout, "Component | Weight", "Homework | 20%", "Quizzes | 15%", "Midterm exam | 25%", "Final exam | 40%")


def _comparison(handout: Handout) -> None:
    rows = ["Price | low | medium | high", "Speed | slow | fast | very fast", "Support | none | email | phone"]
    _table(handout, "Feature | Basic | Plus | Pro", *rows)


_KINDS: tuple[Callable[[Handout], None], ...] = (
    _course_weights,
    _exam,
    _prices,
    _agenda,
    _survey,
    _dates,
    _tasks,
    _game,
    _registers,
    _grades,
    _references,
    _recipe,
    _rules,
    _likert_table,
    _data_sheet,
    _bits,
    _interface,
    _game_sheet,
    _price_table,
    _schedule_table,
    _exam_sheet,
    _grade_table,
    _marks,
    _course_table,
    _comparison,
)
