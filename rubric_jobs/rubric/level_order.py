"""Which level of a criterion is the best: told by points, else by the levels' names and words, else by nothing.

Printed order alone says nothing: half of the scales in the world begin with the worst level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from rubric_jobs.rubric.model import Criterion, Level
from rubric_jobs.rubric.points import top
from rubric_jobs.vocabulary import words

LEAST_DIFFERENCE = 0.15
"""Between the ranks of the first and the last level; nearer ones are two words for the same."""
_LOW = 0.2
_NOTHING = -1.0
"""Ranks below all that the vocabulary knows."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")

Places = list[int]
"""One for each level, in printed order: 0 is the best, and equal levels share a place."""


def earns_nothing(level: Level) -> bool:
    """Whether it is given for nothing, by its name ("No attempt", "Zero credit") or by its text ("Not submitted").

    The text of a good level does not count: no errors at all are described by "None".
    """
    if words.earns_nothing(_label(level)):
        return True
    rank = words.level_rank(level.name or "")
    return words.earns_nothing(level.description or "") and (rank is None or rank <= _LOW)


def places(criterion: Criterion, others: Iterable[Criterion] = ()) -> Places | None:
    """The order of a criterion's levels; None where nothing tells it.

    First what the levels themselves say: their points, then words and numbers in their names, then the words of their
    texts. Then what the rubric's `others` tell: the points of levels with the same names, or the direction in which
    all scales of the same length run.
    """
    levels = criterion.levels
    if len(levels) < 2:
        return [0] * len(levels)
    own = _own(levels)
    return own if own is not None else _told_by_others(criterion, [other for other in others if other is not criterion])


def agrees(levels: Sequence[Level]) -> bool:
    """Whether the levels' points fall as their words do; True where either says nothing."""
    by_words = _by_words(levels)
    worths = [top(level) for level in levels]
    known = [worth for worth in worths if worth is not None]
    if by_words is None or len(known) < len(levels) or len(set(known)) < 2:
        return True
    best, worst = by_words.index(min(by_words)), by_words.index(max(by_words))
    return known[best] >= known[worst]


def _own(levels: Sequence[Level]) -> Places | None:
    worths = [top(level) for level in levels]
    if None not in worths and len(set(worths)) > 1:
        return _by_rank([-float(worth or 0) for worth in worths])
    return _by_words(levels) or _by_numbers(levels) or _by_texts(levels)


def _by_words(levels: Sequence[Level]) -> Places | None:
    return _by_labels(tuple(map(_label, levels)))


@lru_cache(maxsize=1024)
def _by_labels(labels: tuple[str, ...]) -> Places | None:
    return _by_ends([_NOTHING if words.earns_nothing(label) else words.level_rank(label) for label in labels])


def _by_ends(ranks: Sequence[float | None]) -> Places | None:
    """Printed order where the best and the worst stand at its ends, else the ranks' own where all are known."""
    known = [(place, rank) for place, rank in enumerate(ranks) if rank is not None]
    lowest = min((rank for _, rank in known), default=0.0)
    highest = max((rank for _, rank in known), default=0.0)
    count = len(ranks)
    if len(known) < 2 or highest - lowest < LEAST_DIFFERENCE:
        return _by_nothing(ranks)
    first, last = known[0][1], known[-1][1]
    if (first, last) == (highest, lowest):
        return list(range(count))
    if (first, last) == (lowest, highest):
        return list(range(count))[::-1]
    is_whole = len(known) == count and len({rank for _, rank in known}) == count
    return _by_rank([-rank for _, rank in known]) if is_whole else None


def _by_nothing(ranks: Sequence[float | None]) -> Places | None:
    """A level for nothing at one end tells the direction, though the others' names say nothing."""
    count = len(ranks)
    if (ranks[0] == _NOTHING) == (ranks[-1] == _NOTHING):
        return None
    return list(range(count)) if ranks[-1] == _NOTHING else list(range(count))[::-1]


def _by_numbers(levels: Sequence[Level]) -> Places | None:
    """ "Level 4", "3", "Stufe 2": a number in each name, no two the same, in order: the highest is the best."""
    found = [_NUMBER.findall(level.name or "") for level in levels]
    if any(len(numbers) != 1 for numbers in found):
        return None
    values = [Decimal(numbers[0].replace(",", ".")) for numbers in found]
    if len(set(values)) < len(values) or values not in (sorted(values), sorted(values, reverse=True)):
        return None
    return _by_rank([-float(value) for value in values])


def _by_texts(levels: Sequence[Level]) -> Places | None:
    merits = [words.merit(level.description or "") for level in levels]
    known = [merit for merit in merits if merit is not None]
    if len(known) < len(levels) or max(known) - min(known) < LEAST_DIFFERENCE:
        return None
    if known not in (sorted(known), sorted(known, reverse=True)):
        return None
    return _by_ends(merits)


def _told_by_others(criterion: Criterion, others: Sequence[Criterion]) -> Places | None:
    names = _names(criterion)
    for other in others:
        worths = [top(level) for level in other.levels]
        if all(names) and _names(other) == names and None not in worths and len(set(worths)) > 1:
            return _by_rank([-float(worth or 0) for worth in worths])
    count = len(criterion.levels)
    directions = {tuple(found) for found in _orders_of(others, count)}
    up = tuple(range(count))
    return list(directions.pop()) if len(directions) == 1 and directions <= {up, up[::-1]} else None


def _orders_of(others: Sequence[Criterion], count: int) -> Iterator[Places]:
    for other in others:
        if len(other.levels) == count and (found := _own(other.levels)) is not None:
            yield found


def _by_rank(ranks: Sequence[float]) -> Places:
    """The place of each among the distinct ranks, the lowest first."""
    order = {rank: place for place, rank in enumerate(sorted(set(ranks)))}
    return [order[rank] for rank in ranks]


def _label(level: Level) -> str:
    return level.name or level.description or ""


def _names(criterion: Criterion) -> list[str]:
    return [" ".join((level.name or "").casefold().split()) for level in criterion.levels]
