"""Tables as the reader sees them: rows of cells, upright or turned, of one table or a series."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rubric_jobs.documents.model import Document, Table
from rubric_jobs.reader.plan import Part, PlanInvalid, Ref
from rubric_jobs.rubric.model import Source

_BLANK = re.compile(r"^[\s_.…·]*$")
"""A blank to write in counts as empty."""


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """A cell at its position in the sheet (rows and columns swapped if turned). Compared by identity."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    lead: str
    is_bold: bool
    source: Source
    ref: Ref


Row = list[View | None]


@dataclass(eq=False)
class Sheet:
    """`rows` repeat a merged cell at every position that it covers."""

    rows: list[Row]
    columns: int
    is_turned: bool = False

    @cached_property
    def cells(self) -> list[View]:
        return list(dict.fromkeys(cell for row in self.rows for cell in row if cell is not None))

    @cached_property
    def texts(self) -> list[list[str]]:
        """Texts by row and column, with a merged cell's text at every position."""
        return [[cell.text if cell else "" for cell in row] for row in self.rows]

    @cached_property
    def distinct(self) -> list[list[View]]:
        """The cells with text of each row, each once."""
        return [list(dict.fromkeys(cell for cell in row if cell and cell.text)) for row in self.rows]

    @cached_property
    def own(self) -> list[list[View]]:
        """The cells with text that begin in each row."""
        return [[cell for cell in cells if cell.row == index] for index, cells in enumerate(self.distinct)]

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """A cache for readers, which read a sheet many times."""
        return {}

    @cached_property
    def turned(self) -> Sheet:
        """The sheet with rows and columns swapped."""
        views = {
            cell: View(
                cell.column,
                cell.row,
                cell.column_span,
                cell.row_span,
                cell.text,
                cell.lead,
                cell.is_bold,
                cell.source,
                cell.ref,
            )
            for cell in self.cells
        }
        rows: list[Row] = [
            [views[cell] if cell else None for cell in column] for column in zip(*self.rows, strict=True)
        ]
        return Sheet(rows, len(self.rows), not self.is_turned)


def sheet_of(document: Document, blocks: tuple[int, ...]) -> Sheet:
    """The tables at these blocks, one below the other. Raises PlanInvalid if one is missing or does not fit."""
    known = document.memo.get(blocks)
    if isinstance(known, Sheet):
        return known
    document.memo[blocks] = sheet = _built(document, blocks)
    return sheet


def _built(document: Document, blocks: tuple[int, ...]) -> Sheet:
    rows: list[Row] = []
    columns = 0
    for block in blocks:
        table = document.blocks[block] if block < len(document.blocks) else None
        if not isinstance(table, Table):
            raise PlanInvalid(f"block {block} is no table")
        columns = columns or table.columns
        if table.columns != columns:
            raise PlanInvalid(f"block {block} has {table.columns} columns, not {columns}")
        rows += _rows(table, block, len(rows))
    return Sheet(rows, columns)


def part_sheet(part: Part, document: Document) -> tuple[Sheet, str, str]:
    """The part's sheet, row roles and column roles, turned if criteria stand side by side."""
    sheet = sheet_of(document, part.blocks)
    if len(part.rows) != len(sheet.rows) or len(part.columns) != sheet.columns:
        raise PlanInvalid(f"the table has {len(sheet.rows)} rows and {sheet.columns} columns")
    if part.shape == "across":
        return sheet.turned, part.columns, part.rows
    return sheet, part.rows, part.columns


def _rows(table: Table, block: int, above: int) -> list[Row]:
    rows: list[Row] = [[None] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        view = View(
            cell.row + above,
            cell.column,
            min(cell.row_span, table.rows - cell.row),
            min(cell.column_span, table.columns - cell.column),
            "" if _BLANK.match(cell.text) else cell.text.strip(),
            cell.lead,
            cell.is_bold,
            cell.source,
            (block, cell.row, cell.column),
        )
        for row in range(cell.row, cell.row + view.row_span):
            for column in range(cell.column, cell.column + view.column_span):
                rows[row][column] = view
    return rows
