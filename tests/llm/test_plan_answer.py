"""The notation in which a model points: written and read back, shown and cut; whatever it says, one kind of error."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Mapping

import pytest

from rubric_jobs.documents import Block, Cell, Document, Paragraph, Table
from rubric_jobs.llm import parts, plan_answer
from rubric_jobs.reader.plan import COLUMN_ROLES, LINE_ROLES, NAMES, ROW_ROLES, SHAPES, Part, Plan, PlanInvalid
from rubric_jobs.rubric.model import Source
from tests.llm import tasks

RIGHT = Plan((Part((1,), "down", "clll", "hccc", name="lead"),))


def paragraph(text: str, number: int = 0, **more: str) -> Paragraph:
    return Paragraph(text, Source(page=1, paragraph=number), **more)  # type: ignore[arg-type]


def table(rows: list[list[str]], number: int = 0) -> Table:
    cells = tuple(
        Cell(row, column, text, Source(page=1, table=number, row=row, column=column))
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )
    return Table(len(rows), len(rows[0]), cells, Source(page=1, table=number))


WORDS = ["Use of sources", "用语准确", "— none —", "", "1.", "Éléments", "4", "Very good indeed"]


def any_document(chance: random.Random) -> Document:
    blocks: list[Block] = []
    for number in range(6):
        if chance.random() < 0.5:
            width = chance.randint(1, 5)
            rows = [[chance.choice(WORDS) for _ in range(width)] for _ in range(chance.randint(1, 6))]
            blocks.append(table(rows, number))
        else:
            blocks.append(paragraph(chance.choice(WORDS), number, marker=chance.choice(["", "•", "2."])))
    return Document(pages=1, blocks=tuple(blocks))


def any_plan(document: Document, chance: random.Random) -> Plan:
    found = []
    for index, block in enumerate(document.blocks):
        if isinstance(block, Table):
            shape = chance.choice(SHAPES[:3])
            by_rows, by_columns = (COLUMN_ROLES, ROW_ROLES) if shape == "across" else (ROW_ROLES, COLUMN_ROLES)
            sides = roles(by_columns, block.columns, chance), roles(by_rows, block.rows, chance)
            found.append(Part((index,), shape, *sides, name=chance.choice(NAMES), header=chance.choice([None, index])))
        else:
            found.append(Part((index,), "lines", "", roles(LINE_ROLES, 1, chance), name=chance.choice(NAMES)))
    return Plan(tuple(found))


def roles(known: Mapping[str, str], count: int, chance: random.Random) -> str:
    return "".join(chance.choice(list(known)) for _ in range(count))


@pytest.mark.parametrize("seed", range(40))
def test_any_plan_comes_back_as_it_was_written(seed: int) -> None:
    chance = random.Random(seed)
    document = any_document(chance)
    plan = any_plan(document, chance)
    assert plan_answer.parse(json.dumps(plan_answer.written(plan, document)), document).plan == plan


def test_lines_that_do_not_follow_each_other_come_back() -> None:
    blocks = (paragraph("One"), table([["x"]]), paragraph("Two", 1), paragraph("Three", 2))
    plan = Plan((Part((0, 2, 3), "lines", "", "ccc", name="cell"),))
    document = Document(pages=1, blocks=blocks)
    answer = plan_answer.written(plan, document)
    assert answer["parts"] == ["0,2-3 lines name=cell"]
    assert plan_answer.parse(json.dumps(answer), document).plan == plan


@pytest.mark.parametrize("seed", range(40))
def test_a_garbled_answer_is_refused_with_one_kind_of_error(seed: int) -> None:
    chance = random.Random(seed)
    document = any_document(chance)
    text = json.dumps(plan_answer.written(any_plan(document, chance), document))
    for _ in range(50):
        at = chance.randrange(len(text))
        garbled = text[:at] + chance.choice('0123456789-crl ",[]{}Ω') + text[at + chance.randint(0, 2) :]
        with contextlib.suppress(PlanInvalid):
            assert plan_answer.parse(garbled, document).verdict in ("plan", "none", "prose")


@pytest.mark.parametrize(
    ("word", "texts", "fits"),
    [
        ("use", ["Use of sources"], True),
        ("Use:", ["Use of sources"], True),
        ("Us", ["Use of sources"], False),
        ("of", ["Use of sources"], False),
        ("Arg", ["Argument"], False),
        ("Argu", ["Argument"], True),
        ("用语准确", ["用语准确，语法正确"], True),
        ("", [], True),
        ("", ["Use"], False),
        ("—", ["— none"], True),
        ("2.", ["2. Style", "Style"], True),
        ("Style", ["2. Style", "Style"], True),
    ],
)
def test_a_first_word_is_known_whatever_its_case_and_punctuation(word: str, texts: list[str], fits: bool) -> None:
    assert parts.fits(word, texts) is fits


def test_a_table_is_shown_with_references_to_its_rows_and_columns() -> None:
    assert parts.of(tasks.grid_document()).splitlines()[:3] == [
        "[0] # Field report",
        "[1] 1c0 | 1c1 | 1c2 | 1c3",
        "1r0 Criteria | Strong (4) | Fair (2) | Weak (0)",
    ]


def test_of_a_long_document_what_is_near_the_offered_plans_is_shown() -> None:
    filler = [paragraph("An essay goes on and on. " * 3, number) for number in range(2_000)]
    document = Document(pages=1, blocks=(*filler, *tasks.grid_document().blocks, *filler))
    plan = Plan((Part((2_001,), "down", "clll", "hccc", name="lead"),))
    shown = parts.of(document, [plan])
    assert len(shown) <= parts.MAX_CHARACTERS + parts.LONGEST_LINE
    assert "2001r3 Spelling" in shown
    assert "[1999] " in shown
    assert "[0] " not in shown
    # Its references are those of the whole document.
    answer = json.dumps(plan_answer.written(plan, document))
    assert plan_answer.parse(answer, document).plan == plan


def test_long_texts_are_cut() -> None:
    shown = parts.of(Document(pages=1, blocks=(paragraph("word " * 200), table([["cell " * 200]]))))
    assert len(shown) < 200


def test_an_unfinished_answer_reads_what_has_arrived() -> None:
    document = tasks.grid_document()
    text = json.dumps(plan_answer.written(RIGHT, document))
    assert plan_answer.so_far(text[: text.index('"1r1-3')], document) == Plan(
        (Part((1,), "down", "clll", "h---", name="lead"),)
    )
    assert plan_answer.so_far('{"choice": "ow', document) is None
    assert plan_answer.so_far("[1", document) is None
    assert plan_answer.so_far('{"choice": "A"', document, [RIGHT]) == RIGHT


def test_choices_that_look_the_same_are_told_apart_by_their_roles() -> None:
    described = Plan((Part((1,), "down", "cldl", "hccc", name="lead"),))
    skipped = Plan((Part((1,), "down", "cl-l", "hccc", name="lead"),))
    lines = plan_answer.shown([described, skipped], tasks.grid_document()).splitlines()
    assert [("cldl" in line, "cl-l" in line) for line in lines] == [(True, False), (False, True)]
    assert "hccc" not in plan_answer.shown([RIGHT], tasks.grid_document())


def test_choices_that_read_alike_are_told_apart_by_the_roles_in_which_they_differ() -> None:
    alike = [Part((1,), "down", columns, "hccc", name="lead") for columns in ("clll", "cl-l", "cldl")]
    lines = plan_answer.shown([Plan((part,)) for part in alike], tasks.grid_document()).splitlines()
    assert [line.partition("; ")[2] for line in lines] == ["", "1: columns cl-l", "1: columns cldl"]
    assert lines[2].startswith("C: as B; ")


def test_a_plan_that_reads_nothing_is_not_offered() -> None:
    nothing = Plan((Part((1,), "down", "----", "----"),))
    elsewhere = Plan((Part((9,), "down", "clll", "hccc"),))
    assert plan_answer.choices([nothing, elsewhere, RIGHT], tasks.grid_document()) == (RIGHT,)
