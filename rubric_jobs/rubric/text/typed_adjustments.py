"""Penalties and bonuses among typed lines and pasted rows: what is taken off or added is no criterion."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rubric_jobs.rubric.model import Adjustment
from rubric_jobs.rubric.text.typed_lines import MAX_LABEL_WORDS, UNIT, Line, folded, tidy
from rubric_jobs.rubric.text.typed_outline import Rank, rank

_PENALTIES = re.compile(r"(?:penalt|deduction|abz[uü]g|p[eé]nalit|penaliza|штраф)", re.IGNORECASE)
_BONUSES = re.compile(r"(?:bonus|extra credit)", re.IGNORECASE)
_NAMED_LAST = re.compile(rf"(?:{_PENALTIES.pattern}|{_BONUSES.pattern})\w{{0,10}}\s*\Z", re.IGNORECASE)
_SUM = re.compile(r"(?:grand |overall )?(?:total|sum|summe|gesamt\w{0,10})\b", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,2})?")
_POINTS = re.compile(rf"\s*(?!%|percent|prozent){UNIT}\s*", re.IGNORECASE)
_BEFORE_AN_AMOUNT = " \t:：=([-−–—+"
_SAID = re.compile(r"[:：]\s*\S")


def kind_named(name: str) -> str:
    """`penalty` or `bonus` where a name says so, else nothing; a total without them is none."""
    if _SUM.match(name) or len(name.split()) > MAX_LABEL_WORDS:
        return ""
    return "bonus" if _BONUSES.search(name) else "penalty" if _PENALTIES.search(name) else ""


def adjustment(kind: str, *texts: str, worth: Decimal | None) -> Adjustment:
    reason = " ".join(" ".join(filter(None, map(tidy, texts))).split())
    return Adjustment.model_validate({"kind": kind, "reason": reason, "points": worth})


@dataclass(slots=True)
class _Item:
    kind: str
    texts: list[str]
    worth: Decimal | None = None


class Adjustments:
    """Told line by line, in their order."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._items: list[_Item] = []
        self._lines = lines
        self._places = {id(line): place for place, line in enumerate(lines)}
        worthy = [line for line in lines if line.worth]
        self._outer = _outer(worthy, lines[:1])
        names = Counter(folded(line.name) for line in worthy)
        self._repeated = {name for name, count in names.items() if count > 1 and name}
        self._section = ""
        self._floor: Rank | None = None
        """A section ends at a line further out; None until its first item tells how far in they stand."""

    @property
    def found(self) -> list[Adjustment]:
        return [adjustment(item.kind, *item.texts, worth=item.worth) for item in self._items]

    def take(self, line: Line, *, is_total: bool) -> bool:
        """Whether the line is an adjustment, or a heading above some."""
        if self._floor is not None and rank(line) < self._floor:
            self._section, self._floor = "", None
        if kind := _kind_of_heading(line):
            self._section, self._floor = kind, None
            return True
        if kind := self._kind_by_name(line):
            self._items.append(_of_line(kind, line))
            depth, marker = rank(line)
            self._section, self._floor = kind, (depth, marker + 1)
            return True
        return self._take_unnamed(line, is_total=is_total)

    def _take_unnamed(self, line: Line, *, is_total: bool) -> bool:
        worth = line.worth
        if worth and not worth.low and (worth.sign or (self._section and not is_total)):
            is_bonus = worth.sign == "+" or (self._section == "bonus" and not worth.sign)
            self._items.append(_of_line("bonus" if is_bonus else "penalty", line))
        elif self._section and not worth and line.tier[1]:
            self._items.append(_of_line(self._section, line))
        elif self._floor is not None and not worth and rank(line)[0] > self._floor[0]:
            self._items[-1].texts.append(line.raw)
        else:
            if not is_total:
                self._section, self._floor = "", None
            return False
        if self._section and self._floor is None:
            self._floor = rank(line)
        return True

    def _kind_by_name(self, line: Line) -> str:
        """Of a line that names one itself, unless it is one of a criterion's levels or has levels below it."""
        name = line.name if line.worth else _before_number(line)
        kind = kind_named(name)
        if not kind or self._is_a_level(line):
            return ""
        return "" if line.worth and (line.worth.low or not line.worth.high or self._has_levels(line)) else kind

    def _is_a_level(self, line: Line) -> bool:
        is_repeated = len(self._repeated) > 1 and folded(line.name) in self._repeated
        return is_repeated or (self._outer is not None and _as_plain(rank(line)) > self._outer)

    def _has_levels(self, line: Line) -> bool:
        below = []
        for other in self._lines[self._places[id(line)] + 1 :]:
            if rank(other) <= rank(line):
                break
            if other.worth and not other.worth.sign:
                below.append(other.worth.high)
        return line.worth is not None and len(below) >= 2 and max(below) == line.worth.high


def _outer(worthy: Sequence[Line], first: Sequence[Line]) -> Rank | None:
    """How far in the criteria stand; a first line that is worth more than each other one is the title."""
    highest = max((line.worth.high for line in worthy[1:] if line.worth), default=Decimal(0))
    has_title = bool(worthy) and worthy[:1] == list(first) and bool(worthy[0].worth and worthy[0].worth.high > highest)
    ranks = [_as_plain(rank(line)) for line in (worthy[1:] if has_title else worthy)]
    return min(ranks, default=None)


def _as_plain(place: Rank) -> Rank:
    """Bold lines and plain ones at the same place may both be criteria."""
    depth, marker = place
    return depth, 2 if marker == 1 else marker


def _kind_of_heading(line: Line) -> str:
    begins = _PENALTIES.match(line.raw) or _BONUSES.match(line.raw)
    if not begins or line.worth or _NUMBER.search(line.raw) or _SAID.search(line.raw):
        return ""
    return "" if line.raw.endswith(".") else kind_named(line.raw)


def _before_number(line: Line) -> str:
    """`Penalty: 5 points a day` and `Bonus: for a model` name one; a sentence that speaks of one does not."""
    number = _NUMBER.search(line.raw)
    said = _SAID.search(line.raw)
    ends = [found.start() for found in (number, said) if found]
    return line.raw[: min(ends)] if ends else ""


def _of_line(kind: str, line: Line) -> _Item:
    if line.worth and line.worth.is_percent:
        return _Item(kind, [line.raw])
    if line.worth:
        return _Item(kind, [line.name, line.text], line.worth.high)
    if number := _NUMBER.search(line.raw):
        before, after = line.raw[: number.start()], line.raw[number.end() :]
        name, unit = before.rstrip(_BEFORE_AN_AMOUNT), _POINTS.match(after)
        is_amount = not name or before.rstrip() != name or _NAMED_LAST.search(name)
        if unit and is_amount:
            return _Item(kind, [name, after[unit.end() :]], Decimal(number[0].replace(",", ".")))
    return _Item(kind, [line.raw])
