"""Features that distinguish right readings of a run of paragraphs from wrong ones. No weights here.

Few documents hold lists, so there are few features. Fit them to rank the parts of regions that hold a rubric. Whether a
region does is a separate question: with "nothing here" among the parts, the answer would always be no.
"""

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
from rubric_jobs.reader import lines_items, lines_unscored, totals
from rubric_jobs.reader.lines_items import Line
from rubric_jobs.reader.plan import Part, PartReading
from rubric_jobs.rubric.model import Criterion
from rubric_jobs.vocabulary import words

Features = dict[str, float]
ROUND = frozenset(map(Decimal, (5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 120, 150, 200)))
LONG = 160
NEAR = 4
_THEMES = {
    "announces grading": ("rubric", "grading"),
    "announces criteria": ("criterion",),
    "announces others": ("exam", "syllabus", "schedule", "commerce", "survey", "course_part", "scale"),
}
_OTHERS = (
    "course_part",
    "schedule",
    "commerce",
    "measure",
    "person",
    "technical",
    "game",
    "survey",
    "exam",
    "comment",
)
_MONEY = re.compile(r"[$€£¥₹]\s?\d|\d\s?(?:€|USD|EUR|руб)")


@dataclass(frozen=True, slots=True)
class Region:
    """A run of paragraphs by their places, and which of them have points."""

    lines: Mapping[int, Line]
    scored: frozenset[int]
    alone: frozenset[int]
    """Lines that are an amount only."""


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
    scored = frozenset(place for place, line in lines.items() if line.said.is_scored)
    return Region(lines, scored, frozenset(place for place, line in lines.items() if line.said.is_amount_alone))


def features_lines(part: Part, document: Document, reading: PartReading) -> Features:
    """Features of a part of the shape lines and its reading. Every value is of the order of 1."""
    return {f"line {name}": value for name, value in _features(part, document, reading).items()}


def _features(part: Part, document: Document, reading: PartReading) -> Features:
    region = region_around(document, part.blocks[0])
    lines = [region.lines[place] for place, role in zip(part.blocks, part.rows, strict=True) if role != "+"]
    roles = part.rows.replace("+", "")
    heads = [line for line, role in zip(lines, roles, strict=True) if role == "c"]
    found: Features = {"bias": 1.0, f"name {part.name}": 1.0}
    found |= lines_unscored.features_unscored(part, document, reading.criteria)
    if not heads or not reading.criteria:
        return found | {"none": 1.0}
    _roles(roles, found)
    _heads(heads, found)
    _points(reading, heads, found)
    _wholes(lines, roles, found)
    _names(reading.criteria, found)
    _levels(reading.criteria, found)
    _left_out(part, region, heads, found)
    _around(part, document, found)
    return found


def share(values: Iterable[object]) -> float:
    told = list(map(bool, values))
    return told.count(True) / len(told) if told else 0.0


def _roles(roles: str, found: Features) -> None:
    count = roles.count("c")
    found["criteria"] = math.log(count) / 2
    found["two"] = float(count == 2)
    found["single"] = float(count == 1)
    found["skipped"] = roles.count("-") / len(roles)
    found["points lines"] = float("p" in roles)
    found["numbered levels"] = float("n" in roles)


def _heads(heads: Sequence[Line], found: Features) -> None:
    found["marked"] = share(line.said.kind for line in heads)
    found["boxes"] = share(line.said.is_box for line in heads)
    found["alike"] = _most(Counter(_setting(line) for line in heads), len(heads))
    numbers = [line.said.marker.strip("().") for line in heads]
    if all(number.isdecimal() and len(number) < 4 for number in numbers):
        found["counts on"] = share(int(b) == int(a) + 1 for a, b in itertools.pairwise(numbers))


def _most(counts: Mapping[Any, int], of: int) -> float:
    return max(counts.values()) / of if counts else 0.0


def _points(reading: PartReading, heads: Sequence[Line], found: Features) -> None:
    worths = [line.said.amount for line in heads if line.said.amount]
    known = [criterion.points for criterion in reading.criteria if criterion.points is not None]
    found["all scored"] = float(len(known) == len(reading.criteria))
    found["none scored"] = float(not known)
    found["worth at heads"] = len(worths) / len(heads)
    if worths:
        found["bare"] = share(worth.is_bare for worth in worths)
        found["one style"] = _most(Counter((w.has_unit, w.is_slashed, w.is_percent) for w in worths), len(worths))
    if known:
        whole = sum(known, Decimal(0))
        found["round sum"] = float(whole in ROUND)
        found["sum stated"] = float(reading.stated is not None and reading.stated == whole)
        found["sum not stated"] = float(reading.stated is not None and reading.stated != whole)


