"""Lines in the order and depth that they were typed in → criteria and their levels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from rubric_jobs.rubric import points
from rubric_jobs.rubric.model import Criterion, Level
from rubric_jobs.rubric.text.typed_lines import MAX_LABEL_WORDS, Line, folded, split, tidy

_MARKER_RANKS = {
    **{"#" * depth: depth - 10 for depth in range(1, 7)},
    "bold": 1,
    "": 2,
    "number": 3,
    "letter": 4,
    "inner": 6,
}
_LEAST_ITEMS_OF_A_CHECKLIST = 3
_RUBRIC = re.compile(r"rubri|r[úu]bric|grading|scoring|assessment|bewertung|grille|barème", re.IGNORECASE)


Rank = tuple[int, int]


@dataclass(slots=True)
class Block:
    """A criterion's line (None where one scale stands alone), and the lines below it."""

    head: Line | None
    section: str | None = None
    body: list[Line] = field(default_factory=list)


def worth_of_title(lines: Sequence[Line]) -> Decimal | None:
    """`Essay (100 points)` above criteria that add up to 100 is no criterion: what it is worth, else None."""
    if len(lines) < 3 or lines[0].worth is None:
        return None
    outer = _outermost([line for line in lines[1:] if line.worth])
    parts = [line.worth.high for line in lines[1:] if line.worth and line.tier == outer]
    worth = lines[0].worth.high
    stands_out = lines[0].tier != outer or bool(_RUBRIC.search(lines[0].name))
    return worth if stands_out and len(parts) >= 2 and sum(parts) == worth and worth not in parts else None


def is_a_checklist(lines: Sequence[Line]) -> bool:
    boxes = [line for line in lines if line.tier[1] == "box"]
    return len(boxes) >= _LEAST_ITEMS_OF_A_CHECKLIST and not any(line.worth for line in lines)


def blocks_of(lines: Sequence[Line]) -> tuple[list[Block], list[Line]]:
    """The criteria's blocks, and the lines that stand before the first."""
    worthy = [line for line in lines if line.worth]
    if is_a_checklist(lines):
        return _cut(lines, {id(line) for line in lines if line.tier[1] == "box"})
    if not worthy:
        return _cut(lines, _outer_lines(lines))
    if _is_one_scale(worthy):
        first = lines.index(worthy[0])
        return [Block(lines[first - 1] if first else None, body=list(lines[first:]))], list(lines[: max(first - 1, 0)])
    outer = _outermost(worthy)
    uppers = _uppers(lines, outer)
    for heads in (uppers, _peers(lines, outer)):
        if heads and _are_levels([[line for line in block.body if line.worth] for block in _cut(lines, heads)[0]]):
            return _cut(lines, heads)
    repeated = _repeated_names([line for line in worthy if line.tier == outer])
    heads = {id(line) for line in lines if line.tier == outer and _may_head(line, repeated)}
    if len(uppers) == 1 and id(lines[0]) in uppers:
        blocks, _ = _cut(lines[1:], heads)
        return blocks, [lines[0]]
    blocks, before = _cut(lines, heads | uppers)
    return _without_sections(blocks, uppers), before


def criteria_of(blocks: Sequence[Block], title: str | None) -> list[Criterion]:
    shared = _shared_labels(blocks)
    criteria: list[Criterion] = []
    for block in blocks:
        parts = _parts(block)
        if parts:
            criteria += [_criterion(line, section=_name(block.head)) for line in parts]
        else:
            criteria.append(_filled(block, shared, title))
    return criteria


def rank(line: Line) -> Rank:
    """How far in a line stands: a lower rank is further out."""
    return line.tier[0], _MARKER_RANKS.get(line.tier[1], 5)


def _outermost(lines: Sequence[Line]) -> tuple[int, str] | None:
    return min(lines, key=rank).tier if lines else None


def _outer_lines(lines: Sequence[Line]) -> set[int]:
    """Lines of the outermost rank that have others below them."""
    outer = _outermost(lines)
    return {id(line) for line, below in pairwise(lines) if line.tier == outer and rank(below) > rank(line)}


def _uppers(lines: Sequence[Line], outer: tuple[int, str] | None) -> set[int]:
    """Lines without a worth that stand directly above lines of the outermost worth, further out."""
    return {
        id(line)
        for line, below in pairwise(lines)
        if line.worth is None and below.worth and below.tier == outer and rank(line) < rank(below)
    }


def _peers(lines: Sequence[Line], outer: tuple[int, str] | None) -> set[int]:
    """Short lines without a worth directly above others of their own rank: names of scales typed without any indent."""
    return {
        id(line)
        for line, below in pairwise(lines)
        if line.worth is None
        and below.worth
        and line.tier == below.tier == outer
        and len(line.raw.split()) <= MAX_LABEL_WORDS
    }


def _cut(lines: Sequence[Line], heads: set[int]) -> tuple[list[Block], list[Line]]:
    blocks: list[Block] = []
    before: list[Line] = []
    for line in lines:
        if id(line) in heads:
            blocks.append(Block(line))
        elif blocks:
            blocks[-1].body.append(line)
        else:
            before.append(line)
    return blocks, before


