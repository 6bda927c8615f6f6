"""`manage.py evaluate_reading`: a model measured on documents whose rubrics are known."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from rubric_jobs.management import measures
from tests.fake_llm import FakeLLM
from tests.llm import tasks
from tests.pipelines.test_extraction_documents import word_file

CRITERIA = [
    {
        "name": row[0],
        "points": 4,
        "levels": [
            {"name": title, "points": worth, "description_start": text}
            for title, worth, text in zip(("Strong", "Fair", "Weak"), (4, 2, 0), row[1:], strict=True)
        ],
    }
    for row in tasks.GRID[1:]
]
GRID_TRUTH = {"kind": "analytic", "total_points": None, "criteria": CRITERIA}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    docs, truths = tmp_path / "docs", tmp_path / "truth"
    docs.mkdir()
    truths.mkdir()
    for name, data, truth in (
        ("grid", word_file("Field report", grid=tasks.GRID), GRID_TRUTH),
        ("letter", word_file("Dear parents,", "The trip begins on Monday.", "Kind regards"), {"kind": "none"}),
    ):
        (docs / f"{name}.docx").write_bytes(data)
        (truths / f"{name}.json").write_text(json.dumps(truth))
    (truths / "lost.json").write_text(json.dumps(GRID_TRUTH))
    return docs, truths


@pytest.fixture
def run(folders: tuple[Path, Path], fake_llm: FakeLLM, settings: Any) -> Any:
    settings.GEMINI_API_KEY, settings.GEMINI_BASE_URL = "k", fake_llm.url
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "k", fake_llm.openai_url

    def evaluate(provider: str = "gemini", **options: Any) -> tuple[str, str]:
        said, shown = StringIO(), StringIO()
        docs, truth = folders
        call_command(
            "evaluate_reading", docs=docs, truth=truth, provider=provider, stdout=said, stderr=shown, **options
        )
        return said.getvalue(), shown.getvalue()

    return evaluate


@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_it_tells_how_well_a_model_reads_and_what_that_costs(run: Any, fake_llm: FakeLLM, provider: str) -> None:
    said, shown = run(provider)
    assert "criteria F1 1.000 · points 3/3 = 1.000 · level F1 1.000" in said
    assert "wholly right 1/1 = 1.000 · negatives 1/1 = 1.000" in said
    assert "same as the local reader, and right: 1/1" in said
    assert "2 of 2 documents" in said
    assert "plan 1" in said
    assert "2/2" in shown
    assert fake_llm.history[0].vendor == provider


def test_a_model_that_reads_wrongly_gets_less(run: Any, fake_llm: FakeLLM) -> None:
    roles = ["1c0 c Criteria", "1c1-2 l Strong Fair", "1r0 h Criteria", "1r1-3 c Use Spelling"]
    fake_llm.behave(answer={"choice": "own", "words": [], "parts": ["1 down"], "roles": roles})
    said, _ = run()
    assert "wholly right 0/1" in said
    assert "level F1 0.800" in said


def test_a_named_model_is_asked(run: Any, fake_llm: FakeLLM) -> None:
    run(model="gemini-3.5-flash-lite")
    assert {call.model for call in fake_llm.history} == {"gemini-3.5-flash-lite"}


def test_no_document_is_begun_beyond_the_tokens_allowed(run: Any, fake_llm: FakeLLM) -> None:
    said, shown = run(max_tokens=1)
    assert "1 of 2 documents" in said
    assert "1 documents were left out" in shown
    assert len(fake_llm.history) == 1


def test_a_fault_is_no_answer(run: Any, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="503")
    said, _ = run()
    assert "failed: provider_unavailable 2" in said
    assert "negatives 0/1" in said


def test_a_refused_key_ends_it_at_once(run: Any, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="401")
    with pytest.raises(CommandError, match="GEMINI_API_KEY"):
        run()
    assert len(fake_llm.history) == 1


def test_another_honest_reading_and_another_name_are_right() -> None:
    answer = {"criteria": [{"name": "Part A: Sources", "points": 4, "levels": []}], "total_points": 4}
    other = {"criteria": [{"name": "Quellen", "names": ["Sources"], "prefixes": ["Part A"], "points": 4}]}
    truth = {**GRID_TRUTH, "alternatives": [other]}
    assert measures.of(truth, answer).is_right
    assert not measures.of(GRID_TRUTH, answer).is_right
    assert measures.of({**GRID_TRUTH, "alternatives": [{"criteria": []}]}, None).wholly_right.wanted == 0


def test_points_and_a_stated_total_must_be_the_same_number() -> None:
    truth = {"kind": "point_list", "total_points": 10, "criteria": [{"name": "Sources", "points": 10}]}
    assert measures.of(truth, {"criteria": [{"name": "Sources", "points": 10.0}], "total_points": 10}).is_right
    for points, total in ((9, 10), (10, None)):
        told = {"criteria": [{"name": "Sources", "points": points}], "total_points": total}
        assert not measures.of(truth, told).is_right
