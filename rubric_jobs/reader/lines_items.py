"""Paragraphs → lines: the points of each, the text without them, and its layout. Pure, cached functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from rubric_jobs.documents.lines import BULLETS
from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import amounts, lexicon, lines_columns, penalties
from rubric_jobs.reader.amounts import Amount
from rubric_jobs.reader.totals import plain_total
from rubric_jobs.rubric.model import Source
from rubric_jobs.vocabulary import words

REMEMBERED = 8192
LONGEST_PLAIN = 170
"""A longer line without a bullet is prose, even with an amount in it."""
LONGEST_HEAD = 80
LONGEST_LOSS = 300
BOXES = "☐☑☒□■✓✔"
_LEADERS = re.compile(r"[_.…·]{3,}")
_SENTENCES = re.compile(r"[^\W\d_]{3}[.!?]\s+[A-ZÀ-Þ][^.!?]{12,}$")
_ABOUT_ALL = re.compile(
    r"\b(?:graded|scored|marked|assessed|evaluated|calificad[oa]|evaluad[oa]|avaliad[oa]|note|bewertet)\b.{0,24}$"
    r"|\b(?:assignment|project|exam|lab|homework|essay|quiz|rubric|trabajo|trabalho|projet)"
    r" (?:is|are|will be|vale|a) .{0,24}$"
    r"|\b(?:at least|minimum of|more than|al menos|pelo menos|minimo de|au moins|mindestens|almeno|minstens)\s*$"
)
_IN_BRACKET = re.compile(
    r"^(?P<name>.{2,200}?)\s*[(（\[]\s*(?P<worth>[^,;:()（）\[\]]{1,24})\s*[,;:]\s*(?P<text>.+?)[)）\]]?\s*$"
)
_PARTED = re.compile(
    r"^(?P<name>[^\s(（\[:：.][^(（\[:：.]{2,79}?)\s*(?P<worth>[(（\[][^()（）\[\]]{1,24}[)）\]])\s+(?P<text>[A-ZÀ-Þ]\S*\s\S.{14,})$",
    re.DOTALL,
)
""" "Readability (2 points) Lines are short": a bracket ends a name if a sentence follows."""
_CHOICE = (
    rf"(?:[{BOXES}○◯]\s*)?(?:yes|no|n/?a|s[ií]|n[ãa]o|sim|oui|non|ja|nein|nee|nej|nei|tak|nie|да|нет|是|否)"
    rf"(?:\s*[{BOXES}○◯])?"
)
_CHOICES = re.compile(
    rf"(?P<end>[.?!:。？！]|\S(?=\t))\s+{_CHOICE}(?:(?:\s*[/|]\s*|\s+){_CHOICE}){{1,2}}\s*$", re.IGNORECASE
)
""" "Are all sources cited?  Yes  No": answers to tick are not part of the question."""
_WORTH_FIRST = re.compile(r"^\s*(?:[(\[（]|\+\s*\d)")
_REMARK = re.compile(r"^(?P<before>.{4,}[^\s(（])\s*(?P<remark>[(（][^()（）]{4,80}[)）])[.。]?\s*$", re.DOTALL)
""" "The login works 5 points (2 without a test)": points before a closing remark."""
_SUMMED = re.compile(
    rf"^(?P<name>[^\n]{{2,80}}?)\s*[-–—:,(\[（]\s*(?:{lexicon.TOTAL.pattern})(?:\s+of|\s*[:：=])?"
    rf"\s*(?P<amount>{amounts.NUMBER}\s*(?:{amounts.UNIT})?)\.?\s*[)\]）]?$",
    re.IGNORECASE,
)
""" "Task 1 — Total: 12": a heading with the sum of the lines below."""
_FOR = re.compile(r"^(?:for|für|pour|por|para|per|pentru|voor|för|dla|za|за)\s+", re.IGNORECASE)
""" "10 points for the summary"."""
_SPACED_COLON = re.compile(r"(?<=[^)\]）】\s])\s+([:：,;])")
_TYPED_BOX = re.compile(rf"^\s*(?:[{BOXES}]|\[\s{{0,2}}[xX]?\s{{0,2}}\]|\(\s{{1,2}}\))\s*")
_TYPED_BULLET = re.compile(rf"^\s*(?:(?:[{re.escape(BULLETS)}§]|o(?=\s)|--?)\s+)(?=\S)")


@dataclass(frozen=True, slots=True)
class Said:
    """The content of a line: `amount` is its points, `text` the text without them.

    `kind` is the kind of its marker, "" if it has none.
    """

    raw: str
    text: str
    amount: Amount | None
    kind: str
    marker: str
    loss: Decimal | None = None
    total: Decimal | None = None
    is_box: bool = False
    is_amount_alone: bool = False

    @property
    def is_scored(self) -> bool:
        """Whether the line has points."""
        has_worth = self.amount is not None and self.amount.high > 0 and bool(self.text)
        return has_worth and self.total is None and self.loss is None and not self.is_amount_alone


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, or several that a page break split. `place` is the index of the first in the document."""

    place: int
    said: Said
    indent: float
    size: float
    is_heading: bool
    is_bold: bool
    lead: str
    more: tuple[int, ...] = ()


