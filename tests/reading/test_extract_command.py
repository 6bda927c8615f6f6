"""`manage.py extract_rubric`, as an operator calls it."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import docx
import pytest
from django.core.management import call_command

PROJECT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two criteria with points, whose levels have none."""
    made = docx.Document()
    rows = [
        ["Criteria", "Excellent", "Fair", "Poor"],
        ["Thesis (10 points)", "States a clear claim", "States a vague claim", "States no claim"],
        ["Style (10 points)", "Reads very well", "Can be read", "Is hard to read"],
    ]
    table = made.add_table(rows=0, cols=4)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    path = tmp_path_factory.mktemp("documents") / "levels-without-points.docx"
    made.save(str(path))
    return path


@dataclass(frozen=True)
class Done:
    code: int
    output: bytes
    problems: str


def extracted(document: Path, *options: str) -> Done:
    output, problems, code = io.TextIOWrapper(io.BytesIO()), io.StringIO(), 0
    try:
        call_command("extract_rubric", document, "--provider", "local", *options, stdout=output, stderr=problems)
    except SystemExit as ended:
        code = int(ended.code or 0)
    output.flush()
    return Done(code, output.buffer.getvalue(), problems.getvalue())  # type: ignore[attr-defined]


def test_levels_without_points_are_refused_with_the_choices(document: Path) -> None:
    done = extracted(document, "--format", "canvas-csv")
    assert (done.code, done.output) == (1, b"")
    assert "--level-points spread" in done.problems
    assert len(done.problems.strip().splitlines()) == 1


def test_a_choice_gives_them_points(document: Path) -> None:
    done = extracted(document, "--format", "canvas-csv", "--level-points", "spread")
    assert done.code == 0, done.problems
    row = "Thesis,,false,Excellent,States a clear claim,10,Fair,States a vague claim,5,Poor,States no claim,0"
    assert row in done.output.decode()


def test_a_word_document_goes_out_as_it_is_and_is_read_back(document: Path, tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "extract_rubric", document, "--provider", "local", "--format", "docx"]
    written = tmp_path / "again.docx"
    written.write_bytes(subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=120, check=True).stdout)
    assert extracted(written, "--format", "text").output == extracted(document, "--format", "text").output != b""
