"""Sheets wider than a page: joins the columns that were printed on separate pages to their rows."""

from __future__ import annotations

import itertools
from dataclasses import replace

from rubric_jobs.documents.pdf_cells import PlacedTable
from rubric_jobs.documents.pdf_paragraphs import PlacedParagraph

Placed = PlacedTable | PlacedParagraph

SAME_HEIGHT = 2.0
"""Points. Tolerance for the height of a row on both pages."""
FEWEST_ROWS = 4
FEWEST_HEIGHTS = 3
"""Fewest distinct row heights. With fewer, the second page may be the same form for the next student."""
FURTHEST = 20
"""Pages to look back. All pages of a long sheet's first columns come before those of the next."""


def whole_sheets(pages: list[list[Placed]]) -> list[list[Placed]]:
    """The blocks of each page. Tables whose right part is on a later page are joined."""
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
    """Whether both parts have the same rows and different columns."""
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
    """Joins both parts. A row without text is missing in a part, so the result has the rows of either part."""
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
