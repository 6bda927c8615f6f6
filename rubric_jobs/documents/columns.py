"""Tables without vertical rules. White corridors separate the columns; rules, gaps and first words mark the rows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from rubric_jobs.documents.geometry import Area, Box, Edge, Grid, Word, median
from rubric_jobs.documents.lines import Line, into_lines, stretches

NARROWEST_CORRIDOR = 7.0
"""Points. Wider than a space between words, narrower than the gutter of any table."""
FEWEST_LINES = 3
MOST_RULES = 2
"""One below the header and one at the end. Other modules find tables with more rules."""
FULL_RULE = 0.8
"""Share of the table's width that a rule must span."""
ROW_GAP = 1.3
"""A line pitch this many times the usual one begins a new row."""


@dataclass(slots=True)
class Region:
    box: Box
    lines: list[Line]
    rules: list[float]


def aligned_grids(words: list[Word], tables: list[Box], rules: list[Edge]) -> list[Grid]:
    """Tables with two rules at most: runs of lines that share the same three or more columns."""
    grids = []
    loose = stretches(into_lines([w for w in words if w.quarter % 2 == 0]), tables)
    for lines in [run for stretch in loose for run in _runs(stretch)]:
        box = (
            min(line.box[0] for line in lines) - 2,
            lines[0].box[1] - 1,
            max(line.box[2] for line in lines) + 2,
            lines[-1].box[3] + 1,
        )
        across = [e.at for e in rules if box[1] < e.at < box[3] and e.length >= FULL_RULE * (box[2] - box[0])]
        grid = region_grid(Region(box, lines, across if len(across) <= MOST_RULES else []), fewest_columns=3)
        if grid:
            grids.append(grid)
    return grids


def _runs(lines: list[Line]) -> list[list[Line]]:
    """Runs of lines that share columns. At least two lines of a run have three or more segments."""
    runs: list[list[Line]] = []
    current: list[Line] = []
    for line in lines:
        if current and not _continues(current, line):
            runs.append(current)
            current = []
        if current or len(line.segments) >= 3:
            current.append(line)
    runs.append(current)
    return [_trimmed(run) for run in runs if sum(len(line.segments) >= 3 for line in run) >= 2]


def _continues(run: list[Line], line: Line) -> bool:
    gap = line.box[1] - run[-1].box[3]
    if gap > 3.0 * line.size:
        return False
    return len(corridors([*run, line], strict=True)) >= 2


def _trimmed(run: list[Line]) -> list[Line]:
    end = len(run)
    while end > 1 and len(run[end - 1].segments) == 1 and run[end - 1].box[1] - run[end - 2].box[3] > run[end - 1].size:
        end -= 1
    return run[:end]


def corridors(lines: list[Line], *, strict: bool = False) -> list[tuple[float, float]]:
    """Vertical white strips between the outermost words. With `strict`, no line crosses them; else hardly any does."""
    left = min(line.box[0] for line in lines)
    right = max(line.box[2] for line in lines)
    counts = [0] * (int(right - left) + 2)
    for line in lines:
        for word in line.words:
            for x in range(int(word.x0 - left), min(int(word.x1 - left) + 1, len(counts))):
                counts[x] += 1
    allowed = 0 if strict or len(lines) < 8 else len(lines) // 10
    found, start = [], None
    for x, count in enumerate([*counts, allowed + 1]):
        if count <= allowed and start is None:
            start = x
        elif count > allowed and start is not None:
            if x - start >= NARROWEST_CORRIDOR and start > 0 and x < len(counts) - 1:
                found.append((left + start, left + x))
            start = None
    return found


def region_grid(region: Region, fewest_columns: int = 2) -> Grid | None:
    if len(region.lines) < FEWEST_LINES:
        return None
    found = corridors(region.lines)
    if len(found) + 1 < fewest_columns:
        return None
    x0, _, x1, _ = region.box
    return grid_with_columns(region, [x0, *(b - 1.5 for _, b in found), x1])


def grid_with_columns(region: Region, xs: list[float]) -> Grid | None:
    """The region's grid with these column borders. Rules, gaps and first words mark its rows."""
    held = [columns_of(line, xs) for line in region.lines]
    starts = _row_starts(region, held)
    return _as_grid(region, xs, starts, held)


def columns_of(line: Line, xs: list[float]) -> set[int]:
    return {c for word in line.words for c in range(len(xs) - 1) if xs[c] <= word.centre[0] < xs[c + 1]}


