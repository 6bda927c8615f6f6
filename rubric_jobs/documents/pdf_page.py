"""One page as PDFium sees it → words and edges. The only module that speaks PDFium's C interface."""

from __future__ import annotations

import ctypes
import itertools
import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as c

from rubric_jobs.documents.geometry import Edge, PageContent, Word
from rubric_jobs.errors import DocumentTooLarge

MOST_CHARACTERS = 60_000
MOST_OBJECTS = 60_000
MOST_SEGMENTS = 120_000
DEEPEST_FORM = 6
THICKEST_LINE = 3.0
SHORTEST_EDGE = 4.0
_SOFT_HYPHENS = ("￾", "\x02", "\u00ad")
_WHITE = 245

Place = Callable[[float, float], tuple[float, float]]
"""A point in the page's own space → points from the top left of the page as it is looked at."""


@dataclass(slots=True)
class _Glyph:
    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    angle: int
    index: int


def read_page(page: pdfium.PdfPage, number: int) -> PageContent:
    """Raises DocumentTooLarge for a page that no rubric needs."""
    text_page = page.get_textpage()
    count = c.FPDFText_CountChars(text_page)
    if count > MOST_CHARACTERS:
        raise DocumentTooLarge(f"Page {number} holds more text than this service reads.")
    turn = _main_angle(text_page, count)
    place, width, height = _placing(page, turn)
    shapes = _Shapes(place)
    shapes.walk(page)
    words = _words(text_page, count, place, turn) + _form_values(page, place) + shapes.boxes
    background = _background(shapes.lines, width, height)
    return PageContent(
        number=number,
        width=width,
        height=height,
        words=[w for w in words if -5 <= w.x0 <= width + 5 and -5 <= w.top <= height + 5],
        lines=[edge for edge in shapes.lines if edge not in background],
        fills=shapes.fills,
        has_picture=shapes.has_picture,
    )


def _main_angle(text_page: pdfium.PdfTextPage, count: int) -> int:
    step = max(1, count // 400)
    seen = Counter(_angle(text_page, i) for i in range(0, count, step))
    return seen.most_common(1)[0][0] if seen else 0


def _angle(text_page: pdfium.PdfTextPage, index: int) -> int:
    # PDFium counts clockwise.
    return round(-float(c.FPDFText_GetCharAngle(text_page, index)) / (math.pi / 2)) % 4


def _placing(page: pdfium.PdfPage, turn: int) -> tuple[Place, float, float]:
    """Undoes the page's own rotation, or that of its text where most of the text is turned."""
    left, bottom, right, top = page.get_cropbox()
    width, height = right - left, top - bottom
    # With text turned by `turn` quarters (anticlockwise) the reader turns the page back by as many.
    quarters = turn % 4
    if quarters == 1:
        return (lambda x, y: (y - bottom, x - left)), height, width
    if quarters == 2:
        return (lambda x, y: (right - x, y - bottom)), width, height
    if quarters == 3:
        return (lambda x, y: (top - y, right - x)), height, width
    return (lambda x, y: (x - left, top - y)), width, height


def _words(text_page: pdfium.PdfTextPage, count: int, place: Place, turn: int) -> list[Word]:
    words: list[Word] = []
    glyphs: list[_Glyph] = []
    for glyph in _glyphs(text_page, count, place, turn):
        if glyph is None or (glyphs and _breaks(glyphs[-1], glyph)):
            if glyphs:
                words.append(_as_word(text_page, glyphs))
            glyphs = []
        if glyph is not None:
            glyphs.append(glyph)
    if glyphs:
        words.append(_as_word(text_page, glyphs))
    return [word for word in words if word.text]


def _glyphs(text_page: pdfium.PdfTextPage, count: int, place: Place, turn: int) -> Iterator[_Glyph | None]:
    """Glyphs in content order; None stands for white space."""
    box = c.FS_RECTF()
    for i in range(count):
        code = c.FPDFText_GetUnicode(text_page, i)
        text = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
        if text in _SOFT_HYPHENS:
            text = "-"
        if (
            not text
            or text.isspace()
            or ord(text) < 32
            or not c.FPDFText_GetLooseCharBox(text_page, i, ctypes.byref(box))
        ):
            yield None
            continue
        xa, ya = place(box.left, box.top)
        xb, yb = place(box.right, box.bottom)
        angle = (_angle(text_page, i) - turn) % 4
        yield _Glyph(_plain(text), min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb), angle, i)


def _plain(text: str) -> str:
    """Ligatures apart, private-use bullets as a bullet, the rest as printed."""
    code = ord(text)
    if 0xFB00 <= code <= 0xFB06:
        return unicodedata.normalize("NFKC", text)
    if 0xE000 <= code <= 0xF8FF:
        return "☐" if code in _SYMBOL_BOXES else "☑" if code in _SYMBOL_TICKS else "•"
    return text


