"""Parses the text of a cell as a name, an amount or a level. Pure, cached functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from rubric_jobs.reader import amounts, names
from rubric_jobs.reader.amounts import Amount
from rubric_jobs.reader.levels import cell_amount, heading_of
from rubric_jobs.reader.names import Named, folded, tidy
from rubric_jobs.rubric.model import Level, Source
from rubric_jobs.vocabulary import words

M = TypeVar("M", bound=BaseModel)
REMEMBERED = 8192
_AMOUNT_FIRST = re.compile(
    rf"^\s*\(?{amounts.NUMBER}(?:\s*(?:%|{amounts.UNIT}\.?)(?![^\W\d_]))?(?=[\s,(])(?!\s*[-–—]?\s*\d)", re.IGNORECASE
)
LONGEST_KEY = 70
_TICKS = re.compile(r"^[\s☐☑☒□■✓✔✗✘○●◯_]+$")

whole = amounts.whole
heading = lru_cache(REMEMBERED)(heading_of)


@dataclass(frozen=True, slots=True)
class Told:
    """A level, from its heading and cell."""

    name: str | None
    description: str | None
    amount: Amount | None


@lru_cache(REMEMBERED)
def amount_of(text: str) -> Amount | None:
    """The amount that is the whole text, or the first line that is an amount."""
    if len(text) > 120:
        return None
    return whole(text) or next((a for line in text.split("\n") if (a := whole(line))), None)


@lru_cache(REMEMBERED)
def amount_first(text: str) -> Amount | None:
    """The amount that a text begins with: "0.5 for each article"."""
    found = _AMOUNT_FIRST.match(text)
    return whole(found.group().strip(" (")) if found else None


@lru_cache(REMEMBERED)
def loss_of(text: str) -> Decimal | None:
    return amounts.negative(text) if len(text) < 200 else None


@lru_cache(REMEMBERED)
def is_amount(text: str) -> bool:
    """Whether the text is an amount, a deduction ("-1 per figure"), or several lines of amounts."""
    lines = [line for line in text.split("\n") if line.strip()]
    return bool(lines) and len(text) < 60 and all(whole(line) or amounts.negative(line) for line in lines)


_TWO_MARKS = re.compile(r"\d{1,2}(?:[.,]\d{1,2})?\s+\d{1,2}(?:[.,]\d{1,2})?")


@lru_cache(REMEMBERED)
def mark_of(text: str) -> Amount | None:
    """The amount of a cell in a row of marks. Two marks to choose from are a range."""
    if found := amount_of(text):
        return found
    if _TWO_MARKS.fullmatch(text.strip()) is None:
        return None
    low, high = sorted(amounts.number(part) for part in text.split())
    return Amount(high, low=low)


@lru_cache(REMEMBERED)
def is_ticks(text: str) -> bool:
    return bool(_TICKS.match(text))


@lru_cache(REMEMBERED)
def criterion(text: str, lead: str, way: str) -> Named:
    """Name, description and points of a criterion's cell. `way` says how to find the name."""
    if way == "lead":
        return names.named(text, lead)
    own = names.named(text, "")
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if way == "line" and len(lines) > 1:
        kept = [line for line in lines if not whole(line)] or lines
        first = names.named(kept[0], "")
        name = _without_amount(kept[0])
        return Named(tidy(name), folded("\n".join(kept[1:])) or None, own.amount or first.amount, own.times)
    kept = [line for line in lines if not whole(line)] or lines
    return Named(tidy(_without_amount(" ".join(kept))), None, own.amount, own.times)


def _without_amount(text: str) -> str:
    """The text without separate points at its start or end."""
    text = amounts.OF_GRADE.sub("", text)
    for take in (amounts.trailing, amounts.leading):
        found = take(text)
        if found and found[1] and not (found[0].is_bare and re.match(r"^\s*\(?\d{1,2}\s*[.):\-–—]", text)):
            return found[1]
    return text


