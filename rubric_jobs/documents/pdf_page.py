"""One page as PDFium sees it → words and edges. Only this module, `pdf_characters`, `pdf_type` and
`pdf_annotations` speak PDFium's C interface.
"""

from __future__ import annotations

import ctypes
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as c

from rubric_jobs.documents.geometry import Box, Edge, PageContent, Word
from rubric_jobs.documents.pdf_annotations import Place, read_annotations
from rubric_jobs.documents.pdf_calls import address, path_segments
from rubric_jobs.documents.pdf_characters import Characters
from rubric_jobs.documents.pdf_garbled import is_garbled
from rubric_jobs.documents.pdf_glyphs import Glyph, Glyphs, with_accents, with_raised
from rubric_jobs.documents.pdf_type import true_height
from rubric_jobs.documents.pdf_unseen import without_invisible, without_struck
from rubric_jobs.errors import DocumentTooLarge

MOST_CHARACTERS = 60_000
MOST_OBJECTS = 60_000
MOST_SEGMENTS = 120_000
DEEPEST_FORM = 6
THICKEST_LINE = 3.0
SHORTEST_EDGE = 4.0
SUSPICIOUS_HEIGHT = 20.0
"""Points. Only taller words are measured again, which takes three calls."""
_WHITE = 245
_WHITE_AREA = 253
"""Fills from this lightness on are white. Rows are shaded in tints that are too light for a rule."""


def read_page(page: pdfium.PdfPage, number: int) -> PageContent:
    """Reads one page. Raises DocumentTooLarge for a page with more content than any rubric needs."""
    text_page = page.get_textpage()
    count = c.FPDFText_CountChars(text_page)
    if count > MOST_CHARACTERS:
        raise DocumentTooLarge(f"Page {number} holds more text than this service reads.")
    items = list(itertools.islice(_items(page), MOST_OBJECTS + 1))
    angles = _angles(text_page.raw, count) if _may_be_turned(items) else [0] * count
    turn = _main_angle(angles)
    place, width, height = _placing(page, turn)
    shapes = _Shapes(place)
    shapes.take(items)
    beside = read_annotations(page, place)
    characters = Characters(text_page.raw, count)
    glyphs = _seen(characters, characters.glyphs(angles, place, turn), items, place)
    glyphs, shapes.lines = without_struck(glyphs, shapes.lines, beside.struck)
    glyphs, has_detached_accents = with_accents(glyphs)
    boxes = [box for box in shapes.boxes if not any(_overlap(box, field) for field in beside.boxes)]
    words = _Words(text_page.raw, characters, place).of(with_raised(glyphs)) + beside.words + beside.boxes + boxes
    background = _background(shapes.lines, width, height)
    return PageContent(
        number=number,
        width=width,
        height=height,
        words=[w for w in words if -5 <= w.x0 <= width + 5 and -5 <= w.top <= height + 5],
        lines=[edge for edge in shapes.lines if edge not in background],
        fills=shapes.fills,
        has_picture=shapes.has_picture,
        has_detached_accents=has_detached_accents,
        is_garbled=is_garbled([word.text for word in words], characters.unknown()),
    )


def _seen(characters: Characters, glyphs: Glyphs, items: list[_Item], place: Place) -> Glyphs:
    """The glyphs without redundant invisible ones."""
    texts = (item.object for item in items if item.kind == c.FPDF_PAGEOBJ_TEXT)
    invisible = {address(text) for text in texts if c.FPDFTextObj_GetTextRenderMode(text) in _INVISIBLE}
    if not invisible:
        return glyphs
    pictures = [_picture_box(item, place) for item in items if item.kind == c.FPDF_PAGEOBJ_IMAGE]
    return without_invisible(glyphs, invisible, pictures, characters.drawn_by)


_INVISIBLE = (c.FPDF_TEXTRENDERMODE_INVISIBLE, c.FPDF_TEXTRENDERMODE_CLIP)


def _picture_box(item: _Item, place: Place) -> Box:
    a, b, cc, d, e, f = _times(_matrix(item.object), item.outer)
    xs, ys = zip(
        *(place(x, y) for x, y in ((e, f), (e + a, f + b), (e + cc, f + d), (e + a + cc, f + b + d))), strict=True
    )
    return min(xs), min(ys), max(xs), max(ys)


def _overlap(one: Word, other: Word) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.top < other.bottom and other.top < one.bottom


