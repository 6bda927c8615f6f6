"""Runs of paragraphs → criteria, exactly by the part's roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import (
    cell_values,
    lines_adjustments,
    lines_items,
    lines_levels,
    names,
    penalties,
    shared_points,
)
from rubric_jobs.reader.amounts import Amount
from rubric_jobs.reader.context import heading_above, title_of
from rubric_jobs.reader.lines_items import Line
from rubric_jobs.reader.names import tidy
from rubric_jobs.reader.plan import Part, PartReading, PlanInvalid
from rubric_jobs.rubric.model import Adjustment, Criterion, Level


@dataclass(slots=True)
class _Work:
    part: Part
    document: Document
    out: PartReading = field(default_factory=PartReading)
    section: str | None = None
    each: Amount | None = None
    """Points of each criterion in the section that states none."""
    shared: list[Amount | None] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    """The description lines of each criterion."""
    level_texts: list[str] | None = None
    """The description lines of the last level; None if a criterion came last."""


def assemble_lines(part: Part, document: Document) -> PartReading:
    """Assembles the part. Raises PlanInvalid if a block is no paragraph or has no role."""
    if len(part.rows) != len(part.blocks):
        raise PlanInvalid(f"{len(part.blocks)} blocks have {len(part.rows)} roles")
    if not all(isinstance(document.blocks[block], Paragraph) for block in part.blocks):
        raise PlanInvalid("a part of lines holds a table")
    work = _Work(part, document)
    for role, places in _groups(part):
        for place in places:
            if role == "-":
                work.out.skipped[place, 0, -1] = "skip"
            else:
                work.out.used.add((place, 0, -1))
        _ROLES[role](work, lines_items.line_of(document, places))
    for criterion, texts, shared in zip(work.out.criteria, work.texts, work.shared, strict=True):
        criterion.description = "\n".join(filter(None, texts)) or None
        if criterion.points is None:
            tops = [top for level in criterion.levels if (top := level.highest) is not None]
            criterion.points = max(tops, default=None)
        if criterion.points is None and shared and not criterion.levels:
            criterion.points, criterion.weight = shared.high, shared.high if shared.is_percent else None
    return work.out


def _groups(part: Part) -> list[tuple[str, list[int]]]:
    """Each role with the blocks of its line. A continuation belongs to the previous block."""
    groups: list[tuple[str, list[int]]] = []
    for block, role in zip(part.blocks, part.rows, strict=True):
        if role == "+" and groups and groups[-1][0] != "-":
            groups[-1][1].append(block)
        else:
            groups.append(("-" if role == "+" else role, [block]))
    return groups


def _nothing(work: _Work, line: Line) -> None:
    """Skips the line."""


def _caption(work: _Work, line: Line) -> None:
    work.out.caption = work.out.caption or tidy(line.said.text) or None
    if line.said.total is not None or line.said.amount is not None:
        work.out.stated = line.said.total or (line.said.amount.high if line.said.amount else None)


def _section(work: _Work, line: Line) -> None:
    work.section = tidy(line.said.text) or None
    work.each = shared_points.told(line.said.raw)


def _each(work: _Work, line: Line) -> None:
    work.each = shared_points.told(line.said.raw)


def _criterion(work: _Work, line: Line) -> None:
    own = named(line, work.part.name)
    amount = line.said.amount or own.amount
    points = amount.high if amount else None
    work.out.criteria.append(
        cell_values.made(
            Criterion,
            {
                "name": own.name,
                "description": None,
                "section": work.section,
                "points": points,
                "weight": points if amount and amount.is_percent else None,
                "levels": [],
                "source": work.document.blocks[line.place].source,
            },
        )
    )
    work.texts.append([own.description or ""])
    work.shared.append(work.each)
    work.level_texts = None


def named(line: Line, way: str) -> names.Named:
    """The name of a criterion's line, and its description if the name is set off in this way."""
    return _named(line.said.text, line.lead if way == "lead" else "", way)


@lru_cache(lines_items.REMEMBERED)
def _named(text: str, lead: str, way: str) -> names.Named:
    if way == "cell":
        return names.Named(tidy(text), None, None)
    found = names.named(text, lines_items.worth(lead, True)[1] if lead else "")
    return found if found.name else names.Named(tidy(text), None, found.amount)


