"""Finds tables that have horizontal rules only. The edges of shaded rows count as rules."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from rubric_jobs.documents.columns import Region, columns_of, corridors, grid_with_columns, region_grid
from rubric_jobs.documents.geometry import Area, Edge, Grid, Word
from rubric_jobs.documents.headers import LARGER, SPACE, are_two, crosses, lines_above, with_row_above
from rubric_jobs.documents.lattice import find_grids
from rubric_jobs.documents.lines import Line, into_lines

SAME_EXTENT = 5.0
FEWEST_RULES = 3
FEWEST_RULED_ROWS = 4
"""From this number of rules on, each row is taken to have its own rule."""
SHORTEST_PIECE = 8.0
"""Points. Shorter pieces are dashes; every column is wider."""
JOINT = 1.0
"""Points. Largest gap between two adjacent pieces of one rule."""
SAME_JOINT = 2.5
SAME_RULE = 2.0
FARTHEST = 2.5
"""Type sizes. Largest gap between two lines of a table without rules."""
WIDER = 1.3
"""A gap this many times as wide as the widest gap between rows ends the table."""
WRAPPED = 0.9
"""Type sizes. Largest gap between two lines of one cell."""


@dataclass(slots=True)
class _Rule:
    """A rule drawn in pieces. Two pieces meet at the border between two columns."""

    at: float
    pieces: list[Edge]

    @property
    def start(self) -> float:
        return min(piece.start for piece in self.pieces)

    @property
    def end(self) -> float:
        return max(piece.end for piece in self.pieces)

    def joints(self) -> list[float]:
        starts = [piece.start for piece in self.pieces]
        ends = [piece.end for piece in self.pieces if any(abs(piece.end - start) <= JOINT for start in starts)]
        whole = [x for x in ends if not any(p.start + SAME_JOINT < x < p.end - SAME_JOINT for p in self.pieces)]
        return [x for i, x in enumerate(sorted(whole)) if not i or x - sorted(whole)[i - 1] > SAME_JOINT]


@dataclass(slots=True)
class _Jointed:
    """The rules of one table. `borders` are its column borders, including the outer ones."""

    borders: list[float]
    rules: list[_Rule] = field(default_factory=list)


def jointed_grids(words: list[Word], edges: list[Edge]) -> list[Grid]:
    """Tables whose horizontal rules or shaded areas are drawn cell by cell."""
    upright = [w for w in words if w.quarter % 2 == 0]
    found = []
    for group in _jointed(edges):
        for part in _apart(group, upright):
            grid = _jointed_grid(part, upright)
            if grid:
                found.append(grid)
    return found


def _jointed(edges: list[Edge]) -> list[_Jointed]:
    groups: list[_Jointed] = []
    for rule in _rules(edges):
        joints = rule.joints()
        # A table ends where another table begins below it, so look at the latest groups first.
        group = next((g for g in reversed(groups) if rule.start < g.borders[-1] and g.borders[0] < rule.end), None)
        if group is None or not _belongs(rule, joints, group):
            if not joints:
                continue
            group = _Jointed([rule.start, *joints, rule.end])
            groups.append(group)
        elif len(joints) + 2 > len(group.borders):
            group.borders = [rule.start, *joints, rule.end]
        group.rules.append(rule)
    return groups


def _rules(edges: list[Edge]) -> list[_Rule]:
    rules: list[_Rule] = []
    for edge in sorted((e for e in edges if e.is_horizontal and e.length >= SHORTEST_PIECE), key=lambda e: e.at):
        if rules and edge.at - rules[-1].at <= SAME_RULE:
            rules[-1].pieces.append(edge)
        else:
            rules.append(_Rule(edge.at, [edge]))
    return rules


def _belongs(rule: _Rule, joints: list[float], group: _Jointed) -> bool:
    """Whether the rule's ends and joints lie on the group's borders, or it has the same extent and more joints."""
    own = [rule.start, *joints, rule.end]
    if all(_is_near(group.borders, x) for x in own):
        return True
    same = abs(rule.start - group.borders[0]) <= SAME_JOINT and abs(rule.end - group.borders[-1]) <= SAME_JOINT
    return same and all(_is_near(own, x) for x in group.borders)


def _is_near(xs: list[float], at: float) -> bool:
    return any(abs(x - at) <= SAME_JOINT for x in xs)


def _apart(group: _Jointed, words: list[Word]) -> list[_Jointed]:
    """Splits the group into tables. A heading across the columns, above column headings, begins a new table."""
    x0, x1 = group.borders[0], group.borders[-1]
    parts = [_Jointed(group.borders, [group.rules[0]])]
    for above, rule in itertools.pairwise(group.rules):
        between = [w for w in words if x0 <= w.centre[0] <= x1 and above.at < w.centre[1] < rule.at]
        if _begins_table(into_lines(between), group.borders):
            parts.append(_Jointed(group.borders))
        parts[-1].rules.append(rule)
    for part in parts:
        while part.rules and not part.rules[-1].joints():
            part.rules.pop()
    return parts


def _begins_table(lines: list[Line], xs: list[float]) -> bool:
    """Whether a text crosses the columns and a gap separates it from the lines in columns above or below it."""
    wide = [i for i, line in enumerate(lines) if crosses(line, xs)]
    if not wide:
        return False
    first, last = wide[0], wide[-1]
    if last + 1 < len(lines):
        return _is_in_columns(lines[last + 1], xs) and _stand_apart(lines[last], lines[last + 1])
    return first > 0 and _is_in_columns(lines[0], xs) and _stand_apart(lines[first - 1], lines[first])


def _is_in_columns(line: Line, xs: list[float]) -> bool:
    return len(line.segments) > 1 or any(are_two(line, x) for x in xs[1:-1])


def _stand_apart(above: Line, below: Line) -> bool:
    return below.box[1] - above.box[3] > SPACE * below.size


def _jointed_grid(group: _Jointed, words: list[Word]) -> Grid | None:
    if not group.rules:
        return None
    xs, top, bottom = group.borders, group.rules[0].at, group.rules[-1].at
    beside = [w for w in words if xs[0] - 2 <= w.centre[0] <= xs[-1] + 2]
    if len(group.rules) < FEWEST_RULES:
        return _open_grid(group, into_lines(beside))
    foot = _row_below(xs, bottom, into_lines([w for w in beside if w.centre[1] > bottom]))
    bottom = foot if foot else bottom
    inside = [w for w in beside if top < w.centre[1] < bottom]
    if not inside:
        return None
    if len(group.rules) < FEWEST_RULED_ROWS:
        region = Region((xs[0], top, xs[-1], bottom), into_lines(inside), [rule.at for rule in group.rules])
        return grid_with_columns(region, xs) if len(region.lines) >= FEWEST_RULES else None
    across = [piece for rule in group.rules for piece in rule.pieces]
    across += [Edge(True, y, xs[0], xs[-1]) for y in (top, bottom)]
    grids = find_grids([*across, *(Edge(False, x, top, bottom) for x in xs)])
    if len(grids) != 1:
        return None
    grid = _with_wide_cells(grids[0], inside)
    return _with_rows_above(grid, beside)


def _open_grid(group: _Jointed, lines: list[Line]) -> Grid | None:
    """A table with one or two rules, the first below its header. It ends where lines leave the columns."""
    xs, top, bottom = group.borders, group.rules[0].at, group.rules[-1].at
    header = lines_above(xs, top, [line for line in lines if line.centre_y < top])
    if len({c for line in header for c in columns_of(line, xs)}) < len(xs) - 1:
        return None
    body = _rows_below(xs, top, [line for line in lines if line.centre_y > top])
    while body and len(body[-1].segments) == 1 and body[-1].centre_y > bottom > top:
        body.pop()
    # Under a header of three or more columns, a row may have text in a single column.
    if not body or not (len(xs) > 3 or any(len(columns_of(line, xs)) > 1 for line in body)):
        return None
    box = (xs[0], header[0].box[1] - 1, xs[-1], max(bottom, body[-1].box[3] + 1))
    return grid_with_columns(Region(box, [*header, *body], [rule.at for rule in group.rules]), xs)


def _rows_below(xs: list[float], top: float, lines: list[Line]) -> list[Line]:
    """The lines below that keep to the columns and to one type size, up to a gap wider than those between rows."""
    found: list[Line] = []
    widest = 0.0
    for line in lines:
        gap = line.box[1] - (found[-1].box[3] if found else top)
        is_larger = bool(found) and line.size > LARGER * found[0].size
        is_apart = gap > FARTHEST * line.size or (widest > SPACE * line.size and gap > WIDER * widest)
        if crosses(line, xs) or is_larger or is_apart:
            break
        widest = max(widest, gap) if found else widest
        found.append(line)
    return found


def _row_below(xs: list[float], bottom: float, lines: list[Line]) -> float | None:
    """The bottom of a last row without a rule below it: adjacent lines that fill two or more columns."""
    found: list[Line] = []
    for line in lines:
        above = found[-1].box[3] if found else bottom
        if line.box[1] - above > (WRAPPED if found else 1.2) * line.size or crosses(line, xs):
            break
        found.append(line)
    held = {c for line in found for c in columns_of(line, xs)}
    return found[-1].box[3] + 1 if len(held) >= 2 else None


def _with_rows_above(grid: Grid, words: list[Word]) -> Grid:
    """Adds the unshaded row above the first shaded one, if column headings stand above that row."""
    top = grid.box[1]
    lines = into_lines([w for w in words if w.centre[1] < top])
    first = lines_above(grid.xs, top, lines)
    if not first:
        return grid
    second = lines_above(grid.xs, first[0].box[1], [line for line in lines if line.box[3] <= first[0].box[1] + 1])
    rows = [{c for line in row for c in columns_of(line, grid.xs)} for row in (first, second)]
    is_row = len(rows[0]) >= 2 and len(rows[1]) >= max(2, grid.columns - 1)
    return with_row_above(grid, (first[0].box[1] + second[-1].box[3]) / 2) if is_row else grid


def _with_wide_cells(grid: Grid, words: list[Word]) -> Grid:
    """Merges two cells of a row where a word crosses the border between them."""
    areas: list[Area] = []
    for area in grid.areas:
        last = areas[-1] if areas else None
        if last and last.row == area.row and last.row_span == area.row_span and _is_crossed(last, area, words):
            last.column_span += area.column_span
            last.box = (*last.box[:2], area.box[2], last.box[3])
        else:
            areas.append(area)
    grid.areas = areas
    return grid


def _is_crossed(left: Area, right: Area, words: list[Word]) -> bool:
    if left.column + left.column_span != right.column:
        return False
    x, top, bottom = right.box[0], left.box[1], left.box[3]
    return any(top < w.centre[1] < bottom and w.x0 < x - 1 and w.x1 > x + 1 for w in words)


def shaded_rows(fills: list[Edge], words: list[Word]) -> list[Edge]:
    """The edges of stacked shaded areas of the same extent, if at least two of them hold texts side by side.

    A single area is a box around a text. Several without texts side by side may be boxes with code.
    """
    found: list[Edge] = []
    for group in _same_extents(fills):
        beside = [w for w in words if group[0].start <= w.centre[0] <= group[0].end]
        lines = [line for line in into_lines(beside) if len(line.segments) > 1]
        parted = [any(a.at < line.centre_y < b.at for line in lines) for a, b in itertools.pairwise(group)]
        found += group if sum(parted) > 1 else []
    return found


def banded_grids(words: list[Word], rules: list[Edge]) -> list[Grid]:
    """Tables with three or more stacked horizontal rules of the same extent and no vertical ones."""
    grids = []
    for group in _same_extents(rules):
        x0, x1 = min(e.start for e in group), max(e.end for e in group)
        top, bottom = group[0].at, group[-1].at
        beside = [w for w in words if x0 - 3 <= w.centre[0] <= x1 + 3]
        inside = [w for w in beside if top - 2 <= w.centre[1] <= bottom + 2]
        last = _open_row(into_lines(inside), into_lines([w for w in beside if w.centre[1] > bottom + 2]), group)
        if last:
            bottom = last[-1].box[3] + 1
            inside += [word for line in last for word in line.words]
        region = Region((x0 - 3, top, x1 + 3, bottom), into_lines(inside), [e.at for e in group])
        grid = region_grid(region)
        if grid:
            grids.append(grid)
    return grids


def _open_row(lines: list[Line], below: list[Line], rules: list[Edge]) -> list[Line]:
    """The lines of a last row without a rule below it. They must fit the columns of the rows above."""
    bottom = rules[-1].at
    if not all(any(a.at < line.centre_y < b.at for line in lines) for a, b in itertools.pairwise(rules)):
        return []
    if any(a.at + 1.6 * line.size < line.box[1] for a, line in _first_lines(rules, lines)):
        return []
    found: list[Line] = []
    for line in below:
        above = found[-1].box[3] if found else bottom
        if line.box[1] - above > (0.9 if found else 1.6) * line.size:
            break
        found.append(line)
    if not lines or not found or len(found[0].segments) < 2:
        return []
    return found if len(corridors([*lines, *found])) >= len(corridors(lines)) >= 1 else []


def _first_lines(rules: list[Edge], lines: list[Line]) -> list[tuple[Edge, Line]]:
    return [(rule, next(line for line in lines if line.centre_y > rule.at)) for rule in rules[:-1]]


def _same_extents(rules: list[Edge]) -> list[list[Edge]]:
    groups: list[list[Edge]] = []
    for edge in sorted((e for e in rules if e.is_horizontal and e.length >= 120), key=lambda e: e.at):
        for group in groups:
            last = group[-1]
            if abs(last.start - edge.start) <= SAME_EXTENT and abs(last.end - edge.end) <= SAME_EXTENT:
                group.append(edge)
                break
        else:
            groups.append([edge])
    return [group for group in groups if len(group) >= 3]
