"""The exact inverse of `layout.write`: what it does not write is no rubric here, and left to those who guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from rubric_jobs.rubric import layout, points
from rubric_jobs.rubric.layout import BOX, CRITERION, DONE, LEVELS, POINTS, TOTAL, Cell, Grid, Row, Sheet
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric, Totals, kind_of

_NUMBER = r"-?\d{1,12}(?:\.\d{1,30})?"
_SCALE = (
    rf"(?:(?P<low>{_NUMBER})–(?P<high>{_NUMBER})|from (?P<least>{_NUMBER})|up to (?P<most>{_NUMBER})"
    rf"|(?P<one>{_NUMBER})) points?"
)
_SCALE_LINE = re.compile(_SCALE)
_LABEL = re.compile(rf"(?P<name>.*?)(?:(?:^| )\({_SCALE}\))?:")
_WORTH = re.compile(rf"(?P<points>{_NUMBER})?(?: ?\(?(?P<weight>{_NUMBER}) %\)?)?")
_NOTE = re.compile(rf"(?P<kind>Penalty|Bonus): (?P<reason>.*?)(?:: [−+](?P<points>{_NUMBER}) points?)?")
_TOTAL = re.compile(rf"{TOTAL}(?P<points>{_NUMBER}) points?")


class _NotWrittenError(Exception):
    pass


def read(sheet: Sheet) -> Rubric | None:
    """The rubric that `layout.write` makes this sheet of; None where there is none."""
    try:
        rubric = _rubric(sheet)
    except (_NotWrittenError, ValidationError):
        return None
    return rubric if rubric.criteria and _without_padding(layout.write(rubric)) == _without_padding(sheet) else None


def _without_padding(sheet: Sheet) -> Sheet:
    """Rows without the blank cells that fill them up: whether they stand there depends on the format."""
    grids = tuple(tuple((*row[:1], *_without_blank_end(row[1:])) for row in grid) for grid in sheet.grids)
    return Sheet(sheet.title, grids, sheet.notes)


def losses(rubric: Rubric, sheet: Sheet) -> Iterator[str]:
    """What this rubric loses, written as this sheet and read back: a sentence each, behind its path."""
    found = read(sheet)
    if found is None or len(found.criteria) != len(rubric.criteria):
        yield "criteria: some texts look like points or headings of the table; read back, they may be taken for them."
        return
    if found.kind != rubric.kind:
        yield f"kind: read back, this is taken for {found.kind}, not {rubric.kind}."
    if layout.line(found.title) != layout.line(rubric.title):
        yield "title: it is read back otherwise."
    if found.total_points != rubric.total_points:
        yield "total_points: it is read back otherwise."
    for index, (before, after) in enumerate(zip(rubric.criteria, found.criteria, strict=True)):
        yield from _differences(_of_criterion(before), _of_criterion(after), f"criteria[{index}]")
    for place, (given, got) in enumerate(zip(rubric.adjustments, found.adjustments, strict=True)):
        yield from _differences(_of_adjustment(given), _of_adjustment(got), f"adjustments[{place}]")


def _differences(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[str]:
    return (f"{path}.{name}: it is read back otherwise." for name in before if before[name] != after[name])


def _of_criterion(criterion: Criterion) -> dict[str, Any]:
    return {
        "name": layout.line(criterion.name),
        "description": shown(criterion.description),
        "section": layout.line(criterion.section),
        "points": criterion.points,
        "weight": criterion.weight,
        "levels": [
            (layout.line(level.name), shown(level.description), level.points, level.points_min, level.points_max)
            for level in criterion.levels
        ],
    }


def _of_adjustment(adjustment: Adjustment) -> dict[str, Any]:
    worth = None if adjustment.points is None else abs(adjustment.points)
    return {"kind": adjustment.kind, "reason": layout.line(adjustment.reason), "points": worth}


def shown(text: str | None) -> str:
    """A text as it shows: blanks at the ends of lines, and blank lines, make no difference."""
    return "\n".join(filter(None, map(layout.line, (text or "").splitlines())))


def _rubric(sheet: Sheet) -> Rubric:
    criteria = [criterion for grid in sheet.grids for criterion in _criteria(grid)]
    stated, adjustments = None, []
    for place, note in enumerate(sheet.notes):
        if place == 0 and (found := _TOTAL.fullmatch(note)):
            stated = Decimal(found["points"])
        elif found := _NOTE.fullmatch(note):
            adjustments.append(_adjustment(found))
        else:
            raise _NotWrittenError
    rubric = Rubric(
        title=sheet.title or None,
        kind=kind_of(criteria),
        total_points=stated,
        criteria=criteria,
        adjustments=adjustments,
    )
    return rubric.model_copy(update={"totals": Totals(stated=stated, computed=points.summed(rubric))})


def _adjustment(found: re.Match[str]) -> Adjustment:
    worth = None if found["points"] is None else Decimal(found["points"])
    kind: Any = found["kind"].lower()
    return Adjustment(kind=kind, reason=found["reason"], points=worth)


def _criteria(grid: Grid) -> Iterator[Criterion]:
    header = [cell.text for cell in grid[0]]
    if header[0] != CRITERION or len(header) < 2:
        raise _NotWrittenError
    second = header[1] if header[1] in (POINTS, DONE) else ""
    heads = header[2:] if second else header[1:]
    section = None
    for row in grid[1:]:
        if len(row) == 1:
            section = row[0].text or None
        else:
            yield _criterion(row, heads, second, section)


def _criterion(row: Row, heads: Sequence[str], second: str, section: str | None) -> Criterion:
    name, _, description = row[0].text.partition("\n")
    worth = _WORTH.fullmatch(row[1].text) if second == POINTS else None
    if (second == POINTS and worth is None) or (second == DONE and row[1].text != BOX):
        raise _NotWrittenError
    cells = row[2:] if second else row[1:]
    if heads[:1] == [LEVELS]:
        levels = [_named(cell) for cell in _without_blank_end(cells)]
    elif len(cells) != len(heads):
        raise _NotWrittenError
    else:
        levels = [_headed(head, cell) for head, cell in zip(heads, cells, strict=True)]
    return Criterion(
        name=name,
        description=description or None,
        section=section,
        points=_number(worth["points"]) if worth else None,
        weight=_number(worth["weight"]) if worth else None,
        levels=levels,
    )


def _headed(head: str, cell: Cell) -> Level:
    name, _, shared = head.partition("\n")
    own, _, rest = cell.text.partition("\n")
    if shared:
        return Level(name=name, description=cell.text or None, **_scale(_scaled(shared)))
    if found := _SCALE_LINE.fullmatch(own):
        return Level(name=name, description=rest or None, **_scale(found))
    return Level(name=name, description=cell.text or None)


def _without_blank_end(cells: Sequence[Cell]) -> Sequence[Cell]:
    count = max((place for place, cell in enumerate(cells, start=1) if cell.text), default=0)
    return cells[:count]


def _named(cell: Cell) -> Level:
    label, _, rest = cell.text.partition("\n")
    found = _LABEL.fullmatch(label)
    if found is None:
        return Level(description=cell.text or None)
    return Level(name=found["name"] or None, description=rest or None, **_scale(found))


def _scaled(text: str) -> re.Match[str]:
    found = _SCALE_LINE.fullmatch(text)
    if found is None:
        raise _NotWrittenError
    return found


def _scale(found: re.Match[str]) -> dict[str, Decimal | None]:
    return {
        "points": _number(found["one"]),
        "points_min": _number(found["low"] or found["least"]),
        "points_max": _number(found["high"] or found["most"]),
    }


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
