"""Light letters on dark areas, as in the heads of many tables → dark letters on light, which recognition expects."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

DARK = 0.72
"""Of the paper's brightness: what an area has at most."""
LEAST_WIDTH, LEAST_HEIGHT = 60, 24
"""Pixels: a word in small print."""
_COARSE, _AROUND = 4, 9
"""An area's own shade is the median of so many pixels each way, on a picture so many times smaller."""
_BOX = 0.85
"""The share of its box from which an area is the box: the median rounds its corners."""
_LETTERS, _MOST_LETTERS = 0.01, 0.3
"""The share of an area that letters take: what is lighter in more of it is the paper between large dark letters."""


def as_printed(grey: Grey) -> Grey:
    """The level picture with such areas reversed. The edge of each becomes a dark line, a ruling of the table."""
    height, width = grey.shape
    size = max(1, width // _COARSE), max(1, height // _COARSE)
    shades = np.asarray(cv2.medianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), _AROUND), dtype=np.uint8)
    paper = float(np.percentile(shades, 90))
    dark = np.asarray(shades < DARK * paper, dtype=np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
    # Beside letters and the area's edge, the median is lighter than the area.
    shades = np.asarray(cv2.erode(shades, np.ones((_AROUND, _AROUND), np.uint8)), dtype=np.uint8)
    changed = grey.copy()
    for index in range(1, len(stats)):
        x, y, wide, tall, pixels = (int(value) for value in stats[index])
        if wide * _COARSE < LEAST_WIDTH or tall * _COARSE < LEAST_HEIGHT:
            continue
        area = slice(y * _COARSE, (y + tall) * _COARSE), slice(x * _COARSE, (x + wide) * _COARSE)
        part = slice(y, y + tall), slice(x, x + wide)
        own = grey[area]
        is_box = pixels >= _BOX * wide * tall
        piece = np.asarray((labels[part] == index) | is_box, dtype=np.uint8)
        inside = _enlarged(piece, own, cv2.INTER_NEAREST) > 0
        shade = _enlarged(shades[part], own, cv2.INTER_LINEAR)
        if _has_light_letters(own[inside].astype(np.float32), shade[inside].astype(np.float32), paper):
            changed[area][inside] = _reversed(own, shade, paper)[inside]
    return changed


def _enlarged(small: Grey, own: Grey, how: int) -> Grey:
    return np.asarray(cv2.resize(small, (own.shape[1], own.shape[0]), interpolation=how), dtype=np.uint8)


def _has_light_letters(own: NDArray[np.float32], shade: NDArray[np.float32], paper: float) -> bool:
    light = float(np.mean(own > (shade + paper) / 2))
    dark = float(np.mean(own < shade - paper / 4))
    return _LETTERS <= light <= _MOST_LETTERS and light > dark


def _reversed(own: Grey, shade: Grey, paper: float) -> Grey:
    """The shade becomes white, what is as light as the paper black; what is darker, a ruling, stays dark."""
    difference = own.astype(np.float32) - shade
    lighter, darker = difference / np.maximum(paper - shade, 1.0), -difference / np.maximum(shade, paper / 2)
    return np.asarray(255 * (1 - np.clip(np.maximum(lighter, darker), 0.0, 1.0)), dtype=np.uint8)