@lru_cache(REMEMBERED)
def level(title: str, text: str) -> Told:
    """The level with this heading and this cell. A tick box has no description."""
    name, amount = heading(title) if title else (None, None)
    inner, rest = cell_amount("" if _TICKS.match(text) else text, beside=amount)
    first, _, more = rest.partition("\n")
    is_named = len(first) <= LONGEST_LEVEL_NAME and is_level_heading(first) and not more[:1].islower()
    if amount is not None and more and whole(title) and is_named:
        name, rest = first.strip(), more
    return Told(name, folded(rest) or None, inner or amount)


@lru_cache(REMEMBERED)
def unnamed_level(text: str, lead: str, *, beside_others: bool = False) -> Told:
    """The level of a cell without a heading: points, often a name, a description.

    In a row of levels, a few words about the work are a description even if one of them is a level word.
    """
    amount, rest = cell_amount(text)
    if amount is None and (below := _named_below(text)):
        return below
    name, description = _cell_name(rest, lead)
    if beside_others and name == rest and not _is_mostly_level(name):
        name, description = None, rest
    return Told(name, folded(description) or None, amount)


def _named_below(text: str) -> Told | None:
    """A descriptor followed by a last line with points and level name: "20-18 points Achieved"."""
    described, _, last = text.rpartition("\n")
    if not described or len(last) > LONGEST_LEVEL_NAME:
        return None
    name, amount = heading(last)
    is_level = amount is not None and amount.has_unit and name is not None and name != last.strip()
    return Told(name, folded(described), amount) if is_level else None


@lru_cache(REMEMBERED)
def key_of(text: str, lead: str) -> str:
    """The part of a row's first cell that may name a level, without an explanation below it."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines:
        return ""
    joined = " ".join(lines)
    if len(joined) <= LONGEST_KEY and (len(lines) == 1 or any(whole(line) for line in lines)):
        return "\n".join(lines)
    if 0 < len(lead) <= LONGEST_KEY and is_level_heading(lead):
        return lead
    return lines[0] if len(lines[0]) <= LONGEST_KEY else ""


@lru_cache(REMEMBERED)
def gloss_of(text: str, lead: str) -> str:
    """The explanation below the key."""
    key = key_of(text, lead)
    return text[len(key) :].strip(" :\n") if key and text.startswith(key) else ""


@lru_cache(REMEMBERED)
def core_of(text: str) -> str:
    """A heading without the amount beside it."""
    one = " ".join(text.split())
    for take in (amounts.bracketed, amounts.trailing, amounts.leading):
        found = take(one)
        if found:
            return found[1] or one
    return one


@lru_cache(REMEMBERED)
def is_level_heading(text: str) -> bool:
    """A level's name, a bare amount, or both."""
    return whole(text) is not None or words.level_rank(core_of(text)) is not None


def level_model(told: Told, source: Source | None) -> Level:
    """A Level without validation: the values are our own, and a document needs thousands."""
    points = low = high = None
    if told.amount is not None:
        if told.amount.low is not None and told.amount.low != told.amount.high:
            low, high = told.amount.low, told.amount.high
        else:
            points = told.amount.high
    return made(
        Level,
        {
            "name": told.name,
            "description": told.description,
            "points": points,
            "points_min": low,
            "points_max": high,
            "source": source,
        },
    )


def made(kind: type[M], values: dict[str, Any]) -> M:
    """Like `model_construct` but five times as fast. The values are our own, and a document needs thousands."""
    model = kind.__new__(kind)
    put = object.__setattr__
    put(model, "__dict__", {**_defaults(kind), **values})
    put(model, "__pydantic_fields_set__", set(values))
    put(model, "__pydantic_extra__", None)
    put(model, "__pydantic_private__", None)
    return model


def copied(model: M, **changed: Any) -> M:
    """Like `model_copy`, without its overhead; see `made`."""
    other = type(model).__new__(type(model))
    put = object.__setattr__
    put(other, "__dict__", {**model.__dict__, **changed})
    put(other, "__pydantic_fields_set__", model.__pydantic_fields_set__ | changed.keys())
    put(other, "__pydantic_extra__", None)
    put(other, "__pydantic_private__", None)
    return other


