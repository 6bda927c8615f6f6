"""Removes text that nobody reads: struck out, or invisible and not the recognised text of a picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from rubric_jobs.documents.geometry import Box, Edge
from rubric_jobs.documents.pdf_glyphs import Glyph, Glyphs, Places

LONGEST_STRIKE = 400.0
MOST_STRIKES = 1500
SAME_END = 2.0
MIDDLE = (0.34, 0.66)
"""Where a strike-out line runs, as a share of the letters' height from their top."""
_BAND = 4.0
_MOST_IN_BAND = 3000
MOST_PICTURES = 100


def without_struck(glyphs: Glyphs, lines: list[Edge], boxes: list[Box]) -> tuple[Glyphs, list[Edge]]:
    """The glyphs that no line and no markup (`boxes`) strikes out, and the lines that strike out nothing."""
    short = [edge for edge in lines if edge.is_horizontal and edge.length <= LONGEST_STRIKE]
    if len(short) > MOST_STRIKES or not (short or boxes):
        return glyphs, lines
    bands: dict[float, list[int]] = defaultdict(list)
    for at, glyph in enumerate(glyphs):
        if glyph is not None:
            bands[(glyph[2] + glyph[4]) // (2 * _BAND)].append(at)
    gone: set[int] = set()
    strikes: set[Edge] = set()
    for edge in short:
        struck = _struck_by(edge, glyphs, bands)
        if struck:
            gone.update(struck)
            strikes.add(edge)
    for box in boxes:
        gone.update(at for at in _between(bands, box[1], box[3]) if _is_within(glyphs[at], box))
    if not gone:
        return glyphs, lines
    return [None if at in gone else g for at, g in enumerate(glyphs)], [e for e in lines if e not in strikes]


def _between(bands: dict[float, list[int]], top: float, bottom: float) -> list[int]:
    rows = [
        bands.get(band, []) for band in range(int(top // _BAND), min(int(bottom // _BAND), int(top // _BAND) + 30) + 1)
    ]
    return [at for row in rows if len(row) <= _MOST_IN_BAND for at in row]


def _struck_by(edge: Edge, glyphs: Glyphs, bands: dict[float, list[int]]) -> list[int]:
    """The glyphs that a line strikes out. The line must begin and end where they do."""
    found = [
        (at, glyph)
        for at in _between(bands, edge.at - _BAND, edge.at + _BAND)
        if (glyph := glyphs[at]) is not None and _is_crossed(glyph, edge)
    ]
    if not found:
        return []
    starts_alike = abs(min(glyph[1] for _, glyph in found) - edge.start) <= SAME_END
    ends_alike = abs(max(glyph[3] for _, glyph in found) - edge.end) <= SAME_END
    return [at for at, _ in found] if starts_alike and ends_alike else []


def _is_crossed(glyph: Glyph, edge: Edge) -> bool:
    _, x0, top, x1, bottom, angle, _ = glyph
    share = (edge.at - top) / max(bottom - top, 1.0)
    return not angle and MIDDLE[0] <= share <= MIDDLE[1] and edge.start - SAME_END <= x0 and x1 <= edge.end + SAME_END


def _is_within(glyph: Glyph | None, box: Box) -> bool:
    if glyph is None:
        return False
    x, y = (glyph[1] + glyph[3]) / 2, (glyph[2] + glyph[4]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def without_invisible(
    glyphs: Glyphs, invisible: set[int], pictures: list[Box], drawn_by: Callable[[int], int]
) -> Glyphs:
    """The glyphs without redundant ones of `invisible` objects. `drawn_by` returns the object that drew a glyph.

    Text recognition writes invisible text over the picture of a page. It is redundant if there is no picture, or if
    visible text stands in the same place.
    """
    parts: dict[int, list[int]] = defaultdict(list)
    for at, glyph in enumerate(glyphs):
        if glyph is not None and (drawer := drawn_by(glyph[6])) in invisible:
            parts[drawer].append(at)
    hidden = {at for part in parts.values() for at in part}
    seen: Glyphs = [None if at in hidden else glyph for at, glyph in enumerate(glyphs)]
    if not hidden or not any(seen):
        return glyphs
    if len(pictures) > MOST_PICTURES:  # strips of one scan
        pictures = [_around(pictures)]
    places = Places(seen)
    dropped = {at for part in parts.values() if not _is_read(part, glyphs, seen, places, pictures) for at in part}
    return [None if at in dropped else glyph for at, glyph in enumerate(glyphs)]


def _is_read(part: list[int], glyphs: Glyphs, seen: Glyphs, places: Places, pictures: list[Box]) -> bool:
    """Whether an invisible text lies on a picture and no visible text is in its place."""
    own = [glyph for at in part if (glyph := glyphs[at]) is not None]
    on_picture = sum(any(_is_within(glyph, box) for box in pictures) for glyph in own)
    doubled = sum(_is_doubled(glyph, seen, places) for glyph in own)
    return 2 * on_picture >= len(own) and 4 * doubled < len(own)


def _is_doubled(glyph: Glyph, seen: Glyphs, places: Places) -> bool:
    x, y = (glyph[1] + glyph[3]) / 2, (glyph[2] + glyph[4]) / 2
    return any(
        other[1] <= x <= other[3] and other[2] <= y <= other[4]
        for at in places.near(x, y)
        if (other := seen[at]) is not None
    )


def _around(boxes: list[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
