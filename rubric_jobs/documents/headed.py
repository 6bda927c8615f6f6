"""Columns of a drawn grid without a rule between them: one header cell holds several headings with gaps."""

from __future__ import annotations

import itertools
from dataclasses import replace

from rubric_jobs.documents.columns import corridors
from rubric_jobs.documents.geometry import Area, Grid, Word
from rubric_jobs.documents.lines import Line, into_lines, split_marker

WIDEST_HEADER = 3
"""Most lines in a header cell."""
APART = 0.8
"""Type sizes. Smallest gap between two headings, three times a usual space."""


def with_unruled_columns(grid: Grid, held: dict[int, list[Word]]) -> Grid:
    """Splits such columns. `held` are the words of each area, by its index."""
    borders = {column: found for column in range(grid.columns) if (found := _borders(grid, column, held))}
    if not borders:
        return grid
    added = [len(borders.get(column, ())) for column in range(grid.columns)]
    areas = []
    for area in grid.areas:
        column = area.column + sum(added[: area.column])
        own = borders.get(area.column, []) if area.column_span == 1 else []
        span = area.column_span + sum(added[area.column : area.column + area.column_span])
        if not own:
            areas.append(replace(area, column=column, column_span=span))
            continue
        x0, top, x1, bottom = area.box
        for step, (a, b) in enumerate(zip([x0, *own], [*own, x1], strict=True)):
            areas.append(Area(area.row, column + step, area.row_span, 1, (a, top, b, bottom)))
    xs = sorted([*grid.xs, *(x for found in borders.values() for x in found)])
    return replace(grid, xs=xs, areas=areas)


def _borders(grid: Grid, column: int, held: dict[int, list[Word]]) -> list[float]:
    """Where to split the column: in white corridors through all its lines, between two headings."""
    cells = [(area.row, held[i]) for i, area in enumerate(grid.areas) if i in held and _fills(area, column)]
    if len(cells) < 2 or any(word.quarter for _, words in cells for word in words):
        return []
    (_, heading), *below = sorted(cells, key=lambda cell: cell[0])
    header = into_lines(heading)
    if len(header) > WIDEST_HEADER or not any(map(_has_gap, header)):
        return []
    body = [line for _, words in below for line in into_lines(words)]
    found = []
    for left, right in corridors([*header, *body], strict=True):
        if any(_parts_headings(line, left, right) for line in header):
            found.append(right - 1.5)
    return found if found and _is_filled(body, grid, column, found) else []


def _fills(area: Area, column: int) -> bool:
    return area.column == column and area.column_span == 1


def _has_gap(line: Line) -> bool:
    return any(b.x0 - a.x1 >= APART * line.size for a, b in itertools.pairwise(line.words))


def _parts_headings(line: Line, left: float, right: float) -> bool:
    """Whether the strip lies between two headings: a wide gap, and not just a bullet or number at its left."""
    before = [word for word in line.words if word.x0 < left]
    after = [word.x0 for word in line.words if word.x0 >= right - 1]
    if not before or not after or min(after) - max(word.x1 for word in before) < APART * line.size:
        return False
    heading = " ".join(word.text for word in before)
    return any(map(str.isalnum, heading)) and split_marker(f"{heading} …")[0] != heading


def _is_filled(body: list[Line], grid: Grid, column: int, borders: list[float]) -> bool:
    """Whether words stand below the first heading. The space below the others is often left blank for the grader."""
    return any(grid.xs[column] <= word.centre[0] < borders[0] for line in body for word in line.words)
