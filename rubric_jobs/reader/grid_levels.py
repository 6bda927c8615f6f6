"""The levels of one criterion in a grid: cells below headings, cells with level names, or lists in a cell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from rubric_jobs.reader import amounts, cell_values, lexicon
from rubric_jobs.reader.cell_values import Told
from rubric_jobs.reader.grid_work import Work
from rubric_jobs.reader.sheet import Row, View
from rubric_jobs.reader.tags import tags_of
from rubric_jobs.rubric.model import Criterion, Level


def levels_of(work: Work, row: Row) -> list[Level]:
    many = [cell for c in work.columns("m") if (cell := row[c]) and cell.text]
    if many:
        return [level for cell in many for level in in_one_cell(work, cell)]
    groups, titles = _headed_groups(work)
    if not any(titles) or (len(groups) > 1 and len(set(titles)) == 1):
        cells = [cell for cell in dict.fromkeys(row[c] for g in groups for c in g) if cell is not None and cell.text]
        return [
            _level(work, cell_values.unnamed_level(cell.text, cell.lead, beside_others=True), cell) for cell in cells
        ]
    found = level_cells(groups, row)
    absent = _absent(found)
    levels = [_titled_level(work, title, cell) for title, cell in zip(titles, found, strict=True) if cell not in absent]
    number_from_starts(levels)
    return levels


def _headed_groups(work: Work) -> tuple[list[list[int]], list[str]]:
    if work.headed is None or work.headed[0] is not work.titles:
        groups = level_groups(work)
        work.headed = work.titles, groups, [_level_title(work.title(group[0])) for group in groups]
    return work.headed[1:]


_NO_SUCH_LEVEL = re.compile(r"[-–—/xX]+")


def _absent(cells: Sequence[View | None]) -> list[View]:
    """Crossed-out cells beside described levels: levels that this criterion does not have."""
    written: list[View] = [cell for cell in cells if cell is not None and cell.text]
    crossed = [cell for cell in written if _NO_SUCH_LEVEL.fullmatch(cell.text.strip())]
    told = [cell for cell in written if cell not in crossed]
    are_described = len(told) > 1 and all(re.search(r"[^\W\d_]{3}", cell.text) for cell in told)
    return crossed if are_described else []


_NUMBER_FIRST = re.compile(
    rf"^\s*(?:[(\[（](?P<closed>{amounts.NUMBER})[)\]）]\s*(?=\S)"
    rf"|(?P<plain>{amounts.NUMBER}(?:\s?[-–]\s?{amounts.NUMBER})?)\s+(?=[^\W\d_]))"
)


def number_from_starts(levels: list[Level]) -> None:
    """Takes points from numbers at the start of the descriptors, if they ascend or descend: "(5) Neat", "5 Neat"."""
    open_ones = [level for level in levels if level.highest is None]
    told = [(level, _NUMBER_FIRST.match(level.description or level.name or "")) for level in open_ones]
    found = [match for _, match in told if match]
    if len(told) < 2 or len(found) < len(told) or len({match.lastgroup for match in found}) > 1:
        return
    worths = [cell_values.whole(match["closed"] or match["plain"]) for match in found]
    highest = [worth.high for worth in worths if worth]
    is_falling = highest == sorted(set(highest), reverse=True)
    is_rising = highest == sorted(set(highest)) and (highest[0] != 1 or found[0]["plain"] is not None)
    if len(highest) < len(told) or not (is_falling or is_rising):
        return
    for (level, _), match, worth in zip(told, found, worths, strict=True):
        text = (level.description or level.name or "")[match.end() :]
        worded = cell_values.level_model(Told(None, text, worth), None)
        level.points, level.points_min, level.points_max = worded.points, worded.points_min, worded.points_max
        level.name, level.description = (level.name if level.description else None), text


def _level_title(title: str) -> str:
    """ "Ratings" above all levels is not the name of a level; "Level 4" is."""
    tags = tags_of(title)
    is_name = "has:levels" in tags or any(map(str.isdigit, title))
    return "" if "only:level" in tags and not is_name else title


def level_groups(work: Work) -> list[list[int]]:
    """Level columns. Columns below one header cell are one level."""
    groups: list[list[int]] = []
    for column in work.columns("l"):
        last = groups[-1][-1] if groups else None
        is_same = last == column - 1 and bool(work.titles) and _shared(work.titles[last], work.titles[column])
        groups[-1].append(column) if is_same else groups.append([column])
    return groups if len(groups) > 1 else [[column] for column in work.columns("l")]


def _shared(titles: list[View], others: list[View]) -> bool:
    """Whether the lowest heading is one cell and names a single level."""
    return bool(titles and others) and titles[-1] is others[-1] and len(titles[-1].text) < 60


def level_cells(groups: list[list[int]], row: Row) -> list[View | None]:
    """The cell of each level: in order if the numbers match, else the first one below each heading."""
    cells = list(dict.fromkeys(cell for group in groups for column in group if (cell := row[column])))
    if len(cells) == len(groups):
        return list(cells)
    return [next((row[c] for c in group if row[c] and row[c].text), row[group[0]]) for group in groups]  # type: ignore[union-attr]


def _titled_level(work: Work, title: str, cell: View | None) -> Level:
    return _level(work, cell_values.level(title, cell.text if cell else ""), cell)


def _level(work: Work, told: Told, cell: View | None) -> Level:
    work.use(cell)
    return cell_values.level_model(told, cell.source if cell else None)


def in_one_cell(work: Work, cell: View) -> list[Level]:
    """The levels of one cell. A line that begins with points or a level's name begins a level; others continue it."""
    work.use(cell)
    return [cell_values.level_model(told, cell.source) for told in cell_values.levels_in(cell.text)]


