"""The structure of a DOCX body: blocks, rows and cells inside their wrappers, and tables nested in cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rubric_jobs.documents.docx_numbering import W, _value
from rubric_jobs.documents.docx_runs import MC, chosen
from rubric_jobs.errors import DocumentTooLarge

WIDEST = 63
"""Word's own limit on columns. A larger span is an attack on programs that expand it."""
DEEPEST = 12
_WRAPPERS = frozenset(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))

PlacedCell = tuple[int, int, str, Any]
"""Column, column span, vertical merge ("restart", "continue" or "") and element of a cell."""


def block_items(parent: Any, depth: int) -> Iterator[Any]:
    """Paragraphs and tables in order, including those inside content controls and insertions."""
    for child in parent.iterchildren():
        if child.tag in (f"{W}p", f"{W}tbl"):
            yield child
        elif child.tag in _WRAPPERS and depth < DEEPEST * 4:
            yield from block_items(child, depth + 1)
        elif child.tag == f"{MC}AlternateContent" and depth < DEEPEST * 4:
            part = chosen(child)
            if part is not None:
                yield from block_items(part, depth + 1)


def unwrapped(parent: Any, tag: str, depth: int) -> Iterator[Any]:
    for child in parent.iterchildren():
        if child.tag == tag:
            yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins") and depth < DEEPEST:
            yield from unwrapped(child, tag, depth + 1)


def row_cells(row: Any) -> Iterator[PlacedCell]:
    """The cells of a row, with spans limited to `WIDEST`."""
    column = _number(row.find(f"{W}trPr/{W}gridBefore"), 0)
    for element in unwrapped(row, f"{W}tc", 0):
        span = max(1, _number(element.find(f"{W}tcPr/{W}gridSpan"), 1))
        if column + span > WIDEST:
            raise DocumentTooLarge("A table of the document has more columns than Word allows.")
        merge = element.find(f"{W}tcPr/{W}vMerge")
        kind = "" if merge is None else merge.get(f"{W}val", "continue")
        yield column, span, kind, element
        column += span


def _number(element: Any | None, otherwise: int) -> int:
    text = _value(element)
    return int(text) if re.fullmatch(r"\d{1,9}", text) else otherwise


def cells_of(table: Any) -> list[Any]:
    return [cell for row in unwrapped(table, f"{W}tr", 0) for cell in unwrapped(row, f"{W}tc", 0)]


def is_frame(table: Any) -> bool:
    """Whether a table only lays out other tables: it has a single cell, or each cell with text holds a table."""
    cells = cells_of(table)
    if len(cells) == 1:
        return next(cells[0].iter(f"{W}tbl"), None) is not None
    filled = [cell for cell in cells if _has_text(cell)]
    return bool(filled) and all(any(_is_grid(inner) for inner in _inner_tables(cell)) for cell in filled)


def _inner_tables(cell: Any) -> list[Any]:
    return [item for item in block_items(cell, 0) if item.tag == f"{W}tbl"]


def _is_grid(table: Any) -> bool:
    rows = [list(unwrapped(row, f"{W}tc", 0)) for row in unwrapped(table, f"{W}tr", 0)]
    return len(rows) > 1 and all(len(row) > 1 for row in rows)


def _has_text(element: Any) -> bool:
    return any(text.text and text.text.strip() for text in element.iter(f"{W}t"))


def spread(rows: list[list[PlacedCell]]) -> list[list[PlacedCell]]:
    """Replaces a cell that holds a one-row table by the cells of that row.

    Grade books such as Canvas put the levels of a criterion into such a nested table.
    """
    inner = {(r, column): _inner_row(cell) for r, row in enumerate(rows) for column, span, _, cell in row if span == 1}
    widths: dict[int, int] = {}
    for column in {column for (_, column), cells in inner.items() if cells}:
        found = [cells for (_, other), cells in inner.items() if other == column and cells]
        if len(found) > 1:
            widths[column] = max(len(cells) for cells in found)
    if not widths:
        return rows

    def moved(column: int) -> int:
        return column + sum(width - 1 for other, width in widths.items() if other < column)

    spread_rows: list[list[PlacedCell]] = []
    for r, row in enumerate(rows):
        spread_rows.append([])
        for column, span, merge, cell in row:
            start, cells = moved(column), inner.get((r, column)) if column in widths else None
            if cells:
                spread_rows[-1] += [(start + i, 1, "", element) for i, element in enumerate(cells)]
            else:
                spread_rows[-1].append((start, moved(column + span) - start, merge, cell))
    return spread_rows


def _inner_row(cell: Any) -> list[Any]:
    """The cells of a one-row table, if the cell holds that table and nothing else."""
    items = list(block_items(cell, 0))
    tables = [item for item in items if item.tag == f"{W}tbl"]
    if len(tables) != 1 or any(_has_text(item) for item in items if item.tag == f"{W}p"):
        return []
    rows = list(unwrapped(tables[0], f"{W}tr", 0))
    cells = list(unwrapped(rows[0], f"{W}tc", 0)) if len(rows) == 1 else []
    return cells if len(cells) > 1 else []
