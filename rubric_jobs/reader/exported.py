"""Our own Word export, read back exactly: from what shows in it, and only where all of it is as we write it."""

from __future__ import annotations

from collections.abc import Iterator

from rubric_jobs.documents.model import Cell, Document, Paragraph, Table
from rubric_jobs.reader.cell_values import criterion, heading
from rubric_jobs.reader.tags import opens_with_points, tags_of
from rubric_jobs.rubric import layout_reading
from rubric_jobs.rubric.layout import CRITERION, DONE, POINTS, Sheet
from rubric_jobs.rubric.layout import Cell as WrittenCell
from rubric_jobs.rubric.model import Criterion, Rubric


def read(document: Document) -> Rubric | None:
    """The rubric whose export this document is, to the last word; None for any other document."""
    tables = document.tables
    if not tables or not all(_heads(table) and _may_be_ours(table) for table in tables):
        return None
    place = document.blocks.index(tables[0])
    before = [_shown(block) for block in document.blocks[:place] if isinstance(block, Paragraph)]
    after = [_shown(block) for block in document.blocks[place:] if isinstance(block, Paragraph)]
    if len(before) > 1:
        return None
    grids = tuple(tuple(tuple(WrittenCell(cell.text) for cell in row) for row in _rows(table)) for table in tables)
    rubric = layout_reading.read(Sheet(before[0] if before else "", grids, tuple(after)))
    return None if rubric is None or _leaves_points(rubric) else _with_places(rubric, tables)


def _leaves_points(rubric: Rubric) -> bool:
    """Whether points still stand in names: not where we write them."""
    names = {level.name for c in rubric.criteria for level in c.levels if level.name and level.highest is None}
    named = any(criterion(one.name, "", "lead").amount is not None for one in rubric.criteria)
    return named or any(heading(name)[1] is not None for name in names)


def _shown(paragraph: Paragraph) -> str:
    """With the bullet or number that it begins with, which is a text's own where we wrote it."""
    return f"{paragraph.marker} {paragraph.text}" if paragraph.marker else paragraph.text


def _heads(table: Table) -> bool:
    return any((cell.row, cell.column, cell.text) == (0, 0, CRITERION) for cell in table.cells)


def _may_be_ours(table: Table) -> bool:
    """Others head their first column like us: ours has no further columns that are no levels, nor points in cells."""
    has_points = any(cell.row == 0 and cell.text == POINTS for cell in table.cells)
    for cell in table.cells:
        if cell.column == 0 or cell.text in (POINTS, DONE):
            continue
        told = tags_of(cell.text)
        if cell.row == 0 and "level" not in told and any(tag.startswith("only:") for tag in told):
            return False
        if cell.row > 0 and ("amount:percent" in told or (opens_with_points(cell.text) and not has_points)):
            return False
    return True


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