def with_shared(work: Work, levels: list[Level]) -> list[Level]:
    """Gives levels that have only points the descriptors of the section above."""
    if len(levels) != len(work.shared) or any(level.description for level in levels):
        return levels
    for level, other in zip(levels, work.shared, strict=True):
        level.description = other.description
    return levels


def with_points_of(work: Work, levels: list[Level], row: Row) -> list[Level]:
    """Takes points from a row of amounts beside the descriptors."""
    groups = level_groups(work)
    if len(levels) != len(groups):
        return levels
    for level, cell in zip(levels, level_cells(groups, row), strict=True):
        amount = cell_values.mark_of(cell.text) if cell else None
        if cell is not None and amount is not None:
            work.use(cell)
            told = cell_values.level_model(Told(None, None, amount), None)
            level.points, level.points_min, level.points_max = told.points, told.points_min, told.points_max
    return levels


def joined(level: Level, more: Level) -> Level:
    if level.highest is None and more.highest is not None:
        level.points, level.points_min, level.points_max = more.points, more.points_min, more.points_max
    if more.description and more.description != level.description:
        level.description = "\n".join(filter(None, [level.description, more.description]))
    return level


def highest_of(levels: list[Level]) -> Decimal | None:
    """The highest points of a level. Bonus levels do not count unless all levels are."""
    plain = [level for level in levels if not lexicon.BONUS.search(lexicon.plain(level.name or ""))]
    return max((level.highest for level in plain or levels if level.highest is not None), default=None)


def split_names(criteria: list[Criterion]) -> None:
    """Splits the name off a level's text, if it begins with the name that most levels of its column have."""
    for place in range(max((len(criterion.levels) for criterion in criteria), default=0)):
        column = [criterion.levels[place] for criterion in criteria if place < len(criterion.levels)]
        names = Counter(level.name for level in column if level.name)
        usual = names.most_common(1)[0][0] if names else None
        if usual is None or names[usual] * 2 <= len(column):
            continue
        for level in column:
            if not level.name and (level.description or "").startswith(f"{usual} "):
                level.name, level.description = usual, (level.description or "")[len(usual) :].strip() or None
