"""Two-column tables without rules: short labels at the left, and texts that all begin at one position."""

from __future__ import annotations

from rubric_jobs.documents.columns import Region, grid_with_columns
from rubric_jobs.documents.geometry import Box, Grid, Word
from rubric_jobs.documents.lines import Line, into_lines, split_marker, stretches

FEWEST_PAIRS = 3
SAME_START = 4.0
WIDEST_LABEL = 0.5
"""Largest share of the table's width that labels take."""
SHORTEST_TEXT = 20
"""Smallest average length of the texts, in characters. Shorter texts are the amounts of a list."""
FULL_SHARE = 0.6
"""If more than this share of the labels reaches the gutter, they are lines of a text column."""
FURTHEST = 2.5
"""Type sizes. Largest gap between two lines of one table."""


def paired_grids(words: list[Word], tables: list[Box]) -> list[Grid]:
    grids = []
    for stretch in stretches(into_lines([w for w in words if w.quarter % 2 == 0]), tables):
        for run in _runs(stretch):
            grid = _grid(run)
            if grid:
                grids.append(grid)
    return grids


def _text(part: list[Word]) -> str:
    return " ".join(word.text for word in part)


def _runs(lines: list[Line]) -> list[list[Line]]:
    runs: list[list[Line]] = [[]]
    for line in lines:
        if not _belongs(runs[-1], line):
            runs.append([])
        if runs[-1] or _start_of_text(line) is not None:
            runs[-1].append(line)
    return [run for run in runs if sum(_start_of_text(line) is not None for line in run) >= FEWEST_PAIRS]


def _start_of_text(line: Line) -> float | None:
    """Where the second segment begins, if there are exactly two."""
    parts = line.segments
    return parts[1][0].x0 if len(parts) == 2 else None


def _belongs(run: list[Line], line: Line) -> bool:
    if not run:
        return True
    at = next(x for other in run if (x := _start_of_text(other)) is not None)
    if line.box[1] - run[-1].box[3] > FURTHEST * line.size:
        return False
    own = _start_of_text(line)
    if own is not None:
        return abs(own - at) <= SAME_START
    left = min(other.box[0] for other in run)
    is_text = abs(line.box[0] - at) <= SAME_START
    is_label = abs(line.box[0] - left) <= SAME_START and line.box[2] < at - SAME_START
    return len(line.segments) == 1 and (is_text or is_label)


def _grid(run: list[Line]) -> Grid | None:
    at = next(x for line in run if (x := _start_of_text(line)) is not None)
    while run and _start_of_text(run[-1]) is None and abs(run[-1].box[0] - at) > SAME_START:
        run = run[:-1]
    left, right = min(line.box[0] for line in run), max(line.box[2] for line in run)
    pairs = [line.segments for line in run if _start_of_text(line) is not None]
    texts = [_text(parts[1]) for parts in pairs]
    if all(split_marker(f"{_text(parts[0])} …")[0] == _text(parts[0]) for parts in pairs):
        return None  # bullets or numbers before the items of a list
    full = sum(parts[0][-1].x1 > at - 0.12 * (at - left) - 10 for parts in pairs)
    if (at - left) > WIDEST_LABEL * (right - left) or sum(map(len, texts)) < SHORTEST_TEXT * len(texts):
        return None
    if full > FULL_SHARE * len(pairs):
        return None
    box = (left - 2, run[0].box[1] - 1, right + 2, run[-1].box[3] + 1)
    return grid_with_columns(Region(box, run, []), [box[0], at - SAME_START / 2, box[2]])
