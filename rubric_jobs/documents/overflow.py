"""Texts that overflow the bottom of their cell, because the page break cut the cell or a rule is misplaced."""

from __future__ import annotations

import itertools

from rubric_jobs.documents.geometry import Box, Grid, Word
from rubric_jobs.documents.lines import Line, into_lines

OVERLAP = 0.75
"""Share of the usual pitch. A line closer than this to the next one is printed over it."""
SAME_PITCH = 0.3
"""Share of the usual pitch that a pitch may differ from it."""
FARTHEST = 1.5
"""Type sizes. Largest pitch between lines of one text."""
SAME_SIZE = 0.15


def with_overflow(grid: Grid, held: dict[int, list[Word]], words: list[Word]) -> Box:
    """Moves such lines back to their cell in `held`, the words of each area by its index. Returns the table's box."""
    at_foot = {(a.row + a.row_span, a.column, a.column_span): i for i, a in enumerate(grid.areas)}
    for index, area in enumerate(grid.areas):
        above = at_foot.get((area.row, area.column, area.column_span))
        if above in held and index in held and _may_overlap(held[index]):
            _move_first_line(held, index, above)
    x0, top, x1, bottom = grid.box
    below = into_lines([w for w in words if w.centre[1] >= bottom and x0 - 2 <= w.centre[0] <= x1 + 2])
    is_cut = len(below) == 1 and below[0].box[1] < bottom
    if not is_cut or any(w.bottom > below[0].box[3] + 1 for w in words):
        return grid.box
    for index, area in enumerate(grid.areas):
        is_last = (
            area.row + area.row_span == grid.rows and area.box[0] <= below[0].box[0] < below[0].box[2] <= area.box[2]
        )
        if is_last and index in held and _follows(into_lines(held[index])[-1], below[0]):
            held[index] = [*held[index], *below[0].words]
            return x0, top, x1, below[0].box[3] + 1
    return grid.box


def _may_overlap(words: list[Word]) -> bool:
    """A quick check before lines are formed: whether a word is less than its height below the first words."""
    first = min(words, key=lambda word: word.bottom)
    return any(0.3 * first.size < word.bottom - first.bottom < first.size for word in words)


def _move_first_line(held: dict[int, list[Word]], index: int, above: int) -> None:
    """Moves the first line to the cell above if it overlaps the second line and continues the text above."""
    words = held[index]
    if any(word.quarter for word in words) or any(word.quarter for word in held[above]):
        return
    lines, before = into_lines(words), into_lines(held[above])
    usual = min([*_pitches(lines[1:]), *_pitches(before)], default=0.0)
    if len(lines) < 3 or _pitches(lines)[0] >= OVERLAP * usual:
        return
    if _follows(before[-1], lines[0]) and abs(lines[0].box[3] - before[-1].box[3] - usual) <= SAME_PITCH * usual:
        held[above] = [*held[above], *lines[0].words]
        held[index] = [word for line in lines[1:] for word in line.words]


def _pitches(lines: list[Line]) -> list[float]:
    return [below.box[3] - above.box[3] for above, below in itertools.pairwise(lines)]


def _follows(line: Line, following: Line) -> bool:
    """Whether `following` is the next line of the same text."""
    pitch = following.box[3] - line.box[3]
    is_same_size = abs(following.size - line.size) <= SAME_SIZE * line.size
    return is_same_size and 0 < pitch <= FARTHEST * line.size
