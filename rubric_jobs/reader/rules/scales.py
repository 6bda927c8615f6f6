"""Tables whose rows are levels: transposed grids, scales of one criterion, and one row for each criterion and level."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal

from rubric_jobs.documents.model import Cell
from rubric_jobs.reader import amounts, lexicon
from rubric_jobs.reader.levels import heading_of, level_of, with_amount
from rubric_jobs.reader.names import folded, named, tidy
from rubric_jobs.reader.rules.grids import Rows
from rubric_jobs.reader.rules.roles import Roles, is_amount
from rubric_jobs.reader.rules.sheets import Sheet, core_of, distinct, is_level_heading
from rubric_jobs.rubric.model import Criterion, Level, Source

LEVEL_SHARE = 0.7
LONGEST_KEY = 70


def level_key(cell: Cell | None) -> str:
    """The part of a row's first cell that could name a level: a gloss below it is left out."""
    if cell is None:
        return ""
    lines = [line.strip() for line in cell.text.split("\n") if line.strip()]
    if not lines:
        return ""
    if len(" ".join(lines)) <= LONGEST_KEY and (len(lines) == 1 or any(amounts.whole(line) for line in lines)):
        return " ".join(lines)
    if 0 < len(cell.lead) <= LONGEST_KEY and is_level_heading(cell.lead):
        return cell.lead
    return lines[0] if len(lines[0]) <= LONGEST_KEY else ""


def rows_are_levels(sheet: Sheet, roles: Roles) -> bool:
    """Whether the first column names levels and the header does not."""
    keys = [level_key(cell) for cell in _column(sheet, 0)]
    if len(keys) < 2 or len(set(keys)) < len(keys):
        return False
    levels = [key for key in keys if is_level_heading(key)]
    if len(levels) < LEVEL_SHARE * len(keys) or roles.sure_levels >= 2:
        return False
    if all(amounts.whole(key) for key in keys):
        return _is_scale_of_amounts(sheet, keys)
    return _has_descriptors(sheet)


def _column(sheet: Sheet, column: int) -> list[Cell]:
    found: list[Cell] = []
    for row in sheet.rows:
        cell = row[column]
        if cell is not None and cell.text.strip() and not any(cell is other for other in found):
            found.append(cell)
    return found


