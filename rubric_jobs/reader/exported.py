"""Reads our own Word export back exactly, from its visible text, and only if all of it is as we write it.

Its last line identifies it; see `layout.closing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rubric_jobs.documents.model import Cell, Document, Paragraph, Table
from rubric_jobs.rubric import layout, layout_reading
from rubric_jobs.rubric.layout import DONE, POINTS, Sheet
from rubric_jobs.rubric.layout import Cell as WrittenCell
from rubric_jobs.rubric.model import Criterion, Rubric


def read(document: Document) -> Rubric | None:
    """The rubric that this document is an exact export of; None for any other document."""
    tables = document.tables
    if not tables:
        return None
    place = document.blocks.index(tables[0])
    before = [_shown(block) for block in document.blocks[:place] if isinstance(block, Paragraph)]
    after = [_shown(block) for block in document.blocks[place:] if isinstance(block, Paragraph)]
    if len(before) > 1 or not after:
        return None
    grids = tuple(tuple(tuple(WrittenCell(cell.text) for cell in row) for row in _rows(table)) for table in tables)
    *notes, last = after
    rubric = layout_reading.read(Sheet(before[0] if before else "", grids, tuple(notes)))
    # Other documents may have the same table headings, but not this last line.
    if rubric is None or last != layout.closing(len(rubric.criteria)):
        return None
    return _with_places(rubric, tables)


def _shown(paragraph: Paragraph) -> str:
    """The text with its bullet or number. In our exports these belong to the text."""
    return f"{paragraph.marker} {paragraph.text}" if paragraph.marker else paragraph.text


def _rows(table: Table) -> Iterator[list[Cell]]:
    for row in range(table.rows):
        yield [cell for cell in table.cells if cell.row == row]


def _with_places(rubric: Rubric, tables: list[Table]) -> Rubric:
    placed: list[Criterion] = []
    for table in tables:
        header, *rows = _rows(table)
        first = 2 if header[1].text in (POINTS, DONE) else 1
        for row in rows:
            if len(row) > 1:
                placed.append(_placed(rubric.criteria[len(placed)], row, first))
    return rubric.model_copy(update={"criteria": placed, "source": tables[0].source, "confidence": 1.0})


def _placed(criterion: Criterion, row: list[Cell], first: int) -> Criterion:
    levels = [
        level.model_copy(update={"source": cell.source})
        for level, cell in zip(criterion.levels, row[first:], strict=False)
    ]
    return criterion.model_copy(update={"source": row[0].source, "levels": levels})
