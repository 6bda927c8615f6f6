"""Sheets wider than a page: the columns that were printed on pages of their own are put beside their rows again."""

from __future__ import annotations

import itertools
from dataclasses import replace

from rubric_jobs.documents.pdf_cells import PlacedTable
from rubric_jobs.documents.pdf_paragraphs import PlacedParagraph

Placed = PlacedTable | PlacedParagraph

SAME_HEIGHT = 2.0
"""Rows of one sheet begin at the same height on both pages (points)."""
FEWEST_ROWS = 4
FEWEST_HEIGHTS = 3
"""Rows of so many different heights are no form that is printed again for the next student."""
FURTHEST = 20
"""Pages back: the pages of a long sheet follow each other before the next columns come."""


def whole_sheets(pages: list[list[Placed]]) -> list[list[Placed]]:
    """The blocks of each page, with tables that go on at the right on a later page made whole."""
    whole: list[list[Placed]] = []
    for blocks in pages:
        right = blocks[0] if blocks and isinstance(blocks[0], PlacedTable) else None
        at = _left_part(whole, right) if right is not None else None
        if right is None or at is None:
            whole.append(blocks)
            continue
        page, index = at
        left = whole[page][index]
        if isinstance(left, PlacedTable):
            whole[page][index] = _beside(left, right)
        whole.append(blocks[1:])
    return whole


def _left_part(pages: list[list[Placed]], right: PlacedTable) -> tuple[int, int] | None:
    for page in range(len(pages) - 1, max(-1, len(pages) - 1 - FURTHEST), -1):
        for index, block in enumerate(pages[page]):
            if isinstance(block, PlacedTable) and _is_left_part(block, right):
                return page, index
    return None


def _is_left_part(left: PlacedTable, right: PlacedTable) -> bool:
    """Whether both have the same rows and different columns."""
    if len(left.ys) != len(right.ys) or len(left.ys) <= FEWEST_ROWS:
        return False
    if any(abs(a - b) > SAME_HEIGHT for a, b in zip(left.ys, right.ys, strict=True)):
        return False
    heights = {round((b - a) / SAME_HEIGHT) for a, b in itertools.pairwise(left.ys)}
    is_same_form = len(left.borders) == len(right.borders) and all(
        abs(a - b) <= SAME_HEIGHT for a, b in zip(left.borders, right.borders, strict=True)
    )
    return len(heights) >= FEWEST_HEIGHTS and not is_same_form


def _beside(left: PlacedTable, right: PlacedTable) -> PlacedTable:
    """Rows that have no text in one of the parts are missing there: both are put on the rows of either."""
    tops = sorted({*left.kept_rows, *right.kept_rows})
    shift = left.table.columns
    rows, further = ([tops.index(row) for row in part.kept_rows] for part in (left, right))
    cells = [replace(cell, row=rows[cell.row]) for cell in left.table.cells]
    cells += [replace(cell, row=further[cell.row], column=cell.column + shift) for cell in right.table.cells]
    ordered = tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))
    table = replace(left.table, rows=len(tops), columns=shift + right.table.columns, cells=ordered)
    move = left.xs[-1] - right.xs[0]
    xs = [*left.xs, *(x + move for x in right.xs[1:])]
    borders = [*left.borders, *(x + move for x in right.borders[1:])]
    return replace(left, xs=xs, borders=borders, table=table)
