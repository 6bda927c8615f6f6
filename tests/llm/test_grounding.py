from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs.documents import Cell, Document, Paragraph, Table
from rubric_jobs.llm import grounding
from rubric_jobs.rubric.model import Criterion, Level, Rubric, Source
from tests import cpu
from tests.llm import tasks

DOCUMENT = tasks.grid_document()


def answered(**changes: object) -> Rubric:
    """What a faithful model says: the rubric without any marks."""
    return tasks.grid_rubric().model_copy(update={"confidence": None, **changes})


def codes(grounded: grounding.Grounded) -> list[str]:
    return [warning.code for warning in grounded.rubric.warnings]


def paragraphs(*texts: str) -> Document:
    return Document(pages=1, blocks=tuple(Paragraph(t, Source(page=1, paragraph=at)) for at, t in enumerate(texts)))


def test_a_faithful_answer_is_grounded_everywhere_with_its_places() -> None:
    grounded = grounding.ground(answered(), DOCUMENT)
    assert grounded.ungrounded == 0
    assert grounded.rubric.grounded is True
    assert codes(grounded) == []
    second = grounded.rubric.criteria[1]
    assert second.source == Source(page=1, table=0, row=2, column=0)
    assert second.levels[1].source == Source(page=1, table=0, row=2, column=2)
    assert all(level.grounded for level in second.levels)


def test_an_added_criterion_is_marked_and_counted() -> None:
    invented = Criterion(name="Telepathic resonance", levels=[Level(name="Luminous", description="Hums in violet")])
    grounded = grounding.ground(answered(criteria=[*answered().criteria, invented]), DOCUMENT)
    added = grounded.rubric.criteria[-1]
    assert (added.grounded, added.source, added.levels[0].grounded) == (False, None, False)
    assert grounded.ungrounded == 2
    assert grounded.rubric.grounded is False
    assert [w.path for w in grounded.rubric.warnings] == ["criteria[3]", "criteria[3].levels[0]"]


@pytest.mark.parametrize(("points", "is_printed"), [(4, True), (3, False)])
def test_points_of_levels_whose_criterion_stands_nowhere_must_stand_beside_the_level(
    points: int, is_printed: bool
) -> None:
    level = Level(name="Strong", description="Cites five sources", points=Decimal(points))
    invented = Criterion(name="Telepathic resonance", levels=[level])
    grounded = grounding.ground(answered(criteria=[invented]), DOCUMENT).rubric.criteria[0]
    assert (grounded.grounded, grounded.levels[0].grounded) == (False, is_printed)


def test_points_of_levels_in_a_list_whose_criterion_stands_nowhere_must_stand_in_their_line() -> None:
    document = paragraphs("Excellent work", "10 points: argues well", "5 points: argues", "Grades are due in 30 days")
    levels = [
        Level(description="argues well", points=Decimal(10)),
        Level(description="argues", points=Decimal(5)),
        Level(name="Excellent work", points=Decimal(30)),
    ]
    grounded = grounding.ground(Rubric(criteria=[Criterion(name="Overall quality", levels=levels)]), document)
    assert [level.grounded for level in grounded.rubric.criteria[0].levels] == [True, True, False]


def test_points_of_a_criterion_named_by_a_sign_must_stand_beside_its_description() -> None:
    document = paragraphs("★★★ argues well: 10 points", "Style: 30 points")
    starred = Criterion(name="★★★", description="argues well", points=Decimal(10))
    rubric = Rubric(criteria=[starred, starred.model_copy(update={"points": Decimal(90)})])
    grounded = grounding.ground(rubric, document)
    assert [criterion.grounded for criterion in grounded.rubric.criteria] == [True, False]


@pytest.mark.parametrize(
    ("name", "printed"), [("Form", "Performance of the group"), ("Style", "Lifestyle"), ("Tone", "Stonelike colours")]
)
def test_a_name_that_stands_inside_of_longer_words_alone_is_not_in_the_document(name: str, printed: str) -> None:
    document = paragraphs("Thesis: 20 points", f"{printed}: 30 points")
    rubric = Rubric(criteria=[Criterion(name="Thesis", points=Decimal(20)), Criterion(name=name, points=Decimal(30))])
    grounded = grounding.ground(rubric, document)
    assert [criterion.grounded for criterion in grounded.rubric.criteria] == [True, False]
    assert grounding.holds_nothing_of(Rubric(criteria=rubric.criteria[1:]), document)