_SYMBOL_BOXES = frozenset({0xF06F, 0xF070, 0xF071, 0xF072, 0xF0A8})
_SYMBOL_TICKS = frozenset({0xF0FC, 0xF0FE, 0xF052, 0xF053})


def _breaks(last: _Glyph, new: _Glyph) -> bool:
    if last.angle != new.angle:
        return True
    if last.angle % 2:
        return abs(new.x0 - last.x0) > 0.5 * (last.x1 - last.x0)
    height = max(last.bottom - last.top, 1.0)
    gap = new.x0 - last.x1
    return abs(new.bottom - last.bottom) > 0.6 * height or gap > 0.6 * height or gap < -2.0 * height


def _as_word(text_page: pdfium.PdfTextPage, glyphs: list[_Glyph]) -> Word:
    is_bold, is_italic = _style(text_page, glyphs[0].index)
    return Word(
        text="".join(g.text for g in glyphs),
        x0=min(g.x0 for g in glyphs),
        top=min(g.top for g in glyphs),
        x1=max(g.x1 for g in glyphs),
        bottom=max(g.bottom for g in glyphs),
        is_bold=is_bold,
        is_italic=is_italic,
        quarter=glyphs[0].angle,
    )


def _style(text_page: pdfium.PdfTextPage, index: int) -> tuple[bool, bool]:
    name = ctypes.create_string_buffer(96)
    flags = ctypes.c_int()
    c.FPDFText_GetFontInfo(text_page, index, name, 96, ctypes.byref(flags))
    font = name.value.decode("latin-1").lower()
    is_bold = any(mark in font for mark in ("bold", "black", "heavy", "semibd", "cmbx")) or (
        c.FPDFText_GetFontWeight(text_page, index) >= 600
    )
    return is_bold, any(mark in font for mark in ("italic", "oblique"))


def _form_values(page: pdfium.PdfPage, place: Place) -> list[Word]:
    """What was typed into form fields, as words in the fields' boxes."""
    found = []
    for i in range(min(c.FPDFPage_GetAnnotCount(page), 2000)):
        annotation = c.FPDFPage_GetAnnot(page, i)
        if not annotation:
            continue
        if c.FPDFAnnot_GetSubtype(annotation) == c.FPDF_ANNOT_WIDGET:
            found += _field_words(annotation, place)
        c.FPDFPage_CloseAnnot(annotation)
    return found


def _field_words(annotation: c.FPDF_ANNOTATION, place: Place) -> list[Word]:
    if _annotation_text(annotation, b"FT") not in ("Tx", "Ch"):
        return []
    lines = _annotation_text(annotation, b"V").replace("\r", "\n").split("\n")
    box = c.FS_RECTF()
    c.FPDFAnnot_GetRect(annotation, ctypes.byref(box))
    xa, ya = place(box.left, box.top)
    xb, yb = place(box.right, box.bottom)
    x0, top, x1, bottom = min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)
    height = min((bottom - top) / max(len(lines), 1), 12.0)
    words = []
    for row, line in enumerate(lines):
        parts = line.split()
        advance = (x1 - x0) / max(len(line), 20)
        at = x0 + 1
        for part in parts:
            y = top + row * height
            words.append(Word(part, at, y, min(at + advance * len(part), x1), y + height))
            at += advance * (len(part) + 1)
    return words


