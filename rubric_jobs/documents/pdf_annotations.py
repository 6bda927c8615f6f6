"""Annotations of a PDF page: form fields with their values, typed notes, strike-out markup."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as c

from rubric_jobs.documents.geometry import Box, Word

MOST = 2000
LONGEST_TEXT = 20_000
_UNSEEN = c.FPDF_ANNOT_FLAG_HIDDEN | c.FPDF_ANNOT_FLAG_NOVIEW
_TALLEST = 12.0
"""Points. Line height for typed text of unknown size."""
_ADVANCE = 0.5
"""Average letter width as a share of the line height."""

Place = Callable[[float, float], tuple[float, float]]
"""Maps a point of the page's coordinate space to points from the top left of the page as shown."""


@dataclass(slots=True)
class Annotations:
    """`words` of fields and typed notes, `boxes` to tick, and the areas in which text is `struck` out."""

    words: list[Word] = field(default_factory=list)
    boxes: list[Word] = field(default_factory=list)
    struck: list[Box] = field(default_factory=list)


def read_annotations(page: pdfium.PdfPage, place: Place) -> Annotations:
    found = Annotations()
    form = page.formenv.raw if page.formenv is not None else None
    for i in range(min(c.FPDFPage_GetAnnotCount(page.raw), MOST)):
        annotation = c.FPDFPage_GetAnnot(page.raw, i)
        if not annotation:
            continue
        try:
            if not c.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                _take(found, annotation, form, place)
        finally:
            c.FPDFPage_CloseAnnot(annotation)
    return found


def _take(found: Annotations, annotation: c.FPDF_ANNOTATION, form: c.FPDF_FORMHANDLE | None, place: Place) -> None:
    kind = c.FPDFAnnot_GetSubtype(annotation)
    if kind == c.FPDF_ANNOT_FREETEXT:
        found.words += _typed(_string(annotation, b"Contents"), _box(annotation, place))
    elif kind == c.FPDF_ANNOT_STRIKEOUT:
        found.struck += _quads(annotation, place)
    elif kind == c.FPDF_ANNOT_WIDGET:
        _take_field(found, annotation, form, place)


def _take_field(
    found: Annotations, annotation: c.FPDF_ANNOTATION, form: c.FPDF_FORMHANDLE | None, place: Place
) -> None:
    if form is None:
        is_text = _string(annotation, b"FT") in ("Tx", "Ch")
        found.words += _typed(_string(annotation, b"V"), _box(annotation, place)) if is_text else []
        return
    kind = c.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in (c.FPDF_FORMFIELD_CHECKBOX, c.FPDF_FORMFIELD_RADIOBUTTON):
        sign = "☑" if c.FPDFAnnot_IsChecked(form, annotation) == 1 else "☐"
        found.boxes.append(Word(sign, *_box(annotation, place)))
    elif kind in (c.FPDF_FORMFIELD_TEXTFIELD, c.FPDF_FORMFIELD_COMBOBOX, c.FPDF_FORMFIELD_LISTBOX):
        found.words += _typed(_value(form, annotation), _box(annotation, place))


def _box(annotation: c.FPDF_ANNOTATION, place: Place) -> Box:
    rect = c.FS_RECTF()
    c.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
    return _placed(place, rect.left, rect.bottom, rect.right, rect.top)


def _placed(place: Place, left: float, bottom: float, right: float, top: float) -> Box:
    xa, ya = place(left, top)
    xb, yb = place(right, bottom)
    return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)


def _quads(annotation: c.FPDF_ANNOTATION, place: Place) -> list[Box]:
    quad = c.FS_QUADPOINTSF()
    boxes = []
    for i in range(min(c.FPDFAnnot_CountAttachmentPoints(annotation), MOST)):
        if c.FPDFAnnot_GetAttachmentPoints(annotation, i, ctypes.byref(quad)):
            xs, ys = (quad.x1, quad.x2, quad.x3, quad.x4), (quad.y1, quad.y2, quad.y3, quad.y4)
            boxes.append(_placed(place, min(xs), min(ys), max(xs), max(ys)))
    return boxes


def _typed(text: str, box: Box) -> list[Word]:
    """Typed text as words within its box. Line breaks are estimated from the average letter width."""
    x0, top, x1, bottom = box
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    height = max(min((bottom - top) / len(lines), _TALLEST), 1.0)
    words, row = [], 0
    for line in lines:
        at = x0 + 1
        for part in line.split():
            width = _ADVANCE * height * len(part)
            if at + width > x1 and at > x0 + 1:
                row, at = row + 1, x0 + 1
            y = min(top + row * height, max(bottom - height, top))
            words.append(Word(part, at, y, min(at + width, max(x1, x0 + 2)), y + height))
            at += width + _ADVANCE * height
        row += 1
    return words


def _string(annotation: c.FPDF_ANNOTATION, key: bytes) -> str:
    return _text(lambda buffer, size: c.FPDFAnnot_GetStringValue(annotation, key, buffer, size))


def _value(form: c.FPDF_FORMHANDLE, annotation: c.FPDF_ANNOTATION) -> str:
    return _text(lambda buffer, size: c.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))


def _text(read: Callable[[ctypes.Array[ctypes.c_ushort] | None, int], int]) -> str:
    """Text that a PDFium function writes to a buffer as UTF-16. The function returns the size in bytes."""
    size = read(None, 0)
    if not 2 < size <= LONGEST_TEXT:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    read(buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", "replace")
