"""Tasks for the providers' tests: a small document with a grid, a scan, a few rules, a whole rubric."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from rubric_jobs import errors
from rubric_jobs.documents import DOCX, PDF, Cell, Document, Paragraph, Table
from rubric_jobs.llm.provider import EnhanceTask, ExtractTask
from rubric_jobs.rubric.model import Criterion, Level, Rubric, Source

GRID = [
    ["Criteria", "Strong (4)", "Fair (2)", "Weak (0)"],
    ["Use of sources", "Cites five sources", "Cites two sources", "Cites none"],
    ["Line of argument", "Every claim is argued", "Some claims are argued", "Claims stand alone"],
    ["Spelling", "No mistakes", "Up to five mistakes", "More than five mistakes"],
]


def grid_document() -> Document:
    cells = tuple(
        Cell(row, column, text, Source(page=1, table=0, row=row, column=column))
        for row, texts in enumerate(GRID)
        for column, text in enumerate(texts)
    )
    heading = Paragraph("Field report", Source(page=1, paragraph=0), is_heading=True)
    footer = Paragraph("Total: 12 points", Source(page=1, paragraph=1))
    return Document(pages=1, blocks=(heading, Table(len(GRID), len(GRID[0]), cells, Source(page=1, table=0)), footer))


def grid_rubric(confidence: float = 0.99) -> Rubric:
    numbers = (4, 2, 0)
    criteria = [
        Criterion(
            name=row[0],
            points=Decimal(4),
            levels=[
                Level(name=title.split(" (")[0], description=text, points=Decimal(number))
                for title, text, number in zip(GRID[0][1:], row[1:], numbers, strict=True)
            ],
        )
        for row in GRID[1:]
    ]
    return Rubric(
        title="Field report",
        criteria=criteria,
        total_points=Decimal(12),
        confidence=confidence,
        certain=confidence >= 0.9,
    )


def extract_task(instruction: str = "", complaint: str = "") -> ExtractTask:
    return ExtractTask(
        document=grid_document(),
        local=grid_rubric(),
        data=b"PK\x03\x04 no one reads these bytes",
        file_type=DOCX,
        instruction=instruction,
        complaint=complaint,
    )


def pointing_task() -> ExtractTask:
    return replace(extract_task(), form="plan")


def scan_task() -> ExtractTask:
    document = Document(pages=1, scanned_pages=(1,))
    return ExtractTask(document, errors.ScannedDocument(), b"%PDF-1.7 a picture %%EOF", PDF)


def rules_task() -> EnhanceTask:
    rules = "clear thesis\nsources are cited\nno spelling mistakes\nhanded in on time"
    return EnhanceTask(rules=rules, instruction="", total_points=Decimal(50), rubric=None)


def whole_task() -> EnhanceTask:
    return EnhanceTask(rules="(a rubric)", instruction="", total_points=Decimal(24), rubric=grid_rubric())