def _may_be_turned(items: list[_Item]) -> bool:
    """Whether some text may be turned. Asking every character would take a tenth of the page's time."""
    return len(items) > MOST_OBJECTS or any(
        item.kind == _FORM_TOO_DEEP or (item.kind == c.FPDF_PAGEOBJ_TEXT and _is_turned(item)) for item in items
    )


def _is_turned(item: _Item) -> bool:
    a, _, slant, *_ = _times(_matrix(item.object), item.outer)
    return a <= abs(slant)


def _angles(page: c.FPDF_TEXTPAGE, count: int) -> list[int]:
    """The quarter turns (anticlockwise) of each character. PDFium counts clockwise."""
    return [round(-c.FPDFText_GetCharAngle(page, i) / (math.pi / 2)) % 4 for i in range(count)]


def _main_angle(angles: list[int]) -> int:
    seen = Counter(angles)
    return seen.most_common(1)[0][0] if seen else 0


def _placing(page: pdfium.PdfPage, turn: int) -> tuple[Place, float, float]:
    """The mapping to an upright page, with its width and height. If most text is turned, the page turns with it."""
    left, bottom, right, top = page.get_cropbox()
    width, height = right - left, top - bottom
    # A person turns the page back by as many quarters as the text is turned.
    quarters = turn % 4
    if quarters == 1:
        return (lambda x, y: (y - bottom, x - left)), height, width
    if quarters == 2:
        return (lambda x, y: (right - x, y - bottom)), width, height
    if quarters == 3:
        return (lambda x, y: (top - y, right - x)), height, width
    return (lambda x, y: (x - left, top - y)), width, height


class _Words:
    """Glyphs → words."""

    def __init__(self, page: c.FPDF_TEXTPAGE, characters: Characters, place: Place) -> None:
        self._page = page
        self._characters = characters
        self._place = place

    def of(self, glyphs: Iterable[Glyph | None]) -> list[Word]:
        words: list[Word] = []
        held: list[Glyph] = []
        for glyph in glyphs:
            if held and (glyph is None or _breaks(held[-1], glyph)):
                words.append(self._word(held))
                held = []
            if glyph is not None:
                held.append(glyph)
        if held:
            words.append(self._word(held))
        return words

    def _word(self, glyphs: list[Glyph]) -> Word:
        texts, lefts, tops, rights, bottoms, angles, indices = zip(*glyphs, strict=True)
        is_bold, is_italic = self._characters.style(indices[0])
        top, bottom = min(tops), max(bottoms)
        if bottom - top > SUSPICIOUS_HEIGHT and angles[0] == 0:
            top, bottom = true_height(self._page, indices[0], self._place, top, bottom)
        return Word("".join(texts), min(lefts), top, max(rights), bottom, is_bold, is_italic, angles[0])


def _breaks(last: Glyph, new: Glyph) -> bool:
    _, last_x0, last_top, last_x1, last_bottom, last_angle, _ = last
    _, x0, _, _, bottom, angle, _ = new
    if last_angle != angle:
        return True
    if angle % 2:
        return abs(x0 - last_x0) > 0.5 * (last_x1 - last_x0)
    height = last_bottom - last_top
    if height < 1.0:
        height = 1.0
    return not -2.0 * height <= x0 - last_x1 <= 0.6 * height or abs(bottom - last_bottom) > 0.6 * height


_Matrix = tuple[float, float, float, float, float, float]
_FORM_TOO_DEEP = -1


class _Item(NamedTuple):
    """An object of the page or of a form on it, its kind, and the matrix of its container."""

    object: c.FPDF_PAGEOBJECT
    kind: int
    outer: _Matrix


def _items(page: pdfium.PdfPage) -> Iterator[_Item]:
    for i in range(c.FPDFPage_CountObjects(page.raw)):
        yield from _item_and_inner(c.FPDFPage_GetObject(page.raw, i), (1, 0, 0, 1, 0, 0), 0)


def _item_and_inner(item: c.FPDF_PAGEOBJECT, outer: _Matrix, depth: int) -> Iterator[_Item]:
    kind = c.FPDFPageObj_GetType(item)
    is_form = kind == c.FPDF_PAGEOBJ_FORM
    yield _Item(item, _FORM_TOO_DEEP if is_form and depth == DEEPEST_FORM else kind, outer)
    if is_form and depth < DEEPEST_FORM:
        matrix = _times(_matrix(item), outer)
        for i in range(c.FPDFFormObj_CountObjects(item)):
            yield from _item_and_inner(c.FPDFFormObj_GetObject(item, i), matrix, depth + 1)


