"""The characters of a page in PDFium's text layer: their codes, and their glyphs with positions.

A page has thousands of characters, and PDFium returns one at a time.
"""

from __future__ import annotations

import ctypes
import itertools
import unicodedata
from collections import Counter
from functools import lru_cache

import pypdfium2.raw as c

from rubric_jobs.documents import symbols
from rubric_jobs.documents.pdf_annotations import Place
from rubric_jobs.documents.pdf_calls import address, loose_box, text_object
from rubric_jobs.documents.pdf_glyphs import Glyph, Glyphs
from rubric_jobs.documents.pdf_type import are_tight, line_of_type, style, type_size

_SOFT_HYPHENS = (0xFFFE, 0x02, 0xAD)


class Characters:
    """The characters of one page, in content order."""

    def __init__(self, page: c.FPDF_TEXTPAGE, count: int) -> None:
        self._page = page
        self._address = address(page)
        self._styles: dict[int, tuple[bool, bool]] = {}
        self.codes = _codes(page, count)

    def drawn_by(self, index: int) -> int:
        """The address of the object that draws a character; 0 for one that PDFium inserted between two objects."""
        return text_object(self._address, index) or 0

    def style(self, index: int) -> tuple[bool, bool]:
        """Whether a character is bold, and whether it is italic. A text object has one font."""
        drawer = self.drawn_by(index)
        if not drawer:
            return style(self._page, index)
        if drawer not in self._styles:
            self._styles[drawer] = style(self._page, index)
        return self._styles[drawer]

    def unknown(self) -> float:
        """The share of the characters that the page's fonts map to no letter."""
        counts = Counter(self.codes)
        for code in _WHITE_CODES:
            del counts[code]
        none = sum(n for code, n in counts.items() if (code < 32 and code != _HYPHEN) or code == _REPLACEMENT)
        return none / max(counts.total(), 1)

    def glyphs(self, angles: list[int], place: Place, turn: int) -> Glyphs:
        """`angles` are the quarter turns of each character. The page is turned back by `turn`."""
        texts = list(map(_text_of, self.codes))
        shown = [i for i, text in enumerate(texts) if text]
        found: Glyphs = [None] * len(texts)
        is_shift = turn == 0
        across, down = place(0.0, 0.0)
        for i, left, upper, right, lower in self._boxes(shown):
            if is_shift:  # nearly every page: like `place`, without its calls
                x0, top, x1, bottom = left + across, down - upper, right + across, down - lower
            else:
                (x0, top), (x1, bottom) = place(left, upper), place(right, lower)
            if x0 > x1:
                x0, x1 = x1, x0
            if top > bottom:
                top, bottom = bottom, top
            found[i] = texts[i], x0, top, x1, bottom, (angles[i] - turn) % 4, i
        if is_shift and are_tight(self._page, self.codes):
            return [glyph and self._with_line(glyph, place) for glyph in found]
        return found

    def _boxes(self, indices: list[int]) -> list[tuple[int, float, float, float, float]]:
        """Index, left, top, right and bottom of those of these characters that have a box, in page coordinates."""
        buffer = (c.FS_RECTF * len(indices))()
        start, size = ctypes.addressof(buffer), ctypes.sizeof(c.FS_RECTF)
        places = range(start, start + size * len(indices), size)
        has_box = list(map(loose_box, itertools.repeat(self._address), indices, places))
        sides = memoryview(buffer).cast("B").cast("f").tolist()
        boxes = zip(indices, sides[0::4], sides[1::4], sides[2::4], sides[3::4], strict=True)
        return list(itertools.compress(boxes, has_box))

    def _with_line(self, glyph: Glyph, place: Place) -> Glyph:
        """The glyph with the height of a line of its type, if boxes enclose the ink only."""
        text, x0, _, x1, _, angle, index = glyph
        if angle or (size := type_size(self._page, index)) <= 0:
            return glyph
        top, bottom = line_of_type(self._page, index, place, size)
        return text, x0, top, x1, bottom, angle, index


def _codes(page: c.FPDF_TEXTPAGE, count: int) -> list[int]:
    """The code of each character, in one call if it returns all of them, else one by one."""
    buffer = (ctypes.c_ushort * (2 * count + 1))()
    units = c.FPDFText_GetText(page, 0, count, buffer) - 1
    text = bytes(buffer)[: 2 * max(units, 0)].decode("utf-16-le", "surrogatepass")
    if len(text) == count:
        return list(map(ord, text))
    return [c.FPDFText_GetUnicode(page, i) for i in range(count)]


_WHITE_CODES = (0x09, 0x0A, 0x0D, 0x20)
_HYPHEN = 0x02
"""PDFium's code for a hyphen at the end of a line."""
_REPLACEMENT = 0xFFFD


@lru_cache(maxsize=4096)
def _text_of(code: int) -> str:
    """The printed text: ligatures split, private-use bullets as bullets; "" for white space and invalid codes."""
    if code in _SOFT_HYPHENS:
        return "-"
    if not 32 < code < 0x110000 or 0xD800 <= code < 0xE000 or chr(code).isspace():
        return ""
    if 0xFB00 <= code <= 0xFB06:
        return unicodedata.normalize("NFKC", chr(code))
    if 0xE000 <= code <= 0xF8FF:
        return "☐" if code in _SYMBOL_BOXES else "☑" if code in _SYMBOL_TICKS else symbols.picture(code)
    return chr(code)


_SYMBOL_BOXES = frozenset({0xF06F, 0xF070, 0xF071, 0xF072, 0xF0A8})
_SYMBOL_TICKS = frozenset({0xF0FC, 0xF0FE, 0xF052, 0xF053})
