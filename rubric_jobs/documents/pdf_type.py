"""The type of a character: its style, its size and its line height."""

from __future__ import annotations

import ctypes
import math
import statistics
from collections.abc import Sequence
from functools import lru_cache

import pypdfium2.raw as c

from rubric_jobs.documents.pdf_annotations import Place

TALLEST_LINE = 1.6
"""Type sizes. No text font needs a taller line."""
ASCENT, DESCENT = 0.95, 0.25
"""Ascent and descent of a usual font, in type sizes."""
SAMPLED = 40
"""How many letters of a page are compared with their type."""
TIGHT = 0.85


def true_height(page: c.FPDF_TEXTPAGE, index: int, place: Place, top: float, bottom: float) -> tuple[float, float]:
    """Top and bottom of one line of its type. Some fonts, such as those for formulas, claim several lines."""
    size = type_size(page, index)
    return line_of_type(page, index, place, size) if 0 < TALLEST_LINE * size < bottom - top else (top, bottom)


def type_size(page: c.FPDF_TEXTPAGE, index: int) -> float:
    """Type size in points; 0 if unknown."""
    matrix = c.FS_MATRIX()
    if not c.FPDFText_GetMatrix(page, index, ctypes.byref(matrix)):
        return 0.0
    return float(c.FPDFText_GetFontSize(page, index) * math.hypot(matrix.c, matrix.d))


def line_of_type(page: c.FPDF_TEXTPAGE, index: int, place: Place, size: float) -> tuple[float, float]:
    """Top and bottom of a line of this type size on the character's baseline."""
    x, y = ctypes.c_double(), ctypes.c_double()
    c.FPDFText_GetCharOrigin(page, index, x, y)
    _, baseline = place(x.value, y.value)
    return baseline - ASCENT * size, baseline + DESCENT * size


def are_tight(page: c.FPDF_TEXTPAGE, codes: Sequence[int]) -> bool:
    """Whether the boxes of characters enclose the ink only, because the font states no line height.

    Such boxes differ from letter to letter, so they do not show lines, sizes or raised digits.
    """
    box = c.FS_RECTF()
    letters = [i for i, code in enumerate(codes) if code > 32][:: max(1, len(codes) // SAMPLED)]
    shares = []
    for i in letters:
        size = type_size(page, i)
        if size > 0 and c.FPDFText_GetLooseCharBox(page, i, ctypes.byref(box)):
            shares.append((box.top - box.bottom) / size)
    return bool(shares) and statistics.median(shares) < TIGHT


def style(page: c.FPDF_TEXTPAGE, index: int) -> tuple[bool, bool]:
    name = ctypes.create_string_buffer(96)
    flags = ctypes.c_int()
    c.FPDFText_GetFontInfo(page, index, name, 96, ctypes.byref(flags))
    is_bold, is_italic = _named_style(name.value)
    return is_bold or c.FPDFText_GetFontWeight(page, index) >= 600, is_italic


@lru_cache(maxsize=1024)
def _named_style(font: bytes) -> tuple[bool, bool]:
    name = font.decode("latin-1").lower()
    is_bold = any(mark in name for mark in ("bold", "black", "heavy", "semibd", "cmbx"))
    return is_bold, any(mark in name for mark in ("italic", "oblique"))
