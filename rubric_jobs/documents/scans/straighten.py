"""A picture of a page → the page upright and level, with the matrix that says where each point came from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Matrix = NDArray[np.float64]
"""3 × 3: from the picture's pixels to those of the straightened page."""

LONGEST_SIDE = 2_600
"""Pixels that a page is recognised at: 222 dots an inch for A4. Small print needs them; time grows as their square."""
MOST_ENLARGED = 2.0
STEEPEST = 6.0
"""Degrees; beyond, text is set askew on purpose."""
LEAST_TURN = 0.04
LEAST_SHEET = 0.3
"""The share of a photo that a sheet of paper takes at least; a smaller bright area is something on the page."""
MOST_SHEET = 0.97
_PREVIEW = 1_000


@dataclass(slots=True)
class Straight:
    """`to_page` leads from the given picture's pixels to those of `grey`."""

    grey: Grey
    to_page: Matrix

    def moved(self, step: Matrix, width: int, height: int) -> Straight:
        grey = cv2.warpPerspective(
            self.grey, step, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=255
        )
        return Straight(np.asarray(grey, dtype=np.uint8), step @ self.to_page)


def sized(grey: Grey) -> Straight:
    """The picture at the size that pages are recognised at."""
    height, width = grey.shape
    factor = _factor(width, height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    step = np.diag([size[0] / width, size[1] / height, 1.0])
    return Straight(np.asarray(cv2.resize(grey, size, interpolation=how), dtype=np.uint8), step)


def flattened(grey: Grey) -> Straight:
    """A photo's sheet of paper alone, its edges made parallel; the whole picture where no sheet stands out."""
    corners = _sheet(grey)
    if corners is None:
        return sized(grey)
    top_left, top_right, bottom_right, bottom_left = corners
    width = max(_length(top_left, top_right), _length(bottom_left, bottom_right))
    height = max(_length(top_left, bottom_left), _length(top_right, bottom_right))
    factor = _factor(width, height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    target = np.array([(0, 0), (size[0], 0), size, (0, size[1])], dtype=np.float32)
    step = np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), target), dtype=np.float64)
    return Straight(grey, np.eye(3)).moved(step, *size)


def _factor(width: float, height: float) -> float:
    return min(LONGEST_SIDE / max(width, height, 1.0), MOST_ENLARGED)


def _length(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.hypot(*(one - other)))


def _sheet(grey: Grey) -> NDArray[np.float64] | None:
    """The corners of the brightest large quadrilateral, clockwise from the top left."""
    factor = _PREVIEW / max(grey.shape)
    small = cv2.GaussianBlur(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), (9, 9), 0)
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    # Text and rulings must not cut the sheet into pieces.
    bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    share = cv2.contourArea(hull) / small.size
    corners = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, closed=True), closed=True).reshape(-1, 2)
    if len(corners) != 4 or not LEAST_SHEET <= share <= MOST_SHEET:
        return None
    return _clockwise(corners.astype(np.float64) / factor)


def _clockwise(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    ordered = corners[np.argsort(angles)]
    first = int(np.argmin(ordered.sum(axis=1)))
    return np.asarray(np.roll(ordered, -first, axis=0), dtype=np.float64)


def turned(straight: Straight, quarters: int) -> Straight:
    """The page turned by quarters, clockwise."""
    for _ in range(quarters % 4):
        height, width = straight.grey.shape
        step = np.array([[0.0, -1.0, height - 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        straight = straight.moved(step, height, width)
    return straight


def levelled(straight: Straight) -> Straight:
    """The page turned so that its lines run level, where they nearly do."""
    angle = _slope(straight.grey)
    if abs(angle) < LEAST_TURN:
        return straight
    height, width = straight.grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return straight.moved(np.vstack([turn, [0.0, 0.0, 1.0]]), width, height)


def _slope(grey: Grey) -> float:
    """By how many degrees lines fall to the right: the angle at which rows of the page differ most from each other.

    W. Postl, Method for automatic correction of skew by projection profiles (US patent 4723297, 1988, expired).
    """
    factor = _PREVIEW / max(grey.shape)
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    mean = cv2.ADAPTIVE_THRESH_MEAN_C
    ink = np.asarray(cv2.adaptiveThreshold(small, 255, mean, cv2.THRESH_BINARY_INV, 25, 12), dtype=np.uint8)
    best = 0.0
    for reach, step in ((STEEPEST, 0.5), (0.5, 0.1), (0.1, 0.025)):
        angles = np.arange(best - reach, best + reach + step / 2, step)
        best = float(max(angles, key=lambda angle: (_contrast(ink, float(angle)), -abs(angle))))
    return best if abs(best) <= STEEPEST else 0.0


def _contrast(ink: Grey, angle: float) -> float:
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    rows = cv2.warpAffine(ink, turn, (width, height)).sum(axis=1, dtype=np.float64)
    return float(np.square(np.diff(rows)).sum())


def evenly_lit(grey: Grey) -> Grey:
    """The page with its shadows taken out: each pixel against the paper around it."""
    height, width = grey.shape
    small = cv2.resize(grey, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((9, 9), np.uint8)), 31)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, paper, scale=255), dtype=np.uint8)
