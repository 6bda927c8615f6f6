"""A table with its captions, header and body told apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rubric_jobs.documents.model import Cell, Table, fold
from rubric_jobs.reader import amounts, lexicon

LONGEST_HEADER = 170
MOST_HEADER_ROWS = 3
SHORT = 70


@dataclass(slots=True)
class Sheet:
    """`header[c]` is what stands above column c (lines parted by a line feed); `rows` repeat merged cells."""

    table: Table
    captions: list[Cell]
    header: list[str]
    header_cells: list[Cell | None]
    rows: list[list[Cell | None]]

    @property
    def columns(self) -> int:
        return len(self.header)

    @property
    def has_header(self) -> bool:
        return any(self.header)

    def body(self, column: int) -> list[str]:
        """The texts of a column, a merged cell counted once."""
        seen: list[int] = []
        texts = []
        for row in self.rows:
            cell = row[column]
            if cell is not None and id(cell) not in seen:
                seen.append(id(cell))
                texts.append(cell.text.strip())
        return texts


def sheet_of(table: Table) -> Sheet:
    rows = [row for row in table.grid() if any(cell and cell.text.strip() for cell in row)]
    captions: list[Cell] = []
    while rows and len(rows) > 1 and _is_caption(rows[0]):
        captions.append(next(cell for cell in rows[0] if cell and cell.text.strip()))
        rows.pop(0)
    depth = _header_depth(rows)
    header = [_header_text([row[c] for row in rows[:depth]]) for c in range(table.columns)]
    cells = [next((row[c] for row in reversed(rows[:depth]) if row[c]), None) for c in range(table.columns)]
    return Sheet(table, captions, header, cells, _without_repeats(rows[depth:], rows[:depth]))


def stacked(table: Table) -> list[Table]:
    """Tables that were drawn as one: each begins with the same header again, under a line of its own."""
    grid = table.grid()
    first = next((i for i, row in enumerate(grid) if len(distinct(row)) > 1), 0)
    heading = [fold(cell.text) if cell else "" for cell in grid[first]]
    starts = [0]
    for index in range(first + 2, len(grid)):
        repeats = [fold(cell.text) if cell else "" for cell in grid[index]] == heading and any(heading)
        if repeats and len(distinct(grid[index - 1])) == 1:
            starts.append(index - 1)
    if len(starts) == 1:
        return [table]
    return [_slice(table, a, b) for a, b in zip(starts, [*starts[1:], table.rows], strict=True)]


def _slice(table: Table, start: int, end: int) -> Table:
    cells = tuple(replace(cell, row=cell.row - start) for cell in table.cells if start <= cell.row < end)
    return replace(table, rows=end - start, cells=cells)


def _without_repeats(rows: list[list[Cell | None]], header: list[list[Cell | None]]) -> list[list[Cell | None]]:
    """The rows without those that only say the header again."""
    told = [[fold(cell.text) if cell else "" for cell in row] for row in header]
    return [row for row in rows if [fold(cell.text) if cell else "" for cell in row] not in told]


def distinct(row: list[Cell | None]) -> list[Cell]:
    """The cells of a row that hold text, each once."""
    found: list[Cell] = []
    for cell in row:
        if cell is not None and cell.text.strip() and not any(cell is other for other in found):
            found.append(cell)
    return found


def _is_caption(row: list[Cell | None]) -> bool:
    """One text alone, from the first column on, above the header."""
    cells = distinct(row)
    return len(cells) == 1 and cells[0] is row[0] and (len(row) > 1)


def _header_depth(rows: list[list[Cell | None]]) -> int:
    if len(rows) < 2 or not _is_header(rows[0], rows[1:]):
        return 0
    depth = 1
    while depth < min(MOST_HEADER_ROWS, len(rows) - 1) and _continues_header(rows[depth - 1], rows[depth]):
        depth += 1
    return depth


def _is_header(row: list[Cell | None], below: list[list[Cell | None]]) -> bool:
    cells = distinct(row)
    if not cells or any(len(cell.text) > LONGEST_HEADER for cell in cells):
        return False
    rest = [cell for cell in cells if cell is not row[0]]
    if any(is_heading_word(cell.text) for cell in cells) and not _is_data(cells):
        return True
    named = [cell for cell in rest if is_level_heading(cell.text)]
    if len(named) >= 2 and len(named) * 2 >= len(rest):
        return True
    if _is_shorter_than_body(cells, below) or _heads_empty_columns(row, below):
        return True
    return _has_blank_corner(row, below) or _heads_numbers(row, below)


def _has_blank_corner(row: list[Cell | None], below: list[list[Cell | None]]) -> bool:
    """Short words over all columns but the first, which is filled everywhere else."""
    rest = [cell.text for cell in row[1:] if cell and cell.text.strip()]
    is_blank = row[0] is None or not row[0].text.strip()
    is_worded = len(rest) == len(row) - 1 >= 2 and not any(len(t) > SHORT or amounts.whole(t) for t in rest)
    return is_blank and is_worded and len(below) >= 2 and all(other[0] and other[0].text.strip() for other in below)


def _heads_numbers(row: list[Cell | None], below: list[list[Cell | None]]) -> bool:
    """Short words over every column, and below one of them nothing but numbers."""
    texts = [cell.text.strip() if cell else "" for cell in row]
    if len(row) < 3 or len(below) < 2 or any(not t or len(t) > SHORT or amounts.whole(t) for t in texts):
        return False
    bodies = [[cell.text for other in below if (cell := other[c]) and cell.text.strip()] for c in range(1, len(row))]
    return any(len(body) >= 2 and all(amounts.whole(text) for text in body) for body in bodies)


def _heads_empty_columns(row: list[Cell | None], below: list[list[Cell | None]]) -> bool:
    """Every column has a heading and some columns have nothing but that."""
    if len(distinct(row)) < len(row) or len(row) < 3:
        return False
    return any(not any((cell := other[c]) and cell.text.strip() for other in below) for c in range(len(row)))


def _is_data(cells: list[Cell]) -> bool:
    """A first row such as "Content | 20 | Excellent work" is no header: it holds amounts beside its text."""
    plain_amounts = [c for c in cells[1:] if (a := amounts.whole(c.text)) and (a.has_unit or a.is_percent)]
    return len(cells) == 2 and len(plain_amounts) == 1


def is_heading_word(text: str) -> bool:
    kinds = (lexicon.CRITERION, lexicon.POINTS, lexicon.WEIGHT, lexicon.EARNED, lexicon.NOTES, lexicon.DESCRIPTION)
    core = core_of(text)
    return any(lexicon.is_only(kind, core) for kind in kinds)


def is_level_heading(text: str) -> bool:
    """A level's name, a bare amount, or both."""
    return amounts.whole(text) is not None or lexicon.is_level_name(core_of(text))


