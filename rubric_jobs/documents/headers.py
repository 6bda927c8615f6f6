"""Header rows without rules: right above a table, at the foot of the page before, or repeated on every page."""

from __future__ import annotations

import itertools
from dataclasses import replace

from rubric_jobs.documents.columns import columns_of
from rubric_jobs.documents.geometry import Area, Box, Grid, Word, median
from rubric_jobs.documents.lines import Line, into_lines

FEWEST_HEADINGS = 3
SAME_START = 5.0
LARGER = 1.15
"""A line this many times as large as the table's type is a heading of the document."""
MOST_LINES = 3
"""Most lines in a header row."""
TALLEST = 60.0
"""Points. Height of the strip above a table that is searched for a header row."""
SPACE = 0.5
"""Type sizes. A gap of at most this width is a space."""
APART = 0.8
"""Type sizes. Smallest gap between two headings, three times a usual space."""
ALIGNED = 3.0
"""Points. Tolerance for a heading's alignment with the texts below it."""


def header_above(grid: Grid, words: list[Word]) -> Grid | None:
    """Adds a header row if headings without rules stand right above the columns; else None."""
    x0, top, x1, _ = grid.box
    lines = into_lines([w for w in words if x0 - 2 <= w.centre[0] <= x1 + 2 and top - TALLEST <= w.centre[1] < top + 1])
    if not lines or top - lines[-1].box[3] > 1.2 * lines[-1].size:
        return None
    line = lines[-1]
    if line.size > LARGER * median([w.size for w in words if _is_in(w, grid.box)]) > 0:
        return None
    if _has_headings_apart(line, grid):
        return with_row_above(grid, line.box[1] - 1)
    found = lines_above(grid.xs, top, lines)
    are_apart = grid.columns >= FEWEST_HEADINGS or any(are_two(line, grid.xs[1]) for line in found)
    if not are_apart or not _heads_texts(found, grid, words):
        return None
    return with_row_above(grid, found[0].box[1] - 1)


def are_two(line: Line, border: float) -> bool:
    """Whether a gap wider than a space separates the words left and right of the border."""
    before = [word.x1 for word in line.words if word.centre[0] < border]
    after = [word.x0 for word in line.words if word.centre[0] >= border]
    return bool(before and after) and min(after) - max(before) >= APART * line.size


def _is_in(word: Word, box: Box) -> bool:
    return box[0] <= word.centre[0] < box[2] and box[1] <= word.centre[1] < box[3]


def _has_headings_apart(line: Line, grid: Grid) -> bool:
    columns = [columns_of(Line(part, line.box), grid.xs) for part in line.segments]
    alone = len(columns) >= max(2, grid.columns - 1) and all(len(c) == 1 for c in columns)
    return alone and len(set().union(*columns)) == len(columns)


def with_row_above(grid: Grid, edge: float) -> Grid:
    """Adds a row on top that begins at height `edge`."""
    x0, top, x1, bottom = grid.box
    header = [Area(0, c, 1, 1, (grid.xs[c], edge, grid.xs[c + 1], top)) for c in range(grid.columns)]
    rest = [Area(a.row + 1, a.column, a.row_span, a.column_span, a.box) for a in grid.areas]
    return replace(grid, box=(x0, edge, x1, bottom), rows=grid.rows + 1, areas=header + rest)


def lines_above(xs: list[float], top: float, lines: list[Line]) -> list[Line]:
    """The lines right above `top`, as far as they cross no column border and stand close together."""
    found: list[Line] = []
    for line in reversed(lines):
        below = found[0].box[1] if found else top
        if below - line.box[3] > (SPACE if found else 1.2) * line.size or crosses(line, xs) or len(found) == MOST_LINES:
            break
        found.insert(0, line)
    return found


def crosses(line: Line, xs: list[float]) -> bool:
    """Whether a text of the line crosses a border between two columns."""
    for left, right in itertools.pairwise(line.words):
        if right.x0 - left.x1 <= SPACE * line.size and any(left.x1 - 1 <= x <= right.x0 + 1 for x in xs[1:-1]):
            return True
    return any(word.x0 + 1 < x < word.x1 - 1 for word in line.words for x in xs[1:-1])


def _heads_texts(lines: list[Line], grid: Grid, words: list[Word]) -> bool:
    """Whether at most one column lacks a heading, and most headings are aligned with the texts below them."""
    matching = headed = 0
    for column in range(grid.columns):
        left, right = grid.xs[column], grid.xs[column + 1]
        own = [w for line in lines for w in line.words if left <= w.centre[0] < right]
        texts = [w for w in words if left <= w.centre[0] < right and grid.box[1] <= w.centre[1] < grid.box[3]]
        if own and texts:
            headed += 1
            matching += _is_aligned(own, texts)
    return headed >= max(2, grid.columns - 1) and matching * 3 >= headed * 2


def _is_aligned(own: list[Word], texts: list[Word]) -> bool:
    starts = abs(min(w.x0 for w in own) - min(w.x0 for w in texts))
    ends = abs(max(w.x1 for w in own) - max(w.x1 for w in texts))
    return starts <= ALIGNED or ends <= ALIGNED or abs(_middle(own) - _middle(texts)) <= ALIGNED


def _middle(words: list[Word]) -> float:
    return (min(w.x0 for w in words) + max(w.x1 for w in words)) / 2


def header_at_foot(xs: list[float], words: list[Word], tables: list[Box]) -> Grid | None:
    """The header row for these columns, if it is the last line of the page and below all its tables."""
    lines = into_lines([w for w in words if w.quarter % 2 == 0])
    if not lines or any(box[3] > lines[-1].box[1] for box in tables):
        return None
    line = lines[-1]
    columns = [columns_of(Line(part, line.box), xs) for part in line.segments]
    is_apart = len(columns) >= max(2, len(xs) - 2) and all(len(found) == 1 for found in columns)
    if not is_apart or len(set().union(*columns)) < len(columns):
        return None
    top, bottom = line.box[1] - 1, line.box[3] + 1
    areas = [Area(0, c, 1, 1, (xs[c], top, xs[c + 1], bottom)) for c in range(len(xs) - 1)]
    return Grid((xs[0], top, xs[-1], bottom), xs, 1, areas)


def heads_columns(line: Line, words: list[Word]) -> bool:
    """Whether the segments of the next line begin where this line's do, as below a table's header on every page."""
    if len(line.segments) < FEWEST_HEADINGS:
        return False
    low = line.box[3] + 2.5 * line.size
    below = into_lines([w for w in words if line.box[3] - 1 <= w.top and w.centre[1] < low and w.quarter % 2 == 0])
    if not below:
        return False
    starts = [part[0].x0 for part in below[0].segments]
    matching = sum(any(abs(part[0].x0 - x) <= SAME_START for x in starts) for part in line.segments)
    return matching >= max(2, len(line.segments) - 1)
