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
from rubric_jobs.documents.scans.availability import ORIENTATION, data_folder, model_for

Grey = NDArray[np.uint8]

LEAST_SURE = 25.0
"""Percent; less is what specks and drawings are read as."""
SURE_ORIENTATION = 2.0
"""Tesseract's own measure. A page that is less sure stays as it is."""
TALLEST = 2.2
"""Times a word's own ink: a row that is taller is two rows taken for one."""
ASCENT, DESCENT = 1.15, 1.2
"""From the ink of letters to the boxes that fonts give them."""
BOLD = 1.3
"""Times the usual thickness of strokes."""


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
def _engine(model: str, mode: int) -> Any:
    return tesserocr.PyTessBaseAPI(path=str(_folder()), lang=model, psm=mode)


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
    engine = _engine(model, tesserocr.PSM.AUTO)
    engine.SetImage(Image.fromarray(grey))
    engine.Recognize()
    found = list(_words(engine))
    engine.Clear()
    return _with_weight(found, grey)


def _words(engine: Any) -> Iterator[Word]:
    level = tesserocr.RIL.WORD
    for item in tesserocr.iterate_level(engine.GetIterator(), level):
        box = item.BoundingBox(level)
        text = (item.GetUTF8Text(level) or "").strip()
        if not text or box is None or item.Confidence(level) < LEAST_SURE:
            continue
        top, bottom = _line_of_type(item, level, box)
        yield Word(text, float(box[0]), top, float(box[2]), bottom)


def _line_of_type(item: Any, level: int, box: tuple[int, int, int, int]) -> tuple[float, float]:
    """Top and bottom of the line that a word is set in, which do not depend on its letters."""
    baseline, row = item.Baseline(level), item.RowAttributes()
    if not baseline or not row or not 0 < row["row_height"] <= TALLEST * (box[3] - box[1]):
        return float(box[1]), float(box[3])
    middle = (baseline[0][1] + baseline[1][1]) / 2
    below = -row["descenders"]
    return middle - ASCENT * (row["row_height"] - below), middle + DESCENT * below


def _with_weight(found: list[Word], grey: Grey) -> list[Word]:
    """The words, bold where their strokes are thicker than usual for their size."""
    _, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    edge = ink - cv2.erode(ink, np.ones((3, 3), np.uint8))
    inks, edges = cv2.integral(ink), cv2.integral(edge)
    thickness = [2 * _sum(inks, word) / max(_sum(edges, word), 1) for word in found]
    usual = median(thickness)
    for word, own in zip(found, thickness, strict=True):
        word.is_bold = own > BOLD * usual
    return found


def _sum(integral: Any, word: Word) -> float:
    x0, top, x1, bottom = int(word.x0), int(word.top), int(word.x1), int(word.bottom)
    return float(integral[bottom, x1] - integral[top, x1] - integral[bottom, x0] + integral[top, x0])
