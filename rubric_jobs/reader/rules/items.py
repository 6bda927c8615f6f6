"""Paragraphs → a tree of list items with their amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from rubric_jobs.documents.model import Paragraph
from rubric_jobs.reader import amounts, lexicon, penalties
from rubric_jobs.reader.amounts import Amount
from rubric_jobs.reader.names import folded

SAME_INDENT = 4.0
LONGEST_PLAIN = 170
"""A line without a bullet that is longer than this is prose, whatever amount it ends with."""
_SENTENCES = re.compile(r"[^\W\d_]{3}[.!?]\s+[A-ZÀ-Þ][^.!?]{12,}$")
_ABOUT_ALL = re.compile(
    r"\b(?:graded|scored|marked|assessed|evaluated|calificad[oa]|evaluad[oa]|avaliad[oa]|note|bewertet)\b.{0,24}$"
    r"|\b(?:assignment|project|exam|lab|homework|essay|quiz|rubric|trabajo|trabalho|projet)"
    r" (?:is|are|will be|vale|a) .{0,24}$"
)
_AT_LEAST = re.compile(
    r"\b(?:at least|minimum of|al menos|pelo menos|minimo de|au moins|mindestens|almeno|minstens)\s*$"
)
LEADERS = re.compile(r"[_.…·]{3,}")


@dataclass(slots=True)
class Item:
    """One list item or line; `amount` is what it is worth, `text` what it says without that."""

    text: str
    paragraph: Paragraph
    kind: str
    indent: float
    amount: Amount | None = None
    penalty: Decimal | None = None
    children: list[Item] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    position: int = 0

    @property
    def is_marked(self) -> bool:
        return bool(self.kind)


def marker_kind(marker: str) -> str:
    if not marker:
        return ""
    core = marker.strip("().、．")
    if re.fullmatch(r"\d+(\.\d+)+", core):
        return f"number{core.count('.')}"
    if re.fullmatch(r"\d+", core):
        return "number"
    if re.fullmatch(r"[一二三四五六七八九十]+", core):
        return "chinese"
    if re.fullmatch(r"[a-z]", core):
        return "letter"
    if re.fullmatch(r"[A-Z]", core):
        return "LETTER"
    return core[:1]


def item_of(paragraph: Paragraph, position: int) -> Item:
    text = LEADERS.sub(lambda m: "____" if "_" in m.group() else "....", paragraph.text)
    amount, rest = _amount_of(text, is_marked=bool(paragraph.marker))
    return Item(
        text=" ".join(rest.replace("____", " ").split()),
        paragraph=paragraph,
        kind=marker_kind(paragraph.marker),
        indent=paragraph.indent,
        amount=amount,
        penalty=penalties.told(text),
        position=position,
    )


def _amount_of(text: str, *, is_marked: bool) -> tuple[Amount | None, str]:
    if not is_marked and len(text) > LONGEST_PLAIN:
        return None, text
    found = amounts.trailing(text)
    if found and found[1] and (is_marked or not _is_told_of(found[1])):
        return found[0], found[1]
    opened = amounts.leading(text)
    if opened and opened[1] and (not opened[0].is_bare or re.match(r"^\s*(?:[(\[（]|\+\s*\d)", text)):
        return opened
    inner = amounts.bracketed(text)
    if inner and inner[1] and (inner[0].has_unit or inner[0].is_percent or inner[0].is_slashed):
        return inner
    head = re.split(r"[:：]", text, maxsplit=1)
    if len(head) == 2 and len(head[0]) <= 80:
        named = amounts.trailing(head[0])
        if named and named[1] and (not named[0].is_bare or head[0].rstrip()[-1:] in ")]）】"):
            return named[0], f"{named[1]}: {head[1].strip()}"
    return None, text


def _is_told_of(before: str) -> bool:
    """Whether the amount ends a sentence about the whole: "… Your work will be graded out of" 100 points."""
    plain = lexicon.plain(before)
    return bool(_SENTENCES.search(before) or _ABOUT_ALL.search(plain) or _AT_LEAST.search(plain))


def tree(items: list[Item]) -> list[Item]:
    """Items by their indents and their kinds of marker; plain text goes to the item before it."""
    roots: list[Item] = []
    stack: list[Item] = []
    for item in items:
        while stack and not _is_below(item, stack[-1]):
            stack.pop()
        if stack and not item.is_marked and item.amount is None and not item.paragraph.is_heading:
            stack[-1].more.append(folded(item.paragraph.text))
            continue
        (stack[-1].children if stack else roots).append(item)
        stack.append(item)
    return roots


def _is_below(item: Item, above: Item) -> bool:
    if item.paragraph.is_heading and not item.is_marked and not above.paragraph.is_heading:
        return False
    if item.indent > above.indent + SAME_INDENT:
        return True
    if item.indent < above.indent - SAME_INDENT:
        return False
    if above.paragraph.is_heading and not item.paragraph.is_heading and _is_award(item, above):
        return True
    if item.kind == above.kind:
        return not item.is_marked and item.amount is None and above.amount is not None
    return _rank(item) > _rank(above)


def _is_award(item: Item, above: Item) -> bool:
    """ "1 point: …" below a heading that is worth that much or more says what the points are given for."""
    if item.amount is None or above.amount is None or not item.amount.has_unit:
        return False
    return item.amount.high <= above.amount.high and item.paragraph.text.lstrip()[:1].isdigit()


def _rank(item: Item) -> int:
    """How deep a kind of marker usually is, where indents do not tell."""
    if item.paragraph.is_heading and not item.is_marked:
        return 0
    if item.kind in ("chinese", "LETTER"):
        return 1
    if item.kind.startswith("number"):
        return 2 + int(item.kind.removeprefix("number") or "0")
    if item.kind == "":
        return 2 if item.amount is not None else 7
    return 5 if item.kind == "letter" else 6