def _row_starts(region: Region, held: list[set[int]]) -> list[int]:
    lines = region.lines
    pitches = [b.box[3] - a.box[3] for a, b in itertools.pairwise(lines)]
    size = median([line.size for line in lines])
    # Lines within a cell have the tightest pitch. If every row is a single line, no gap stands out.
    usual = min((p for p in pitches if p > 0.8 * size), default=0.0)
    gaps = {i + 1 for i, pitch in enumerate(pitches) if pitch > ROW_GAP * usual}
    ruled = {
        i for i in range(1, len(lines)) if any(lines[i - 1].centre_y < r < lines[i].centre_y for r in region.rules)
    }
    by_key = _starts_by_key(held)
    if len(ruled) >= 2 and len(region.rules) >= 4:
        return sorted({0} | ruled | {i for i in by_key if _is_inner_start(i, held)})
    tight = [i for i in range(1, len(lines)) if i not in gaps | ruled]
    wrapped = [i for i in tight if 0 not in held[i] or _goes_on(lines[i])]
    if _is_caseless(lines):
        columns = max(len(found) for found in held)
        wrapped = tight if any(len(held[i]) < columns for i in tight) else []
    if gaps | ruled and len(wrapped) * 2 >= len(tight):
        return sorted({0} | gaps | ruled)
    return sorted({0} | by_key | gaps | ruled)


def _starts_by_key(held: list[set[int]]) -> set[int]:
    """Lines on which a row begins. If few lines fill all columns: where the first column has text again."""
    count = max(len(found) for found in held)
    full = sum(len(found) == count for found in held)
    if full * 2 >= len(held):
        last = count - 1
        return {i for i, found in enumerate(held) if len(found) >= 2 and (0 in found or last in found)}
    return {i for i, found in enumerate(held) if i and 0 in found and 0 not in held[i - 1]}


def _is_caseless(lines: list[Line]) -> bool:
    """Whether most letters have no case, so that case does not show which lines continue a text."""
    letters = [letter for line in lines for letter in line.text if letter.isalpha()]
    return sum(letter.lower() == letter.upper() for letter in letters) * 2 > len(letters)


def _goes_on(line: Line) -> bool:
    """Whether a segment of the line begins in lower case, as a wrapped text does."""
    return any(part[0].text[:1].islower() for part in line.segments)


def _is_inner_start(i: int, held: list[set[int]]) -> bool:
    """Whether a row begins inside a ruled band: its key stands in a later column that was empty on the line above."""
    if i and len(held[i]) >= 2 and 0 not in held[i]:
        key = min(held[i])
        return key not in held[i - 1]
    return False


def _as_grid(region: Region, xs: list[float], starts: list[int], held: list[set[int]]) -> Grid | None:
    lines = region.lines
    inner = {
        i
        for i in range(1, len(lines))
        if len(region.rules) >= 4 and len(xs) >= 4 and _is_inner_start(i, held) and min(held[i]) < len(xs) - 2
    }
    starts = sorted(set(starts) | inner)
    ys = [region.box[1]]
    ys += [(lines[i - 1].box[3] + lines[i].box[1]) / 2 for i in starts if i]
    ys.append(region.box[3])
    if len(ys) < 3:
        return None
    areas = []
    for row in range(len(ys) - 1):
        areas += _row_areas(region, xs, ys, row)
    return Grid((xs[0], ys[0], xs[-1], ys[-1]), xs, len(ys) - 1, _with_merges(areas, starts, inner))


def _row_areas(region: Region, xs: list[float], ys: list[float], row: int) -> list[Area]:
    """One cell for each column. A word that crosses a corridor merges the cells on both sides."""
    words = [w for line in region.lines for w in line.words if ys[row] <= w.centre[1] < ys[row + 1]]
    crossed = {c for c in range(1, len(xs) - 1) if any(w.x0 < xs[c] - 1 and w.x1 > xs[c] + 1 for w in words)}
    areas, start = [], 0
    for c in range(1, len(xs)):
        if c in crossed:
            continue
        areas.append(Area(row, start, 1, c - start, (xs[start], ys[row], xs[c], ys[row + 1])))
        start = c
    return areas


def _with_merges(areas: list[Area], starts: list[int], inner: set[int]) -> list[Area]:
    """Extends the cells of the first column down over the inner rows of their band."""
    inner_rows = {row for row, start in enumerate(starts) if start in inner}
    kept: list[Area] = []
    first: Area | None = None
    for area in areas:
        if area.column == 0 and area.row in inner_rows and first and area.column_span == first.column_span == 1:
            first.row_span += 1
            first.box = (*first.box[:3], area.box[3])
            continue
        if area.column == 0:
            first = area
        kept.append(area)
    return kept
