"""Grids and words → tables with text."""

from __future__ import annotations

from dataclasses import dataclass

from rubric_jobs.documents.geometry import Area, Box, Grid, Word
from rubric_jobs.documents.headed import with_unruled_columns
from rubric_jobs.documents.lines import into_lines, joined, lead_of, paragraphs_of
from rubric_jobs.documents.model import ALIGNED, PARTLY_RULED, RULED, Cell, Table
from rubric_jobs.documents.overflow import with_overflow
from rubric_jobs.documents.unruled import with_unruled_rows
from rubric_jobs.rubric.model import Source

_ITEM_SIGNS = frozenset("•●○◦▪■▫‣⁃∙·➢➤►❖◆◇")


@dataclass(slots=True)
class PlacedTable:
    """A table on its page, before tables that span pages are joined.

    `xs` are the borders of the columns with text, `borders` those of all columns. `ys` are the borders of all rows;
    `kept_rows` are the rows with text.
    """

    page: int
    box: Box
    xs: list[float]
    table: Table
    borders: list[float]
    ys: list[float]
    kept_rows: list[int]
    is_open: bool = False


def fill(
    grid: Grid, words: list[Word], page: int, vocabulary: frozenset[str], origin: str = RULED
) -> PlacedTable | None:
    """Fills the grid with these words and drops empty rows and columns. None if fewer than two cells have text."""
    held = _held(grid, words)
    if len(held) < 2:
        return None
    are_items = False
    if origin != ALIGNED:
        for parted in (with_unruled_columns, with_unruled_rows):
            whole = parted(grid, held)
            if whole is not grid:
                grid, held, origin = whole, _held(whole, words), PARTLY_RULED
                are_items = parted is with_unruled_rows
    box = with_overflow(grid, held, words) if origin == RULED else grid.box
    areas = [area for i, area in enumerate(grid.areas) if i in held]
    rows = _kept(range(grid.rows), [(a.row, a.row_span) for a in areas])
    columns = _kept(range(grid.columns), [(a.column, a.column_span) for a in areas])
    cells = [
        _cell(area, _without_bullet(held.get(i, [])) if are_items else held.get(i, []), rows, columns, page, vocabulary)
        for i, area in enumerate(grid.areas)
        if _covers(rows, area.row, area.row_span) and _covers(columns, area.column, area.column_span)
    ]
    xs = [grid.xs[c] for c in columns] + [grid.xs[-1]]
    table = Table(len(rows), len(columns), tuple(cells), Source(page=page, bbox=rounded(box)), origin)
    return PlacedTable(page, box, xs, table, grid.xs, _row_borders(grid), rows, grid.is_open)


def _without_bullet(words: list[Word]) -> list[Word]:
    """The words without their bullet, if the cell holds one list item: the list was split into rows."""
    bullets = [word for word in words if word.text in _ITEM_SIGNS]
    if len(bullets) != 1 or len(words) < 2 or any(word.x0 < bullets[0].x0 for word in words):
        return words
    return [word for word in words if word is not bullets[0]]


def _row_borders(grid: Grid) -> list[float]:
    tops = {area.row: area.box[1] for area in grid.areas}
    return [*(tops[row] for row in sorted(tops)), grid.box[3]]


def _held(grid: Grid, words: list[Word]) -> dict[int, list[Word]]:
    """The words of each area, by its index."""
    boxes = [area.box for area in grid.areas]
    held: dict[int, list[Word]] = {}
    for word in words:
        x, y = word.centre
        for index, (x0, top, x1, bottom) in enumerate(boxes):
            if x0 <= x < x1 and top <= y < bottom:
                held.setdefault(index, []).append(word)
                break
    return held


def _kept(indices: range, spans: list[tuple[int, int]]) -> list[int]:
    """Rows or columns in which a cell with text begins."""
    starts = {start for start, _ in spans}
    return [i for i in indices if i in starts]


def _covers(kept: list[int], start: int, span: int) -> int:
    return sum(start <= i < start + span for i in kept)


def _cell(
    area: Area, words: list[Word], rows: list[int], columns: list[int], page: int, vocabulary: frozenset[str]
) -> Cell:
    text, lead, is_bold = cell_text(words, area.box, vocabulary)
    return Cell(
        row=sum(i < area.row for i in rows),
        column=sum(i < area.column for i in columns),
        text=text,
        source=Source(page=page, bbox=rounded(area.box)),
        row_span=_covers(rows, area.row, area.row_span),
        column_span=_covers(columns, area.column, area.column_span),
        is_bold=is_bold,
        lead=lead,
    )


def cell_text(words: list[Word], box: Box, vocabulary: frozenset[str]) -> tuple[str, str, bool]:
    """The text of a cell, its lead, and whether all of it is bold."""
    lines = into_lines(words)
    if not lines:
        return "", "", False
    padding = min(max(min(line.box[0] for line in lines) - box[0], 1.0), 8.0)
    is_turned = any(word.quarter % 2 for word in words)
    right = max(line.box[2] for line in lines) if is_turned else box[2] - padding
    text = "\n".join(joined(group, vocabulary, right) for group in paragraphs_of(lines, right))
    ordered = [word for line in lines for word in line.words]
    return text, lead_of(ordered), all(line.is_bold for line in lines)


def rounded(box: Box) -> Box:
    return round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1)
