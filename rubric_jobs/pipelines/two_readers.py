"""Differences between the model's reading and the local one: a doubt for each place, with the other's value."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from rubric_jobs.documents.model import fold
from rubric_jobs.rubric.model import Criterion, Doubt, Level, Rubric

MOST = 50
LONGEST_SHOWN = 200


def is_same(one: Rubric, other: Rubric) -> bool:
    """Whether both say the same, whatever its spelling; adjustments and titles aside."""
    return _content(one) == _content(other)


def differences(rubric: Rubric, other: Rubric) -> list[Doubt]:
    """In the order of `rubric`; empty if both say the same."""
    if is_same(rubric, other):
        return []
    theirs = _by_name(other)
    found: list[Doubt] = []
    for index, criterion in enumerate(rubric.criteria):
        path = f"criteria[{index}]"
        twins = theirs.get(fold(criterion.name), [])
        if twins:
            found += _of_criterion(criterion, twins.pop(0), path)
        else:
            found.append(Doubt(path=path, why="The local reader does not read this criterion."))
    for criterion in (twin for twins in theirs.values() for twin in twins):
        why = "The local reader also reads a criterion that is not here."
        found.append(Doubt(path="criteria", why=why, other=_shown(criterion.name)))
    if rubric.totals.stated != other.totals.stated:
        why = "The local reader reads another stated total."
        found.append(Doubt(path="total_points", why=why, other=_number(other.totals.stated)))
    if not found:
        found.append(Doubt(path="criteria", why="The local reader reads the criteria in another order."))
    return found[:MOST]


def _by_name(rubric: Rubric) -> dict[str, list[Criterion]]:
    found: dict[str, list[Criterion]] = {}
    for criterion in rubric.criteria:
        found.setdefault(fold(criterion.name), []).append(criterion)
    return found


def _of_criterion(one: Criterion, other: Criterion, path: str) -> Iterator[Doubt]:
    if one.points != other.points:
        yield Doubt(path=f"{path}.points", why=_OTHERWISE.format("points"), other=_number(other.points))
    if fold(one.section or "") != fold(other.section or ""):
        yield Doubt(path=f"{path}.section", why=_OTHERWISE.format("a section"), other=_shown(other.section))
    if fold(one.description or "") != fold(other.description or ""):
        yield Doubt(path=f"{path}.description", why=_OTHERWISE.format("a description"), other=_shown(other.description))
    if len(one.levels) != len(other.levels):
        yield Doubt(path=f"{path}.levels", why=_OTHERWISE.format("levels"), other=str(len(other.levels)))
        return
    for at, (mine, its) in enumerate(zip(one.levels, other.levels, strict=True)):
        if _level(mine) != _level(its):
            shown = " ".join(filter(None, (its.name, _number(its.highest), its.description)))
            yield Doubt(path=f"{path}.levels[{at}]", why=_OTHERWISE.format("a level"), other=_shown(shown))


_OTHERWISE = "The local reader reads {} otherwise here."


def _content(rubric: Rubric) -> object:
    return rubric.totals.stated, [
        (*(fold(text or "") for text in (c.name, c.section, c.description)), c.points, [_level(lv) for lv in c.levels])
        for c in rubric.criteria
    ]


def _level(level: Level) -> object:
    return level.points, level.points_min, level.points_max, fold(level.name or ""), fold(level.description or "")


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _shown(text: str | None) -> str | None:
    return text[:LONGEST_SHOWN] if text else None
