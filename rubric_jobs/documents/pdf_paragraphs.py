"""Words outside tables → paragraphs in reading order, also in two columns."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain

from rubric_jobs.documents.geometry import Box, PageContent, Word, median
from rubric_jobs.documents.lines import (
    Line,
    into_lines,
    joined,
    lead_of,
    paragraphs_of,
    split_marker,
    stretches,
)
from rubric_jobs.documents.model import Paragraph
from rubric_jobs.documents.pdf_cells import PlacedTable, rounded
from rubric_jobs.rubric.model import Source

NARROW = 0.5
"""Share of the page's width. Narrower text was probably not wrapped at the margin."""
FEWEST_IN_COLUMN = 8
"""Fewest lines that show that text is set in two columns."""
FEW_WORDS = 3
"""Most words in an amount after a gap, such as "10 points"."""
HEADING_SIZE = 1.15
"""Type this many times as large as the page's usual type is a heading."""


@dataclass(slots=True)
class PlacedParagraph:
    page: int
    box: Box
    paragraph: Paragraph
    column: int = 0


def paragraphs(
    words: list[Word], content: PageContent, tables: list[Box], vocabulary: frozenset[str]
) -> list[PlacedParagraph]:
    """Paragraphs of loose words. The texts on both sides of a gutter stay separate."""
    usual = median([w.size for w in words])
    found: list[PlacedParagraph] = []
    lines = into_lines(words)
    columns = _text_columns(words, lines, content)
    lefts = [min((word.x0 for word in part), default=0.0) for part in columns]
    for column, part in enumerate(columns):
        own = []
        for stretch in stretches(lines if part is words else into_lines(part), tables):
            right = _right_edge(stretch, content.width if len(columns) == 1 else 0.0)
            own += _with_titles_joined(_of_stretch(stretch, right, content, column, usual, vocabulary), usual)
        found += [_indented_from(item, lefts[column] - lefts[0]) for item in own]
    return found


def _indented_from(item: PlacedParagraph, left: float) -> PlacedParagraph:
    """Measures the indent from the paragraph's own column."""
    if not left:
        return item
    indent = round(item.paragraph.indent - left, 1)
    return replace(item, paragraph=replace(item.paragraph, indent=indent))


def _with_titles_joined(found: list[PlacedParagraph], usual: float) -> list[PlacedParagraph]:
    """Joins the lines of a large heading."""
    joint: list[PlacedParagraph] = []
    for item in found:
        last = joint[-1] if joint else None
        if last and _is_one_title(last, item, usual):
            text = f"{last.paragraph.text} {item.paragraph.text}"
            box = _around(last.box, item.box)
            source = Source(page=item.page, bbox=rounded(box))
            joint[-1] = PlacedParagraph(item.page, box, replace(last.paragraph, text=text, source=source), item.column)
        else:
            joint.append(item)
    return joint


def _is_one_title(above: PlacedParagraph, below: PlacedParagraph, usual: float) -> bool:
    one, other = above.paragraph, below.paragraph
    is_large = one.is_heading and other.is_heading and min(one.size, other.size) > HEADING_SIZE * usual
    alike = abs(one.size - other.size) <= 0.05 * one.size and one.is_bold == other.is_bold
    goes_on = (
        other.text[:1].islower() or one.text.endswith((":", "-", "–", "&", ",")) or one.text[-4:] in (" and", " for")
    )
    return is_large and alike and goes_on and not other.marker and below.box[1] - above.box[3] < 0.6 * one.size


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _text_columns(words: list[Word], lines: list[Line], content: PageContent) -> list[list[Word]]:
    """The page's words as one part, or as two if a gutter runs down the middle."""
    middle = range(int(content.width * 0.38), int(content.width * 0.62), 2)
    crossing = Counter(chain.from_iterable(_crossed(line, middle) for line in lines))
    best = min(middle, key=lambda x: crossing[x], default=0)
    fewest = crossing[best]
    wide = {id(w) for line in lines if any(v.x0 < best < v.x1 for v in line.words) for w in line.words}
    left = [w for w in words if id(w) in wide or w.centre[0] < best]
    right = [w for w in words if id(w) not in wide and w.centre[0] >= best]
    both = [line for line in lines if line.box[0] < best < line.box[2] and _is_parted(line, best)]
    is_set_in_columns = len(both) >= FEWEST_IN_COLUMN and fewest <= 0.25 * len(lines) and _is_prose(both, best)
    return [left, right] if is_set_in_columns or (not fewest and _are_pages(left, right)) else [words]


def _are_pages(left: list[Word], right: list[Word]) -> bool:
    """Whether these are two pages on one sheet: running text on both sides, not necessarily in aligned lines."""
    sides = [into_lines(left), into_lines(right)]
    return all(len(lines) >= FEWEST_IN_COLUMN and _is_prose(lines, lines[0].box[0] - 1) for lines in sides)


