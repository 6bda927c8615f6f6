"""Rows of a drawn grid without rules between them.

Either the vertical rules are drawn separately for each row, or the lines of one cell are level with lines of the
other cells.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import replace

from rubric_jobs.documents.geometry import Area, Edge, Grid, Word
from rubric_jobs.documents.lines import Line, has_room, into_lines

SAME_LINE = 0.4
"""Share of the type size. Lines whose feet differ by less are at the same height."""
FEWEST_LINES = 3
"""Fewest lines of the first cell that are rows. Two are enough if every cell has both."""
_AMOUNT = re.compile(r"(?=\S*\d)[\d.,/%½¼¾+–-]{1,7}(?: ?[^\W\d]{1,6}\.?)?")
_PADDING = 3.0
SNAP = 3.0
ROW_GAP = 1.25
"""A pitch this many times that of lines within a cell begins a row."""
FEWEST_COLUMNS = 3
MOST_LINES = 5000
TOUCHING = 1.0
"""Points. With wider gaps, the pieces are the dashes of a dashed rule."""


def with_pieced_rows(grid: Grid, lines: list[Edge], words: list[Word]) -> Grid:
    """Splits rows at heights where every vertical rule ends and the next begins."""
    heights = {y for area in grid.areas for y in (area.box[1], area.box[3])}
    x0, top, x1, bottom = grid.box
    if len(lines) > MOST_LINES:
        return grid
    upright = [e for e in lines if not e.is_horizontal and x0 - SNAP <= e.at <= x1 + SNAP and e.start < bottom]
    if not any(top < e.end < bottom for e in upright):
        return grid
    ends: list[list[float]] = []
    for x in grid.xs:
        pieces = [e for e in upright if abs(e.at - x) <= SNAP]
        starts = sorted(e.start for e in pieces)
        if pieces:
            ends.append([e.end for e in pieces if _near(starts, e.end)])
    if len(ends) < 2:
        return grid
    first, *others = [sorted(found) for found in ends]
    everywhere = {y for y in first if all(_near(other, y) for other in others)}
    inner = [y for y in everywhere if all(abs(y - height) > SNAP for height in heights)]
    inside = [w for w in words if grid.box[0] <= w.centre[0] < grid.box[2]]
    parting = sorted(y for y in inner if not any(w.top + 0.3 * w.size < y < w.bottom - 0.3 * w.size for w in inside))
    cuts: dict[int, list[float]] = {}
    for area in grid.areas if parting else ():
        if area.row_span == 1 and area.row not in cuts:
            cuts[area.row] = _between_words([y for y in parting if area.box[1] < y < area.box[3]], area, inside)
    return _cut(grid, {row: ys for row, ys in cuts.items() if ys}, set())


def _near(ordered: list[float], value: float) -> bool:
    at = bisect_left(ordered, value - TOUCHING)
    return at < len(ordered) and ordered[at] <= value + TOUCHING


def _between_words(ys: list[float], area: Area, words: list[Word]) -> list[float]:
    """The heights with words above and below, so that no row is empty."""
    heights = [w.centre[1] for w in words if area.box[1] <= w.centre[1] < area.box[3]]
    kept: list[float] = []
    for y in ys:
        if any((kept[-1] if kept else area.box[1]) <= height < y for height in heights):
            kept.append(y)
    while kept and not any(height >= kept[-1] for height in heights):
        kept.pop()
    return kept


def with_unruled_rows(grid: Grid, held: dict[int, list[Word]]) -> Grid:
    """Splits rows whose cells have level lines. `held` are the words of each area, by its index."""
    by_row: dict[int, list[int]] = defaultdict(list)
    for index, area in enumerate(grid.areas):
        if area.row_span == 1:
            by_row[area.row].append(index)
    cuts: dict[int, list[float]] = {}
    kept: set[int] = set()
    for row, indices in by_row.items():
        found, are_amounts = _cuts(grid, row, indices, held)
        if found:
            cuts[row] = found
            kept |= {i for i in indices if are_amounts and not _stands_in_several(held.get(i, []), found)}
    return _cut(grid, cuts, kept)


def _cuts(grid: Grid, row: int, indices: list[int], held: dict[int, list[Word]]) -> tuple[list[float], bool]:
    """The heights at which to split the row, and whether amounts mark them."""
    filled = [i for i in indices if len(held.get(i, ())) > 1]
    if not filled or len(indices) < 2 or not _may_be_cut(indices, held):
        return [], False
    lines = {i: into_lines(held[i]) for i in indices if i in held}
    if any(word.quarter for i in lines for word in held[i]) or max(len(found) for found in lines.values()) < 2:
        return [], False
    every = sorted((line for found in lines.values() for line in found), key=lambda line: line.box[3])
    amounts = _beside_amounts(lines)
    starts = amounts or (_of_list(grid, lines) if row else []) or _below_gaps(grid, lines, every)
    cuts = []
    for start in starts:
        above = [line.box[3] for line in every if line.box[3] < start.box[3] - SAME_LINE * start.size]
        if above:
            cuts.append((max(above) + start.box[1]) / 2)
    return cuts, bool(amounts)


def _may_be_cut(indices: list[int], held: dict[int, list[Word]]) -> bool:
    """A quick check that most rows fail: several lines in the first cell, or in a cell that is half numbers."""
    first = min(i for i in indices if i in held)
    several = [i for i in indices if i in held and _has_lines(held[i])]
    return first in several or any(2 * sum(map(_has_digit, held[i])) >= len(held[i]) for i in several)


def _has_lines(words: list[Word]) -> bool:
    return max(w.bottom for w in words) - min(w.bottom for w in words) > 0.3 * min(w.size for w in words)


def _has_digit(word: Word) -> bool:
    return any(map(str.isdigit, word.text))


def _beside_amounts(lines: dict[int, list[Line]]) -> list[Line]:
    """The lines of a text that are level with an amount in another cell, if all amounts have such a line."""
    for amounts in lines.values():
        if len(amounts) < 2 or not all(_is_amount(line.text) for line in amounts):
            continue
        for texts in lines.values():
            starts = [next((t for t in texts if _same_height(t, a)), None) for a in amounts]
            found = [start for start in starts if start is not None]
            is_list = len(found) == len(amounts) and all(_has_letters(t) for t in found)
            if texts is not amounts and is_list and not any(_is_wrapped(t, texts) for t in found):
                return found
    return []


def _is_amount(text: str) -> bool:
    """Whether the text is an amount. The first half of a wrapped range is not."""
    return _AMOUNT.fullmatch(text) is not None and text[-1] not in "-–/"


def _is_wrapped(line: Line, lines: list[Line]) -> bool:
    """Whether the line continues the sentence of the line above."""
    at = lines.index(line)
    return at > 0 and line.text[:1].islower() and lines[at - 1].text[-1] not in ".!?。:;"


def _of_list(grid: Grid, lines: dict[int, list[Line]]) -> list[Line]:
    """The lines of the first cell, if none of them wraps and the lines of all other cells are level with them."""
    first = min(lines)
    anchors = lines[first]
    others = [found for i, found in lines.items() if i != first]
    beside = [found for found in others if len(found) > 1]
    if len(anchors) < 2 or not beside:
        return []
    if len(anchors) < FEWEST_LINES and not (len(others) >= 3 and all(len(found) == 2 for found in others)):
        return []
    if not all(any(_same_height(line, anchor) for anchor in anchors) for found in others for line in found):
        return []
    are_parted = all(_are_entries(found, grid.areas[i]) for i, found in lines.items())
    return anchors if are_parted and all(_has_letters(anchor) for anchor in anchors) else []


def _below_gaps(grid: Grid, lines: dict[int, list[Line]], every: list[Line]) -> list[Line]:
    """Lines of the first cell below a gap through all cells, if the other cells have level lines there.

    Only for labels, and in a grid whose only inner rule is below the header. Elsewhere such lines are paragraphs.
    """
    first = min(lines)
    words = {i: sum(len(line.words) for line in found) for i, found in lines.items()}
    if grid.rows > 2 or 2 * words[first] > max(words.values()):
        return []
    usual = _pitch_within(lines)
    starts = []
    for above, anchor in itertools.pairwise(lines[first]):
        over = [line for line in every if line.box[3] < anchor.box[3] - SAME_LINE * anchor.size]
        pitch = anchor.box[3] - max(line.box[3] for line in over)
        both = [found for found in lines.values() if found[0] in over and found[-1] not in over]
        begins = all(_same_height(next(line for line in found if line not in over), anchor) for found in both)
        is_label = anchor.text[0].isupper()
        if pitch >= ROW_GAP * usual and is_label and above in over and len(both) >= FEWEST_COLUMNS and begins:
            starts.append(anchor)
    return starts


def _pitch_within(lines: dict[int, list[Line]]) -> float:
    """The smallest line pitch within a cell."""
    pitches = [
        b.box[3] - a.box[3]
        for found in lines.values()
        for a, b in itertools.pairwise(found)
        if b.box[3] - a.box[3] > 0.8 * a.size
    ]
    return min(pitches, default=0.0)


def _are_entries(lines: list[Line], area: Area) -> bool:
    """Whether no line wraps into the next one."""
    right = area.box[2] - _PADDING
    return all(
        has_room(above, line.words[0], right) and not line.text[:1].islower() and line.text[0] not in "(["
        for above, line in itertools.pairwise(lines)
    )


def _same_height(one: Line, other: Line) -> bool:
    return abs(one.box[3] - other.box[3]) <= SAME_LINE * max(one.size, other.size)


def _has_letters(line: Line) -> bool:
    return any(character.isalpha() for character in line.text)


def _cut(grid: Grid, cuts: dict[int, list[float]], kept: set[int]) -> Grid:
    """Splits these rows. The areas in `kept` span all of the new rows."""
    if not cuts:
        return grid
    added = [len(cuts.get(row, ())) for row in range(grid.rows)]
    areas = []
    for index, area in enumerate(grid.areas):
        row = area.row + sum(added[: area.row])
        span = area.row_span + sum(added[area.row : area.row + area.row_span])
        ys = cuts.get(area.row, []) if area.row_span == 1 else []
        if not ys or index in kept:
            areas.append(replace(area, row=row, row_span=span))
            continue
        x0, top, x1, bottom = area.box
        for step, (a, b) in enumerate(zip([top, *ys], [*ys, bottom], strict=True)):
            areas.append(Area(row + step, area.column, 1, area.column_span, (x0, a, x1, b)))
    return replace(grid, rows=grid.rows + sum(added), areas=sorted(areas, key=lambda a: (a.row, a.column)))


def _stands_in_several(words: list[Word], ys: list[float]) -> bool:
    """Whether a cell's text lies on both sides of a cut. A text between two cuts belongs to all rows."""
    return not words or len({sum(y <= word.centre[1] for y in ys) for word in words}) > 1
