"""Rulings of a page in its picture: straight runs of ink, longer than any stroke of a letter."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rubric_jobs.documents.geometry import Edge

Grey = NDArray[np.uint8]

SHORTEST, SHORTEST_ACROSS = 44, 64
"""Pixels, 14 and 21 points at the usual size: no letter of running text is so tall, no three letters join so far."""
THICKEST = 14
"""Pixels; what is thicker is a bar or a shaded area."""
_SPECK, _GAP = 3, 15
"""Pixels by which noise may interrupt a run of ink, and a ruling."""
_BESIDE = 7
"""Pixels from a ruling's edge to where the paper beside it is looked at."""
_LEAST_CONTRAST = 0.35
"""Of the contrast to the lighter side: what the other side has at least, or it is the shaded area itself."""

_Run = tuple[float, float, float]
"""Middle, left and right end."""


def find(grey: Grey) -> tuple[list[Edge], list[Edge], Grey]:
    """The rulings in pixels, the borders of shaded areas, and a mask of the rulings' ink."""
    mean = cv2.ADAPTIVE_THRESH_MEAN_C
    ink = np.asarray(cv2.adaptiveThreshold(grey, 255, mean, cv2.THRESH_BINARY_INV, 41, 14), dtype=np.uint8)
    across, borders_across, across_mask = _runs(ink, grey, SHORTEST_ACROSS)
    down, borders_down, down_mask = _runs(np.ascontiguousarray(ink.T), np.ascontiguousarray(grey.T), SHORTEST)
    mask = np.asarray(cv2.bitwise_or(across_mask, np.ascontiguousarray(down_mask.T)), dtype=np.uint8)
    return _edges(across, down), _edges(borders_across, borders_down), mask


def _edges(across: list[_Run], down: list[_Run]) -> list[Edge]:
    return [Edge(True, *run) for run in across] + [Edge(False, *run) for run in down]


def _runs(ink: Grey, grey: Grey, shortest: int) -> tuple[list[_Run], list[_Run], Grey]:
    """Level runs: rulings, borders of shaded areas, and a mask of the rulings."""
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, _SPECK), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    # A run that is not quite level steps from row to row, and noise interrupts it.
    whole = cv2.dilate(opened, np.ones((3, _GAP), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    kept = np.zeros(count, dtype=np.uint8)
    rulings: list[_Run] = []
    borders: list[_Run] = []
    reach = _GAP // 2
    for index in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[index])
        # Of a ruling at a slight slope, the area says how thick it is, and its box how far it climbs.
        if area > THICKEST * width or height > THICKEST + 0.01 * width:
            continue
        run = top + height / 2, float(left + reach), float(left + width - reach)
        if _has_paper_beside(grey, run, height):
            rulings.append(run)
            kept[index] = 255
        else:
            borders.append(run)
    return rulings, borders, np.asarray(kept[labels], dtype=np.uint8)


def _has_paper_beside(grey: Grey, run: _Run, height: int) -> bool:
    """Whether a run is darker than both of its sides. The border of a shaded area is as dark as one of them."""
    at, left, right = round(run[0]), int(run[1]), int(run[2]) + 1
    beside = (height + 1) // 2 + _BESIDE
    above, below = grey[max(0, at - beside - 3) : max(0, at - beside), left:right], grey[at + beside :][:3, left:right]
    own = grey[max(0, at - height // 2) : at + height // 2 + 1, left:right]
    if not above.size or not below.size:
        return True
    darkest = float(np.median(own.min(axis=0)))
    sides = sorted(float(np.median(np.median(side, axis=0))) for side in (above, below))
    return sides[0] - darkest >= _LEAST_CONTRAST * (sides[1] - darkest)
