"""Interprets glyphs by position: accents on their letters, raised and lowered numbers.

To PDF, an accent drawn separately from its letter, or a small raised digit, is a character like any other.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rubric_jobs.documents import raised

Glyph = tuple[str, float, float, float, float, int, int]
"""Text, left, top, right, bottom, quarter turns relative to the page's text, index. A tuple for speed: pages have
thousands."""
Glyphs = list[Glyph | None]
"""In content order; None stands for white space."""

_BIN = 16.0
_MOST_IN_BIN = 100
"""A square of 16 points with more glyphs than this holds no legible text."""

_COMBINING = dict(zip("´¨`ˆ^˜~¸ˇ˘˙˚˛˝¯", "\u0301\u0308\u0300\u0302\u0302\u0303\u0303\u0327\u030c\u0306\u0307\u030a\u0328\u030b\u0304", strict=True))  # fmt: skip  # noqa: E501
_COMBINING |= {chr(code): chr(code) for code in range(0x300, 0x330)}
_DOTLESS = {"ı": "i", "ȷ": "j"}
NO_GAP = 0.12
"""Share of a letter's height. Closer letters have no space between them."""

SMALLER = 0.82
RAISED, LOWERED = 0.12, 0.06
"""Shift of a raised or lowered digit's foot, as a share of the previous letter's height."""
FARTHEST = 0.35
_SLASHES = frozenset("/⁄∕")


