"""A sheet whose rows are criteria → a candidate."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from rubric_jobs.documents.model import Cell
from rubric_jobs.reader import amounts, lexicon, penalties
from rubric_jobs.reader.amounts import Amount
from rubric_jobs.reader.levels import level_of, unnamed_level
from rubric_jobs.reader.names import folded, named, tidy
from rubric_jobs.reader.rules.roles import RATINGS, Role, Roles, is_amount
from rubric_jobs.reader.rules.sheets import Sheet, core_of, distinct
from rubric_jobs.rubric.model import Adjustment, Criterion, Level


@dataclass(slots=True)
class Rows:
    """What reading a sheet's rows gathers."""

    criteria: list[Criterion] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    stated: Decimal | None = None
    section: str | None = None
    in_penalties: bool = False


def read_rows(sheet: Sheet, roles: Roles) -> Rows:
    """Every row as a criterion, a section heading, a total or an adjustment."""
    found = Rows()
    names = roles.first(Role.NAME)
    done: list[Cell] = []
    for row in sheet.rows:
        cells = distinct(row)
        head = row[names] if names is not None else None
        if _is_total(row, cells, roles):
            found.stated = _total_of(row, cells, roles) or found.stated
        elif head is not None and _is_result(head, cells, roles):
            continue
        elif _only_tells_points(row, head, found, roles) or (head is not None and any(head is cell for cell in done)):
            _add_to_last(found, sheet, roles, row)
        elif _is_section(sheet, row, cells, roles):
            _add_text(found, cells[0])
        else:
            _add_row(found, sheet, roles, row, head)
            done += [head] if head is not None and head.row_span > 1 else []
    _drop_footer(found, roles)
    return found


def _add_text(found: Rows, cell: Cell) -> None:
    """A text alone: a deduction that says itself what it costs, or the heading of a section."""
    told = tidy(cell.text)
    cost = penalties.told_alone(told)
    if cost is not None:
        found.adjustments.append(Adjustment(kind="penalty", reason=told, points=cost))
        return
    found.section = told
    found.in_penalties = penalties.is_heading(told)


def _drop_footer(found: Rows, roles: Roles) -> None:
    """A last row without points or levels, where every other has points, is a signature or a result."""
    if not roles.all(Role.POINTS) or len(found.criteria) < 3:
        return
    last, others = found.criteria[-1], found.criteria[:-1]
    is_bare = last.points is None and not last.description and not any(level.description for level in last.levels)
    if is_bare and all(criterion.points is not None for criterion in others):
        found.criteria.pop()


def _is_total(row: list[Cell | None], cells: list[Cell], roles: Roles) -> bool:
    if not cells:
        return False
    for cell in cells[:2]:
        text = re.sub(r"[\d_/%.,:：()\s]+", " ", lexicon.plain(cell.text)).strip()
        is_short = len(text.split()) <= 5 and len(text) <= 45
        if is_short and re.match(lexicon.TOTAL, text) and _has_no_long_text(cells):
            return True
    last = lexicon.plain(cells[-1].text)
    return bool(re.match(rf"(?:{lexicon.TOTAL.pattern})\s*[:：]?\s*[_./\s]*\d", last)) and _has_no_long_text(cells)


def _has_no_long_text(cells: list[Cell]) -> bool:
    return all(len(cell.text) <= 80 for cell in cells)


def _is_result(head: Cell, cells: list[Cell], roles: Roles) -> bool:
    """A label laid over level or points columns with nothing but amounts beside it says what a student got."""
    covered = range(head.column + 1, head.column + head.column_span)
    is_wide = any(c in covered for c in [*roles.all(Role.LEVEL), *roles.all(Role.POINTS)])
    others = [cell for cell in cells if cell is not head]
    return is_wide and bool(others) and all(is_amount(cell.text) for cell in others)


def _total_of(row: list[Cell | None], cells: list[Cell], roles: Roles) -> Decimal | None:
    """The amount in the points column, else the last one of the row that is no share of a grade."""
    weights = [row[c] for c in roles.all(Role.WEIGHT)]
    in_column = [cell for c in roles.all(Role.POINTS) if (cell := row[c]) and cell.text.strip()]
    others = [cell for cell in reversed(cells) if not any(cell is weight for weight in weights)]
    for cell in [*in_column, *others, *cells]:
        for line in reversed(cell.text.split("\n")):
            found = amounts.whole(line) or _amount_after_word(line)
            if found:
                return found.high
    return None


