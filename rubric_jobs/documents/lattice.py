"""Rules → grids of cells, including merged cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rubric_jobs.documents.geometry import Area, Edge, Grid

SNAP = 3.0
"""Points. Edges at most this far apart are one."""
REACH = 4.0
"""Points. Largest gap between an edge and the one that it should meet."""
OPEN_SIDE = 8.0
"""Points. Rules that extend this far beyond the last crossing rule belong to a table with open sides."""
COVER = 0.55
"""Share of a border that must be drawn to separate two cells."""
MOST_EDGES = 1500
MOST_ATOMS = 20_000


def find_grids(edges: Iterable[Edge]) -> list[Grid]:
    """All grids of at least two cells, smallest first, so that a nested grid comes before the one around it."""
    merged = merge(edges)
    if len(merged) > MOST_EDGES:
        return []
    grids = [grid for group in _connected(merged) if (grid := _grid(group))]
    return sorted(grids, key=lambda g: (g.box[2] - g.box[0]) * (g.box[3] - g.box[1]))


def merge(edges: Iterable[Edge]) -> list[Edge]:
    """Joins the pieces of a rule, and rules drawn twice."""
    merged: list[Edge] = []
    for is_horizontal in (True, False):
        found = sorted((e for e in edges if e.is_horizontal == is_horizontal), key=lambda e: e.at)
        for cluster in _clusters(found):
            at = sum(e.at for e in cluster) / len(cluster)
            merged += [Edge(is_horizontal, at, start, end) for start, end in _joined(cluster)]
    return merged


def _clusters(edges: list[Edge]) -> list[list[Edge]]:
    clusters: list[list[Edge]] = []
    for edge in edges:
        if clusters and edge.at - clusters[-1][-1].at <= 1.0 and edge.at - clusters[-1][0].at <= SNAP:
            clusters[-1].append(edge)
        else:
            clusters.append([edge])
    return clusters


def _joined(edges: list[Edge]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for edge in sorted(edges, key=lambda e: e.start):
        if spans and edge.start <= spans[-1][1] + SNAP:
            spans[-1] = (spans[-1][0], max(spans[-1][1], edge.end))
        else:
            spans.append((edge.start, edge.end))
    return spans


def _connected(edges: list[Edge]) -> list[list[Edge]]:
    parents = list(range(len(edges)))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    across = [i for i, e in enumerate(edges) if e.is_horizontal]
    down = [i for i, e in enumerate(edges) if not e.is_horizontal]
    for i in across:
        for j in down:
            if _meet(edges[i], edges[j]):
                parents[root(i)] = root(j)
    groups: dict[int, list[Edge]] = defaultdict(list)
    for i, edge in enumerate(edges):
        groups[root(i)].append(edge)
    return list(groups.values())


def _meet(h: Edge, v: Edge) -> bool:
    return h.start - REACH <= v.at <= h.end + REACH and v.start - REACH <= h.at <= v.end + REACH


def _grid(edges: list[Edge]) -> Grid | None:
    across = [e for e in edges if e.is_horizontal]
    down = [e for e in edges if not e.is_horizontal]
    if not across or not down or len(edges) < 3:
        return None
    xs = _borders([e.at for e in down], min(e.start for e in across), max(e.end for e in across))
    ys = _borders([e.at for e in across], min(e.start for e in down), max(e.end for e in down))
    atoms = (len(xs) - 1) * (len(ys) - 1)
    if len(xs) < 2 or len(ys) < 2 or not 2 <= atoms <= MOST_ATOMS:
        return None
    areas = _areas(xs, ys, across, down)
    if len(areas) < 2:
        return None
    is_open = max(e.at for e in across) < ys[-1] - SNAP
    return Grid((xs[0], ys[0], xs[-1], ys[-1]), xs, len(ys) - 1, areas, is_open)


def _borders(values: list[float], first: float, last: float) -> list[float]:
    borders: list[float] = []
    for value in sorted(values):
        if not borders or value - borders[-1] > SNAP:
            borders.append(value)
    if borders[0] - first > OPEN_SIDE:
        borders.insert(0, first)
    if last - borders[-1] > OPEN_SIDE:
        borders.append(last)
    return borders


def _areas(xs: list[float], ys: list[float], across: list[Edge], down: list[Edge]) -> list[Area]:
    rows, columns = len(ys) - 1, len(xs) - 1
    at_right = [_near(down, x) for x in xs[1:]]
    at_foot = [_near(across, y) for y in ys[1:]]
    walls_right = [[_drawn(at_right[c], ys[r], ys[r + 1]) for c in range(columns)] for r in range(rows)]
    walls_below = [[_drawn(at_foot[r], xs[c], xs[c + 1]) for c in range(columns)] for r in range(rows)]
    taken = [[False] * columns for _ in range(rows)]
    areas = []
    for r in range(rows):
        for c in range(columns):
            if taken[r][c]:
                continue
            width = 1
            while c + width < columns and not walls_right[r][c + width - 1] and not taken[r][c + width]:
                width += 1
            height = 1
            while r + height < rows and _goes_on(r + height, c, width, walls_right, walls_below, taken):
                height += 1
            for row in range(r, r + height):
                for column in range(c, c + width):
                    taken[row][column] = True
            areas.append(Area(r, c, height, width, (xs[c], ys[r], xs[c + width], ys[r + height])))
    return areas


def _goes_on(
    row: int,
    column: int,
    width: int,
    walls_right: list[list[bool]],
    walls_below: list[list[bool]],
    taken: list[list[bool]],
) -> bool:
    """Whether a cell of `width` columns reaches down into `row`."""
    span = range(column, column + width)
    return (
        not any(walls_below[row - 1][c] or taken[row][c] for c in span)
        and not any(walls_right[row][c] for c in span[:-1])
        and (column + width == len(taken[0]) or walls_right[row][column + width - 1])
    )


def _near(edges: list[Edge], at: float) -> list[Edge]:
    return [e for e in edges if abs(e.at - at) <= SNAP]


def _drawn(near: list[Edge], start: float, end: float) -> bool:
    covered = sum(max(0.0, min(e.end, end) - max(e.start, start)) for e in near)
    return covered >= COVER * (end - start)
