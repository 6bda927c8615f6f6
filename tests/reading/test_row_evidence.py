"""What a table's rows say against their roles."""

from __future__ import annotations

import pytest

from rubric_jobs.documents.model import Document
from rubric_jobs.reader.row_evidence import evidence
from rubric_jobs.reader.sheet import sheet_of
from tests.reading.test_grids_by_kind import table

PARTS = [["Problem (20)", "Say what is known", "20"], ["", "The aim is clear", ""], ["", "Terms are defined", ""]]
PARTS += [["Model (10)", "Say how it works", "10"], ["", "Every sign is explained", ""]]
FALLING = [["Nothing is missing", "10"], ["A part is missing", "7"], ["Half is missing", "4"], ["All is missing", "1"]]
UNEVEN = [["Thesis", "40"], ["Sources", "30"], ["Style", "25"], ["Layout", "5"]]
POINTS = [["Requirements", "4"], ["Data model", "3"], ["Tests", "8"]]


@pytest.mark.parametrize(
    ("lines", "rows", "roles", "name", "value"),
    [
        (PARTS, "ccccc", "scp", "points by section", 0.6),
        (PARTS, "c++c+", "cdp", "points by section", 0.0),
        (POINTS, "-cc", "cp", "left out like criteria", 1.0),
        (POINTS, "hcc", "cp", "left out like criteria", 1.0),
        ([["Criterion", "Points"], *POINTS], "hccc", "cp", "left out like criteria", 0.0),
        (POINTS, "ccc", "cp", "criteria like sections", 0.0),
        (FALLING, "cccc", "cp", "points fall", 1.0),
        (FALLING[::-1], "cccc", "cp", "points fall", 1.0),
        (UNEVEN, "cccc", "cp", "points fall", 0.5),
        ([*UNEVEN, ["Length", "10"]], "ccccc", "cp", "points fall", 0.0),
    ],
)
def test_rows_contradict_roles(lines: list[list[str]], rows: str, roles: str, name: str, value: float) -> None:
    sheet = sheet_of(Document(1, (table(*lines),)), (0,))
    assert evidence(sheet, rows, roles)[name] == pytest.approx(value)
