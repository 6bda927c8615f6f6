"""Joins tables that continue on the next page, and numbers all blocks."""

from __future__ import annotations

import re
from dataclasses import replace

from rubric_jobs.documents.model import Block, Cell, Table, fold
from rubric_jobs.documents.pdf_cells import PlacedTable
from rubric_jobs.documents.pdf_paragraphs import PlacedParagraph
from rubric_jobs.rubric.model import Source

Placed = PlacedTable | PlacedParagraph

SAME_BORDER = 6.0
TOUCHING = 6.0
"""Points. Two grids at most this far apart on one page are parts of one table."""
NARROWEST = 3.0
"""Points. Every column is wider."""
_AMOUNT = re.compile(r"[\d.,/%]{1,7}")
MOST_HEADER_ROWS = 3
MOST_MISSING = 2
"""Most columns that may be missing or merged on the page on which a table continues."""


def joined_tables(pages: list[list[Placed]]) -> list[Placed]:
    """All blocks of the document. A table at the start of a page may continue the last one of the page before."""
    blocks: list[Placed] = []
    for page in pages:
        for index, block in enumerate(page):
            at = _open_table(blocks, block.page, is_first=index == 0)
            last = blocks[at] if at is not None else None
            whole = (
                _continued(last, block) if isinstance(block, PlacedTable) and isinstance(last, PlacedTable) else None
            )
            if whole is not None:
                blocks[at or 0] = whole
            else:
                blocks.append(block)
    return blocks


def _open_table(blocks: list[Placed], page: int, *, is_first: bool) -> int | None:
    """The index of the table that a block may continue: the last block, or the last before footnotes."""
    for at in range(len(blocks) - 1, -1, -1):
        last = blocks[at]
        if isinstance(last, PlacedTable):
            return at if last.page == page or (is_first and last.page == page - 1) else None
        is_footnote = is_first and last.page < page and last.paragraph.text[:1].isdigit()
        if not is_footnote:
            return None
    return None


def _continued(above: PlacedTable, below: PlacedTable) -> PlacedTable | None:
    """Both as one table; None if they are separate tables."""
    if above.page == below.page:
        is_near = 0 <= below.box[1] - above.box[3] + 2 <= TOUCHING
        return _joined(above, below) if is_near and _same_borders(above.xs, below.xs) else None
    if not _same_columns(above, below):
        return None
    starts = _united(above.xs[:-1], below.xs[:-1], _tolerance(above))
    first, second = _regridded(above, starts), _regridded(below, starts)
    return None if _has_own_header(first.table, second.table) else _joined(first, second)


def _tolerance(table: PlacedTable) -> float:
    return SAME_BORDER + 0.02 * (table.xs[-1] - table.xs[0])


def _same_borders(above: list[float], below: list[float]) -> bool:
    tolerance = SAME_BORDER + 0.02 * (above[-1] - above[0])
    return len(above) == len(below) and all(abs(a - b) <= tolerance for a, b in zip(above, below, strict=True))


def _same_columns(above: PlacedTable, below: PlacedTable) -> bool:
    """Whether both pieces have the same columns. Some may be empty, merged or missing on one page."""
    if _same_borders(above.xs, below.xs) or _same_borders(above.borders, below.borders):
        return True
    tolerance = _tolerance(above)
    if abs(above.xs[-1] - below.xs[-1]) > tolerance or min(len(above.xs), len(below.xs)) < 3:
        return False
    missing = [x for x in above.borders if not _is_near(below.borders, x, tolerance)]
    further = [x for x in below.borders if not _is_near(above.borders, x, tolerance)]
    # The second piece may lack the first column: the names, which are empty in the rest of a split row.
    return not further and len(missing) <= MOST_MISSING


def _is_near(borders: list[float], x: float, tolerance: float) -> bool:
    return any(abs(x - border) <= tolerance for border in borders)


def _united(above: list[float], below: list[float], tolerance: float) -> list[float]:
    return sorted([*above, *(x for x in below if not _is_near(above, x, tolerance))])


def _regridded(placed: PlacedTable, starts: list[float]) -> PlacedTable:
    """The table with a column for each of these starts. Cells span the columns that the table does not separate."""
    if len(starts) == placed.table.columns:
        return placed
    cells = [_recolumned(cell, placed, starts) for cell in placed.table.cells]
    table = replace(placed.table, columns=len(starts), cells=tuple(cells))
    missing = [(r, c) for r, row in enumerate(table.grid()) for c, cell in enumerate(row) if cell is None]
    cells += [Cell(row, column, "", Source(page=placed.page)) for row, column in missing]
    ordered = tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))
    return replace(placed, xs=[*starts, placed.xs[-1]], table=replace(table, cells=ordered))


def _recolumned(cell: Cell, placed: PlacedTable, starts: list[float]) -> Cell:
    own = placed.xs[cell.column]
    column = min(range(len(starts)), key=lambda i: abs(starts[i] - own))
    right = cell.source.bbox[2] if cell.source.bbox else placed.xs[cell.column + cell.column_span]
    return replace(cell, column=column, column_span=max(1, sum(x < right - NARROWEST for x in starts) - column))


def _has_own_header(above: Table, below: Table) -> bool:
    """Whether `below` is another table: its header has the same first heading and different others."""
    first, second = above.grid(), below.grid()
    heading = _texts(first[0])
    other = _texts(second[0])
    return bool(heading[0]) and heading[0] == other[0] and heading != other