def _annotation_text(annotation: c.FPDF_ANNOTATION, key: bytes) -> str:
    size = c.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if not 2 < size <= 20_000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    c.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(buffer, ctypes.POINTER(c.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


class _Shapes:
    """Straight rulings and shaded areas of a page, nested forms included."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.lines: list[Edge] = []
        self.fills: list[Edge] = []
        self.boxes: list[Word] = []
        self.has_picture = False
        self._objects = 0
        self._segments = 0

    def walk(self, page: pdfium.PdfPage) -> None:
        for i in range(min(c.FPDFPage_CountObjects(page), MOST_OBJECTS + 1)):
            self._take(c.FPDFPage_GetObject(page, i), (1, 0, 0, 1, 0, 0), 0)

    def _take(self, item: c.FPDF_PAGEOBJECT, outer: _Matrix, depth: int) -> None:
        self._objects += 1
        if self._objects > MOST_OBJECTS:
            # A drawing of so many strokes is a picture: its strokes are no rulings, and the text is read without them.
            self.lines, self.fills, self.boxes = [], [], []
            return
        kind = c.FPDFPageObj_GetType(item)
        if kind == c.FPDF_PAGEOBJ_IMAGE:
            self.has_picture = True
        elif kind == c.FPDF_PAGEOBJ_PATH:
            self._path(item, outer)
        elif kind == c.FPDF_PAGEOBJ_FORM and depth < DEEPEST_FORM:
            matrix = _times(_matrix(item), outer)
            for i in range(min(c.FPDFFormObj_CountObjects(item), MOST_OBJECTS + 1)):
                if self._objects > MOST_OBJECTS:
                    return
                self._take(c.FPDFFormObj_GetObject(item, i), matrix, depth + 1)

    def _path(self, item: c.FPDF_PAGEOBJECT, outer: _Matrix) -> None:
        count = c.FPDFPath_CountSegments(item)
        self._segments += count
        if self._segments > MOST_SEGMENTS:
            self._objects = MOST_OBJECTS
            return
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        c.FPDFPath_GetDrawMode(item, ctypes.byref(fill), ctypes.byref(stroke))
        if not (fill.value or stroke.value):
            return
        is_faint = not stroke.value and _is_white(item)
        for points in self._outlines(item, count, _times(_matrix(item), outer)):
            self._outline(points, is_stroked=bool(stroke.value), is_faint=is_faint)

    def _outlines(self, item: c.FPDF_PAGEOBJECT, count: int, matrix: _Matrix) -> Iterator[list[tuple[float, float]]]:
        points: list[tuple[float, float]] = []
        x, y = ctypes.c_float(), ctypes.c_float()
        a, b, cc, d, e, f = matrix
        for i in range(count):
            segment = c.FPDFPath_GetPathSegment(item, i)
            kind = c.FPDFPathSegment_GetType(segment)
            c.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
            if kind == c.FPDF_SEGMENT_MOVETO and points:
                yield points
                points = []
            if kind != c.FPDF_SEGMENT_BEZIERTO:
                points.append(self.place(a * x.value + cc * y.value + e, b * x.value + d * y.value + f))
            if c.FPDFPathSegment_GetClose(segment) and points:
                yield [*points, points[0]]
                points = []
        if points:
            yield points

    def _outline(self, points: list[tuple[float, float]], *, is_stroked: bool, is_faint: bool) -> None:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        x0, x1, top, bottom = min(xs), max(xs), min(ys), max(ys)
        if bottom - top <= THICKEST_LINE or x1 - x0 <= THICKEST_LINE:
            if not is_faint:
                self._line(x0, top, x1, bottom)
        elif is_stroked and _is_tick_box(x1 - x0, bottom - top):
            self.boxes.append(Word("☐", x0, top, x1, bottom))
        elif is_stroked:
            for (xa, ya), (xb, yb) in itertools.pairwise(points):
                self._line(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))
        elif not is_faint and len(points) in (4, 5):
            self.fills += _borders(x0, top, x1, bottom)

    def _line(self, x0: float, top: float, x1: float, bottom: float) -> None:
        if bottom - top <= THICKEST_LINE and x1 - x0 >= SHORTEST_EDGE:
            self.lines.append(Edge(True, (top + bottom) / 2, x0, x1))
        elif x1 - x0 <= THICKEST_LINE and bottom - top >= SHORTEST_EDGE:
            self.lines.append(Edge(False, (x0 + x1) / 2, top, bottom))


def _is_tick_box(width: float, height: float) -> bool:
    return 5.0 <= width <= 15.0 and 5.0 <= height <= 15.0 and abs(width - height) <= 1.5


_Matrix = tuple[float, float, float, float, float, float]


def _matrix(item: c.FPDF_PAGEOBJECT) -> _Matrix:
    m = c.FS_MATRIX()
    if not c.FPDFPageObj_GetMatrix(item, ctypes.byref(m)):
        return 1, 0, 0, 1, 0, 0
    return m.a, m.b, m.c, m.d, m.e, m.f


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, cc, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, cc * p + d * r, cc * q + d * s, e * p + f * r + t, e * q + f * s + u


def _is_white(item: c.FPDF_PAGEOBJECT) -> bool:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    known = c.FPDFPageObj_GetFillColor(
        item, ctypes.byref(red), ctypes.byref(green), ctypes.byref(blue), ctypes.byref(alpha)
    )
    return bool(known) and (min(red.value, green.value, blue.value) >= _WHITE or alpha.value < 5)


def _borders(x0: float, top: float, x1: float, bottom: float) -> list[Edge]:
    return [
        Edge(True, top, x0, x1),
        Edge(True, bottom, x0, x1),
        Edge(False, x0, top, bottom),
        Edge(False, x1, top, bottom),
    ]


def _background(lines: list[Edge], width: float, height: float) -> set[Edge]:
    """Graph paper and frames: rulings from one end of the page to the other, which a table with margins never has."""
    spanning = {edge for edge in lines if edge.length >= 0.985 * (width if edge.is_horizontal else height)}
    return spanning if len(spanning) >= 8 else set()
