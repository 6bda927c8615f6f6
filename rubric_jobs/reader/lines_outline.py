"""A run of paragraphs as an outline: lines joined across page breaks, with their hierarchy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import lines_items
from rubric_jobs.reader.lines_items import Line

SAME_INDENT = 7.0
"""Points. Texts that begin within this width of each other have the same indent."""
SAME_SIZE = 0.6
FEWEST_REPEATED = 4
LONGEST_HEADING = 160
_ENDS = re.compile(r"[.!?:;。！？：；)\]）】\d]\s*$")
_COUNTED = re.compile(r"^\W*([^\W\d_]{3,20})\s+(?:\d{1,2}|[A-Z]|[IVX]{1,4})(?=[\s.:)\-–—（(]|$)")

_NUMBERED = re.compile(r"^\d{1,2}\s?[-–]\s?[^\W\d_]")
""" "1- Introduction": a number that is not recognised as a marker."""

Signature = tuple[str, int, int, str]


@dataclass(frozen=True, slots=True)
class Outline:
    """Lines with equal `signatures` are set alike: same kind, size, indent and marker.

    Numbered headings ("Criterion 3") are alike in any size; `sizes` ranks the size of each line from 0 upwards.
    `adjustments` are the places of penalties and bonuses, `adjusting` those of the headings above them.
    """

    lines: tuple[Line, ...]
    signatures: tuple[Signature, ...]
    sizes: tuple[int, ...]
    adjustments: frozenset[int] = frozenset()
    adjusting: frozenset[int] = frozenset()

    def is_above(self, line: int, other: int) -> bool:
        """Whether this line ranks above the other: headings above text, larger above smaller, outer above inner."""
        a, b = self.signatures[line], self.signatures[other]
        if (a[0] == "head") != (b[0] == "head"):
            return a[0] == "head" and len(self.lines[line].said.raw) <= LONGEST_HEADING
        if a[0] == "head" and self.sizes[line] != self.sizes[other]:
            return self.sizes[line] > self.sizes[other]
        if a[2] != b[2]:
            return a[2] < b[2]
        if a[3] != b[3]:
            return _depth(a[3], self.lines[line]) < _depth(b[3], self.lines[other])
        return False


def _depth(kind: str, line: Line) -> int:
    """The usual depth of a kind of marker, for lines without telling indents."""
    if kind.startswith("word"):
        return 0
    if kind in ("chinese", "LETTER", "ROMAN"):
        return 1
    if kind.startswith("number"):
        return 2 + int(kind.removeprefix("number") or "0")
    if kind == "":
        return 2 if line.said.raw.rstrip().endswith((":", "：")) else 5
    return 4 if kind in ("letter", "roman") else 5


def outline_of(region: Sequence[int], document: Document) -> Outline:
    lines = _without_repeated_totals(_joined(region, document))
    indents = _clusters([line.indent for line in lines], SAME_INDENT)
    sizes = _clusters([line.size for line in lines], SAME_SIZE)
    signatures = tuple(_signature(line, indents, sizes) for line in lines)
    return Outline(tuple(lines), signatures, tuple(sizes[line.size] for line in lines))


def _without_repeated_totals(lines: list[Line]) -> list[Line]:
    """If many lines say "25 points possible", they are not totals but the points of the line above."""
    told = [line for line in lines if line.said.total is not None and line.said.is_amount_alone]
    if len(told) < FEWEST_REPEATED:
        return lines
    return [replace(line, said=replace(line.said, total=None)) if line in told else line for line in lines]


def _signature(line: Line, indents: dict[float, int], sizes: dict[float, int]) -> Signature:
    indent = indents[line.indent]
    if line.said.is_box:
        return "box", 0, indent, ""
    if line.said.kind:
        return "item", 0, indent, line.said.kind
    counted = counted_word(line.said.raw) or ("#" if _NUMBERED.match(line.said.raw) else "")
    is_set_off = (line.is_heading or line.is_bold) and len(line.said.raw) <= LONGEST_HEADING
    is_head = is_set_off and not line.said.is_amount_alone  # bold points are no heading
    if counted and (is_head or counted != "#"):
        return "head" if is_head else "text", 0, indent, f"word {counted}"
    return ("head", sizes[line.size], indent, "") if is_head else ("text", 0, indent, "")


@lru_cache(2048)
def counted_word(text: str) -> str:
    """ "criterion" of "Criterion 3: …", "part" of "Part A"."""
    found = _COUNTED.match(text)
    return found[1].casefold() if found else ""


def _clusters(values: Sequence[float], gap: float) -> dict[float, int]:
    """Maps each value to its cluster. Values closer than the gap to a neighbour share a cluster."""
    numbers: dict[float, int] = {}
    last, number = None, -1
    for value in sorted(set(values)):
        if last is None or value - last > gap:
            number += 1
        numbers[value] = number
        last = value
    return numbers


def _joined(region: Sequence[int], document: Document) -> list[Line]:
    groups: list[list[int]] = []
    for place in region:
        block = document.blocks[place]
        if isinstance(block, Paragraph) and groups and _goes_on(groups[-1], block, document):
            groups[-1].append(place)
        else:
            groups.append([place])
    return [lines_items.line_of(document, group) for group in groups]


MOST_JOINED = 4


def _goes_on(group: list[int], block: Paragraph, document: Document) -> bool:
    """Whether this paragraph continues a sentence of the line above.

    Only paged formats split lines; in others a paragraph is whole.
    """
    first, last = document.blocks[group[0]], document.blocks[group[-1]]
    if not isinstance(first, Paragraph) or not isinstance(last, Paragraph) or len(group) > MOST_JOINED:
        return False
    if not block.size or block.marker or _ENDS.search(last.text) or len(last.text) < 25:
        return False
    if abs(block.size - last.size) > SAME_SIZE and not (first.is_heading and block.is_heading):
        return False
    if block.text[:1].islower():
        return True
    amount, _ = lines_items.worth(block.text, True)
    own, _ = lines_items.worth(last.text, True)
    return bool(first.marker) and amount is not None and own is None and block.indent > first.indent
