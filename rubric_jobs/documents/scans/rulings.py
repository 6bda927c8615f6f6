"""Rulings of a page in its picture: straight runs of ink, longer than any stroke of a letter."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rubric_jobs.documents.geometry import Edge

Grey = NDArray[np.uint8]

SHORTEST, SHORTEST_ACROSS = 44, 64
"""Pixels, 14 and 21 points at the usual size: no letter of running text is so tall, no three letters join so far."""
THICKEST = 14
"""Pixels; what is thicker is a bar or a shaded area."""
LONGEST_STROKE = 150
"""Pixels: a stem of 70 points' type. A run no longer than that may be a stroke of a title's letter."""
_LETTER = 2.2
"""Times its stroke's length: what a letter, or two that touch, take up to."""
_STEM = 0.1
"""Of its length: how thick a stroke that is a letter by itself is at least, as an l or an I."""
_SPECK, _GAP = 3, 15
"""Pixels by which noise may interrupt a run of ink, and a ruling."""
_THROUGH = 11
"""Pixels: ink that is so near to ink on the other side of a level ruling is one stroke, such as a descender's."""
_BESIDE = 7
"""Pixels from a ruling's edge to where the paper beside it is looked at."""
_LEAST_CONTRAST = 0.35
"""Of the contrast to the lighter side: what the other side has at least, or it is the shaded area itself."""

_Run = tuple[float, float, float]
"""Middle, left and right end."""


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Connected pieces of ink: the index of each pixel's piece (0 for none), and the width and height of each."""

    labels: NDArray[np.int32]
    widths: NDArray[np.int32]
    heights: NDArray[np.int32]

    @classmethod
    def of(cls, ink: Grey) -> _Pieces:
        _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
        widths, heights = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
        return cls(*(np.asarray(part, dtype=np.int32) for part in (labels, widths, heights)))

    def transposed(self) -> _Pieces:
        return _Pieces(np.ascontiguousarray(self.labels.T), self.heights, self.widths)

    def has_letter(self, runs: Grey, box: tuple[int, int, int, int]) -> bool:
        """Whether the run in the box is a stroke of a letter: of a piece of ink that is hardly larger than the run."""
        left, top, width, height = box
        part = slice(top, top + height), slice(left, left + width)
        found = self.labels[part][(runs[part] > 0) & (self.labels[part] > 0)]
        if not len(found):
            return False
        piece = int(np.bincount(found).argmax())
        length = width - _GAP + 1
        is_thick = self.heights[piece] > _STEM * length
        return bool(is_thick and max(self.widths[piece], self.heights[piece]) <= _LETTER * length)


def find(grey: Grey) -> tuple[list[Edge], list[Edge], Grey]:
    """The rulings in pixels, the borders of shaded areas, and a mask of the rulings' ink without letters across it."""
    mean = cv2.ADAPTIVE_THRESH_MEAN_C
    ink = np.asarray(cv2.adaptiveThreshold(grey, 255, mean, cv2.THRESH_BINARY_INV, 41, 14), dtype=np.uint8)
    pieces = _Pieces.of(ink)
    across, borders_across, across_mask = _runs(ink, grey, pieces, SHORTEST_ACROSS)
    turned = np.ascontiguousarray(ink.T), np.ascontiguousarray(grey.T), pieces.transposed()
    down, borders_down, down_mask = _runs(*turned, SHORTEST)
    mask = _without_letters(ink, across_mask, np.ascontiguousarray(down_mask.T))
    return _edges(across, down), _edges(borders_across, borders_down), mask


def _without_letters(ink: Grey, across: Grey, down: Grey) -> Grey:
    """The mask of both kinds of rulings, a little wider than their ink, with holes where letters cross an underline."""
    around = np.ones((3, 3), np.uint8)
    across, down = (np.asarray(cv2.dilate(mask, around), dtype=np.uint8) for mask in (across, down))
    rest = np.where(across | down, np.uint8(0), ink)
    through = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((_THROUGH, 1), np.uint8))
    return np.asarray(np.where(through, down, across | down), dtype=np.uint8)


def _edges(across: list[_Run], down: list[_Run]) -> list[Edge]:
    return [Edge(True, *run) for run in across] + [Edge(False, *run) for run in down]


def _runs(ink: Grey, grey: Grey, pieces: _Pieces, shortest: int) -> tuple[list[_Run], list[_Run], Grey]:
    """Level runs: rulings, borders of shaded areas, and a mask of the rulings."""
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, _SPECK), np.uint8))
    opened = np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8)), dtype=np.uint8)
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
        if width <= LONGEST_STROKE and pieces.has_letter(
            np.asarray(opened, dtype=np.uint8), (left, top, width, height)
        ):
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