def _joined(above: PlacedTable, below: PlacedTable) -> PlacedTable:
    skipped = _repeated_rows(above.table, below.table)
    cells = list(above.table.cells)
    incoming = [cell for cell in below.table.cells if cell.row >= skipped]
    # A row split by the page break continues in the first row below, where its name cell is empty.
    is_broken_row = skipped < below.table.rows and (above.is_open or _is_row_rest(above.table, below.table, skipped))
    shift = above.table.rows - skipped - (1 if is_broken_row else 0)
    if not is_broken_row and skipped < below.table.rows:
        incoming = _with_group(cells, incoming, above.table, below.table.grid()[skipped])
    for cell in incoming:
        moved = replace(cell, row=cell.row + shift)
        if is_broken_row and cell.row == skipped:
            _append(cells, moved)
        else:
            cells.append(moved)
    table = replace(above.table, rows=below.table.rows + shift, cells=tuple(cells))
    return replace(below, xs=above.xs, table=table, borders=above.borders)


def _with_group(cells: list[Cell], incoming: list[Cell], above: Table, first: list[Cell | None]) -> list[Cell]:
    """Drops the empty rest of a merged cell that the page break split, and extends the cell in `cells`."""
    group, rest = above.grid()[-1][0], first[0]
    if group is None or rest is None or rest.text.strip() or not group.text.strip():
        return incoming
    if max(group.row_span, rest.row_span) == 1 or not any(cell and cell.text.strip() for cell in first[1:]):
        return incoming
    cells[cells.index(group)] = replace(group, row_span=above.rows - group.row + rest.row_span)
    return [cell for cell in incoming if cell is not rest]


def _repeated_rows(above: Table, below: Table) -> int:
    """How many rows at the top of `below` repeat the header of `above`."""
    first, second = above.grid(), below.grid()
    count = 0
    while count < min(MOST_HEADER_ROWS, len(first), len(second)) and _texts(first[count]) == _texts(second[count]):
        count += 1
    return count


def _texts(row: list[Cell | None]) -> list[str]:
    return [fold(cell.text) if cell else "" for cell in row]


def _is_row_rest(above: Table, below: Table, skipped: int) -> bool:
    row = below.grid()[skipped]
    last = above.grid()[-1]
    if _all_go_on(last, row) and not _is_in_small_letters(above, below, skipped):
        return True
    if not row or (row[0] and row[0].text.strip()) or not any(cell and cell.text.strip() for cell in row[1:]):
        return False
    if row[0] and row[0].row_span > 1:
        return False
    texts = [(a.text, b.text) for a, b in zip(last, row, strict=True) if a and b and a.text and b.text]
    if any(_AMOUNT.fullmatch(a.strip()) and _AMOUNT.fullmatch(b.strip()) for a, b in texts):
        return False  # Two amounts belong to two rows.
    return any(_goes_on(a, b) for a, b in texts)


def _all_go_on(last: list[Cell | None], row: list[Cell | None]) -> bool:
    """Whether every cell of the row, including its name, continues a sentence."""
    pairs = [(a.text, b.text) for a, b in zip(last, row, strict=True) if a and b and b.text.strip()]
    return len(pairs) >= 2 and all(
        a.strip() and a.rstrip()[-1] not in ".!?。:;" and b.lstrip()[0].islower() for a, b in pairs
    )


def _is_in_small_letters(above: Table, below: Table, skipped: int) -> bool:
    """Whether most other names begin in lower case and end without a full stop, so that lower case proves nothing."""
    others = above.grid()[:-1] + below.grid()[skipped + 1 :]
    names = [row[0].text.strip() for row in others if row and row[0] and row[0].text.strip()]
    small = [name for name in names if name[0].islower() and name[-1] not in ".!?。:;"]
    return len(small) * 2 > len(names)


def _goes_on(text: str, following: str) -> bool:
    return text.rstrip()[-1:] not in ".!?。:;" or following.lstrip()[:1].islower()


def _append(cells: list[Cell], rest: Cell) -> None:
    if not rest.text:
        return
    for i, cell in enumerate(cells):
        covers_row = cell.row <= rest.row < cell.row + cell.row_span
        if covers_row and cell.column <= rest.column < cell.column + cell.column_span:
            # A capital letter begins a new line, except in a name.
            gap = "\n" if rest.column and rest.text[0].isupper() else " "
            cells[i] = replace(cell, text=f"{cell.text}{gap}{rest.text}".strip())
            return
    cells.append(rest)


def numbered(placed: list[Placed]) -> list[Block]:
    """The blocks with table, row, column and paragraph numbers in their sources."""
    blocks: list[Block] = []
    tables = paragraphs = 0
    for item in placed:
        if isinstance(item, PlacedTable):
            blocks.append(_numbered_table(item.table, tables))
            tables += 1
        else:
            source = item.paragraph.source.model_copy(update={"paragraph": paragraphs})
            blocks.append(replace(item.paragraph, source=source))
            paragraphs += 1
    return blocks


def _numbered_table(table: Table, index: int) -> Table:
    cells = tuple(
        replace(cell, source=cell.source.model_copy(update={"table": index, "row": cell.row, "column": cell.column}))
        for cell in table.cells
    )
    return replace(table, cells=cells, source=table.source.model_copy(update={"table": index}))