@lru_cache(8)
def _defaults(kind: type[BaseModel]) -> dict[str, Any]:
    return {name: field.get_default(call_default_factory=False) for name, field in kind.model_fields.items()}


_NAMED = re.compile(r"^([^:.\n]{2,40})[:：]\s+(\S.*)$", re.DOTALL)
LONGEST_LEVEL_NAME = 48


def _cell_name(text: str, lead: str) -> tuple[str | None, str]:
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return None, ""
    first = lines[0].strip()
    if len(lines) > 1 and len(first) <= LONGEST_LEVEL_NAME and not _goes_on(first, lines[1].strip()):
        return first, "\n".join(lines[1:])
    match = _NAMED.match(text)
    if match and (_is_level_name(match.group(1)) or lead):
        return match.group(1).strip(), match.group(2)
    if len(lines) == 1 and len(first) <= LONGEST_LEVEL_NAME and len(first.split()) <= 4:
        return (first, "") if _is_level_name(first) and not first.endswith(".") else (None, text)
    return None, text


def _is_mostly_level(text: str) -> bool:
    """Whether the text is little more than a level's name. "Very little participation" is a description."""
    told = words.concepts(text)
    return len(text) <= 2 or (
        text == core_of(text) and max(told.get("levels", 0.0), told.get("nothing", 0.0), told.get("full", 0.0)) >= 0.75
    )


def _goes_on(first: str, second: str) -> bool:
    """Whether the first line is no name but a sentence, or wraps into the second. A level word alone is a name."""
    is_word = " " not in first and _is_level_name(first)
    return first.endswith(".") or (second[:1].islower() and not is_word)


@dataclass(frozen=True, slots=True)
class Parallel:
    section: str | None
    parts: tuple[tuple[str, str | None, Amount], ...]


@lru_cache(REMEMBERED)
def parallel(text: str, values: str) -> Parallel | None:
    """Names on the lines of one cell and as many amounts in another. The first line may be their heading."""
    found = [amount for line in values.split("\n") if (amount := whole(line))]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(found) < 2 or len(lines) - len(found) not in (0, 1):
        return None
    section = tidy(lines.pop(0)) if len(lines) > len(found) else None
    own = [names.named(line) for line in lines]
    return Parallel(section, tuple((n.name, n.description, a) for n, a in zip(own, found, strict=True)))


_POINTS_FIRST = re.compile(
    rf"^\s*(?:[•\-–*·▪]\s*)?[(\[（]?\s*(?:{amounts.NUMBER}\s*[-–—]\s*)?{amounts.NUMBER}\s*[)\]）]?\s*(?:{amounts.UNIT}\.?)?\s*"
    r"(?:[:：.)=–—-]|$)\s*",
    re.IGNORECASE,
)
_LIST_FIRST = re.compile(
    rf"^\s*(?:[•\-–*·▪]\s*)?(?P<all>(?P<first>{amounts.NUMBER})(?:\s*,\s*{amounts.NUMBER})*\s*(?:,|und|oder|or|ou|o|of)?\s*"
    rf"(?P<last>{amounts.NUMBER})\s*(?:[^\W\d_]{{1,6}})?{amounts.UNIT})(?![^\W\d_])\s*[:：–—-]?\s*(?P<text>.*)$",
    re.IGNORECASE | re.DOTALL,
)
""" "3, 2 or 1 points: partly"."""
_NAME_FIRST = re.compile(r"^\s*(?:[•\-–*·▪]\s*)?([^:：\n]{2,45}?)\s*(?:[:：]|\s[–—-]\s)\s*(.*)$", re.DOTALL)


_UNIT_FIRST = re.compile(rf"^\s*(?:[•\-–*·▪]\s*)?{amounts.NUMBER}\s*{amounts.UNIT}(?![^\W\d_])", re.IGNORECASE)
_BULLET = re.compile(r"^\s*[•\-–*·▪]\s+")


