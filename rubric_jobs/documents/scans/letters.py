"""Words of a page's picture with their boxes, by Tesseract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tesserocr
from numpy.typing import NDArray
from PIL import Image

from rubric_jobs.documents.geometry import Word, median
from rubric_jobs.documents.scans import lone
from rubric_jobs.documents.scans.availability import ORIENTATION, data_folder, model_for

Grey = NDArray[np.uint8]

_Bounds = tuple[int, int, int, int]
"""Left, top, right, bottom."""

LEAST_SURE = 25.0
"""Percent; less is what specks and drawings are read as."""
SURE_ON_SIDE, SHORTEST_ON_SIDE = 80.0, 3
"""Percent and letters of a word that is set on its side."""
SURE_ORIENTATION = 2.0
"""Tesseract's own measure. A page that is less sure stays as it is."""
LOWEST, TALLEST = 0.7, 2.2
"""Times a word's own ink: a row that is taller is two rows taken for one, a lower one is none."""
ASCENT, DESCENT = 1.15, 1.2
"""From the ink of letters to the boxes that fonts give them."""
SMALLEST_LETTER = 6
"""Pixels; what is smaller is a dot of an i, or dust."""
USUAL_LINE = 30.0
"""Pixels, where no word was found that says better."""
MOST_LONE = 150
"""Each takes a hundredth of a second."""
COLUMN, BETWEEN = 1.6, 0.12
"""Times a line's height: how tall a column of signs is at least, and the gap between two of them."""
APART = 0.6
"""Times a line's height: how far ink is from every word where it is one that was missed."""
ROOM = 1.2
"""Times a letter's height: what a ring has behind it at least."""
FULL = 0.7
"""The share of its box that a bullet fills; that of a circle is 0.785."""
BOLD = 1.2
"""Times the usual thickness of strokes for the size of type; measured: plain up to 1.13, bold from 1.28."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a page is set: by how many quarters (clockwise) it must be turned to stand upright, and its script."""

    quarters: int
    script: str


def _folder() -> Path:
    folder = data_folder()
    if folder is None:
        raise FileNotFoundError("Tesseract's data is not installed.")
    return folder


@lru_cache(maxsize=2)
def _loaded(model: str) -> Any:
    engine = tesserocr.PyTessBaseAPI(path=str(_folder()), lang=model)
    # Light letters are dark by now. Tesseract would read each line that it is unsure of again as light ones: a tenth
    # of the time of a page in small print, for signs that are not there.
    engine.SetVariable("invert_threshold", "0")
    return engine


def _engine(model: str, mode: int) -> Any:
    engine = _loaded(model)
    engine.SetPageSegMode(mode)
    return engine


def setting(grey: Grey) -> Setting:
    engine = _engine(ORIENTATION, tesserocr.PSM.OSD_ONLY)
    engine.SetImage(Image.fromarray(grey))
    found = engine.DetectOrientationScript()
    engine.Clear()
    if not found:
        return Setting(0, "Latin")
    degrees = found["orient_deg"] if found["orient_conf"] >= SURE_ORIENTATION else 0
    return Setting(round((360 - degrees) / 90) % 4, found["script_name"])


def words(grey: Grey, script: str) -> list[Word]:
    """The words in pixels, each as tall as its line of type. Rulings must have been taken out of the picture."""
    model = model_for(script, _folder())
    if model is None:
        return []
    ink = _ink(grey)
    bullets = {**_bullets(ink), **_tick_boxes(ink)}
    grey = grey.copy()
    for x0, top, x1, bottom in bullets:  # they would be read as letters
        grey[max(0, top - 1) : bottom + 1, max(0, x0 - 1) : x1 + 1] = 255
    engine = _engine(model, tesserocr.PSM.AUTO)
    engine.SetImage(Image.fromarray(grey))
    engine.Recognize()
    found = _unspaced(list(_words(engine)))
    engine.Clear()
    line = median([word.bottom - word.top for word in found]) or USUAL_LINE
    ink = _ink(grey)
    found = [word for word in found if not _is_column(word, ink, line)]
    alone, signs = _left_over(grey, ink, found, line, model)
    found = lone.settled(found + alone, grey, ink, _engine(model, tesserocr.PSM.SINGLE_LINE))
    return _with_weight(found + signs, ink) + [_as_line(sign, box, line) for box, sign in bullets.items()]


def _ink(grey: Grey) -> Grey:
    _, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    return np.asarray(ink, dtype=np.uint8)