def line_of(document: Document, places: Sequence[int]) -> Line:
    """The line made of these paragraphs, each of which continues the previous one."""
    key = ("line", *places)
    line: Line | None = document.memo.get(key)
    if line is None:
        line = document.memo[key] = _line_of(document, places)
    return line


def _line_of(document: Document, places: Sequence[int]) -> Line:
    paragraphs = [block for place in places if isinstance(block := document.blocks[place], Paragraph)]
    first = paragraphs[0]
    ends_in_points = bool(lines_columns.ending_in_points(document).intersection(places))
    said = _said(" ".join(paragraph.text for paragraph in paragraphs), first.marker, ends_in_points)
    return Line(
        place=places[0],
        said=said,
        indent=first.indent,
        size=first.size,
        is_heading=first.is_heading,
        is_bold=first.is_bold,
        lead=first.lead,
        more=tuple(places[1:]),
    )


@lru_cache(REMEMBERED)
def _said(text: str, marker: str, ends_in_points: bool) -> Said:
    body, is_box = _without_box(_CHOICES.sub(r"\g<end>", text), marker)
    kind = marker_kind(marker)
    if not kind and (typed := _TYPED_BULLET.match(body)):
        marker, body = typed.group().strip(), body[typed.end() :]
        kind = marker_kind(marker)
    amount, rest = worth(body, bool(kind))
    if amount is None and ends_in_points and (number := lines_columns.number_at_end(body)):
        amount, rest = amounts.whole(number[1]), _tidied(number[0])
    return Said(
        raw=body,
        text=rest,
        amount=amount,
        kind=kind,
        marker=marker,
        loss=penalties.told(body) if len(body) <= LONGEST_LOSS else None,
        total=total_of(body),
        is_box=is_box,
        is_amount_alone=amount is not None and is_amount_alone(body),
    )


def _without_box(text: str, marker: str) -> tuple[str, bool]:
    if marker and marker in BOXES:
        return text, True
    typed = _TYPED_BOX.match(text)
    return (text[typed.end() :], True) if typed else (text, False)


@lru_cache(1024)
def marker_kind(marker: str) -> str:
    """ "1." and "2)" are one kind, "a)" is another, and each bullet is a kind of its own."""
    core = marker.strip("().、．[]（） ")
    if not core:
        return ""
    if re.fullmatch(r"\d+(?:\.\d+)+", core):
        return f"number{core.count('.')}"
    if core.isdecimal():
        return "number"
    if re.fullmatch(r"[一二三四五六七八九十]+", core):
        return "chinese"
    if re.fullmatch(r"[ivx]{1,5}", core) and core != "x":
        return "roman"
    if re.fullmatch(r"[IVX]{1,5}", core):
        return "ROMAN"
    if len(core) == 1 and core.isalpha() and core.isascii() and core != "o":
        return "letter" if core.islower() else "LETTER"
    return core[:1]


@lru_cache(REMEMBERED)
def total_of(text: str) -> Decimal | None:
    return plain_total(Paragraph(text, Source())) if len(text) <= 120 else None


