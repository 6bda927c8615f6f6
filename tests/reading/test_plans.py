"""Plans: their JSON, their validation, and that assembling makes nothing up and forgets nothing."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest

from rubric_jobs import documents
from rubric_jobs.documents.model import Document
from rubric_jobs.reader import assemble, explain, reading
from rubric_jobs.reader.plan import COLUMN_ROLES, ROW_ROLES, Part, Plan, PlanInvalid
from tests.reading.builders import as_docx
from tests.reading.samples_grids import GRIDS


@cache
def of_samples() -> list[Document]:
    return [documents.parse(as_docx(sample)) for sample in GRIDS]


def any_plan(document: Document, chance: random.Random) -> Plan:
    """Any roles for the first table."""
    block, table = next((i, b) for i, b in enumerate(document.blocks) if b in document.tables)
    rows = "".join(chance.choice([*ROW_ROLES, "c", "c"]) for _ in range(table.rows))
    columns = "".join(chance.choice([*COLUMN_ROLES, "c", "l", "p"]) for _ in range(table.columns))
    return Plan((Part((block,), chance.choice(["down", "long"]), columns, rows),))


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("seed", range(60))
def test_every_word_of_an_assembled_rubric_is_printed_and_every_text_is_used_or_unread(seed: int) -> None:
    chance = random.Random(seed)
    document = chance.choice(of_samples())
    plan = any_plan(document, chance)
    assembled = assemble.assemble(plan, document)
    printed = set(words_of(" ".join(text for text, _ in document.texts())))
    criteria = assembled.rubric.criteria
    told = [c.name + " " + (c.description or "") for c in criteria]
    told += [f"{level.name or ''} {level.description or ''}" for c in criteria for level in c.levels]
    assert set(words_of(" ".join(told))) <= printed
    block = plan.parts[0].blocks[0]
    texts = {(block, cell.row, cell.column) for cell in document.blocks[block].cells if cell.text.strip()}  # type: ignore[union-attr]
    assert {unread.ref for unread in assembled.unread} | (assembled.used & texts) == texts


def test_the_best_plan_of_a_document_survives_its_json() -> None:
    for document in of_samples():
        found = reading.reading_of(document)
        plan = Plan.from_json(found.plan.to_json())
        assert plan == found.plan
        if found.rubric is not None:
            names = [criterion.name for criterion in assemble.assemble(plan, document).rubric.criteria]
            assert names == [criterion.name for criterion in found.rubric.criteria]


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"parts": [{"at": "0", "shape": "round", "rows": "c"}]},
        {"parts": [{"at": "9-1", "shape": "down", "rows": "c", "columns": "c"}]},
        {"parts": [{"at": "0", "shape": "down", "rows": "?", "columns": "c"}]},
        {"parts": [{"at": "x", "shape": "lines", "rows": "c"}]},
    ],
)
def test_a_plan_that_no_document_can_have_is_refused(value: object) -> None:
    with pytest.raises(PlanInvalid):
        Plan.from_json(value)


def test_a_plan_for_another_table_is_refused() -> None:
    document = of_samples()[0]
    with pytest.raises(PlanInvalid, match="rows"):
        assemble.assemble(Plan((Part((len(document.blocks) - 2,), "down", "c", "c"),)), document)


def test_a_reading_is_explained_by_its_candidates() -> None:
    told = explain.explained(of_samples()[0])
    best = told["readings"][0]
    assert best["score"] == max(one["score"] for one in told["readings"])
    assert best["decided by"]
    assert all(part["shape"] and "score" in part for region in told["regions"] for part in region["parts"])
