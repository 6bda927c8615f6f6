"""One scanned page or photo → its words and rulings in points, and where each point stands in the picture."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from rubric_jobs.documents import picture_pages
from rubric_jobs.documents.geometry import Edge, PageContent, Word, median
from rubric_jobs.documents.kinds import PDF, sniff
from rubric_jobs.documents.recognized import LONG_SIDE_PT, Recognized, shown_size
from rubric_jobs.documents.scans import decode, letters, reversed_text, rulings, shaded, straighten
from rubric_jobs.documents.scans.straighten import Straight
from rubric_jobs.documents.underlines import without_underlines

cv2.setNumThreads(1)  # the other cores are for the documents beside this one
USUAL_LINE_PT = 13.0
"""A line of the usual type; a picture whose lines are far from it shows a part of a page, or a poster."""


def of_document(data: bytes, number: int) -> Recognized:
    """A page (from 1) of a PDF or of photos. Raises UnreadableDocument, or whatever the decoders raise."""
    if sniff(data) == PDF:
        grey, width, height = decode.pdf_page(data, number)
        return read(grey, number, width=width, height=height, is_photo=False)
    grey = decode.grey(decode.picture(picture_pages.split(data)[number - 1]))
    width, height = shown_size(grey.shape[1], grey.shape[0])
    return read(grey, number, width=width, height=height, is_photo=True)


def read(grey: NDArray[np.uint8], number: int, *, width: float, height: float, is_photo: bool) -> Recognized:
    """`width` and `height` are the shown page's, in points."""
    straight = straighten.flattened(grey) if is_photo else straighten.sized(grey)
    setting = letters.setting(straighten.evenly_lit(straight.grey))
    straight = straighten.levelled(straighten.turned(straight, setting.quarters))
    shades = shaded.borders(straight.grey)
    straight.grey = straighten.evenly_lit(reversed_text.as_printed(straight.grey))
    lines, fills, mask = rulings.find(straight.grey)
    rows = shaded.in_table(shades, lines)
    straight.grey[mask > 0] = 255
    words = letters.words(straight.grey, setting.script)
    lines, fills = shaded.with_walls(lines + rows, rows, words), fills + shades
    scale = _scale(straight, words, width * height if not is_photo else None)
    to_points = np.diag([width / grey.shape[1], height / grey.shape[0], 1.0])
    to_picture = to_points @ np.linalg.inv(straight.to_page) @ np.diag([1 / scale, 1 / scale, 1.0])
    placed = [_scaled_word(word, scale) for word in words]
    drawn = [_scaled_edge(edge, scale) for edge in lines if not _is_stroke(edge, words)]
    content = PageContent(
        number,
        straight.grey.shape[1] * scale,
        straight.grey.shape[0] * scale,
        placed,
        lines=without_underlines(drawn, placed),
        fills=[_scaled_edge(edge, scale) for edge in fills if not _is_stroke(edge, words)],
        has_picture=True,
    )
    return Recognized(content, tuple(float(value) for value in to_picture.flatten()))


def _scale(straight: Straight, words: list[Word], area: float | None) -> float:
    """Points for a pixel of the straightened page."""
    height, width = straight.grey.shape
    if area is not None:
        return float(np.sqrt(area / (width * height)))
    scale: float = LONG_SIDE_PT / max(width, height)
    line = scale * median([word.size for word in words])
    return scale if not words or USUAL_LINE_PT / 2 <= line <= 1.5 * USUAL_LINE_PT else scale * USUAL_LINE_PT / line


def _is_stroke(edge: Edge, words: list[Word]) -> bool:
    """Whether a short ruling is a part of a large letter."""
    if edge.length > 2 * rulings.SHORTEST:
        return False
    middle = (edge.start + edge.end) / 2
    x, y = (middle, edge.at) if edge.is_horizontal else (edge.at, middle)
    return any(w.x0 <= x <= w.x1 and w.top <= y <= w.bottom and edge.length <= w.size for w in words)


def _scaled_edge(edge: Edge, scale: float) -> Edge:
    return replace(edge, at=edge.at * scale, start=edge.start * scale, end=edge.end * scale)


def _scaled_word(word: Word, scale: float) -> Word:
    return Word(word.text, word.x0 * scale, word.top * scale, word.x1 * scale, word.bottom * scale, word.is_bold)
