"""PDFium functions that a page calls thousands of times, bound to plain addresses.

This way ctypes neither checks nor wraps, which halves the time of a call.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator
from ctypes import c_int, c_void_p
from typing import Any

import pypdfium2.raw as c


def address(pointer: Any) -> int:
    return ctypes.cast(pointer, c_void_p).value or 0


def _bound(function: Any, result: Any, *arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(result, *arguments)(address(function))


loose_box = _bound(c.FPDFText_GetLooseCharBox, c_int, c_void_p, c_int, c_void_p)
text_object = _bound(c.FPDFText_GetTextObject, c_void_p, c_void_p, c_int)
_segment = _bound(c.FPDFPath_GetPathSegment, c_void_p, c_void_p, c_int)
_kind = _bound(c.FPDFPathSegment_GetType, c_int, c_void_p)
_point = _bound(c.FPDFPathSegment_GetPoint, c_int, c_void_p, c_void_p, c_void_p)
_is_closed = _bound(c.FPDFPathSegment_GetClose, c_int, c_void_p)


def path_segments(path: c.FPDF_PAGEOBJECT, count: int) -> Iterator[tuple[int, float, float, int]]:
    """Kind, end point and "closes the outline" of each of the path's `count` segments."""
    points = (ctypes.c_float * (2 * count))()
    start, size = ctypes.addressof(points), ctypes.sizeof(ctypes.c_float)
    segments = list(map(_segment, itertools.repeat(address(path)), range(count)))
    xs, ys = (range(start + at * size, start + (2 * count + at) * size, 2 * size) for at in (0, 1))
    for segment, x, y in zip(segments, xs, ys, strict=True):
        _point(segment, x, y)
    sides = list(points)
    return zip(map(_kind, segments), sides[0::2], sides[1::2], map(_is_closed, segments), strict=True)