def test_altered_points_are_marked_though_the_names_are_right() -> None:
    first, *others = answered().criteria
    grounded = grounding.ground(
        answered(criteria=[first.model_copy(update={"points": Decimal(40)}), *others]), DOCUMENT
    )
    assert grounded.rubric.criteria[0].grounded is False
    assert codes(grounded) == ["ungrounded_points"]
    assert "40" in grounded.rubric.warnings[0].message


def test_altered_points_of_a_level_are_marked_there() -> None:
    first, *others = answered().criteria
    levels = [first.levels[0].model_copy(update={"points": Decimal(3)}), *first.levels[1:]]
    changed = first.model_copy(update={"levels": levels, "points": Decimal(4)})
    grounded = grounding.ground(answered(criteria=[changed, *others]), DOCUMENT)
    assert [level.grounded for level in grounded.rubric.criteria[0].levels] == [False, True, True]


def test_points_of_the_neighbouring_row_do_not_count() -> None:
    document = paragraphs("Thesis: 30 points", "Style: 20 points")
    swapped = Rubric(
        kind="point_list",
        criteria=[Criterion(name="Thesis", points=Decimal(20)), Criterion(name="Style", points=Decimal(20))],
    )
    grounded = grounding.ground(swapped, document)
    assert [criterion.grounded for criterion in grounded.rubric.criteria] == [False, True]


def test_a_dropped_row_is_told() -> None:
    grounded = grounding.ground(answered(criteria=answered().criteria[:2]), DOCUMENT)
    assert codes(grounded) == ["left_out"]
    assert "Spelling" in grounded.rubric.warnings[0].message


def test_what_only_the_local_reader_found_is_told() -> None:
    grounded = grounding.ground(answered(criteria=answered().criteria[1:]), DOCUMENT, tasks.grid_rubric())
    assert [warning.message for warning in grounded.rubric.warnings] == [
        "The document also contains “Use of sources”, which was left out."
    ]


def test_in_a_document_with_scanned_pages_what_is_not_found_stays_unknown() -> None:
    scan = Document(pages=1, scanned_pages=(1,))
    grounded = grounding.ground(answered(), scan)
    assert grounded.ungrounded == 0
    assert grounded.rubric.grounded is None
    assert {criterion.grounded for criterion in grounded.rubric.criteria} == {None}
    assert codes(grounded) == []
    assert not grounded.checked


def test_case_quotes_hyphens_and_spaces_do_not_matter() -> None:
    document = paragraphs("USE  OF “SOURCES”: re-\nlevant, 2½ points")
    rubric = Rubric(criteria=[Criterion(name='Use of "sources"', description="relevant", points=Decimal("2.5"))])
    assert grounding.ground(rubric, document).rubric.criteria[0].grounded is True


def test_decimal_commas_and_thousands_are_numbers() -> None:
    document = paragraphs("Inhalt 2,5 Punkte", "Umfang 1,000 points")
    rubric = Rubric(
        criteria=[Criterion(name="Inhalt", points=Decimal("2.5")), Criterion(name="Umfang", points=Decimal(1000))]
    )
    assert grounding.ground(rubric, document).ungrounded == 0


@pytest.mark.parametrize("text", ["9" * 300_000, "9" * 1_000_001, "9" * 1_000_001 + "½", "1 " * 300_000, " " * 300_000])
def test_numbers_are_found_in_the_longest_text_at_once(text: str) -> None:
    document = paragraphs(f"Style 2½ points {text}")
    rubric = Rubric(criteria=[Criterion(name="Style", points=Decimal("2.5"))])
    with cpu.at_most(3):
        assert grounding.ground(rubric, document).rubric.criteria[0].grounded is True


def table(*rows: list[str]) -> Document:
    cells = tuple(
        Cell(row, column, text, Source(page=1, table=0, row=row, column=column))
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )
    return Document(pages=1, blocks=(Table(len(rows), len(rows[0]), cells, Source(page=1, table=0)),))


LONGEST = Rubric(
    criteria=[
        Criterion(
            name=f"Criterion {number}",
            points=Decimal(number),
            levels=[
                Level(name=f"Level {at}", description="Words that it shares", points=Decimal(at)) for at in range(20)
            ],
        )
        for number in range(1, 201)
    ]
)