def _amount_after_word(line: str) -> Amount | None:
    found = amounts.trailing(line)
    if found:
        return found[0]
    match = re.search(rf"(?<![\d.,])({amounts.NUMBER})\s*$", line)
    return amounts.whole(match.group(1)) if match else None


def _is_section(sheet: Sheet, row: list[Cell | None], cells: list[Cell], roles: Roles) -> bool:
    """One text alone, wider than its column or in a table whose other rows have more."""
    if len(cells) != 1 or len(cells[0].text) > 140:
        return False
    if cells[0].column_span > 1 and cells[0].column_span >= sheet.columns - 1:
        return True
    others = [other for other in sheet.rows if other is not row and len(distinct(other)) > 1]
    return len(others) * 2 >= len(sheet.rows) and cells[0].column == 0 and bool(others)


def _add_row(found: Rows, sheet: Sheet, roles: Roles, row: list[Cell | None], head: Cell | None) -> None:
    points = _column_amount(row, roles.all(Role.POINTS))
    weight = _column_amount(row, roles.all(Role.WEIGHT))
    penalty = _penalty(row, roles, head, in_penalties=found.in_penalties)
    if penalty is not None:
        found.adjustments.append(penalty)
        return
    if head is None or not head.text.strip():
        if points is None and found.criteria and any(row[c] and (row[c] or head).text for c in roles.all(Role.LEVEL)):  # type: ignore[union-attr]
            _add_to_last(found, sheet, roles, row)
            return
        if points is None and roles.first(Role.NAME) is not None:
            return
    if head is not None and (parts := parallel_parts(row, roles, head)):
        found.criteria += parts
        return
    own = named(head.text, head.lead) if head else named("")
    if not own.name and points is not None and _is_sum(points, found.criteria):
        found.stated = points.high
        return
    criterion = Criterion(
        name=own.name,
        description=_described(own.description, row, roles),
        section=_section_of(row, roles) or found.section,
        levels=_levels(sheet, roles, row),
        source=head.source if head else next((cell.source for cell in row if cell), None),
    )
    times = own.times or _column_times(row, roles)
    found.criteria.append(_with_points(criterion, own.amount, points, weight, times))


def _is_sum(points: Amount, criteria: list[Criterion]) -> bool:
    """A row without a name that holds what the ones above it add up to is the totals row."""
    values = [criterion.points for criterion in criteria if criterion.points is not None]
    return len(values) >= 2 and sum(values) == points.high


def _column_times(row: list[Cell | None], roles: Roles) -> Decimal | None:
    """The multiplier in a column of weights such as "x2"."""
    cells = [row[c] for c in roles.all(Role.WEIGHT)]
    return next((times for cell in cells if cell and (times := amounts.multiplier(cell.text))), None)


def parallel_parts(row: list[Cell | None], roles: Roles, head: Cell) -> list[Criterion]:
    """A cell that lists parts beside a cell that lists as many amounts: each pair is a criterion."""
    cell = next((cell for c in roles.all(Role.POINTS) if (cell := row[c])), None)
    values = [a for line in cell.text.split("\n") if (a := amounts.whole(line))] if cell else []
    names = [line.strip() for line in head.text.split("\n") if line.strip()]
    if len(values) < 2 or len(names) - len(values) not in (0, 1):
        return []
    section = tidy(names.pop(0)) if len(names) > len(values) else None
    return [
        Criterion(
            name=(own := named(name)).name,
            description=own.description,
            section=section,
            points=value.high,
            weight=value.high if value.is_percent else None,
            source=head.source,
        )
        for name, value in zip(names, values, strict=True)
    ]


def _column_amount(row: list[Cell | None], columns: list[int]) -> Amount | None:
    """The row's amount: where several columns hold one, the first that is no deduction."""
    for column in columns:
        cell = row[column]
        if cell is None:
            continue
        for line in cell.text.split("\n"):
            found = amounts.whole(line)
            if found:
                return found
    return None


def _penalty(row: list[Cell | None], roles: Roles, head: Cell | None, *, in_penalties: bool) -> Adjustment | None:
    text = tidy(head.text) if head else ""
    columns = roles.all(Role.POINTS) + roles.all(Role.WEIGHT)
    values = [v for c in columns if (cell := row[c]) and (v := amounts.negative(cell.text)) is not None]
    has_levels = any((cell := row[c]) and cell.text.strip() for c in roles.all(Role.LEVEL))
    if values and text:
        return Adjustment(kind="penalty", reason=text, points=values[0])
    if text and not has_levels and _is_bonus_name(text):
        amount = _column_amount(row, columns)
        own = named(text)
        points = amount or own.amount
        return Adjustment(kind="bonus", reason=own.name, points=points.high if points else None)
    if text and not has_levels and (in_penalties or _is_penalty_name(text)):
        inline = amounts.negative(text)
        amount = _column_amount(row, columns)
        return Adjustment(kind="penalty", reason=text, points=inline or (amount.high if amount else None))
    return None


