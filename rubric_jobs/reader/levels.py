"""Level headings and level cells → levels with their names, points and descriptions."""

from __future__ import annotations

import re

from rubric_jobs.documents.model import Cell
from rubric_jobs.reader import amounts, lexicon
from rubric_jobs.reader.amounts import Amount
from rubric_jobs.reader.names import folded
from rubric_jobs.rubric.model import Level

LONGEST_LEVEL_NAME = 48
LONGEST_GLOSS = 60
"""A longer text after a level's number explains the number and is not a name."""
_RANGE_AT_END = re.compile(r"^(?P<text>.*[.!?。])\s*(?P<range>[(\[]?\d{1,3}\s*[-–]\s*\d{1,3}[)\]]?)$", re.DOTALL)
_SHORT_NUMBER = r"\d{1,3}(?:[.,]\d{1,2})?"
_INNER = re.compile(
    rf"\b(?<!\d[.,]){_SHORT_NUMBER}(?!\d)\s*"
    rf"(?:[-–]\s*{_SHORT_NUMBER}(?![.,]?\d)\s*(?:%|{amounts.UNIT})?|%|{amounts.UNIT}\b)",
    re.IGNORECASE,
)
_PLAIN_END = re.compile(
    rf"^(\D{{3,40}}?)(?:\s+|(?<=[^\W\d_])[-–])"
    rf"((?:[<≤>≥]\s*)?(?:{amounts.GROUPED}|{_SHORT_NUMBER})(?:\s?\+)?)$"
)
_PLAIN_START = re.compile(r"^(\d{1,3}(?:[.,]\d)?)\s+(\D{3,60})$")
_ORDINAL = re.compile(r"(?i)level|band|tier|grade|stage|nivel|niveau|stufe|livello|class")
_SCORED = re.compile(
    rf"^(?:score|skor|{amounts.UNIT})\s*[:：=]?\s*(?P<amount>{amounts.NUMBER})(?![.,]?\d)\s*"
    r"[(\[（:：=–—-]*\s*(?P<text>[^\W\d_].*?)[)\]）]?$",
    re.IGNORECASE,
)
""" "Score 0 (Poor)"."""
_CLOSING = tuple(")]）】")
_BRACKETS = re.compile(r"\([^()]*\)")
FEWEST_EXPLAINING = 4
"""Fewest words of an explanation in brackets with a number. Fewer may be a unit of points and a remark."""
_OPENED = re.compile(
    rf"^\s*(?:(?P<bracket>[(\[（【])|{amounts.NUMBER}\s*(?:[-–]\s*{amounts.NUMBER}\s*)?(?:{amounts.UNIT}\.?\s*)?"
    r"[:：=–—-](?!\s*\d))",
    re.IGNORECASE,
)
"""Points that are separated from the text after them."""
_GLOSSED = re.compile(rf"^(?P<range>{amounts.NUMBER}\s*[-–—]\s*{amounts.NUMBER})\s*[(（](?P<text>[^()（）]+)[)）]\.?$")
""" "10–7 (publishable quality)"."""
_TICKS = re.compile(r"^[\s☐☑☒□■✓✔✗✘○●◯]+$")


def heading_of(text: str) -> tuple[str | None, Amount | None]:
    """A level heading's name and points: "Excellent (4)" → Excellent, 4; "4" → 4, 4; "Good (B)" → Good (B), none."""
    lines = _without_gloss([line.strip() for line in text.split("\n") if line.strip()])
    one = " ".join(lines)
    if not one:
        return None, None
    alone = amounts.whole(one)
    for index, line in enumerate(lines):
        rest = " ".join(lines[:index] + lines[index + 1 :])
        if re.search(r"[^\W\d_]", rest) and (amount := amounts.whole(line)) is not None:
            return _name(rest), amount
    if alone is not None:
        return one, alone
    for take in (amounts.bracketed, amounts.trailing, amounts.leading):
        found = take(one)
        if found and len(found[1]) > LONGEST_GLOSS and take is amounts.leading and found[0].is_bare:
            return one[: len(one) - len(found[1])].strip(" :：.)–—=-"), found[0]
        if found and found[1]:
            return _name(found[1]), found[0]
    name, amount = _beside_number(one)
    return _name(name), amount


def _beside_number(one: str) -> tuple[str, Amount | None]:
    """Splits a number off the heading without a separator: "Score 0 (Poor)", "Good 3", "3 Good"."""
    if scored := _SCORED.match(one):
        return scored["text"], amounts.whole(scored["amount"])
    plain_end = _PLAIN_END.match(one)
    if plain_end and not _ORDINAL.search(plain_end.group(1)):
        return plain_end.group(1), amounts.whole(plain_end.group(2))
    if plain_start := _PLAIN_START.match(one):
        return plain_start.group(2), amounts.whole(plain_start.group(1))
    inner = _INNER.search(one)
    if inner and not _is_explained(one, inner) and (amount := amounts.whole(inner.group())):
        return f"{one[: inner.start()].strip()} {one[inner.end() :].strip()}", amount
    return one, None


def _is_explained(one: str, inner: re.Match[str]) -> bool:
    """Whether the number is part of several words in brackets: "Good (meets 75% of the requirements)"."""
    bracket = next((b for b in _BRACKETS.finditer(one) if b.start() < inner.start() < b.end()), None)
    return bracket is not None and len(re.findall(r"[^\W\d_]{2,}", bracket.group())) >= FEWEST_EXPLAINING