class _Shapes:
    """Straight rules and shaded areas of a page."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.lines: list[Edge] = []
        self.fills: list[Edge] = []
        self.boxes: list[Word] = []
        self.has_picture = False

    def take(self, items: list[_Item]) -> None:
        self.has_picture = any(item.kind == c.FPDF_PAGEOBJ_IMAGE for item in items)
        paths = [item for item in items if item.kind == c.FPDF_PAGEOBJ_PATH]
        counts = [c.FPDFPath_CountSegments(path.object) for path in paths]
        if len(items) > MOST_OBJECTS or sum(counts) > MOST_SEGMENTS:
            return  # A drawing with this many strokes is a picture. Read the text without rules.
        for path, count in zip(paths, counts, strict=True):
            self._path(path.object, count, path.outer)

    def _path(self, item: c.FPDF_PAGEOBJECT, count: int, outer: _Matrix) -> None:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        c.FPDFPath_GetDrawMode(item, ctypes.byref(fill), ctypes.byref(stroke))
        if not (fill.value or stroke.value):
            return
        lightness = 0 if stroke.value else _lightness(item)
        for points in self._outlines(item, count, _times(_matrix(item), outer)):
            self._outline(points, is_stroked=bool(stroke.value), lightness=lightness)

    def _outlines(self, item: c.FPDF_PAGEOBJECT, count: int, matrix: _Matrix) -> Iterator[list[tuple[float, float]]]:
        points: list[tuple[float, float]] = []
        a, b, cc, d, e, f = matrix
        for kind, x, y, is_closed in path_segments(item, count):
            if kind == c.FPDF_SEGMENT_MOVETO and points:
                yield points
                points = []
            if kind != c.FPDF_SEGMENT_BEZIERTO:
                points.append(self.place(a * x + cc * y + e, b * x + d * y + f))
            if is_closed and points:
                yield points if points[-1] == points[0] else [*points, points[0]]
                points = []
        if points:
            yield points

    def _outline(self, points: list[tuple[float, float]], *, is_stroked: bool, lightness: int) -> None:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        x0, x1, top, bottom = min(xs), max(xs), min(ys), max(ys)
        if bottom - top <= THICKEST_LINE or x1 - x0 <= THICKEST_LINE:
            if lightness < _WHITE:
                self._line(x0, top, x1, bottom)
        elif is_stroked and _is_tick_box(x1 - x0, bottom - top):
            self.boxes.append(Word("☐", x0, top, x1, bottom))
        elif is_stroked:
            for (xa, ya), (xb, yb) in itertools.pairwise(points):
                self._line(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))
        elif lightness < _WHITE_AREA and len(points) in (4, 5):
            self.fills += _borders(x0, top, x1, bottom)

    def _line(self, x0: float, top: float, x1: float, bottom: float) -> None:
        if bottom - top <= THICKEST_LINE and x1 - x0 >= SHORTEST_EDGE:
            self.lines.append(Edge(True, (top + bottom) / 2, x0, x1))
        elif x1 - x0 <= THICKEST_LINE and bottom - top >= SHORTEST_EDGE:
            self.lines.append(Edge(False, (x0 + x1) / 2, top, bottom))


def _is_tick_box(width: float, height: float) -> bool:
    return 5.0 <= width <= 15.0 and 5.0 <= height <= 15.0 and abs(width - height) <= 1.5


def _matrix(item: c.FPDF_PAGEOBJECT) -> _Matrix:
    m = c.FS_MATRIX()
    if not c.FPDFPageObj_GetMatrix(item, ctypes.byref(m)):
        return 1, 0, 0, 1, 0, 0
    return m.a, m.b, m.c, m.d, m.e, m.f


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, cc, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, cc * p + d * r, cc * q + d * s, e * p + f * r + t, e * q + f * s + u


def _lightness(item: c.FPDF_PAGEOBJECT) -> int:
    """Lightness of the path's fill; 255 is white or transparent."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not c.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
        return 0
    return 255 if alpha.value < 5 else min(red.value, green.value, blue.value)


def _borders(x0: float, top: float, x1: float, bottom: float) -> list[Edge]:
    return [
        Edge(True, top, x0, x1),
        Edge(True, bottom, x0, x1),
        Edge(False, x0, top, bottom),
        Edge(False, x1, top, bottom),
    ]


def _background(lines: list[Edge], width: float, height: float) -> set[Edge]:
    """Graph paper and frames: rules across the whole page, which a table within margins never has."""
    spanning = {edge for edge in lines if edge.length >= 0.985 * (width if edge.is_horizontal else height)}
    return spanning if len(spanning) >= 8 else set()