class Places:
    """An index of glyphs by position. Rows are binned on demand, because few places of a page are asked for."""

    def __init__(self, glyphs: Sequence[Glyph | None]) -> None:
        self._glyphs = glyphs
        self._rows: dict[float, list[int]] = defaultdict(list)
        self._bins: dict[int, dict[float, list[int]]] = {}
        for at, glyph in enumerate(glyphs):
            if glyph is not None:
                self._rows[(glyph[2] + glyph[4]) // (2 * _BIN)].append(at)

    def near(self, x: float, y: float) -> Iterator[int]:
        """Indices of the glyphs whose centre is within 16 points, and of some others."""
        column, row = int(x // _BIN), int(y // _BIN)
        rows = [self._binned(row + j) for j in (-1, 0, 1)]
        for i in (-1, 0, 1):
            for bins in rows:
                found = bins.get(column + i, ())
                if len(found) <= _MOST_IN_BIN:
                    yield from found

    def _binned(self, row: int) -> dict[float, list[int]]:
        """The glyphs of a row by their column."""
        bins = self._bins.get(row)
        if bins is None:
            bins = self._bins[row] = defaultdict(list)
            for at in self._rows.get(row, ()):
                glyph = self._glyphs[at]
                if glyph is not None:
                    bins[(glyph[1] + glyph[3]) // (2 * _BIN)].append(at)
        return bins


def with_accents(glyphs: Glyphs) -> tuple[Glyphs, bool]:
    """Combines separately drawn accents with their letters. Also returns whether an accent fits no letter.

    Older LaTeX fonts have no accented letters: the accent is a separate character, before its letter or elsewhere.
    """
    accents = [at for at, glyph in enumerate(glyphs) if glyph is not None and glyph[0] in _COMBINING]
    if not accents:
        return glyphs, False
    places, left_over = Places(glyphs), False
    found: Glyphs = list(glyphs)
    taken = set()
    for at in accents:
        base = _letter_below(glyphs, at, places)
        letter = found[base] if base is not None else None
        if base is None or letter is None:
            continue
        composed = _composed(letter[0], glyphs[at])
        if composed:
            found[base] = (composed, *letter[1:])
            taken.add(at)
        else:
            left_over = True
    return (_closed(found, taken) if taken else found), left_over


def _letter_below(glyphs: Glyphs, at: int, places: Places) -> int | None:
    """The letter below an accent, if any: the one with the nearest centre."""
    accent = glyphs[at]
    if accent is None:
        return None
    _, x0, top, x1, bottom, angle, _ = accent
    x, y, height = (x0 + x1) / 2, (top + bottom) / 2, bottom - top
    best, distance = None, 0.0
    for other in places.near(x, y):
        glyph = glyphs[other]
        if glyph is None or other == at or glyph[5] != angle or not glyph[0][-1:].isalpha():
            continue
        is_over = glyph[1] - 0.5 <= x <= glyph[3] + 0.5 and abs(glyph[4] - bottom) <= 0.5 * height
        away = abs((glyph[1] + glyph[3]) / 2 - x)
        if is_over and (best is None or away < distance):
            best, distance = other, away
    return best


def _composed(letter: str, accent: Glyph | None) -> str:
    """The accented letter as one character; "" if there is no such character."""
    if accent is None:
        return ""
    text = unicodedata.normalize("NFC", _DOTLESS.get(letter, letter) + _COMBINING[accent[0]])
    return text if len(text) == 1 else ""


def _closed(glyphs: Glyphs, taken: set[int]) -> Glyphs:
    """The glyphs without those taken, and without the white space that these caused."""
    kept: Glyphs = []
    pending = False
    for at, glyph in enumerate(glyphs):
        if at in taken:
            continue
        if glyph is None:
            pending = True
            continue
        if pending and kept and not _touches(kept[-1], glyph):
            kept.append(None)
        pending = False
        kept.append(glyph)
    return kept


def _touches(last: Glyph | None, glyph: Glyph) -> bool:
    if last is None or last[5] != glyph[5] or glyph[5] % 2:
        return False
    height = max(last[4] - last[2], 1.0)
    return abs(glyph[1] - last[3]) <= NO_GAP * height and abs(glyph[4] - last[4]) <= 0.3 * height


def with_raised(glyphs: Glyphs) -> Glyphs:
    """Replaces raised and lowered digits by superscript and subscript digits, as `raised.settled` expects."""
    digits = [at for at, glyph in enumerate(glyphs) if glyph is not None and glyph[0].isdecimal() and not glyph[5]]
    if not digits or not _differ(glyphs, digits):
        return glyphs
    return _in_order(_put_behind(glyphs, digits))


def _put_behind(glyphs: Glyphs, digits: list[int]) -> Glyphs:
    """Moves raised digits that were drawn after their line to the letter they belong to."""
    largest = max(g[4] - g[2] for at in digits if (g := glyphs[at]) is not None)
    small = [at for at in digits if (g := glyphs[at]) is not None and g[4] - g[2] <= SMALLER * largest]
    behind: dict[int, list[int]] = {}
    places: Places | None = None
    base: int | None = None
    for at in small:
        glyph, last = glyphs[at], next((g for g in reversed(glyphs[max(at - 2, 0) : at]) if g is not None), None)
        if glyph is None or (last is not None and _is_behind(glyph, last, last[4] - last[2])):
            if base is not None and at - 1 in behind[base]:
                behind[base].append(at)
            continue
        places = places or Places(glyphs)
        base = _letter_before(glyphs, at, places)
        if base is not None:
            behind.setdefault(base, []).append(at)
    if not behind:
        return glyphs
    moved = {at for found in behind.values() for at in found}
    kept: Glyphs = []
    for at, glyph in enumerate(glyphs):
        kept.append(None if at in moved else glyph)
        kept += [glyphs[other] for other in behind.get(at, ())]
    return kept


def _is_behind(glyph: Glyph, last: Glyph, height: float) -> bool:
    return -0.3 * height <= glyph[1] - last[3] <= FARTHEST * height and abs(glyph[4] - last[4]) <= height


def _letter_before(glyphs: Glyphs, at: int, places: Places) -> int | None:
    """The index of the larger letter that ends where a raised digit begins."""
    glyph = glyphs[at]
    if glyph is None:
        return None
    for other in places.near(glyph[1], (glyph[2] + glyph[4]) / 2):
        letter = glyphs[other]
        if letter is None or other == at or letter[5] or not _may_have_marks(letter[0]):
            continue
        height = letter[4] - letter[2]
        is_raised = RAISED * height <= letter[4] - glyph[4] < height
        if glyph[4] - glyph[2] <= SMALLER * height and is_raised and _is_behind(glyph, letter, height):
            return other
    return None


def _in_order(glyphs: Glyphs) -> Glyphs:
    found: Glyphs = []
    base: Glyph | None = None  # the full-size letter that raised and lowered ones belong to
    last: Glyph | None = None
    for at, glyph in enumerate(glyphs):
        if glyph is None:
            found.append(None)
            continue
        text = glyph[0]
        if text not in _SLASHES and not text.isdecimal():  # nearly all of a page
            found.append(glyph)
            base = glyph if _may_have_marks(text) else None
            last = glyph
            continue
        moved = _moved(glyph, last, base) if base is not None and last is not None else None
        if moved is not None and text in _SLASHES and not (found and _is_raised(found)):
            moved = None
        if moved is not None:
            while found and found[-1] is None:
                found.pop()
            found.append(moved)
        elif _begins_note(glyphs, at):
            found.append((raised.up(text), *glyph[1:]))
        else:
            found.append(glyph)
            base = glyph if _may_have_marks(text) else None
        last = glyph
    return found


def _is_raised(glyphs: Glyphs) -> bool:
    """Whether the last glyph is a raised digit, such as a numerator before a slash."""
    last = next((glyph for glyph in reversed(glyphs) if glyph is not None), None)
    return last is not None and not last[0].isascii() and last[0] == raised.up(unicodedata.normalize("NFKC", last[0]))


@lru_cache(maxsize=4096)
def _may_have_marks(text: str) -> bool:
    """Whether a raised digit may follow: after letters, digits and closing punctuation. Other signs vary in height."""
    return text[-1:].isalnum() or text[-1:] in _WORD_ENDS


_WORD_ENDS = frozenset(")]}.,;:!?%\"'”’»")


def _differ(glyphs: Glyphs, digits: list[int]) -> bool:
    """Whether digits differ in size from each other or from the letters. On most pages they do not."""
    heights = {round(g[4] - g[2]) for at in digits if (g := glyphs[at]) is not None}
    return len(heights) > 1 or any(g is not None and round(g[4] - g[2]) not in heights for g in glyphs)


def _moved(glyph: Glyph, last: Glyph, base: Glyph) -> Glyph | None:
    """The glyph as superscript or subscript, if it is a small digit or slash after a larger letter; else None."""
    text, x0, _, x1, bottom, angle, index = glyph
    height = base[4] - base[2]
    if text in _SLASHES and -0.3 * height <= x0 - last[3] <= FARTHEST * height:
        return (text, x0, base[2], x1, base[4], angle, index)
    is_small = bottom - glyph[2] <= SMALLER * height
    if angle or base[5] or not is_small or not -0.3 * height <= x0 - last[3] <= FARTHEST * height:
        return None
    if not text.isdecimal() or not text.isascii() or abs(bottom - base[4]) > height:
        return None
    if last[0] in _SLASHES or bottom >= base[4] + LOWERED * height:
        return (raised.down(text), x0, base[2], x1, base[4], angle, index)
    if bottom <= base[4] - RAISED * height:
        return (raised.up(text), x0, base[2], x1, base[4], angle, index)
    return None


def _begins_note(glyphs: Glyphs, at: int) -> bool:
    """Whether a raised digit begins a note, because full-size text follows at once."""
    glyph = glyphs[at]
    following = next((g for g in glyphs[at + 1 : at + 3] if g is not None), None)
    if glyph is None or following is None or glyph[5] or following[5]:
        return False
    if not glyph[0].isdecimal() or not following[0].isalpha():
        return False
    height = following[4] - following[2]
    return (
        glyph[4] - glyph[2] <= SMALLER * height
        and 0 < following[4] - glyph[4] - RAISED * height < height
        and -0.3 * height <= following[1] - glyph[3] <= 0.6 * height
    )