def _without_gloss(lines: list[str]) -> list[str]:
    """Drops an explanation below a first line that is a level's name, perhaps with points on the next line."""
    if len(lines) < 2 or sum(map(len, lines)) <= LONGEST_LEVEL_NAME or not lexicon.is_level_name(lines[0]):
        return lines
    return lines[: 1 if amounts.whole(lines[1]) is None else 2]


def _name(text: str) -> str:
    return " ".join(text.split()).strip(" :：=-–—,") or text


def with_amount(level: Level, amount: Amount | None) -> Level:
    if amount is None:
        return level
    if amount.low is not None and amount.low != amount.high:
        return level.model_copy(update={"points": None, "points_min": amount.low, "points_max": amount.high})
    return level.model_copy(update={"points": amount.high, "points_min": None, "points_max": None})


def level_of(heading: str, cell: Cell | None) -> Level:
    """The level with this heading and this cell. A tick box has no description."""
    name, amount = heading_of(heading)
    text = "" if cell is None or _TICKS.match(cell.text) else cell.text
    inner, rest = cell_amount(text, beside=amount)
    level = Level(name=name, description=folded(rest) or None, source=cell.source if cell else None)
    return with_amount(level, inner or amount)


def unnamed_level(cell: Cell) -> Level:
    """The level of a cell without a heading: points, often a name, a description."""
    amount, rest = cell_amount(cell.text)
    name, description = _cell_name(rest, cell.lead)
    if name is None and amount is not None and not description:
        name = None
    level = Level(name=name, description=folded(description) or None, source=cell.source)
    return with_amount(level, amount)


def cell_amount(text: str, *, beside: Amount | None = None) -> tuple[Amount | None, str]:
    """The points at the start or end of a level's cell, and the text without them.

    If the heading has points, a number in a sentence of the cell ("names 5 points") is part of the description.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines:
        return None, ""
    for index in {0, len(lines) - 1}:
        amount = amounts.whole(lines[index])
        if amount is not None and not _counts_something(amount, beside):
            return amount, "\n".join(lines[:index] + lines[index + 1 :])
    if glossed := _GLOSSED.match(lines[0]):
        return amounts.whole(glossed["range"]), "\n".join([glossed["text"], *lines[1:]])
    first = amounts.leading(lines[0])
    if first and _is_points(first[0], lines[0]) and (beside is None or _opens_plainly(first[0], lines[0], beside)):
        return first[0], "\n".join([first[1], *lines[1:]]).strip()
    ended = _RANGE_AT_END.match(lines[-1])
    if ended and (amount := amounts.whole(ended.group("range"))) and (beside is None or _is_within(amount, beside)):
        return amount, "\n".join([*lines[:-1], ended.group("text")])
    last = amounts.trailing(lines[-1])
    is_set_off = last is not None and last[0].low is not None and lines[-1].rstrip(" .;")[-1:] in _CLOSING
    is_other = beside is not None and last is not None and last[0].is_bare and not _is_within(last[0], beside)
    is_closed = lines[-1].rstrip(" .;:,、。")[-1:] in _CLOSING
    if last and last[0].has_unit | is_set_off and (beside is None or is_closed) and not is_other:
        return last[0], "\n".join([*lines[:-1], last[1]])
    return None, text


def _counts_something(amount: Amount, heading: Amount | None) -> bool:
    """Whether the amount is a count, like a bare "3 or more" under "10 points"."""
    return heading is not None and heading.has_unit and amount.is_bare and not _is_within(amount, heading)


def _opens_plainly(amount: Amount, line: str, heading: Amount) -> bool:
    """Whether the text clearly begins with points: in brackets, with unit and separator, or in the heading's range."""
    opened = _OPENED.match(line)
    if opened is None:  # "8 points" under "10–8" selects the points; under "8" it is part of the sentence
        return amount.has_unit and heading.low is not None and _is_within(amount, heading)
    return opened.group("bracket") is not None or amount.has_unit or _is_within(amount, heading)


def _is_within(amount: Amount, heading: Amount) -> bool:
    low = heading.high if heading.low is None else heading.low
    return low <= (amount.high if amount.low is None else amount.low) and amount.high <= heading.high


def _is_points(amount: Amount, line: str) -> bool:
    if amount.has_unit:
        return True
    return (
        bool(re.match(r"^\s*[(\[（]?\d+([.,]\d+)?(\s*[-–]\s*\d+)?\s*[)\]）]?\s*[:=–-]", line)) and not amount.is_percent
    )


def _cell_name(text: str, lead: str) -> tuple[str | None, str]:
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return None, ""
    first = lines[0].strip()
    if len(lines) > 1 and len(first) <= LONGEST_LEVEL_NAME and not first.endswith("."):
        return first, "\n".join(lines[1:])
    match = re.match(r"^([^:.\n]{2,40})[:：]\s+(\S.*)$", text, re.DOTALL)
    if match and (lexicon.is_level_name(match.group(1)) or lead):
        return match.group(1).strip(), match.group(2)
    if (
        len(lines) == 1
        and len(first) <= LONGEST_LEVEL_NAME
        and len(first.split()) <= 4
        and lexicon.is_level_name(first)
    ):
        return first, ""
    return None, text