def _description(work: _Work, line: Line) -> None:
    text = f"{line.said.marker} {line.said.raw}".strip()
    if not work.out.criteria:
        return
    if work.level_texts is None:
        work.texts[-1].append(text)
        return
    if _takes_name(work, line):
        work.out.criteria[-1].levels[-1].name = tidy(line.said.raw)
        return
    work.level_texts.append(text)
    work.out.criteria[-1].levels[-1].description = "\n".join(filter(None, work.level_texts))


def _takes_name(work: _Work, line: Line) -> bool:
    """Whether this line names the level that a line of points began."""
    level = work.out.criteria[-1].levels[-1]
    is_bare = not any(work.level_texts or ()) and level.name is not None and cell_values.whole(level.name) is not None
    return is_bare and lines_levels.is_name_alone(line.said.raw)


def _level(work: _Work, line: Line) -> None:
    _add_level(work, line, lines_levels.told_of(line))


def _numbered_level(work: _Work, line: Line) -> None:
    _add_level(work, line, lines_levels.level_told(line.said.raw, line.said.marker))


def _add_level(work: _Work, line: Line, told: cell_values.Told) -> None:
    if not work.out.criteria:
        _scale(work, line)
    level: Level = cell_values.level_model(told, work.document.blocks[line.place].source)
    work.out.criteria[-1].levels.append(level)
    work.level_texts = [told.description or ""]


def _scale(work: _Work, line: Line) -> None:
    """Levels without a criterion grade the whole work, named by the heading above or the title."""
    amount, name = lines_items.worth(heading_above(work.document, line.place), True)
    work.out.criteria.append(
        cell_values.made(
            Criterion,
            {
                "name": tidy(name) or _title(work),
                "description": None,
                "section": None,
                "points": amount.high if amount else None,
                "weight": None,
                "levels": [],
                "source": work.document.blocks[line.place].source,
            },
        )
    )
    work.texts.append([])
    work.shared.append(None)


def _title(work: _Work) -> str:
    """The document's title, unless it is a sentence or one of the levels; then there is no name."""
    title = title_of(work.document)
    own = (lines_items.line_of(work.document, [place]).said.raw for place in work.part.blocks)
    return "" if title.endswith((".", "。")) or any(tidy(text) == title for text in own) else title


def _points(work: _Work, line: Line) -> None:
    if not work.out.criteria or line.said.amount is None:
        return
    criterion = work.out.criteria[-1]
    if criterion.levels and _want_points(criterion.levels):
        amount = line.said.amount
        points = (
            {"points": amount.high} if amount.low is None else {"points_min": amount.low, "points_max": amount.high}
        )
        criterion.levels[-1] = criterion.levels[-1].model_copy(update=points)
    elif criterion.points is None:
        criterion.points = line.said.amount.high
        criterion.weight = line.said.amount.high if line.said.amount.is_percent else None
        if not line.said.is_amount_alone:
            work.texts[-1].append(tidy(line.said.text))


def _want_points(levels: list[Level]) -> bool:
    """Whether only the last level has no points. If several have none, points below belong to the criterion."""
    return levels[-1].highest is None and all(level.highest is not None for level in levels[:-1])


def _total(work: _Work, line: Line) -> None:
    stated = line.said.total if line.said.total is not None else line.said.amount.high if line.said.amount else None
    work.out.stated = work.out.stated if stated is None else stated


def _adjustment(work: _Work, line: Line) -> None:
    is_bonus = penalties.is_bonus(line.said.raw)
    if line.said.loss is None and not is_bonus:
        is_bonus = lines_adjustments.is_below_bonuses(work.document, line.place)
    reason, told = tidy(line.said.text) or tidy(line.said.raw), line.said.amount.high if line.said.amount else None
    if penalties.is_share(line.said.raw):
        reason, told = tidy(line.said.raw), None
    elif line.said.loss is not None and not is_bonus:
        told = line.said.loss
    work.out.adjustments.append(Adjustment(kind="bonus" if is_bonus else "penalty", reason=reason, points=told))


_ROLES: dict[str, Callable[[_Work, Line], None]] = {
    "k": _caption,
    "s": _section,
    "c": _criterion,
    "d": _description,
    "l": _level,
    "n": _numbered_level,
    "p": _points,
    "e": _each,
    "t": _total,
    "a": _adjustment,
    "-": _nothing,
}
