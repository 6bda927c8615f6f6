"""Levels that a run of paragraphs prints below each other: one scale below each criterion, or one for the whole work.

No single line says that it is a level. What does is the scale: its lines go down or up by points, or have levels'
names, and the same begins again below the next criterion.
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
"""Levels of a scale that stands once."""
FEWEST_FRAMED = 2
"""The same where its lines differ in a mark alone: "Grade A or B", "Grade C, D or E"."""
MOST_OF_A_SCALE = 12
MOST_SETS = 3
FURTHEST = 6
"""Lines above the first scale in which its criterion is looked for."""
FURTHEST_APART = 25
"""Lines from one amount that stands alone to the next one of the same list."""
FURTHEST_BELOW = 3
"""Lines from one level to the next where each one's points stand below it."""
LONGEST_CRITERION = 300
_MOSTLY = 0.7


@dataclass(frozen=True, slots=True)
class Scales:
    """Places among the lines. `points` are lines that say what the level above them earns."""

    criteria: tuple[int, ...]
    levels: frozenset[int]
    points: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Rung:
    """One level's first line, what it is called and what it earns."""

    place: int
    label: str
    value: Decimal | None
    is_described: bool


_Group = list[_Rung]


def scales_of(outline: Outline) -> Iterator[Scales]:
    """Scales that are repeated below several criteria, then such as stand alone."""
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
    """Lines set alike that say the same but for a mark, which is what tells them apart, not what it is worth.

    So do sentences that speak of an excellent essay, a good essay and a weak one.
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
    """Whether its levels earn different points: five things of 5 points each are no scale."""
    values = [rung.value for rung in group if rung.value is not None]
    is_graded = not values or len(set(values)) >= max(2, _MOSTLY * len(values))
    return is_graded and 2 <= len(group) <= MOST_OF_A_SCALE


def _groups(outline: Outline, rungs: Sequence[_Rung], points: frozenset[int]) -> list[_Group]:
    """A scale ends where its points turn back, a name comes again, or a heading of what follows stands between."""
    groups: list[_Group] = []
    for rung in rungs:
        if groups and outline.is_above(groups[-1][-1].place, rung.place):
            continue  # a line of what the level asks for
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
    """With the lines above the scales that are set alike as criteria, or with the nearest ones."""
    described = [group for group in groups if _is_described(outline, group)]
    for chosen in [described, groups] if 1 < len(described) < len(groups) else [groups]:
        levels = frozenset(rung.place for group in chosen for rung in group)
        own = frozenset(i + 1 for i in levels) & points
        for criteria in _criteria(outline, chosen, levels | points):
            yield Scales(criteria, levels, own)


def _is_described(outline: Outline, group: _Group) -> bool:
    """Whether its levels say something: a key such as "A = 4" grades nothing."""
    after = group[-1].place + 1
    is_set_in = after < len(outline.lines) and outline.is_above(group[-1].place, after)
    return is_set_in or any(rung.is_described for rung in group)


def _criteria(outline: Outline, groups: Sequence[_Group], taken: frozenset[int]) -> list[tuple[int, ...]]:
    return _above(outline, [(group[0].place, group[-1].place) for group in groups], taken)


def above_points(outline: Outline) -> list[tuple[int, ...]]:
    """Lines whose points stand alone further down, for each run of such."""
    alone = [i for i, line in enumerate(outline.lines) if line.said.is_amount_alone and line.said.total is None]
    runs: list[list[int]] = [[]]
    for place in alone:
        if runs[-1] and not 1 < place - runs[-1][-1] <= FURTHEST_APART:
            runs.append([])
        runs[-1].append(place)
    own = [run for run in runs if len(run) >= FEWEST_ALONE]
    return [found for run in own for found in _above(outline, [(i, i) for i in run], frozenset(run))]


def _above(outline: Outline, below: Sequence[tuple[int, int]], taken: frozenset[int]) -> list[tuple[int, ...]]:
    """A line above each of these stretches: lines that are set alike, or the nearest ones."""
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
    """For the whole work: named by the nearest line above, or by what stands over the levels in the document."""
    levels = frozenset(rung.place for rung in group)
    own = frozenset(i + 1 for i in levels) & points
    first = group[0].place
    above = [i for i in range(max(0, first - FURTHEST), first) if _may_head(outline, i)]
    heads = [i for i in above if outline.signatures[i][0] == "head"]
    for place in dict.fromkeys([*above[-1:], *heads[-1:]]):
        yield Scales((place,), levels, own)
    yield Scales((), levels, own)