def _crossed(line: Line, places: range) -> set[int]:
    """The places covered by words of the line, with 4 points around each word."""
    return set().union(
        *(places[bisect_right(places, word.x0 - 4) : bisect_left(places, word.x1 + 4)] for word in line.words)
    )


def _is_parted(line: Line, x: float) -> bool:
    return all(w.x1 + 3 < x or w.x0 - 3 > x for w in line.words)


_SIGNS = "_.,:;!?()…“”\"'"


def _is_prose(lines: list[Line], x: float) -> bool:
    """Whether running text stands right of x, and not the amounts of a list."""
    right = [w for line in lines for w in line.words if w.x0 > x]
    told = [max(1, sum(map(_is_wide, w.text)) // 2) for w in right]
    spoken = [count for count, w in zip(told, right, strict=True) if w.text.strip(_SIGNS).isalpha() or count > 1]
    return sum(told) >= 3 * len(lines) and sum(spoken) >= 0.6 * sum(told)


def _is_wide(character: str) -> bool:
    """Whether it belongs to a script without spaces, in which two letters count as a word."""
    return character.isalpha() and character >= "\u2e80"


def _of_stretch(
    lines: list[Line], right: float, content: PageContent, column: int, usual: float, vocabulary: frozenset[str]
) -> list[PlacedParagraph]:
    found = []
    for group in paragraphs_of(lines, right):
        box = _box(group)
        found.append(PlacedParagraph(content.number, box, _paragraph(group, box, content, usual, vocabulary), column))
    return found


def _right_edge(lines: list[Line], width: float) -> float:
    """Where running text wraps: left of the amounts, if two fifths of the lines end in one.

    If all lines end at different places, no edge wrapped them, and the page's margin is assumed.
    """
    parted = [line.segments[0][-1].x1 for line in lines if line.is_parted and len(line.segments[-1]) <= FEW_WORDS]
    if len(parted) * 5 >= len(lines) * 2:
        return max(parted)
    left, right = min(line.box[0] for line in lines), max(line.box[2] for line in lines)
    at_edge = sum(right - line.box[2] <= 0.06 * (right - left) for line in lines)
    is_narrow = right - left < NARROW * width
    return right if at_edge >= 2 and not is_narrow else max(right, width - left)


def _box(lines: list[Line]) -> Box:
    return (
        min(line.box[0] for line in lines),
        min(line.box[1] for line in lines),
        max(line.box[2] for line in lines),
        max(line.box[3] for line in lines),
    )


def _paragraph(
    lines: list[Line], box: Box, content: PageContent, usual: float, vocabulary: frozenset[str]
) -> Paragraph:
    marker, text = split_marker(joined([_tabbed(line) for line in lines], vocabulary))
    ordered = [word for line in lines for word in line.words]
    if marker and ordered[0].text == marker:
        ordered = ordered[1:]
    size = lines[0].size
    is_bold = all(line.is_bold for line in lines)
    return Paragraph(
        text=text,
        source=Source(page=content.number, bbox=rounded(box)),
        marker=marker,
        indent=round(box[0], 1),
        size=round(size, 1),
        is_bold=is_bold,
        is_heading=len(text) < 120 and (size > HEADING_SIZE * usual or (is_bold and not re.search(r"[.;,]$", text))),
        lead=lead_of(ordered),
    )


def _tabbed(line: Line) -> Line:
    """Keeps the wide gaps of a line as tabs, because an amount often follows one."""
    parts = line.segments
    if len(parts) == 1:
        return line
    words = list(parts[0])
    for part in parts[1:]:
        first = part[0]
        words.append(Word(f"\t{first.text}", first.x0, first.top, first.x1, first.bottom, first.is_bold))
        words += part[1:]
    return Line(words, line.box)


def reading_order(placed: list[PlacedTable | PlacedParagraph]) -> list[PlacedTable | PlacedParagraph]:
    """The blocks from top to bottom, adjacent tables from left to right, a second text column after the first."""
    ordered: list[PlacedTable | PlacedParagraph] = []
    for block in sorted(placed, key=lambda p: (getattr(p, "column", 0), p.box[1])):
        at = len(ordered)
        while at and _stands_left_of(block, ordered[at - 1]):
            at -= 1
        ordered.insert(at, block)
    return ordered


def _stands_left_of(one: PlacedTable | PlacedParagraph, other: PlacedTable | PlacedParagraph) -> bool:
    """Whether both are tables at the same height and `one` is the left one."""
    if not (isinstance(one, PlacedTable) and isinstance(other, PlacedTable)) or one.box[2] > other.box[0] + 2:
        return False
    shared = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return shared > 0.5 * min(one.box[3] - one.box[1], other.box[3] - other.box[1])
