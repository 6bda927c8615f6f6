"""Numbers that tell right readings of a run of paragraphs from wrong ones. No weights in here."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from rubric_jobs.documents.model import Block, Document, Paragraph, fold
from rubric_jobs.reader import lines_items
from rubric_jobs.reader.lines_items import Line
from rubric_jobs.reader.plan import Part, PartReading
from rubric_jobs.rubric.model import Criterion
from rubric_jobs.vocabulary import words

Features = dict[str, float]
ROUND = frozenset(map(Decimal, (5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 120, 150, 200)))
LONG = 160
NEAR = 4
_ABOUT = (
    "rubric",
    "grading",
    "criterion",
    "exam",
    "syllabus",
    "schedule",
    "commerce",
    "survey",
    "course_part",
    "scale",
)
_NAMED = (
    "course_part",
    "schedule",
    "commerce",
    "measure",
    "person",
    "technical",
    "game",
    "survey",
    "exam",
    "levels",
    "comment",
)
_MONEY = re.compile(r"[$€£¥₹]\s?\d|\d\s?(?:€|USD|EUR|руб)")


@dataclass(frozen=True, slots=True)
class Region:
    """A run of paragraphs by their places, and which of them earn points."""

    lines: Mapping[int, Line]
    scored: frozenset[int]


def region_around(document: Document, place: int) -> Region:
    """The run of paragraphs around a block."""
    known = document.memo.get(("lines", place))
    if known is None:
        known = document.memo["lines", place] = _region_around(document, place)
    return known


def _region_around(document: Document, place: int) -> Region:
    first = last = place
    while first > 0 and isinstance(document.blocks[first - 1], Paragraph):
        first -= 1
    while last + 1 < len(document.blocks) and isinstance(document.blocks[last + 1], Paragraph):
        last += 1
    lines = {place: lines_items.line_of(document, [place]) for place in range(first, last + 1)}
    return Region(lines, frozenset(place for place, line in lines.items() if line.said.is_scored))


def features_lines(part: Part, document: Document, reading: PartReading) -> Features:
    """Of a part of shape lines and what was assembled from it; every number is of the order of 1."""
    return {f"line {name}": value for name, value in _features(part, document, reading).items()}


def _features(part: Part, document: Document, reading: PartReading) -> Features:
    region = region_around(document, part.blocks[0])
    lines = [region.lines[place] for place, role in zip(part.blocks, part.rows, strict=True) if role != "+"]
    roles = part.rows.replace("+", "")
    heads = [line for line, role in zip(lines, roles, strict=True) if role == "c"]
    found: Features = {"bias": 1.0, f"name {part.name}": 1.0}
    if not heads or not reading.criteria:
        return found | {"none": 1.0}
    _roles(roles, found)
    _heads(heads, found)
    _points(reading, heads, found)
    _names(reading.criteria, found)
    _levels(reading.criteria, found)
    _left_out(part, region, heads, found)
    _around(part, document, found)
    return found


def share(values: Iterable[object]) -> float:
    told = [bool(value) for value in values]
    return sum(told) / len(told) if told else 0.0


def _roles(roles: str, found: Features) -> None:
    count = roles.count("c")
    found["criteria"] = math.log(count) / 2
    found["two"] = float(count == 2)
    found["single"] = float(count == 1)
    found["many"] = float(count > 25)
    found["described"] = min(roles.count("d") / count, 4) / 2
    found["undescribed"] = float("d" not in roles)
    found["skipped"] = roles.count("-") / len(roles)
    found["sections"] = min(roles.count("s"), 6) / 3
    found["total line"] = float("t" in roles)
    found["points lines"] = float("p" in roles)
    found["adjustments"] = min(roles.count("a"), 3) / 3
    found["numbered levels"] = float("n" in roles)
    ending = roles[roles.rindex("c") :]
    bodies = [len(body) for body in roles.split("c")[1:-1]]
    found["last body longer"] = float(bool(bodies) and len(ending) > 2 * max(bodies) + 3)


def _heads(heads: Sequence[Line], found: Features) -> None:
    found["marked"] = share(line.said.kind for line in heads)
    found["boxes"] = share(line.said.is_box for line in heads)
    found["headings"] = share(line.is_heading for line in heads)
    found["alike"] = _most(Counter((line.said.kind, round(line.indent / 8)) for line in heads), len(heads))
    found["same kind"] = _most(Counter(line.said.kind for line in heads), len(heads))
    numbers = [line.said.marker.strip("().") for line in heads]
    if all(number.isdecimal() and len(number) < 4 for number in numbers):
        values = [int(number) for number in numbers]
        found["counts on"] = share(b == a + 1 for a, b in itertools.pairwise(values))
        found["counts from 1"] = float(values[0] == 1)


def _most(counts: Mapping[Any, int], of: int) -> float:
    return max(counts.values()) / of if counts else 0.0


def _points(reading: PartReading, heads: Sequence[Line], found: Features) -> None:
    worths = [line.said.amount for line in heads if line.said.amount]
    points = [criterion.points for criterion in reading.criteria]
    known = [value for value in points if value is not None]
    found["scored"] = len(known) / len(points)
    found["all scored"] = float(len(known) == len(points))
    found["none scored"] = float(not known)
    found["worth at heads"] = len(worths) / len(heads)
    if worths:
        found["units"] = share(worth.has_unit or worth.is_slashed for worth in worths)
        found["percents"] = share(worth.is_percent for worth in worths)
        found["bare"] = share(worth.is_bare for worth in worths)
        found["ranges"] = share(worth.low is not None for worth in worths)
        styles = Counter((w.has_unit, w.is_slashed, w.is_percent) for w in worths)
        found["one style"] = _most(styles, len(worths))
    if known:
        whole = sum(known, Decimal(0))
        found["round sum"] = float(whole in ROUND)
        found["sum 100"] = float(whole == 100)
        found["sum stated"] = float(reading.stated is not None and reading.stated == whole)
        found["sum not stated"] = float(reading.stated is not None and reading.stated != whole)
        found["equal points"] = float(len(set(known)) == 1)
        found["large points"] = share(value > 100 for value in known)


def _names(criteria: Sequence[Criterion], found: Features) -> None:
    names = [criterion.name for criterion in criteria]
    found["name length"] = math.log1p(sum(map(len, names)) / len(names)) / 3
    found["long names"] = share(len(name) > LONG for name in names)
    found["short names"] = share(len(name) < 4 for name in names)
    found["sentences"] = share(name.endswith((".", "。", "!")) or ". " in name for name in names)
    found["questions"] = share(name.endswith(("?", "？")) for name in names)
    found["colons"] = share(":" in name or "：" in name for name in names)
    found["fragments"] = share(name[:1].islower() for name in names)
    found["repeated names"] = 1 - len(set(map(fold, names))) / len(names)
    found["descriptions"] = share(criterion.description for criterion in criteria)
    found["money"] = share(_MONEY.search(f"{c.name} {c.description or ''}"[:400]) for c in criteria)
    for concept in _NAMED:
        found[f"names {concept}"] = sum(min(1.0, words.share(concept, name[:LONG])) for name in names) / len(names)
    found["amounts left"] = share(_has_amount(name) for name in names)
    found["amounts left below"] = share(_has_amount((c.description or "")[:200]) for c in criteria)


_POINTS_LEFT = re.compile(r"\d\s*(?:points?|pts?\b|marks?\b|puntos|pontos|punkte|분|分|%)", re.IGNORECASE)


@lru_cache(lines_items.REMEMBERED)
def _has_amount(text: str) -> bool:
    return bool(_POINTS_LEFT.search(text))


def _levels(criteria: Sequence[Criterion], found: Features) -> None:
    counts = [len(criterion.levels) for criterion in criteria]
    found["levelled"] = share(counts)
    if not any(counts):
        return
    levels = [level for criterion in criteria for level in criterion.levels]
    found["levels"] = min(sum(counts) / len(counts), 8) / 4
    found["as many levels"] = _most(Counter(counts), len(counts))
    found["single levels"] = share(count == 1 for count in counts)
    found["levels scored"] = share(level.highest is not None for level in levels)
    found["levels named"] = share(level.name for level in levels)
    found["levels known"] = share(level.name and words.level_rank(level.name) is not None for level in levels)
    found["levels described"] = share(level.description for level in levels)
    found["levels in order"] = share(_is_ordered(criterion) for criterion in criteria if len(criterion.levels) > 1)
    tops = [(c.points, max((h for x in c.levels if (h := x.highest) is not None), default=None)) for c in criteria]
    found["top is worth"] = share(top == worth for worth, top in tops if top is not None and worth is not None)
    repeated = Counter(fold(level.name) for level in levels if level.name)
    found["same level names"] = share(repeated[fold(level.name)] > 1 for level in levels if level.name)


def _is_ordered(criterion: Criterion) -> bool:
    values = [level.highest for level in criterion.levels]
    if None in values:
        ranks = [words.level_rank(level.name or "") for level in criterion.levels]
        told = [rank for rank in ranks if rank is not None]
        return len(told) > 1 and (told == sorted(told) or told == sorted(told, reverse=True))
    numbers = [value for value in values if value is not None]
    return len(set(numbers)) > 1 and (numbers == sorted(numbers) or numbers == sorted(numbers, reverse=True))


def _left_out(part: Part, region: Region, heads: Sequence[Line], found: Features) -> None:
    """Lines of the region that are worth something, or set like the criteria, and that the part does not use."""
    chosen = {line.place for line in heads}
    used = {place for place, role in zip(part.blocks, part.rows, strict=True) if role in "cslnpta+"}
    inside = [place for place in region.scored if part.blocks[0] <= place <= part.blocks[-1]]
    found["scored unused"] = share(place not in used for place in region.scored)
    found["scored unused inside"] = share(place not in used for place in inside)
    found["scored beside"] = share(place not in chosen for place in inside)
    kinds = {_setting(line) for line in heads}
    found["alike unused"] = share(
        place not in chosen for place, line in region.lines.items() if _setting(line) in kinds
    )
    found["of region"] = len(part.blocks) / len(region.lines)
    found["region"] = math.log(len(region.lines)) / 4
    found["scored of region"] = len(region.scored) / len(region.lines)


def _setting(line: Line) -> tuple[str, int, bool]:
    return line.said.kind, round(line.indent / 8), line.is_heading


def _around(part: Part, document: Document, found: Features) -> None:
    """What the heading and the lines right above speak of."""
    first = part.blocks[0]
    above = [_text(block) for block in document.blocks[max(0, first - NEAR) : first] if isinstance(block, Paragraph)]
    heading = next(
        (_text(b) for b in reversed(document.blocks[:first]) if isinstance(b, Paragraph) and b.is_heading), ""
    )
    found["at the start"] = float(first <= 3)
    found["announced"] = float(bool(above) and above[-1].rstrip().endswith((":", "：")))
    for concept in _ABOUT:
        found[f"heading {concept}"] = words.share(concept, heading)
        found[f"above {concept}"] = max((words.share(concept, text) for text in above), default=0.0)


def _text(block: Block) -> str:
    return block.text[:300] if isinstance(block, Paragraph) else ""