@pytest.mark.parametrize(
    "made",
    [
        lambda: table(*[[f"Criterion {row}", "Words that it shares", f"{row} points"] for row in range(8_000)]),
        lambda: table(*[["Criterion 1", "Words that it shares", f"Level {row}"] for row in range(8_000)]),
        lambda: paragraphs(*[f"Criterion {row % 200} is worth {row} points" for row in range(40_000)]),
        lambda: table(*[["", str(row)] for row in range(30_000)]),
        lambda: paragraphs("thecriteria" * 100_000),
    ],
    ids=["a criterion a row", "the same name in each row", "paragraphs", "nothing of it", "inside of words"],
)
def test_the_longest_answer_is_held_against_a_long_document_at_once(made: Callable[[], Document]) -> None:
    document = made()
    with cpu.at_most(15):
        grounding.holds_nothing_of(LONGEST, document)
        grounding.ground(LONGEST, document)
        grounding.ground(LONGEST.model_copy(update={"criteria": LONGEST.criteria[:2]}), document)
        grounding.holds_nothing_of(Rubric(criteria=[Criterion(name="criteria"), Criterion(name="hecriter")]), document)


def test_an_answer_of_which_nothing_stands_in_the_document_is_recognised() -> None:
    invented = Rubric(criteria=[Criterion(name="Telepathic resonance")])
    assert grounding.holds_nothing_of(invented, DOCUMENT)
    assert not grounding.holds_nothing_of(answered(), DOCUMENT)


def test_many_left_out_rows_are_told_only_so_often() -> None:
    local = Rubric(criteria=[Criterion(name=f"Forgotten item {number}") for number in range(100)])
    grounded = grounding.ground(answered(), DOCUMENT, local)
    assert len(grounded.rubric.warnings) == grounding.MOST_MISSING


def test_of_a_name_that_stands_in_many_places_the_heading_counts() -> None:
    document = paragraphs("The code of conduct holds.", "Code", "Up to 30 points", "Style: 20 points")
    rubric = Rubric(criteria=[Criterion(name="Code", points=Decimal(30)), Criterion(name="Style", points=Decimal(20))])
    grounded = grounding.ground(rubric, document)
    assert grounded.ungrounded == 0
    assert grounded.rubric.criteria[0].source == Source(page=1, paragraph=1)


def test_points_that_stand_beside_a_second_mention_count_too() -> None:
    document = paragraphs("Design: 25 %", *["Some words about the course."] * 12, "Design", "Marks: 6")
    rubric = Rubric(criteria=[Criterion(name="Design", points=Decimal(6), weight=Decimal(25))])
    assert grounding.ground(rubric, document).ungrounded == 0


def test_a_level_named_by_its_points_and_one_worth_nothing_need_no_other_number() -> None:
    document = paragraphs("Design", *["Some words about the course."] * 12, "3–4 outlines the plan", "No credit")
    levels = [
        Level(name="3–4", points_min=Decimal(3), points_max=Decimal(4)),
        Level(name="No credit", points=Decimal(0)),
    ]
    grounded = grounding.ground(Rubric(criteria=[Criterion(name="Design", levels=levels)]), document)
    assert [level.grounded for level in grounded.rubric.criteria[0].levels] == [True, True]


def test_a_totals_row_is_not_a_criterion_that_was_left_out() -> None:
    document = table(["Item", "Points"], ["Thesis", "30"], ["Style", "20"], ["Total points", "50"])
    rubric = Rubric(
        criteria=[Criterion(name="Thesis", points=Decimal(30)), Criterion(name="Style", points=Decimal(20))]
    )
    assert grounding.ground(rubric, document).rubric.warnings == []


TEXTS = st.text(max_size=30) | st.sampled_from(["Use of sources", "Strong", "", "4", "½"])
NUMBERS = st.none() | st.decimals(min_value=-100, max_value=1000, places=2)
LEVELS = st.builds(Level, name=st.none() | TEXTS, description=st.none() | TEXTS, points=NUMBERS, points_max=NUMBERS)
CRITERIA = st.builds(Criterion, name=TEXTS, points=NUMBERS, weight=NUMBERS, levels=st.lists(LEVELS, max_size=3))


@given(st.lists(CRITERIA, max_size=4), st.lists(TEXTS, max_size=4))
def test_whatever_a_model_says_is_marked_and_nothing_of_it_is_changed(
    criteria: list[Criterion], texts: list[str]
) -> None:
    rubric = Rubric(criteria=criteria)
    for document in (DOCUMENT, paragraphs(*texts), Document(pages=1)):
        grounded = grounding.ground(rubric, document)
        for before, after in zip(rubric.criteria, grounded.rubric.criteria, strict=True):
            assert after.grounded in {True, False}
            unmarked = {"source": None, "grounded": None}
            levels = [level.model_copy(update=unmarked) for level in after.levels]
            assert after.model_copy(update={**unmarked, "levels": levels}) == before