def core_of(text: str) -> str:
    """A heading without the amount beside it."""
    folded = " ".join(text.split())
    for take in (amounts.bracketed, amounts.trailing, amounts.leading):
        found = take(folded)
        if found:
            return found[1] or folded
    return folded


def _is_shorter_than_body(cells: list[Cell], below: list[list[Cell | None]]) -> bool:
    if any(len(cell.text) > SHORT for cell in cells) or len(cells) < 2:
        return False
    if any(amounts.whole(cell.text) for cell in cells[1:]):
        return False
    lengths = [len(cell.text) for row in below for cell in distinct(row[1:])]
    longest = max(len(cell.text) for cell in cells)
    typical = sorted(lengths)[len(lengths) // 2] if lengths else 0
    return typical > 30 and typical > 1.5 * longest


def _continues_header(above: list[Cell | None], row: list[Cell | None]) -> bool:
    first, rest = row[0], [cell for cell in distinct(row) if cell is not row[0]]
    is_open = (
        first is None or not first.text.strip() or first is above[0] or lexicon.is_only(lexicon.POINTS, first.text)
    )
    is_grouped = any(cell and cell.column_span > 1 for cell in above) and bool(
        first and (is_heading_word(first.text) or first is above[0])
    )
    if not rest or not (is_open or is_grouped):
        return False
    return all(
        any(cell is other for other in above)
        or (len(cell.text) <= LONGEST_HEADER and (is_level_heading(cell.text) or is_heading_word(cell.text)))
        for cell in rest
    )


def _header_text(cells: list[Cell | None]) -> str:
    texts: list[str] = []
    deepest = next((cell for cell in reversed(cells) if cell and cell.text.strip()), None)
    for cell in cells:
        if cell is None or not cell.text.strip():
            continue
        is_number = deepest is not None and amounts.whole(deepest.text) is not None
        is_group = cell.column_span > 1 and cell is not deepest and not (is_number and lexicon.is_level_name(cell.text))
        if not is_group and cell.text.strip() not in texts:
            texts.append(cell.text.strip())
    return "\n".join(texts)
