"""Splits a criterion's name from its description and points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from rubric_jobs.documents.lines import BULLETS
from rubric_jobs.reader import amounts, lexicon
from rubric_jobs.reader.amounts import Amount

LONGEST_NAME = 90
SENTENCE = 38
DESCRIBING = 20
SHORTEST_WRAPPED = 12
_ENDS = frozenset(".:;!?：。")
_MARK = "\x1f"
"""Separates a name from the description after its points."""
_BULLET_START = re.compile(rf"^\s*(?:[{re.escape(BULLETS)}]\s|[a-z0-9]{{1,2}}[.)]\s)")
_COLON = re.compile(r"^([^:：\n]{2,70})[:：]\s*(\S.{14,})$", re.DOTALL)
_WIDE_COLON = re.compile(r"^([^:：\n]{2,30}?)\s*[:：]\s*([\u2e80-\u9fff].{2,})$", re.DOTALL)
"""Chinese and Japanese descriptions may be short."""
_DASH = re.compile(r"^([^\n]{2,60}?)\s+[–—-]{1,2}\s+(\S.{24,})$", re.DOTALL)
_INSERTED = re.compile(r"^[^\W\d_A-Z][^\n]{2,80}?\s[–—-]{1,2}\s+(?=[^\W\d_])(?![A-Z])")
"""The first of two dashes around an insertion. The sentence continues after the second one."""
_ARROW = re.compile(r"^([^\n]{2,120}?)\s*(?:[–—-]{1,2}>|[→⇒➔])\s*(\S.*)$", re.DOTALL)
_LABEL = re.compile(
    r"(?i)^(?:[\d.\s]+|[a-z]|(?:section|part|criteri(?:on|a|um|o)|question|task|step|item|exercise|problem|teil|aufgabe"
    r"|frage|partie|exercice|parte|secci[oó]n|pregunta|ejercicio|quest[aã]o|deel|opdracht|lo|co|objective|outcome)s?\s*[#\d]*[a-z]?[\d.]*"
    r"|[^\W\d_]+\s*#?\s*\d{1,2}[a-z]?|[^\W\d_]{1,4}\s*\([a-z][.-]?\d{1,2}\))$"
)
""" "Part B", "Test #2", "BR (D.1)": a label that needs the text after it to be a name."""
_LONG_BRACKET = re.compile(r"^([^()\n]{3,90}?)\s*\((.{30,})\)?\s*$", re.DOTALL)
_GOES_ON_BEHIND = re.compile(r"^[^()]*\)\s*[^\s.;:,)]")
"""A bracket that closes within its line: "Layout (0-6) with pictures"."""


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    description: str | None
    amount: Amount | None
    times: Decimal | None = None


def named(text: str, lead: str = "") -> Named:
    """Splits the text of a criterion's cell or list item."""
    lines = _unwrapped([amounts.OF_GRADE.sub("", line.strip()) for line in text.split("\n") if line.strip()])
    amount, lines = _take_amount(lines)
    times = amounts.multiplier(lines[0]) if lines else None
    if times and lines:
        lines[0] = amounts.without_multiplier(lines[0])
    name, description = _split(lines, lead)
    if amount is None:
        amount, name = _inner_amount(name)
    head, _, tail = name.partition(_MARK)
    description = "\n".join(filter(None, [tail.strip(), description.replace(_MARK, "\n")]))
    return Named(tidy(head), folded(description) or None, amount, times)


def _unwrapped(lines: list[str]) -> list[str]:
    """Joins a wrapped first line: the next one begins in lower case, or a bracket is open."""
    while len(lines) > 1 and lines[0][-1:] not in _ENDS and len(lines[0]) > SHORTEST_WRAPPED and _goes_on(lines[1]):
        lines = [f"{lines[0]} {lines[1]}", *lines[2:]]
    return lines


def _goes_on(line: str) -> bool:
    return line[:1] == "/" or (line[:1].islower() and _BULLET_START.match(line) is None)


@lru_cache(amounts.REMEMBERED)
def tidy(text: str) -> str:
    """Collapses white space and drops a colon or dash at the end."""
    return re.sub(r"\s*[:：\-–—,;]+$", "", folded(text)).strip()


