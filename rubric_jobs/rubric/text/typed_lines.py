"""One line as a person types it: its place in the outline, its name, what it is worth, its text.

Anybody's text meets these patterns, so each must be done in a time that grows as the line does. They see the beginning
of a line alone, in which a name is short; runs that two neighbours could share out in many ways are possessive
(`*+`) or folded before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rubric_jobs.rubric.model import Level
from rubric_jobs.rubric.text.markdown import plain
from rubric_jobs.vocabulary import numbers

MAX_NAME_WORDS = 15
MAX_LABEL_WORDS = 6
_LOOKED_AT = 600
"""Characters at the beginning of a line in which its worth is looked for; what follows is text."""

UNIT = (
    r"(?:points?|pts?\b\.?|marks?|percent|prozent|punkten?|punkte|pkte?\b\.?|puntos?|ptos?\b\.?|punt[io]\b|pontos?"
    r"|poäng|punten|баллов|балла|балл|分|点|p\b|%)"
)
NUMBER = (
    rf"(?:[0-9]{{1,6}}(?:[.,][0-9]{{1,4}}|\s?[{numbers.VULGAR}]|\s(?:{numbers.FRACTION}))?"
    rf"|[{numbers.VULGAR}]|(?:{numbers.FRACTION}))"
)
_DASH = r"[-–—]"
_AMOUNT = rf"(?P<low>{NUMBER})(?:\s*(?:{_DASH}|\bto\b|\bbis\b)\s*(?P<high>{NUMBER}))?"
_UP_TO = r"(?:max(?:imum|\.)?|up to|worth|bis zu|out of|_*+\s*/)?\s*"
_NAME = r"(?P<name>.{0,200}?)"
_SIGN = r"(?P<sign>[-−–+]\s?)?"

_WORTH_IN_BRACKETS = re.compile(
    rf"{_NAME}\s*(?<!\\)[(\[（【]\s*{_UP_TO}{_SIGN}{_AMOUNT}\s*(?P<unit>{UNIT})?"
    rf"(?:\s*(?:max(?:imum|\.)?|total|possible|each))?\s*[)\]）】]\s*(?:[:：–—-]+\s*)?(?P<text>.*)",
    re.IGNORECASE,
)
_WORTH_FIRST = re.compile(
    rf"{_SIGN}{_AMOUNT}\s*(?:(?P<unit>{UNIT})\s*(?:[:：=.)–—-]|\bfor\b|\bfür\b)|：|[:=)–—-](?=\s))\s*(?P<text>.+)",
    re.IGNORECASE,
)
_WORTH_LAST = re.compile(
    rf"{_NAME}\s*(?:[:：=–—|]|\s-(?=\s)|\.\.|…|\t)[\s.…]*+"
    rf"{_UP_TO}{_SIGN}{_AMOUNT}\s*(?P<unit>{UNIT})?\s*[.;,]?",
    re.IGNORECASE,
)
_WORTH_THEN_TEXT = re.compile(
    rf"{_NAME}\s*(?:[:：=]|\s{_DASH}(?=\s))\s*"
    rf"{_UP_TO}{_SIGN}{_AMOUNT}\s*(?P<unit>{UNIT})\s*(?:[:：.;,(–—-]+)\s*(?P<text>.+)",
    re.IGNORECASE,
)
_WORTH_AFTER_SLASH = re.compile(rf"{_NAME}\s*(?P<sign>)_*+\s*/\s*{_AMOUNT}\s*(?P<unit>{UNIT})?", re.IGNORECASE)
_WORTH_AFTER_NAME = re.compile(rf"{_NAME}\s+{_SIGN}{_AMOUNT}\s*(?P<unit>{UNIT})\s*[.;,]?", re.IGNORECASE)
_INSTRUCTION = re.compile(
    r"\b(?:should|must|worth|are|is|gets?|give|deduct|take|use|least|most|of|each|max|maximum|minimum|total|only)\b",
    re.IGNORECASE,
)
_NAME_AND_TEXT = re.compile(rf"(?P<name>[^:：]{{0,79}}?[^:：\s])\s*(?::(?=\s|$)|：|\s{_DASH}(?=\s))\s*(?P<text>.*)")

_MARKER = re.compile(
    r"(?P<heading>\#{1,6})\s+|(?P<box>(?:[-*+•]\s+)?(?:\[[ xX]?\]|[☐☑☒□✓✔]))\s*"
    r"|(?P<bullet>[-*+•▪●■–—])\s+|(?P<inner>[◦‣·○]\s+|o\t)"
    r"|(?P<number>(?:[0-9]{1,2}|[ivxIVX]{1,4})[.)](?:[0-9]{1,2}[.)]?)*+)\s+|(?P<letter>[a-zA-Z][.)])\s+"
)
_BOLD_BEGINS = re.compile(r"(?<!\\)(?:\*\*|__)(?=\S)")
_BOLD_ENDS = re.compile(r"(?<=\S)(?<!\\)(?:\*\*|__)")
_DIGIT = re.compile(f"[0-9{numbers.VULGAR}]")
_PART = re.compile(f"[{numbers.VULGAR}⁄/]")


@dataclass(frozen=True, slots=True)
class Worth:
    """What a line says it is worth: `high` alone, or a range; `sign` where one is printed."""

    high: Decimal
    low: Decimal | None
    sign: str
    has_unit: bool
    is_percent: bool

    def of_a_level(self) -> dict[str, Any]:
        if self.low is None:
            return {"points": self.high}
        return {"points_min": self.low, "points_max": self.high}


@dataclass(frozen=True, slots=True)
class Line:
    """`tier` tells lines of one rank in the outline: how far in (in pairs of spaces), behind what kind of bullet."""

    tier: tuple[int, str]
    name: str
    worth: Worth | None
    text: str
    raw: str

    def as_level(self) -> Level:
        name, text = self.name, self.text
        if self.worth is None:
            name, text = split(self.raw)
        elif not name:
            name, text = split(text)
        worth = self.worth.of_a_level() if self.worth else {}
        return Level(name=tidy(name) or None, description=tidy(text) or None, **worth)


def read_line(line: str) -> Line:
    body = line.expandtabs(4).lstrip()
    indent = len(line.expandtabs(4)) - len(body)
    body = line.strip()
    marked = _MARKER.match(body)
    marker = ""
    if marked:
        marker = marked["heading"] or marked.lastgroup or ""
        body = body[marked.end() :]
    elif _BOLD_BEGINS.match(body) and _BOLD_ENDS.search(body, 3):
        marker = "bold"
    body = _without_bold(body).strip().removesuffix(":").removesuffix("：").rstrip()
    name, worth, text = worth_of(_folded_runs(body))
    return Line((indent // 2, marker), name, worth, text, body)


def worth_of(body: str) -> tuple[str, Worth | None, str]:
    """A line's name, worth and text; without a worth it is all name."""
    if not _DIGIT.search(body, 0, _LOOKED_AT):
        return body, None, ""
    looked_at, rest = body[:_LOOKED_AT], body[_LOOKED_AT:]
    if found := _WORTH_FIRST.fullmatch(looked_at):
        return "", _worth(found), found["text"] + rest
    for pattern in (_WORTH_IN_BRACKETS, _WORTH_LAST, _WORTH_THEN_TEXT, _WORTH_AFTER_SLASH, _WORTH_AFTER_NAME):
        if rest and "text" not in pattern.groupindex:
            continue
        found = pattern.fullmatch(looked_at)
        if found is None or len(found["name"].split()) > MAX_NAME_WORDS:
            continue
        bare = found["unit"] is None and (not found["name"] or number(found["low"]) > 1000)
        instructs = pattern is _WORTH_AFTER_NAME and _is_an_instruction(found["name"])
        if not bare and not instructs:
            text = found.groupdict().get("text") or ""
            return found["name"], _worth(found), text + rest
    return body, None, ""


