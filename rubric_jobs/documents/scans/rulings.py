"""Rulings of a page in its picture: straight runs of ink, longer than any stroke of a letter."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rubric_jobs.documents.geometry import Edge

Grey = NDArray[np.uint8]

SHORTEST = 44
"""Pixels, 14 points at the usual size: no letter of running text has so long a stroke."""
THICKEST = 14
"""Pixels; what is thicker is a bar or a shaded area."""
_SPECK, _GAP = 3, 15
"""Pixels by which noise may interrupt a run of ink, and a ruling."""


def find(grey: Grey) -> tuple[list[Edge], Grey]:
    """The rulings in pixels, and a mask of their ink."""
    mean = cv2.ADAPTIVE_THRESH_MEAN_C
    ink = np.asarray(cv2.adaptiveThreshold(grey, 255, mean, cv2.THRESH_BINARY_INV, 41, 14), dtype=np.uint8)
    across, across_mask = _runs(ink)
    down, down_mask = _runs(np.ascontiguousarray(ink.T))
    mask = np.asarray(cv2.bitwise_or(across_mask, np.ascontiguousarray(down_mask.T)), dtype=np.uint8)
    edges = [Edge(True, at, start, end) for at, start, end in across]
    return edges + [Edge(False, at, start, end) for at, start, end in down], mask


def _runs(ink: NDArray[np.uint8]) -> tuple[list[tuple[float, float, float]], Grey]:
    """Level runs: middle, left and right end of each, and a mask of them."""
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, _SPECK), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, SHORTEST), np.uint8))
    # A run that is not quite level steps from row to row, and noise interrupts it.
    whole = cv2.dilate(opened, np.ones((3, _GAP), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    kept = np.zeros(count, dtype=np.uint8)
    found = []
    for index in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[index])
        # Of a ruling at a slight slope, the area says how thick it is, and its box how far it climbs.
        if area <= THICKEST * width and height <= THICKEST + 0.01 * width:
            reach = _GAP // 2
            found.append((top + height / 2, float(left + reach), float(left + width - reach)))
            kept[index] = 255
    return found, np.asarray(kept[labels], dtype=np.uint8)
