"""Points and numbers of everyday documents that are no rubric."""

from __future__ import annotations

import pytest

from rubric_jobs.errors import NoRubricFound
from tests.reading.test_everyday_prints import written


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        ("Plan de la asignatura", [["Unidad", "Tema", "Horas"], ["1", "Suelos", "6"], ["2", "Riego", "10"]]),
        (
            "Results of the survey",
            [
                ["Question", "Disagree", "Neutral", "Agree", "Mean"],
                ["The room was warm", "3", "9", "11", "3.6"],
                ["The food was good", "4", "2", "8", "4.3"],
            ],
        ),
        ("Benchmarks", [["Library", "Score", "Time"], ["quick", "98", "1.2 s"], ["slow", "75", "3.1 s"]]),
    ],
    ids=["hours", "counts", "measurements"],
)
def test_numbers_that_measure_something_else_make_no_rubric(heading: str, rows: list[list[str]]) -> None:
    with pytest.raises(NoRubricFound):
        written(rows, heading=heading)


def test_the_questions_of_an_exam_are_no_rubric() -> None:
    with pytest.raises(NoRubricFound):
        written(
            [],
            "Exercice 1 (6 points)",
            "Tracer la courbe de la fonction.",
            "Exercice 2 (8 points)",
            "Calculer l'aire du triangle.",
            "Exercice 3 (6 points)",
            heading="Examen de géométrie",
        )


def test_story_points_are_no_points() -> None:
    with pytest.raises(NoRubricFound):
        written(
            [
                ["ID", "User story", "Priority", "Story points"],
                ["1", "As a cook I want to sort recipes", "High", "5"],
                ["2", "As a guest I want to book a table", "Low", "8"],
            ],
            heading="Product backlog",
        )
