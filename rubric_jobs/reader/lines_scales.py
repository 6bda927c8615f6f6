"""Levels that a run of paragraphs prints below each other: one scale below each criterion, or one for the whole work.

No single line proves that it is a level; the scale does. Its lines descend or ascend in points, or have level names,
and the same repeats below the next criterion.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rubric_jobs.documents.model import fold
from rubric_jobs.reader import lines_levels
from rubric_jobs.reader.lines_outline import Outline, Signature

FEWEST_ALONE = 3
"""Fewest levels of a scale that occurs once."""
FEWEST_FRAMED = 2
"""The same if its lines differ only in a mark: "Grade A or B", "Grade C, D or E"."""
MOST_OF_A_SCALE = 12
MOST_SETS = 3
FURTHEST = 6
"""How many lines above the first scale are searched for its criterion."""
FURTHEST_APART = 25
"""Most lines between two amounts on separate lines of the same list."""
FURTHEST_BELOW = 3
"""Most lines between two levels whose points follow below them."""
LONGEST_CRITERION = 300
_MOSTLY = 0.7


@dataclass(frozen=True, slots=True)
class Scales:
    """Places among the lines. `points` are lines with the points of the level above."""

    criteria: tuple[int, ...]
    levels: frozenset[int]
    points: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Rung:
    """The first line of a level, its name and its points."""

    place: int
    label: str
    value: Decimal | None
    is_described: bool


_Group = list[_Rung]


def scales_of(outline: Outline) -> Iterator[Scales]:
    """Scales that repeat below several criteria, then scales that occur once."""
    for rungs, points, fewest in _ladders(outline):
        groups = [group for group in _groups(outline, rungs, points) if _is_scale(group)]
        if len(groups) > 1:
            yield from _repeated(outline, groups, points)
        for group in groups:
            if len(group) >= fewest:
                yield from _alone(outline, group, points)


def _ladders(outline: Outline) -> Iterator[tuple[list[_Rung], frozenset[int], int]]:
    """Lines that may be levels, by what says so, the lines that have the points of those above them, and how many of
    them are a scale where it stands once.

    They open with a level's name or points, differ in a mark alone, end in points, have points alone below them, or are
    points alone above a name.
    """
    lines = outline.lines
    points = [i for i, line in enumerate(lines) if line.said.is_amount_alone and line.said.total is None]
    alone = dict.fromkeys(points)
    opened = [i for i, line in enumerate(lines) if i not in alone and lines_levels.opens_level(line.said.raw)]
    below = [i - 1 for i in alone if i and i - 1 not in alone and lines[i - 1].said.text]
    ended = [i for i, line in enumerate(lines) if line.said.amount and line.said.text and i not in alone]
    above = [i for i in alone if i + 1 < len(lines) and i + 1 not in alone]
    none: frozenset[int] = frozenset()
    yield [_rung(outline, i) for i in opened if lines[i].said.total is None], none, FEWEST_ALONE
    yield _framed(outline), none, FEWEST_FRAMED
    yield [_rung(outline, i) for i in ended if lines[i].said.total is None], none, FEWEST_ALONE
    yield [_rung(outline, i, i + 1) for i in below], frozenset(i + 1 for i in below), FEWEST_ALONE
    yield [_rung(outline, i) for i in above], none, FEWEST_ALONE


def _framed(outline: Outline) -> list[_Rung]:
    """Lines set alike that differ only in a mark. The mark names the level; it is not its points.

    Sentences about an excellent essay, a good essay and a weak one count, too.
    """
    alike: dict[tuple[object, str, bool], list[_Rung]] = {}
    for place, line in enumerate(outline.lines):
        marked = lines_levels.framed(line.said.raw)
        if found := marked or lines_levels.spoken_of(line.said.raw):
            opening = " ".join(found[0].split()[:2])  # "earns a B", "earns an A"
            is_described = bool(lines_levels.told_of(line).description)
            rung = _Rung(place, fold(found[1]), None, is_described)
            alike.setdefault((outline.signatures[place][:3], opening, marked is None), []).append(rung)
    fewest = {False: FEWEST_FRAMED, True: FEWEST_ALONE}
    found_alike = (rung for (_, _, is_spoken), own in alike.items() if len(own) >= fewest[is_spoken] for rung in own)
    return sorted(found_alike, key=lambda rung: rung.place)


def _rung(outline: Outline, place: int, points: int | None = None) -> _Rung:
    line = outline.lines[place]
    told = lines_levels.told_of(line)
    amount = outline.lines[points].said.amount if points is not None else told.amount or line.said.amount
    return _Rung(place, fold(told.name or ""), amount.high if amount else None, bool(told.description))


def _is_scale(group: _Group) -> bool:
    """Whether its levels have different points. Five items of 5 points each are not a scale."""
    values = [rung.value for rung in group if rung.value is not None]
    is_graded = not values or len(set(values)) >= max(2, _MOSTLY * len(values))
    return is_graded and 2 <= len(group) <= MOST_OF_A_SCALE


def _groups(outline: Outline, rungs: Sequence[_Rung], points: frozenset[int]) -> list[_Group]:
    """Splits rungs into scales. A scale ends where points change direction, a name repeats or a heading follows."""
    groups: list[_Group] = []
    for rung in rungs:
        if groups and outline.is_above(groups[-1][-1].place, rung.place):
            continue  # a line of the level's description
        is_near = not points or not groups or rung.place - groups[-1][-1].place <= FURTHEST_BELOW
        if groups and is_near and _goes_on(outline, groups[-1][-MOST_OF_A_SCALE:], rung):
            groups[-1].append(rung)
        else:
            groups.append([rung])
    return groups


def _goes_on(outline: Outline, group: _Group, rung: _Rung) -> bool:
    last = group[-1]
    between = range(last.place + 1, rung.place)
    if any(outline.is_above(i, rung.place) for i in between) or outline.is_above(rung.place, last.place):
        return False
    if rung.label and _is_known(group, rung):
        return False
    if rung.value is None or last.value is None:
        return bool(rung.label) and (rung.value is None) == (last.value is None)
    values = [one.value for one in group if one.value is not None]
    first = next((b - a for a, b in itertools.pairwise(values) if a != b), None)
    return first is None or (rung.value - last.value) * first >= 0


def _is_known(group: _Group, rung: _Rung) -> bool:
    return any(one.label == rung.label for one in group)


def _repeated(outline: Outline, groups: Sequence[_Group], points: frozenset[int]) -> Iterator[Scales]:
    """Repeated scales with the lines above them as criteria: those set alike, or the nearest ones."""
    described = [group for group in groups if _is_described(outline, group)]
    for chosen in [described, groups] if 1 < len(described) < len(groups) else [groups]:
        levels = frozenset(rung.place for group in chosen for rung in group)
        own = frozenset(i + 1 for i in levels) & points
        for criteria in _criteria(outline, chosen, levels | points):
            yield Scales(criteria, levels, own)


def _is_described(outline: Outline, group: _Group) -> bool:
    """Whether its levels have descriptions. A key such as "A = 4" is not a scale."""
    after = group[-1].place + 1
    is_set_in = after < len(outline.lines) and outline.is_above(group[-1].place, after)
    return is_set_in or any(rung.is_described for rung in group)


def _criteria(outline: Outline, groups: Sequence[_Group], taken: frozenset[int]) -> list[tuple[int, ...]]:
    return _above(outline, [(group[0].place, group[-1].place) for group in groups], taken)


def above_points(outline: Outline) -> list[tuple[int, ...]]:
    """Lines whose points follow on a separate line, for each run of them."""
    alone = [i for i, line in enumerate(outline.lines) if line.said.is_amount_alone and line.said.total is None]
    runs: list[list[int]] = [[]]
    for place in alone:
        if runs[-1] and not 1 < place - runs[-1][-1] <= FURTHEST_APART:
            runs.append([])
        runs[-1].append(place)
    own = [run for run in runs if len(run) >= FEWEST_ALONE]
    return [found for run in own for found in _above(outline, [(i, i) for i in run], frozenset(run))]


def _above(outline: Outline, below: Sequence[tuple[int, int]], taken: frozenset[int]) -> list[tuple[int, ...]]:
    """A line above each stretch: lines set alike, or the nearest ones."""
    gaps: list[list[int]] = []
    start = below[0][0] - FURTHEST
    for first, last in below:
        gap = range(max(0, start), first)
        gaps.append([i for i in gap if i not in taken and _may_head(outline, i)])
        start = last + 1
    if not all(gaps):
        return []
    alike = set.intersection(*({outline.signatures[i] for i in gap} for gap in gaps))
    sets = [
        tuple(next(i for i in reversed(gap) if outline.signatures[i] == signature) for gap in gaps)
        for signature in sorted(alike, key=_headlike)
    ]
    return list(dict.fromkeys([*sets, tuple(gap[-1] for gap in gaps)]))[:MOST_SETS]


def _headlike(signature: Signature) -> tuple[bool, bool, int]:
    return signature[0] != "head", not signature[3], -signature[1]


def _may_head(outline: Outline, place: int) -> bool:
    said = outline.lines[place].said
    return bool(said.text) and not said.is_amount_alone and said.total is None and len(said.raw) <= LONGEST_CRITERION


def _alone(outline: Outline, group: _Group, points: frozenset[int]) -> Iterator[Scales]:
    """A scale for the whole work, named by the nearest line above or by the heading over the levels."""
    levels = frozenset(rung.place for rung in group)
    own = frozenset(i + 1 for i in levels) & points
    first = group[0].place
    above = [i for i in range(max(0, first - FURTHEST), first) if _may_head(outline, i)]
    heads = [i for i in above if outline.signatures[i][0] == "head"]
    for place in dict.fromkeys([*above[-1:], *heads[-1:]]):
        yield Scales((place,), levels, own)
    yield Scales((), levels, own)