def split(content: str) -> tuple[str, str]:
    """A short name and the text after it, a short name alone, or a text alone."""
    found = _NAME_AND_TEXT.fullmatch(content)
    if found and len(found["name"].split()) <= MAX_LABEL_WORDS:
        return found["name"], found["text"]
    return (content, "") if len(content.split()) <= MAX_LABEL_WORDS and not content.endswith(".") else ("", content)


def tidy(text: str) -> str:
    return plain(text).strip().strip("*").strip()


def folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _without_bold(body: str) -> str:
    # Not one pattern from mark to mark: after each beginning without an end it would walk through all of the rest.
    parts, at = [], 0
    while (begin := _BOLD_BEGINS.search(body, at)) and (end := _BOLD_ENDS.search(body, begin.end() + 1)):
        parts += [body[at : begin.start()], body[begin.end() : end.start()]]
        at = end.end()
    return "".join([*parts, body[at:]])


def _folded_runs(body: str) -> str:
    # Long runs of spaces, dots or underscores would cost the patterns a walk for each of them.
    for run, one in ((r"[^\S\t]+", " "), (r"\t+", "\t"), (r"(?:\t ){2,}", "\t "), (r"\.{3,}", "…"), (r"_{2,}", "_")):
        body = re.sub(run, one, body)
    return body


def _is_an_instruction(name: str) -> bool:
    return len(name.split()) > 5 or bool(_INSTRUCTION.search(name))


def _worth(found: re.Match[str]) -> Worth:
    low, high = number(found["low"]), number(found["high"]) if found["high"] else None
    unit = (found["unit"] or "").lower()
    return Worth(
        high=low if high is None else max(low, high),
        low=None if high is None else min(low, high),
        sign={"": "", "+": "+"}.get((found["sign"] or "").strip(), "-"),
        has_unit=bool(unit),
        is_percent=unit in ("%", "percent", "prozent"),
    )


def number(text: str) -> Decimal:
    """ "1,000" is a thousand, "2,5" two and a half, as is "2 1/2"."""
    if _PART.search(text):
        return numbers.number(text)
    whole, comma, rest = text.partition(",")
    return Decimal(whole + rest if comma and len(rest) == 3 else text.replace(",", "."))
