"""Short words that stand alone, such as the points in the cells of a table.

A line gives Tesseract its height, its baseline and its neighbours; a lone "0" is read as "(0)" and a "7" as "74". Here
each is cut out and brought to the height that the models were trained on. A single sign is set three times side by
side, which gives it neighbours: a "0" is then read as "000". Anything longer is read twice, as any word and as an
amount, and the surer reading stands.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rubric_jobs.documents.geometry import Word

Grey = NDArray[np.uint8]

MOST = 200
"""Each takes a fiftieth of a second."""
LONGEST = 4
"""Characters."""
APART = 1.2
"""Times the height of the line: the least gap to the next word."""
HEIGHT, MARGIN = 36, 14
"""Pixels of a cut-out's letters, and of the paper around them."""
TIMES, BETWEEN = 3, 7
"""How often a single sign is set, and the pixels between two of them."""
LEAST_SURE = 60.0
"""Percent; below, what the line was read as stands."""
LIKE_DIGITS = frozenset("lI|!iOoQ")
"""Letters that are hardly ever alone; the digits that look like them are."""
PAPER = 255
AMOUNT = "0123456789.,/-+%"


def settled(words: list[Word], grey: Grey, ink: Grey, engine: Any) -> list[Word]:
    """The words with those that stand alone read again. `engine` reads a single word or line."""
    alone = [word for word in words if len(word.text) <= LONGEST and _stands_alone(word, words)]
    for word in alone[:MOST]:
        cut_out = _cut_out(word, grey, ink)
        if cut_out is None:
            continue
        text, sure = _sign(engine, cut_out) or _amount_or_word(engine, cut_out)
        if text and sure >= LEAST_SURE:
            word.text = text
    engine.SetVariable("tessedit_char_whitelist", "")
    engine.Clear()
    return words


def sign(engine: Any, box: tuple[int, int, int, int], grey: Grey, ink: Grey) -> str:
    """The single letter or digit in a box (left, top, right, bottom); "" where there is more or less than one."""
    x0, top, x1, bottom = box
    cut_out = _cut_out(Word("", float(x0), float(top), float(x1), float(bottom)), grey, ink)
    text, sure = (cut_out is not None and _sign(engine, cut_out)) or ("", 0.0)
    return text if sure >= LEAST_SURE and text.isalnum() else ""


def _stands_alone(word: Word, words: list[Word]) -> bool:
    gap = APART * word.size
    return not any(
        other is not word
        and other.top < word.bottom
        and word.top < other.bottom
        and other.x0 < word.x1 + gap
        and word.x0 - gap < other.x1
        for other in words
    )


def _sign(engine: Any, cut_out: Grey) -> tuple[str, float] | None:
    """A sign that is no wider than tall; None where it is wider, or is not read as the same sign each time."""
    if cut_out.shape[1] > cut_out.shape[0]:
        return None
    between = np.full((cut_out.shape[0], BETWEEN), PAPER, np.uint8)
    row = np.hstack([cut_out, *[between, cut_out] * (TIMES - 1)])
    read = _read(engine, np.asarray(row, dtype=np.uint8), "")
    if read[0][:1] in LIKE_DIGITS:
        read = max(read, _read(engine, np.asarray(row, dtype=np.uint8), AMOUNT), key=_is_sure_number)
    text, sure = read
    return (text[0], sure) if len(text) == TIMES and len(set(text)) == 1 else None


def _is_sure_number(read: tuple[str, float]) -> bool:
    return read[0].isdigit() and read[1] >= LEAST_SURE


def _amount_or_word(engine: Any, cut_out: Grey) -> tuple[str, float]:
    read = _read(engine, cut_out, "")
    if read[0] and set(read[0]) <= set(AMOUNT):  # the likeliest of all texts is the likeliest of fewer, too
        return read
    return max(read, _read(engine, cut_out, AMOUNT), key=lambda read: read[1])


def _cut_out(word: Word, grey: Grey, ink: Grey) -> Grey | None:
    """The word's own ink at the usual size."""
    reach = round(0.3 * word.size)
    x0, x1 = max(0, int(word.x0) - reach), min(grey.shape[1], int(word.x1) + reach)
    top, bottom = max(0, int(word.top) - 2), min(grey.shape[0], int(word.bottom) + 2)
    rows, columns = np.nonzero(ink[top:bottom, x0:x1])
    if not len(rows):
        return None
    own = grey[top + rows.min() : top + rows.max() + 1, x0 + columns.min() : x0 + columns.max() + 1]
    factor = HEIGHT / max(own.shape[0], 0.5 * word.size)
    size = max(1, round(own.shape[1] * factor)), max(1, round(own.shape[0] * factor))
    scaled = cv2.resize(own, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(scaled, dtype=np.uint8)


def _read(engine: Any, cut_out: Grey, letters: str) -> tuple[str, float]:
    """What it says in these letters (in any, if empty), with paper around it, and how sure that is in percent."""
    engine.SetVariable("tessedit_char_whitelist", letters)
    engine.SetImage(Image.fromarray(np.pad(cut_out, MARGIN, constant_values=PAPER)))
    text = (engine.GetUTF8Text() or "").strip()
    return text, float(engine.MeanTextConf()) if text else 0.0