def _is_scale_of_amounts(sheet: Sheet, keys: list[str]) -> bool:
    """Points going up or down beside descriptions; a list of items with their points first does not look so."""
    highs = [amount.high for key in keys if (amount := amounts.whole(key))]
    falls = all(a > b for a, b in itertools.pairwise(highs))
    rises = all(a < b for a, b in itertools.pairwise(highs))
    is_numbering = highs == [Decimal(i + 1) for i in range(len(highs))] and lexicon.plain(sheet.header[0]) in (
        "",
        "#",
        "no",
        "no.",
        "nr",
        "nr.",
        "n",
        "item",
        "question",
        "序号",
    )
    steps = {abs(a - b) for a, b in itertools.pairwise(highs)}
    is_even = len(steps) == 1 or any((a := amounts.whole(key)) and a.low is not None for key in keys)
    names_items = any(lexicon.is_only(lexicon.CRITERION, core_of(h)) for h in sheet.header[1:])
    described = sum(any(len(text) > LONGEST_KEY // 3 for text in sheet.body(c)) for c in range(1, sheet.columns))
    return (
        (falls or rises)
        and (is_even or described >= 2)
        and not is_numbering
        and not names_items
        and _has_descriptors(sheet)
    )


def _has_descriptors(sheet: Sheet) -> bool:
    texts = [cell.text for row in sheet.rows for cell in distinct(row[1:]) if not is_amount(cell.text)]
    return bool(texts) and sum(map(lexicon.breadth, texts)) / len(texts) >= 20 and len(texts) >= len(sheet.rows) * 0.6


def read_scale(sheet: Sheet) -> Rows:
    """Each column of descriptions as a criterion whose levels stand in the rows."""
    found = Rows()
    amount_columns = [c for c in range(1, sheet.columns) if _is_amount_column(sheet, c)]
    text_columns = [c for c in range(1, sheet.columns) if c not in amount_columns and any(sheet.body(c))]
    for column in text_columns:
        own = named(sheet.header[column])
        levels = [_row_level(row, column, amount_columns) for row in sheet.rows if level_key(row[0])]
        cell = sheet.header_cells[column] or next((row[column] for row in sheet.rows if row[column]), None)
        points = own.amount.high if own.amount else highest(levels)
        percent = own.amount.high if own.amount and own.amount.is_percent else None
        found.criteria.append(
            Criterion(
                name=own.name,
                description=own.description,
                points=points,
                weight=percent,
                levels=levels,
                source=cell.source if cell else None,
            )
        )
    return found


def _is_amount_column(sheet: Sheet, column: int) -> bool:
    filled = [text for text in sheet.body(column) if text]
    return bool(filled) and all(is_amount(text) for text in filled)


def _row_level(row: list[Cell | None], column: int, amount_columns: list[int]) -> Level:
    level = level_of(level_key(row[0]), row[column])
    if level.highest is None:
        for other in amount_columns:
            cell = row[other]
            amount = amounts.whole(cell.text) if cell else None
            if amount:
                return with_amount(level, amount)
    return level


def highest(levels: list[Level]) -> Decimal | None:
    return max((level.highest for level in levels if level.highest is not None), default=None)


def is_generic(name: str) -> bool:
    """A column heading that says "descriptor" or the like and so names no criterion."""
    core = core_of(name)
    return (
        not core.strip()
        or any(lexicon.is_only(kind, core) for kind in (lexicon.DESCRIPTION, lexicon.CRITERION, lexicon.POINTS))
        or lexicon.plain(core)
        in ("level descriptor", "level descriptors", "performance", "indicators", "characteristics")
    )


@dataclass(slots=True)
class _Entry:
    group: Cell | None
    key: Cell | None
    row: list[Cell | None]


def read_long(sheet: Sheet) -> Rows | None:
    """A table with one row for each criterion and level, or None if it is none."""
    if sheet.columns < 3 or len(sheet.rows) < 4:
        return None
    entries = _entries(sheet)
    groups = len({id(entry.group) for entry in entries})
    if groups < 2 or len(entries) < 1.6 * groups:
        return None
    group_keys = [level_key(cell) for cell in _column(sheet, 0)]
    keys = [level_key(entry.key) for entry in entries if entry.key and entry.key.text.strip()]
    if not keys:
        return None
    if _level_share(keys) >= LEVEL_SHARE and _level_share(group_keys) < LEVEL_SHARE and len(set(keys)) > 1:
        return _by_criterion(entries, sheet)
    repeated = len(set(keys)) * 2 <= len(keys) and max(map(len, keys)) <= LONGEST_KEY
    if _level_share(group_keys) >= LEVEL_SHARE and repeated and len(set(group_keys)) == len(group_keys):
        return _by_level(entries)
    return None


def _entries(sheet: Sheet) -> list[_Entry]:
    entries: list[_Entry] = []
    group: Cell | None = None
    for row in sheet.rows:
        if row[0] is not None and row[0].text.strip() and len(distinct(row)) > 1:
            group = row[0]
        if (group is not None and len(distinct(row)) > 1) or (group and row[1] is None):
            entries.append(_Entry(group, row[1], row))
    return entries


def _level_share(keys: list[str]) -> float:
    return sum(is_level_heading(key) for key in keys) / len(keys) if keys else 0.0


def _by_criterion(entries: list[_Entry], sheet: Sheet) -> Rows | None:
    found = Rows()
    by_group: dict[int, list[_Entry]] = {}
    for entry in entries:
        by_group.setdefault(id(entry.group), []).append(entry)
    for members in by_group.values():
        head = members[0].group
        if head is None or lexicon.has(lexicon.TOTAL, head.text):
            continue
        own = named(head.text, head.lead)
        levels = [_entry_level(entry) for entry in members]
        if not any(level.description for level in levels):
            return None
        points = own.amount.high if own.amount else highest(levels)
        weight = own.amount.high if own.amount and own.amount.is_percent else None
        found.criteria.append(
            Criterion(
                name=own.name,
                description=own.description,
                points=points,
                weight=weight,
                levels=levels,
                source=head.source,
            )
        )
    return found


def _entry_level(entry: _Entry) -> Level:
    texts = [cell for cell in entry.row[2:] if cell and cell.text.strip()]
    described = next((cell for cell in texts if not is_amount(cell.text)), None)
    level = level_of(level_key(entry.key), described)
    amount = next((a for cell in texts if (a := amounts.whole(cell.text))), None)
    source = described.source if described else entry.key.source if entry.key else None
    level = level.model_copy(update={"source": source})
    return with_amount(level, amount) if level.highest is None else level


def _by_level(entries: list[_Entry]) -> Rows:
    """Levels down the first column, the criteria repeated in the second; a row without one holds for all."""
    order: list[str] = []
    levels: dict[str, list[Level]] = {}
    sources: dict[str, Source] = {}
    for entry in entries:
        name = tidy(entry.key.text) if entry.key else ""
        if name and name not in levels:
            order.append(name)
            levels[name] = []
            sources[name] = entry.key.source if entry.key else Source()
    for entry in entries:
        name = tidy(entry.key.text) if entry.key else ""
        described = next((cell for cell in entry.row[2:] if cell and cell.text.strip()), None)
        heading, amount = heading_of(level_key(entry.group))
        level = with_amount(
            Level(
                name=heading,
                description=folded(described.text) if described else None,
                source=described.source if described else None,
            ),
            amount,
        )
        for target in [name] if name else order:
            levels[target].append(level)
    criteria = [
        Criterion(name=name, points=highest(levels[name]), levels=levels[name], source=sources[name]) for name in order
    ]
    return Rows(criteria=criteria)


def read_sectioned(sheet: Sheet) -> Rows | None:
    """Rows of levels under rows that each name a criterion, or None if the table is no such thing."""
    found = Rows()
    for row in sheet.rows:
        cells = distinct(row)
        if len(cells) == 1 and len(cells[0].text) <= 160 and not is_level_heading(cells[0].text):
            own = named(cells[0].text, cells[0].lead)
            weight = own.amount.high if own.amount and own.amount.is_percent else None
            points = own.amount.high if own.amount else None
            found.criteria.append(
                Criterion(
                    name=own.name, description=own.description, points=points, weight=weight, source=cells[0].source
                )
            )
        elif len(cells) >= 2 and found.criteria and is_level_heading(level_key(row[0])):
            level = _entry_level(_Entry(None, row[0], [None, None, *row[1:]]))
            last = found.criteria[-1]
            levels = [*last.levels, level]
            found.criteria[-1] = last.model_copy(update={"levels": levels, "points": last.points or highest(levels)})
        else:
            return None
    is_whole = len(found.criteria) >= 2 and all(len(criterion.levels) >= 2 for criterion in found.criteria)
    return found if is_whole else None
