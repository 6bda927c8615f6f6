"""Borders of shaded areas: the heads and every other row of many tables have no rulings of their own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from rubric_jobs.documents.geometry import Edge, Word

Grey = NDArray[np.uint8]

SHADE = 0.94
"""Of the paper's brightness: what an area has at most. Noise is below a hundredth of it after the median."""
LEAST_WIDTH, LEAST_HEIGHT = 400, 24
"""Pixels: no word of a heading is so wide, and no row lower."""
MOST_HEIGHT = 0.5
"""Of the page: a taller area is no row but a background."""
WHOLE = 0.85
"""The share of its width that an area fills from its first row of pixels to its last: shadows do not, and what only
touches it, such as a word in bold, stays outside."""
SAME_END = 14.0
"""Pixels between the ends of an area and of the rulings that it belongs to."""
_COARSE, _AROUND = 4, 9


def borders(grey: Grey) -> list[Edge]:
    """Upper and lower borders in pixels, of the level page before its light is evened out."""
    height, width = grey.shape
    size = max(1, width // _COARSE), max(1, height // _COARSE)
    shades = cv2.medianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), _AROUND)
    dark = np.asarray(shades < SHADE * float(np.percentile(shades, 90)), dtype=np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
    found: list[Edge] = []
    for index in range(1, len(stats)):
        x, y, wide, tall, _ = (int(value) for value in stats[index])
        if wide * _COARSE < LEAST_WIDTH:
            continue
        whole = np.flatnonzero(np.mean(labels[y : y + tall, x : x + wide] == index, axis=1) >= WHOLE)
        if LEAST_HEIGHT <= len(whole) * _COARSE <= MOST_HEIGHT * height and np.ptp(whole) == len(whole) - 1:
            ends = float(x * _COARSE), float((x + wide) * _COARSE)
            found += [Edge(True, float((y + at) * _COARSE), *ends) for at in (int(whole[0]), int(whole[-1]) + 1)]
    return found


def in_table(edges: Iterable[Edge], rulings: Iterable[Edge]) -> list[Edge]:
    """The borders that reach as far as some level ruling, to the left and right: rows of its table."""
    level = [ruling for ruling in rulings if ruling.is_horizontal]
    return [
        edge
        for edge in edges
        if any(abs(edge.start - r.start) <= SAME_END and abs(edge.end - r.end) <= SAME_END for r in level)
    ]


def with_walls(rulings: Sequence[Edge], borders: Sequence[Edge], words: Sequence[Word]) -> list[Edge]:
    """The rulings, those that end at a shaded row carried on through it: rulings in its own shade cannot be seen.

    Words in most of the cells show that the row has the columns of its neighbours. `borders` are pairs.
    """
    carried = list(rulings)
    for upper, lower in zip(borders[::2], borders[1::2], strict=True):
        ending = [i for i, edge in enumerate(carried) if _ends_at(edge, upper, lower)]
        inside = [w for w in words if upper.at < w.centre[1] < lower.at and upper.start < w.centre[0] < upper.end]
        walls = sorted({carried[i].at for i in ending})
        if any(w.x0 < x < w.x1 for w in inside for x in walls):
            continue
        filled = sum(any(a < w.centre[0] < b for w in inside) for a, b in itertools.pairwise(walls))
        if 2 * filled > len(walls) - 1 > 1:
            for i in ending:
                start, end = min(carried[i].start, upper.at), max(carried[i].end, lower.at)
                carried[i] = replace(carried[i], start=start, end=end)
    return carried


def _ends_at(edge: Edge, upper: Edge, lower: Edge) -> bool:
    """Whether an upright ruling leads from the row, or to it, but not through it."""
    if edge.is_horizontal or not upper.start - SAME_END <= edge.at <= upper.end + SAME_END:
        return False
    leads_down = upper.at - SAME_END <= edge.start <= lower.at + SAME_END < edge.end
    leads_up = edge.start < upper.at - SAME_END <= edge.end <= lower.at + SAME_END
    return leads_down or leads_up