_SENTENCE_BEFORE = r"(?<=[.;!?。；])\s+"
_RANGE_FIRST = re.compile(
    rf"(?:[^\W\d_][^.:;()]{{0,30}}\s)?\(?{amounts.NUMBER}\s*[-–—]\s*{amounts.NUMBER}\s*(?:{amounts.UNIT}\.?)?\)?\s*[:：]\s"
)
_RANGE_WITHIN = re.compile(rf"{_SENTENCE_BEFORE}({_RANGE_FIRST.pattern})")
_MARK_WITHIN = re.compile(rf"{_SENTENCE_BEFORE}(?={amounts.NUMBER}\s*[:：]\s)")
_POINTS_WITHIN = re.compile(rf"{_SENTENCE_BEFORE}(?={amounts.NUMBER}\s*{amounts.UNIT}\.?\n)", re.IGNORECASE)


def _one_a_line(text: str) -> str:
    """Puts levels that share a line on separate lines: "0–5: unclear. 6–9: clear."."""
    text = _POINTS_WITHIN.sub("\n", text)
    if not _RANGE_FIRST.match(text) or not _RANGE_WITHIN.search(text):
        return text
    parted = _RANGE_WITHIN.sub(lambda match: "\n" + " ".join(match.group(1).split()) + " ", text)
    return _MARK_WITHIN.sub("\n", parted)


@lru_cache(REMEMBERED)
def levels_in(text: str) -> tuple[Told, ...]:
    """The levels listed in one cell; empty if there are none."""
    found: list[list[str]] = []
    for line in (line.strip() for line in _one_a_line(text).split("\n")):
        if line and (_begins_level(line) or not found):
            found.append([line])
        elif line:
            found[-1].append(line)
    listed = tuple(_listed_level("\n".join(lines)) for lines in found)
    if any(level.amount is not None and level.description for level in listed):
        return tuple(map(_described_alone, listed))
    return listed


def _described_alone(level: Told) -> Told:
    """Beside described levels, a short level's text is its description: "0: Not attempted"."""
    if level.description or level.amount is None or not level.name or whole(level.name) is not None:
        return level
    return Told(None, level.name, level.amount)


@lru_cache(REMEMBERED)
def _begins_level(line: str) -> bool:
    if whole(line) or _POINTS_FIRST.match(line) or _UNIT_FIRST.match(line) or _listed_points(line):
        return True
    named = _NAME_FIRST.match(line)
    if named and is_level_heading(named.group(1)):
        return True
    return (len(line) < 40 and is_level_heading(line)) or ends_in_points(line)


@lru_cache(REMEMBERED)
def ends_in_amount(text: str) -> bool:
    """ "TOTAL SCORE (maximum score: 10)"."""
    return len(text) <= LONGEST_KEY and (amounts.trailing(text) or whole(text.split()[-1])) is not None


@lru_cache(REMEMBERED)
def ends_in_points(line: str) -> bool:
    """ "The content is relevant: 3 pts"."""
    found = amounts.trailing(line)
    return found is not None and found[0].has_unit and line.rstrip(" .;")[-1:] not in ")]）】"


def _listed_points(text: str) -> Told | None:
    """A level for which one of several points may be given."""
    listed = _LIST_FIRST.match(text)
    if (
        listed is None
        or listed["first"] == listed["all"]
        or ("," not in listed["all"] and " " not in listed["all"].strip())
    ):
        return None
    worth = sorted((amounts.number(listed["first"]), amounts.number(listed["last"])))
    if worth[0] == worth[1]:
        return None
    return Told(listed["all"], folded(listed["text"]) or None, Amount(worth[1], low=worth[0], has_unit=True))


def _listed_level(text: str) -> Told:
    if listed := _listed_points(text):
        return listed
    named = _NAME_FIRST.match(text)
    if named and is_level_heading(named.group(1)):
        name, amount = heading(named.group(1))
        return Told(name, folded(named.group(2)) or None, amount)
    return unnamed_level(_BULLET.sub("", text), "")


def _is_level_name(text: str) -> bool:
    return words.level_rank(text) is not None