def _left_over(grey: Grey, ink: Grey, found: list[Word], line: float, model: str) -> tuple[list[Word], list[Word]]:
    """Words that layout analysis took for specks, such as lone digits in cells; single signs apart."""
    left = ink.copy()
    for word in found:
        left[int(word.top) : int(word.bottom) + 1, int(word.x0) - 2 : int(word.x1) + 3] = 0
    left = np.asarray(cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), dtype=np.uint8)
    joined = cv2.dilate(left, np.ones((1, max(3, round(0.5 * line))), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    pieces = [_bounds(left, labels, stats, index) for index in range(1, len(stats))]
    pieces_alone = [box for box in pieces if box and _is_missed(box, found, line)]
    engine = _engine(model, tesserocr.PSM.SINGLE_LINE)
    read = {box: lone.sign(engine, box, grey, ink) for box in pieces_alone[:MOST_LONE]}
    engine.SetImage(Image.fromarray(grey))
    words = [word for box, sign in read.items() if not sign for word in _lone(engine, box, grey)]
    engine.Clear()
    return words, [_as_line(sign, box, line) for box, sign in read.items() if sign]


def _is_column(word: Word, ink: Grey, line: float) -> bool:
    """Whether signs below each other, such as the points of a table, were read as one word that is set upright."""
    if word.bottom - word.top < COLUMN * line or word.bottom - word.top <= word.x1 - word.x0:
        return False
    rows = np.flatnonzero(
        ink[max(0, int(word.top)) : int(word.bottom), max(0, int(word.x0)) : int(word.x1)].any(axis=1)
    )
    return bool(len(rows)) and int(np.diff(rows).max(initial=0)) > BETWEEN * line


def _is_missed(box: _Bounds, found: list[Word], line: float) -> bool:
    """Whether ink is as tall as letters, and no part of a word beside it whose box is too small."""
    x0, top, x1, bottom = box
    gap = APART * line
    return 0.4 * line <= bottom - top <= 1.2 * line and not any(
        word.top < (top + bottom) / 2 < word.bottom and word.x0 - gap < x1 and x0 < word.x1 + gap for word in found
    )


def _unspaced(found: list[Word]) -> list[Word]:
    """Words of a script without spaces between them put together again: Tesseract parts its lines by a dictionary."""
    joint: list[Word] = []
    for word in found:
        last = joint[-1] if joint else None
        if last and _is_unspaced(last.text[-1]) and _is_unspaced(word.text[0]) and _goes_on(last, word):
            bounds = min(last.top, word.top), max(last.x1, word.x1), max(last.bottom, word.bottom)
            joint[-1] = Word(last.text + word.text, last.x0, *bounds)
        else:
            joint.append(word)
    return joint


def _is_unspaced(sign: str) -> bool:
    return "\u2e80" <= sign <= "\u9fff" or "\uf900" <= sign <= "\ufaff" or "\uff00" <= sign <= "\uffef"


def _goes_on(last: Word, word: Word) -> bool:
    is_level = last.top < word.centre[1] < last.bottom
    return is_level and -last.size < word.x0 - last.x1 < 0.6 * last.size


def _bounds(left: Grey, labels: Any, stats: Any, index: int) -> _Bounds | None:
    """The box of the ink itself in a component of widened ink."""
    x, y, width, height, _ = (int(value) for value in stats[index])
    own = (labels[y : y + height, x : x + width] == index) & (left[y : y + height, x : x + width] > 0)
    columns = np.flatnonzero(own.any(axis=0))
    return (x + int(columns[0]), y, x + int(columns[-1]) + 1, y + height) if len(columns) else None


def _measured(ink: Grey) -> tuple[list[list[int]], float, Any]:
    """The pieces of ink (left, top, width, height, area), the usual height of a letter, and the sums of all ink."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    pieces = stats[1:].tolist()
    letter = median([height for _, _, _, height, _ in pieces if height >= SMALLEST_LETTER])
    return pieces, letter, cv2.integral(ink)


def _bullets(ink: Grey) -> dict[_Bounds, str]:
    """Dots and rings at the left of a text: as wide as they are tall, with nothing before, above or below them."""
    pieces, letter, sums = _measured(ink)
    found: dict[_Bounds, str] = {}
    for x, y, width, height, area in pieces:
        is_round = 0.35 * letter <= height <= letter and abs(width - height) <= 0.25 * height + 1
        is_full = area >= FULL * width * height
        if not is_round or not (is_full or _is_ring(ink, (x, y, x + width, y + height))):
            continue
        # A ring without room behind it may be the word "o".
        gap, reach = round((0.3 if is_full else ROOM) * letter) + 1, round(6 * letter)
        is_first = not _sum(sums, (x - round(2 * letter), y, x, y + height))
        is_apart = not _sum(sums, (x + width, y, x + width + gap, y + height))
        # The dot of an i, a colon's, and one within a ring have ink right above or below.
        column = _sum(sums, (x, y - height, x + width, y + 2 * height)) - _sum(sums, (x, y, x + width, y + height))
        if not is_first or not is_apart or column:
            continue
        if _sum(sums, (x + width, y - height, x + width + reach, y + 2 * height)):
            found[x, y, x + width, y + height] = "•" if is_full else "○"
    return found


def _tick_boxes(ink: Grey) -> dict[_Bounds, str]:
    """Empty squares of a letter's size with room on both sides, wherever they stand."""
    pieces, letter, sums = _measured(ink)
    found: dict[_Bounds, str] = {}
    for x, y, width, height, area in pieces:
        is_square = 0.8 * letter <= height <= 2.8 * letter and abs(width - height) <= 0.15 * height + 1
        box = x, y, x + width, y + height
        if not is_square or area > FULL * width * height or not _is_ring(ink, box):
            continue
        part = max(2, height // 6)
        corners = [(i, j, i + part, j + part) for i in (x, x + width - part) for j in (y, y + height - part)]
        gap = round(0.3 * letter) + 1
        beside = (x - gap, y, x, y + height), (x + width, y, x + width + gap, y + height)
        if all(_sum(sums, c) >= part for c in corners) and not any(_sum(sums, b) for b in beside):
            found[box] = "☐"
    return found


def _is_ring(ink: Grey, box: _Bounds) -> bool:
    """Whether nothing but an outline stands in a box, all around its middle."""
    x0, top, x1, bottom = box
    width, height = x1 - x0, bottom - top
    across, down = ink[(top + bottom) // 2, x0:x1] > 0, ink[top:bottom, (x0 + x1) // 2] > 0
    middle = ink[top + height // 3 : bottom - height // 3, x0 + width // 3 : x1 - width // 3]
    sides = (part[: len(part) // 3].any() and part[-(len(part) // 3) :].any() for part in (across, down))
    return not middle.any() and all(sides)


def _as_line(text: str, box: _Bounds, line: float) -> Word:
    """A word in a box of ink, as tall as a line."""
    middle = (box[1] + box[3]) / 2
    return Word(text, float(box[0]), middle - line / 2, float(box[2]), middle + line / 2)


def _lone(engine: Any, box: _Bounds, grey: Grey) -> Iterator[Word]:
    x0, top, x1, bottom = box
    pad = bottom - top
    left, upper = max(0, x0 - pad), max(0, top - pad // 2)
    right, lower = min(grey.shape[1], x1 + pad), min(grey.shape[0], bottom + pad // 2)
    engine.SetRectangle(left, upper, right - left, lower - upper)
    engine.Recognize()
    return (word for word in list(_words(engine)) if any(map(str.isalnum, word.text)))


def _words(engine: Any) -> Iterator[Word]:
    level = tesserocr.RIL.WORD
    for item in tesserocr.iterate_level(engine.GetIterator(), level):
        box = item.BoundingBox(level)
        if box is None or item.Confidence(level) < LEAST_SURE:
            continue
        try:
            text = (item.GetUTF8Text(level) or "").strip()
        except RuntimeError:  # the binding's way to say that there is none
            continue
        is_upright = item.Orientation()[0] == tesserocr.Orientation.PAGE_UP
        if not text or not (is_upright or _is_word(text, item.Confidence(level))):
            continue
        top, bottom = _line_of_type(item, level, box)
        yield Word(text, float(box[0]), top, float(box[2]), bottom)


def _is_word(text: str, sure: float) -> bool:
    """Whether text on its side is some: signs below each other, such as the points of a table, are taken for it."""
    return sure >= SURE_ON_SIDE and sum(map(str.isalpha, text)) >= SHORTEST_ON_SIDE


def _line_of_type(item: Any, level: int, box: tuple[int, int, int, int]) -> tuple[float, float]:
    """Top and bottom of the line that a word is set in, which do not depend on its letters."""
    baseline, row = item.Baseline(level), item.RowAttributes()
    ink = box[3] - box[1]
    if not baseline or not row or not LOWEST * ink < row["row_height"] <= TALLEST * ink:
        return float(box[1]), float(box[3])
    middle = (baseline[0][1] + baseline[1][1]) / 2
    below = -row["descenders"]
    return middle - ASCENT * (row["row_height"] - below), middle + DESCENT * below


def _with_weight(found: list[Word], ink: Grey) -> list[Word]:
    """The words, bold where their strokes are thicker than usual on the page for words of their size."""
    edge = ink - cv2.erode(ink, np.ones((3, 3), np.uint8))
    inks, edges = cv2.integral(ink), cv2.integral(edge)
    boxes = [(int(word.x0), int(word.top), int(word.x1), int(word.bottom)) for word in found]
    thickness = [
        2 * _sum(inks, box) / max(_sum(edges, box), 1) / max(word.size, 1.0)
        for word, box in zip(found, boxes, strict=True)
    ]
    usual = median([own for word, own in zip(found, thickness, strict=True) for _ in word.text])
    for word, own in zip(found, thickness, strict=True):
        word.is_bold = own > BOLD * usual
    return found


def _sum(integral: Any, box: _Bounds) -> float:
    """Of a box, as far as it is on the page."""
    height, width = integral.shape[0] - 1, integral.shape[1] - 1
    x0, x1 = (min(max(x, 0), width) for x in (box[0], box[2]))
    top, bottom = (min(max(y, 0), height) for y in (box[1], box[3]))
    return float(integral[bottom, x1] - integral[top, x1] - integral[bottom, x0] + integral[top, x0])
