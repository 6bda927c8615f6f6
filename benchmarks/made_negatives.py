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
)