@lru_cache(REMEMBERED)
def is_amount_alone(text: str) -> bool:
    """ "Value: 6%", "von 15 möglichen Punkten.", "/10": whether the text is nothing but points."""
    if len(text) > 60:
        return False
    plain = " ".join(_LEADERS.sub(" __ ", text).split())
    if amounts.whole(plain) is not None:
        return True
    head, colon, rest = plain.replace("：", ":").partition(":")
    named = words.concepts(head)
    is_named = max(named.get("points", 0), named.get("weight", 0)) >= 1
    return bool(colon) and is_named and amounts.whole(rest) is not None


@lru_cache(REMEMBERED)
def worth(text: str, is_marked: bool) -> tuple[Amount | None, str]:
    """The points of a line, and its text without them."""
    if len(text) > amounts.LONGEST:
        amount, said = worth(text[: amounts.LONGEST], is_marked)
        return amount, said + text[amounts.LONGEST :]
    text = _LEADERS.sub(lambda m: "____" if "_" in m.group() else "....", text)
    text = amounts.OF_GRADE.sub("", text)
    if is_amount_alone(text):
        rest = text.replace("：", ":").rpartition(":")[2]
        return amounts.whole(text) or amounts.whole(rest), ""
    if summed := _SUMMED.match(text):
        return amounts.whole(summed["amount"]), _tidied(summed["name"])
    found = amounts.trailing(text)
    if found and found[1] and (is_marked or not _is_told_of(found[1])):
        return found[0], _tidied(found[1])
    if is_marked and (remark := _REMARK.match(text)):
        found = amounts.trailing(remark["before"])
        if found and found[1] and not found[0].is_bare:
            return found[0], _tidied(f"{found[1]} {remark['remark']}")
    if not is_marked and len(text) > LONGEST_PLAIN:
        return _at_head(text) or _behind_colon(text) or (None, text)
    opened = amounts.leading(text)
    if opened and opened[1] and (not opened[0].is_bare or _WORTH_FIRST.match(text)):
        return opened[0], _tidied(opened[1] if opened[0].is_bare else _FOR.sub("", opened[1]))
    return _inside(text) or _at_head(text) or _behind_colon(text) or (None, _tidied(text))


def _inside(text: str) -> tuple[Amount, str] | None:
    inner = amounts.bracketed(text)
    if inner and not inner[0].is_bare and (parted := _PARTED.match(text)) and amounts.whole(parted["worth"]):
        return inner[0], f"{parted['name']}: {parted['text']}"
    if inner and inner[1] and not inner[0].is_bare:
        rest = inner[1] if _SPACED_COLON.search(text) else _SPACED_COLON.sub(r"\1", inner[1])
        return inner[0], _tidied(rest)
    opened = _IN_BRACKET.match(text.replace("，", ",").replace("；", ";").replace("：", ":"))
    if opened and (amount := amounts.whole(opened["worth"])) and not amount.is_bare:
        return amount, f"{opened['name']}: {opened['text']}"
    return None


def _at_head(text: str) -> tuple[Amount, str] | None:
    """Points before a colon: "Style (5 points): the text reads well"."""
    head = re.split(r"[:：]", text, maxsplit=1)
    if len(head) != 2 or len(head[0]) > LONGEST_HEAD:
        return None
    named = amounts.trailing(head[0]) or amounts.bracketed(head[0])
    if named and named[1] and (not named[0].is_bare or head[0].rstrip()[-1:] in ")]）】"):
        return named[0], _tidied(f"{named[1]}: {head[1].strip()}")
    return None


def _behind_colon(text: str) -> tuple[Amount, str] | None:
    """Points right after a colon: "Style: 5 points (is it plain?)"."""
    head, colon, rest = text.replace("：", ":").partition(":")
    opened = amounts.leading(rest) if colon and 1 < len(head.strip()) <= LONGEST_HEAD else None
    if opened is None or opened[0].is_bare or not opened[1]:
        return None
    return opened[0], _tidied(f"{head.strip()}: {opened[1].strip(' .;,')}")


def _tidied(text: str) -> str:
    return " ".join(text.replace("____", " ").replace("....", " ").split())


def _is_told_of(before: str) -> bool:
    """Whether the amount ends a sentence about the whole work: "… Your work will be graded out of" 100 points."""
    return bool(_SENTENCES.search(before) or _ABOUT_ALL.search(lexicon.plain(before)))