def _wholes(lines: Sequence[Line], roles: str, found: Features) -> None:
    """Whether headings, or a criterion, equal the sum of the criteria below."""
    used = [(role, line) for role, line in zip(roles, lines, strict=True) if role in "sc"]
    values = [line.said.amount.high if line.said.amount else None for _, line in used]
    at = {place for place, _ in totals.wholes(values, fewest=1)}
    heads = [place for place, (role, line) in enumerate(used) if role == "s" and line.said.amount]
    found["sections add up"] = share(place in at for place in heads)
    found["criteria add up"] = share(role == "c" and place in at for place, (role, _) in enumerate(used))


def _names(criteria: Sequence[Criterion], found: Features) -> None:
    names = [criterion.name for criterion in criteria]
    found["name length"] = math.log1p(sum(map(len, names)) / len(names)) / 3
    found["long names"] = share(len(name) > LONG for name in names)
    found["sentences"] = share(name.endswith((".", "。", "!")) or ". " in name for name in names)
    found["questions"] = share(name.endswith(("?", "？")) for name in names)
    found["fragments"] = share(name[:1].islower() for name in names)
    found["repeated names"] = 1 - len(set(map(fold, names))) / len(names)
    found["descriptions"] = share(criterion.description for criterion in criteria)
    found["money"] = share(_MONEY.search(f"{c.name} {c.description or ''}"[:400]) for c in criteria)
    found["names of others"] = sum(_of_others(name[:LONG]) for name in names) / len(names)
    found["amounts left"] = share(_has_amount(name) for name in names)
    found["amounts left below"] = share(_has_amount((c.description or "")[:200]) for c in criteria)


def _of_others(name: str) -> float:
    """The share of a name's words that no criterion has."""
    named = words.concepts(name)
    return min(1.0, sum(named.get(concept, 0.0) for concept in _OTHERS))


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
    found["single levels"] = share(count == 1 for count in counts)
    found["levels known"] = share(level.name and words.level_rank(level.name) is not None for level in levels)
    found["levels in order"] = share(_is_ordered(criterion) for criterion in criteria if len(criterion.levels) > 1)
    found["levels described"] = share(level.description for level in levels)
    tops = [(c.points, max((h for x in c.levels if (h := x.highest) is not None), default=None)) for c in criteria]
    found["top is worth"] = share(top == worth for worth, top in tops if top is not None and worth is not None)
    found["levels add up"] = share(_adds_up(criterion) for criterion in criteria if len(criterion.levels) > 1)
    repeated = Counter(fold(level.name) for level in levels if level.name)
    found["same level names"] = share(repeated[fold(level.name)] > 1 for level in levels if level.name)


def _adds_up(criterion: Criterion) -> bool:
    """Whether the criterion equals the sum of its levels, so that these are its parts."""
    values = [level.highest for level in criterion.levels]
    return None not in values and sum(filter(None, values), Decimal(0)) == criterion.points


def _is_ordered(criterion: Criterion) -> bool:
    values = [level.highest for level in criterion.levels]
    if None in values:
        ranks = [words.level_rank(level.name or "") for level in criterion.levels]
        told = [rank for rank in ranks if rank is not None]
        return len(told) > 1 and (told == sorted(told) or told == sorted(told, reverse=True))
    numbers = [value for value in values if value is not None]
    return len(set(numbers)) > 1 and (numbers == sorted(numbers) or numbers == sorted(numbers, reverse=True))


def _left_out(part: Part, region: Region, heads: Sequence[Line], found: Features) -> None:
    """Unused lines of the region that have points or are set like the criteria."""
    chosen = {line.place for line in heads}
    used = {place for place, role in zip(part.blocks, part.rows, strict=True) if role in "cslnpeta+"}
    inside = [place for place in region.scored if part.blocks[0] <= place <= part.blocks[-1]]
    found["scored unused"] = share(place not in used for place in region.scored)
    found["scored unused inside"] = share(place not in used for place in inside)
    found["scored beside"] = share(place not in chosen for place in inside)
    alone = [place for place in region.alone if part.blocks[0] <= place <= part.blocks[-1] + NEAR]
    found["amounts alone unused"] = share(place not in used for place in alone)
    kinds = {_setting(line) for line in heads}
    found["alike unused"] = share(
        place not in chosen for place, line in region.lines.items() if _setting(line) in kinds
    )


def _setting(line: Line) -> tuple[str, int, bool]:
    return line.said.kind, round(line.indent / 8), line.is_heading


def _around(part: Part, document: Document, found: Features) -> None:
    """The themes of the heading and of the lines right above."""
    first = part.blocks[0]
    above = [_text(block) for block in document.blocks[max(0, first - NEAR) : first] if isinstance(block, Paragraph)]
    heading = next(
        (_text(b) for b in reversed(document.blocks[:first]) if isinstance(b, Paragraph) and b.is_heading), ""
    )
    found["announced"] = float(bool(above) and above[-1].rstrip().endswith((":", "：")))
    named = [words.concepts(text) for text in (heading, *above)]
    for theme, concepts in _THEMES.items():
        found[theme] = max(own.get(concept, 0.0) for own in named for concept in concepts)


def _text(block: Block) -> str:
    return block.text[:300] if isinstance(block, Paragraph) else ""