def folded(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _take_amount(lines: list[str]) -> tuple[Amount | None, list[str]]:
    """Takes an amount that is a separate line, or at the start or end of the first line."""
    own = [(i, a) for i, line in enumerate(lines) if (a := amounts.whole(line)) and not (a.is_bare and i == 0)]
    if own and len(lines) > len(own):
        kept = [line for i, line in enumerate(lines) if i not in {i for i, _ in own}]
        return own[0][1], kept
    if not lines:
        return None, lines
    for take in (amounts.trailing, amounts.leading):
        found = take(lines[0])
        if found and found[1] and _is_worth(found[0], lines[0]):
            return found[0], [found[1], *lines[1:]]
    inner, line = _inner_amount(lines[0])
    if inner:
        return inner, [*line.split(_MARK), *lines[1:]]
    begun = [(i, found) for i, line in enumerate(lines) if i and (found := _beginning_in_brackets(line))]
    if len(begun) == 1:
        place, (amount, rest) = begun[0]
        return amount, [f"{' '.join(lines[:place])}{_MARK}{rest}", *lines[place + 1 :]]
    ended = [(i, found) for i, line in enumerate(lines) if (found := _ending_in_brackets(line))]
    if len(ended) == 1 and ended[0][0] == len(lines) - 1 and ended[0][1][1]:
        return ended[0][1][0], [*lines[:-1], ended[0][1][1]]
    return None, lines


def _beginning_in_brackets(line: str) -> tuple[Amount, str] | None:
    found = amounts.leading(line)
    return found if found and found[1] and found[0].has_unit and line[:1] in "([（" else None


def _ending_in_brackets(line: str) -> tuple[Amount, str] | None:
    found = amounts.trailing(line)
    return found if found and found[0].has_unit and line.rstrip(" .;")[-1:] in ")]）" else None


def _is_worth(amount: Amount, line: str) -> bool:
    """Whether the amount is points, not the number of a heading ("3. Style")."""
    is_number = amount.is_bare and re.match(r"^\s*\(?\d{1,2}\s*[.):\-–—]", line)
    return not is_number


def _split(lines: list[str], lead: str) -> tuple[str, str]:
    if not lines:
        return "", ""
    whole = "\n".join(lines)
    start = _after_lead(whole, lead)
    if start is not None:
        return whole[:start], whole[start:].lstrip(" :：-–—\n")
    if len(lines) > 1 and len(lines[0]) <= LONGEST_NAME and _describes(lines[1:]):
        name, more = _one_line(lines[0])
        return name, "\n".join([*([more] if more else []), *lines[1:]])
    name, more = _one_line(whole if len(whole) > 2 * LONGEST_NAME else " ".join(lines))
    if not more and len(lines) > 1 and len(whole) > 2 * LONGEST_NAME:
        return lines[0], "\n".join(lines[1:])
    return name, more


def _after_lead(whole: str, lead: str) -> int | None:
    """Where the text continues after its bold start, if that start reads like a name."""
    bold = lexicon.plain(lead).strip(" :-")
    if not 3 <= len(bold) <= 120 or not re.search(r"[^\W\d_]{2}", bold):
        return None
    for end in range(min(len(whole), len(lead) + 12), max(2, len(lead) - 6), -1):
        if lexicon.plain(whole[:end]).strip(" :-") == bold:
            return end if len(whole) - end > 3 else None
    return None


def _describes(lines: list[str]) -> bool:
    return any(_BULLET_START.match(line) or len(line) > SENTENCE or line.endswith((".", "?", "。")) for line in lines)


def _one_line(text: str) -> tuple[str, str]:
    for pattern in (_COLON, _WIDE_COLON, _DASH):
        match = pattern.match(text)
        is_inserted = pattern is _DASH and match is not None and _INSERTED.match(match.group(2))
        if match and not is_inserted and len(match.group(1).split()) <= 9 and not _LABEL.match(match.group(1)):
            return match.group(1), match.group(2)
    if arrow := _ARROW.match(text):
        return arrow.group(1), arrow.group(2)
    match = _LONG_BRACKET.match(text)
    is_all = match is not None and _GOES_ON_BEHIND.match(match.group(2)) is None
    if match and is_all and len(match.group(2)) >= 1.5 * len(match.group(1)):
        return match.group(1), match.group(2).removesuffix(")")
    return text, ""


def _inner_amount(name: str) -> tuple[Amount | None, str]:
    """Points in brackets inside a name. A longer text after them is a description."""
    for match in re.finditer(r"[(\[（][^()\[\]（）]{1,30}[)\]）]", name):
        amount = amounts.whole(match.group())
        if amount and (amount.has_unit or amount.is_percent):
            before, after = name[: match.start()].strip(), name[match.end() :].strip(" :：-–—")
            if not before:
                return amount, after
            return amount, f"{before}{_MARK if len(after) >= DESCRIBING else ' '}{after}".strip()
    return None, name