def _without_sections(blocks: Sequence[Block], uppers: set[int]) -> list[Block]:
    """A heading above several criteria is their section; one heading above them all is the title's place."""
    kept: list[Block] = []
    section = None
    for block in blocks:
        if id(block.head) in uppers:
            section = _name(block.head) if len(uppers) > 1 else None
        else:
            block.section = section
            kept.append(block)
    return kept


def _is_one_scale(worthy: Sequence[Line]) -> bool:
    """`6 - Outstanding …`, `5 - Strong …`: points first, no unit, each one apart."""
    if len(worthy) < 3 or any(line.name or (line.worth and line.worth.has_unit) for line in worthy):
        return False
    steps = {a.worth.high - b.worth.high for a, b in pairwise(worthy) if a.worth and b.worth}
    return len({line.tier for line in worthy}) == 1 and len(steps) == 1 and abs(min(steps)) == 1


def _are_levels(groups: Sequence[Sequence[Line]]) -> bool:
    """Groups that repeat names, or the very same points, are scales; others are sections of criteria."""
    if len(groups) < 2 or any(len(group) < 2 for group in groups):
        return False
    names = Counter(name for group in groups for name in {folded(_label(line)) for line in group} if name)
    if sum(count >= 2 for count in names.values()) >= 2:
        return True
    return len({tuple(line.worth.high for line in group if line.worth) for group in groups}) == 1


def _repeated_names(heads: Sequence[Line]) -> set[str]:
    """Typed without any indent: names that come back under one criterion after the other are levels."""
    counts = Counter(folded(_label(line)) for line in heads)
    repeated = {name for name, count in counts.items() if count >= 2 and name}
    return repeated if len(repeated) >= 2 and heads and folded(_label(heads[0])) not in repeated else set()


def _may_head(line: Line, repeated: set[str]) -> bool:
    if folded(_label(line)) in repeated:
        return False
    return bool(line.worth) or line.tier[1] != ""


def _label(line: Line) -> str:
    return line.name or split(line.text)[0]


def _name(line: Line | None) -> str:
    return tidy(line.name or line.text) if line else ""


def _shared_labels(blocks: Sequence[Block]) -> set[str]:
    """Names of lines without a worth that stand under several criteria: levels without points."""
    counts = Counter(name for block in blocks for name in {folded(split(line.raw)[0]) for line in block.body} if name)
    shared = {name for name, count in counts.items() if count >= 2}
    return shared if len(shared) >= 2 else set()


def _parts(block: Block) -> list[Line]:
    """`Content (20)` over `Thesis (12)` and `Evidence (8)`: what adds up to its head are criteria of a section."""
    parts = [line for line in block.body if line.worth]
    if block.head is None or block.head.worth is None or len(parts) < 2 or len(parts) != len(block.body):
        return []
    worths = [line.worth.high for line in parts if line.worth]
    whole = block.head.worth.high
    return parts if sum(worths) == whole and whole not in worths else []


def _criterion(line: Line, *, section: str | None) -> Criterion:
    name, text = (line.name, line.text) if line.name else (line.text or line.name, "")
    if not line.name and line.worth:
        name, text = split(line.text)
        name, text = name or text, text if name else ""
    worth = line.worth.high if line.worth else None
    return Criterion(
        name=" ".join(tidy(name).split()),
        description=tidy(text) or None,
        section=section or None,
        points=worth,
        weight=worth if line.worth and line.worth.is_percent else None,
    )


def _filled(block: Block, shared: set[str], title: str | None) -> Criterion:
    if block.head is None:
        criterion = Criterion(name=title or "Overall")
    else:
        criterion = _criterion(block.head, section=block.section)
    body = _without_shares(block.body, criterion.points)
    tier = next((line.tier for line in block.body if line.worth), None)
    for line in body:
        label = folded(split(line.raw)[0])
        is_level = line.tier == tier and (line.worth or line.tier[1]) if tier else label in shared
        if is_level:
            criterion.levels.append(line.as_level())
        elif criterion.levels:
            _add_text(criterion.levels[-1], line)
        else:
            _add_text(criterion, line)
    if criterion.points is None:
        tops = (points.top(level) for level in criterion.levels)
        criterion.points = max((top for top in tops if top is not None), default=None)
    return criterion


def _without_shares(body: Sequence[Line], worth: Decimal | None) -> list[Line]:
    """Percents are a scale where the best one is 100 or what the criterion is worth; else they are shares in prose."""
    percents = [line.worth.high for line in body if line.worth and line.worth.is_percent]
    if not percents or max(percents) in (100, worth):
        return list(body)
    return [
        replace(line, name=line.raw, worth=None, text="") if line.worth and line.worth.is_percent else line
        for line in body
    ]


def _add_text(part: Criterion | Level, line: Line) -> None:
    part.description = "\n".join(filter(None, [part.description, tidy(line.raw)]))