def _is_bonus_name(text: str) -> bool:
    match = lexicon.BONUS.search(lexicon.plain(text))
    return match is not None and match.start() <= 3 and len(text) < 120


def _is_penalty_name(text: str) -> bool:
    match = lexicon.PENALTY.search(lexicon.plain(text))
    return match is not None and match.start() <= 12 and len(text) < 120


def _described(own: str | None, row: list[Cell | None], roles: Roles) -> str | None:
    texts = [own] if own else []
    for column in roles.all(Role.DESCRIPTION):
        cell = row[column]
        if cell and cell.text.strip():
            texts.append(folded(cell.text))
    return "\n".join(texts) or None


def _section_of(row: list[Cell | None], roles: Roles) -> str | None:
    column = roles.first(Role.SECTION)
    cell = row[column] if column is not None else None
    return tidy(" ".join(cell.text.split())) or None if cell else None


def _levels(sheet: Sheet, roles: Roles, row: list[Cell | None]) -> list[Level]:
    columns = roles.all(Role.LEVEL)
    if not columns:
        return []
    headings = [sheet.header[c] for c in columns]
    if all(not h or RATINGS.match(lexicon.plain(core_of(h))) for h in headings) or len(set(headings)) == 1 < len(
        columns
    ):
        return [unnamed_level(cell) for cell in distinct([row[c] for c in columns])]
    return [level_of(sheet.header[c], row[c]) for c in columns]


def _with_points(
    criterion: Criterion, own: Amount | None, points: Amount | None, weight: Amount | None, times: Decimal | None
) -> Criterion:
    """A criterion's points: as printed, else its weight, else its highest level (times its multiplier)."""
    percent = weight or next((a for a in (points, own) if a and a.is_percent), None)
    printed = next((a for a in (points, own) if a and not a.is_percent), None)
    highest = max((level.highest for level in criterion.levels if level.highest is not None), default=None)
    value = printed.high if printed else percent.high if percent else None
    if value is None and highest is not None:
        value = highest * (times or 1)
    return criterion.model_copy(update={"points": value, "weight": percent.high if percent else None})


def _add_to_last(found: Rows, sheet: Sheet, roles: Roles, row: list[Cell | None]) -> None:
    """A further row of the criterion above: more description, and more of each level."""
    if not found.criteria:
        return
    last = found.criteria[-1]
    more = _described(None, row, roles)
    if more and not _negative_row(row, roles):
        last = last.model_copy(update={"description": "\n".join(filter(None, [last.description, more]))})
    levels = _levels(sheet, roles, row)
    if len(levels) == len(last.levels):
        joint = [_longer(a, b) for a, b in zip(last.levels, levels, strict=True)]
        last = last.model_copy(update={"levels": joint})
        highest = max((level.highest for level in joint if level.highest is not None), default=None)
        last = last.model_copy(update={"points": highest if last.points is None else last.points})
    found.criteria[-1] = last


def _only_tells_points(row: list[Cell | None], head: Cell | None, found: Rows, roles: Roles) -> bool:
    """A row of amounts alone, under the descriptions that they belong to."""
    cells = [cell for c in roles.all(Role.LEVEL) if (cell := row[c]) and cell.text.strip()]
    is_open = head is None or not head.text.strip() or is_amount(head.text)
    return bool(found.criteria) and is_open and len(cells) >= 2 and all(is_amount(cell.text) for cell in cells)


def _negative_row(row: list[Cell | None], roles: Roles) -> bool:
    return any((cell := row[c]) and amounts.negative(cell.text) for c in roles.all(Role.POINTS))


def _longer(level: Level, more: Level) -> Level:
    if not more.description and more.highest is not None and level.highest is None:
        points = {name: getattr(more, name) for name in ("points", "points_min", "points_max")}
        return level.model_copy(update=points)
    if not more.description or more.description == level.description:
        return level
    return level.model_copy(update={"description": "\n".join(filter(None, [level.description, more.description]))})


__all__ = ["Rows", "is_amount", "read_rows"]
