"""Penalties and bonuses among the lines of criteria, by their names or below a heading for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import lexicon, penalties
from rubric_jobs.reader.lines_items import Line
from rubric_jobs.reader.lines_outline import Outline

NEAR = 4
"""How many lines after the last criterion are searched for a total or deductions."""
FURTHEST_HEADING = 12
"""Most lines between an adjustment and the heading of its list."""
_DIGIT = re.compile(r"\d")
_SAID = re.compile(r"[:：]\s*\S")
""" "Penalty: no name on it" is an adjustment, not a heading."""


def adjustments_of(outline: Outline) -> tuple[frozenset[int], frozenset[int]]:
    """Places of adjustments, and of the headings above them."""
    found: set[int] = set()
    heads: set[int] = set()
    head: int | None = None
    for place, line in enumerate(outline.lines):
        if head is not None and not _is_below(outline, head, place):
            head = None
        if is_heading(line.said.raw):
            head = place
        elif head is not None:
            found.add(place)
            heads.add(head)
        elif _is_named(line) and not _has_parts(outline, place):
            found.add(place)
    return frozenset(found), frozenset(heads)


def is_heading(text: str) -> bool:
    """Whether a line without an amount names only penalties or bonuses."""
    name = text.rstrip(" :：*")
    if _DIGIT.search(name) or _SAID.search(name) or lexicon.TOTAL.match(lexicon.plain(name)):
        return False
    return penalties.is_heading(name) or penalties.names_bonus(name)


def is_below_bonuses(document: Document, place: int) -> bool:
    """Whether the nearest heading for penalties or bonuses above this line is for bonuses."""
    for block in reversed(document.blocks[max(0, place - FURTHEST_HEADING) : place]):
        if not isinstance(block, Paragraph):
            return False
        if is_heading(block.text):
            return penalties.is_bonus(block.text)
    return False


def _is_below(outline: Outline, head: int, place: int) -> bool:
    """Whether a line belongs to the heading: set like the first line below it or further in, unlike the heading."""
    first, said = head + 1, outline.lines[place].said
    if said.total is not None:
        return False
    if outline.signatures[first] == outline.signatures[head]:
        return outline.signatures[place] == outline.signatures[head] and (said.amount or said.loss) is not None
    return outline.signatures[place] == outline.signatures[first] or outline.is_above(first, place)


def _is_named(line: Line) -> bool:
    said = line.said
    if said.total is not None or (said.amount is not None and said.amount.low is not None):
        return False
    name, colon, _ = said.text.replace("：", ":").partition(":")
    if said.amount is None and not colon:
        return False
    is_short = 0 < len(name.split()) <= penalties.MOST_NAME_WORDS
    return is_short and (penalties.names_bonus(name) or penalties.is_heading(name.strip()))


def _has_parts(outline: Outline, place: int) -> bool:
    """Whether the next two lines are its levels: set alike, and the better one is worth as much."""
    own, below = outline.lines[place].said.amount, outline.lines[place + 1 : place + 3]
    kinds = set(outline.signatures[place + 1 : place + 3])
    worths = [line.said.amount.high for line in below if line.said.amount]
    is_list = len(worths) == len(below) == 2 and len(kinds) == 1 and outline.signatures[place] not in kinds
    return own is not None and is_list and max(worths) == own.high


def take_in(outline: Outline, roles: dict[int, str]) -> None:
    """Lines indented below an adjustment continue it, or are adjustments of the same kind."""
    above: int | None = None
    for place in sorted(roles):
        if roles[place] == "a":
            above = place
        elif above is None or roles[place] != "d" or not outline.is_above(above, place):
            above = None
        else:
            roles[place] = "+" if outline.lines[place].said.amount is None else "a"


def end(outline: Outline, roles: dict[int, str]) -> None:
    """Finds a total and adjustments a few lines around the list."""
    first, last = min(roles), max(roles)
    for index in range(first, min(last + NEAR + 1, len(outline.lines))):
        if index in roles and roles[index] not in "-":
            continue
        line = outline.lines[index]
        if line.said.total is not None:
            roles[index] = "t"
        elif index > last and (index in outline.adjustments or _is_adjustment(line) or _is_next(outline, roles, index)):
            roles[index] = "a"
    for index in range(max(0, first - 2), first):
        if outline.lines[index].said.total is not None:
            roles[index] = "t"


def _is_adjustment(line: Line) -> bool:
    return line.said.loss is not None or (line.said.amount is not None and penalties.is_bonus(line.said.raw))


def _is_next(outline: Outline, roles: Mapping[int, str], index: int) -> bool:
    """Whether it is the next item of a list whose previous item is an adjustment."""
    is_item = bool(outline.lines[index].said.kind) and outline.signatures[index] == outline.signatures[index - 1]
    return is_item and roles.get(index - 1) == "a"
