"""What each column of a table is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from rubric_jobs.documents.model import Cell
from rubric_jobs.reader import amounts, lexicon
from rubric_jobs.reader.rules.sheets import Sheet, core_of

LONG = 25
"""A cell of so many letters describes something."""
_TICKS = re.compile(r"^[\s☐☑☒□■✓✔✗✘○●◯xX_\-–—()\[\]]*$")
_SIGNS = re.compile(r"^(?:[+]{1,3}|[-–−]{1,3}|[+]/[-–−]|[oO○●◐]|☺|☹|🙂|😐|🙁|😀)$")
RATINGS = re.compile(
    r"^(?:ratings?|rating scale|scale|scoring|levels?(?: of .*)?|performance(?: levels?)?|achievement levels?|grades?"
    r"|niveles?(?: de .*)?|escala(?: de .*)?|niveis(?: de .*)?|niveaux(?: de .*)?|stufen|niveaustufen"
    r"|livelli(?: di .*)?|等级|评分等级|评价等级)$"
)


class Role(Enum):
    NUMBER = auto()
    SECTION = auto()
    NAME = auto()
    DESCRIPTION = auto()
    POINTS = auto()
    WEIGHT = auto()
    LEVEL = auto()
    TICK = auto()
    IGNORED = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Roles:
    """`sure_levels`: how many level columns carry a level's name or points, rather than only looking like levels."""

    columns: tuple[Role, ...]
    sure_levels: int

    def all(self, role: Role) -> list[int]:
        return [c for c, kind in enumerate(self.columns) if kind is role]

    def first(self, role: Role) -> int | None:
        return next(iter(self.all(role)), None)


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    core: str
    texts: list[str]

    @property
    def title(self) -> str:
        return " ".join(self.heading.split())

    @property
    def is_counted(self) -> bool:
        """An amount stands in its heading."""
        return self.core != self.title

    @property
    def filled(self) -> list[str]:
        return [text for text in self.texts if text]

    def share(self, count: int) -> float:
        return count / len(self.filled) if self.filled else 0.0

    @property
    def amount_share(self) -> float:
        return self.share(sum(is_amount(text) for text in self.filled))

    @property
    def is_ticks(self) -> bool:
        return all(_TICKS.match(text) for text in self.texts)

    @property
    def is_times(self) -> bool:
        return bool(self.filled) and all(len(t) <= 6 and amounts.multiplier(t) for t in self.filled if not is_amount(t))

    @property
    def mean_length(self) -> float:
        return sum(map(len, self.filled)) / len(self.filled) if self.filled else 0.0


def is_amount(text: str) -> bool:
    """An amount alone, a deduction ("-1 per figure"), or several equal lines of one."""
    lines = [line for line in text.split("\n") if line.strip()]
    return bool(lines) and len(text) < 60 and all(amounts.whole(line) or amounts.negative(line) for line in lines)


def roles_of(sheet: Sheet) -> Roles:
    columns = [_Column(heading, core_of(heading), sheet.body(c)) for c, heading in enumerate(sheet.header)]
    roles = [_by_heading(column, c) for c, column in enumerate(columns)]
    sure = sum(role is Role.LEVEL for role in roles)
    _add_unnamed_levels(columns, roles)
    if roles.count(Role.LEVEL) == 1 and Role.POINTS in roles:
        # "Criteria for full points" beside a column of points says what the points are for.
        roles[roles.index(Role.LEVEL)] = Role.DESCRIPTION
        sure = 0
    _name_columns(sheet, columns, roles)
    return Roles(tuple(roles), sure)


def _by_heading(column: _Column, index: int) -> Role:
    by_word = _by_word(column)
    if by_word is not None:
        return by_word
    if column.heading and index and is_level_column(column):
        return Role.LEVEL
    if column.amount_share >= 0.7 and len(column.filled) >= 2:
        return _amount_role(column, index)
    if not column.filled:
        return Role.TICK if index and column.heading else Role.IGNORED
    if column.is_ticks:
        return Role.TICK if index else Role.TEXT
    return Role.TEXT


def _amount_role(column: _Column, index: int) -> Role:
    if index == 0 and not all((a := amounts.whole(text)) and (a.is_slashed or a.has_unit) for text in column.filled):
        return Role.NUMBER
    percent = [text for text in column.filled if (a := amounts.whole(text)) and a.is_percent]
    return Role.WEIGHT if len(percent) * 2 > len(column.filled) else Role.POINTS


def _by_word(column: _Column) -> Role | None:
    core = column.core
    if not core or len(core) > 60:
        return None
    is_numeric = column.amount_share >= 0.5
    if _is_index(column):
        return Role.NUMBER
    if lexicon.is_only(lexicon.WEIGHT, core) and (is_numeric or column.is_times):
        return Role.WEIGHT
    if lexicon.is_only(lexicon.POINTS, core) or lexicon.is_only(lexicon.EARNED, core):
        if is_numeric and not _is_earned(column):
            return Role.POINTS
        return Role.IGNORED if not column.filled or column.mean_length < LONG else None
    if lexicon.is_only(lexicon.CRITERION, core) and not is_numeric:
        return Role.NAME
    if lexicon.is_only(lexicon.NOTES, core) or (is_numeric and lexicon.is_only(lexicon.MEASURE, core)):
        return Role.IGNORED
    if lexicon.is_only(lexicon.DESCRIPTION, core) and not is_numeric:
        return Role.DESCRIPTION
    if lexicon.has(lexicon.POINTS, core) and is_numeric and not lexicon.is_level_name(core):
        return Role.IGNORED if _is_earned(column) else Role.POINTS
    return None


def _is_index(column: _Column) -> bool:
    heading = lexicon.plain(column.heading).strip(" .")
    if heading in ("#", "no", "nr", "n", "nº", "no.", "num", "item #", "序号", "编号", "s/n", "sl", "sl no", "s.no"):
        return True
    numbers = [text.strip(" .)") for text in column.filled]
    return not heading and numbers == [str(i + 1) for i in range(len(numbers))] and len(numbers) > 1


def _is_earned(column: _Column) -> bool:
    """A column for what a student got, rather than what there is to get."""
    core = lexicon.plain(column.core)
    names_both = lexicon.has(lexicon.POINTS, core) and not re.search(
        r"earned|awarded|received|obt[ei]n|your|final", core
    )
    return lexicon.has(lexicon.EARNED, core) and not names_both


def is_level_column(column: _Column) -> bool:
    if len(column.heading) > 170 or (column.amount_share >= 0.7 and lexicon.has(lexicon.POINTS, column.core)):
        return False
    if _SIGNS.match(column.heading.strip()):
        return not column.filled or column.is_ticks
    amount = amounts.whole(column.title)
    if amount is not None:
        return amount.high <= 100 or amount.has_unit
    if column.is_counted and lexicon.is_only(lexicon.YES_NO, column.core):
        return True
    return lexicon.is_level_name(column.core) or RATINGS.match(lexicon.plain(column.core)) is not None


def _add_unnamed_levels(columns: list[_Column], roles: list[Role]) -> None:
    """Columns of long texts under headings of their own, or of texts that each begin with points."""
    for c, column in enumerate(columns):
        if c and roles[c] in (Role.TEXT, Role.DESCRIPTION) and _begins_with_points(column):
            roles[c] = Role.LEVEL
    long = [
        c
        for c, column in enumerate(columns)
        if c and roles[c] is Role.TEXT and column.mean_length >= LONG and column.heading
    ]
    named = [c for c, role in enumerate(roles) if role is Role.LEVEL]
    if named:
        between = [c for c in long if min(named) - 1 <= c <= max(named) + 1 and c != _leftmost_text(roles)]
        between += [c for c, role in enumerate(roles) if role is Role.TEXT and _stands_among(columns, c, named)]
        if len(named) >= 2:
            for c in between:
                roles[c] = Role.LEVEL
    elif len(long) >= 2 and (len(long) >= 3 or len({len(columns[c].filled) for c in long}) == 1):
        for c in long:
            roles[c] = Role.LEVEL


def _stands_among(columns: list[_Column], c: int, levels: list[int]) -> bool:
    """A headed column between two levels, or beside one where an amount stands in its heading as in theirs."""
    if min(levels) < c < max(levels):
        return bool(columns[c].heading)
    are_counted = all(columns[level].is_counted for level in levels)
    return c > 0 and c in (min(levels) - 1, max(levels) + 1) and columns[c].is_counted and are_counted


def _leftmost_text(roles: list[Role]) -> int | None:
    return next((c for c, role in enumerate(roles) if role in (Role.TEXT, Role.NAME, Role.DESCRIPTION)), None)


def _begins_with_points(column: _Column) -> bool:
    opened = [text for text in column.filled if (a := _cell_amount(text)) and (a.has_unit or a.is_percent)]
    return len(opened) >= max(1, round(0.6 * len(column.filled))) and not all(is_amount(t) for t in column.filled)


def _cell_amount(text: str) -> amounts.Amount | None:
    first = text.split("\n", 1)[0]
    found = amounts.leading(first)
    return found[0] if found else amounts.whole(first)


def _name_columns(sheet: Sheet, columns: list[_Column], roles: list[Role]) -> None:
    """Which of the text columns before the levels is the criterion's name, which a section, which a description."""
    texts = [c for c, role in enumerate(roles) if role in (Role.TEXT, Role.NAME, Role.DESCRIPTION)]
    if not texts:
        return
    first = texts[0]
    others = [c for c in texts[1:] if columns[c].filled]
    for c in texts:
        roles[c] = Role.DESCRIPTION
    second = others[0] if others else None
    if second is not None and _groups(sheet, first, second) and not _holds_points(columns[first]):
        roles[first], roles[second] = Role.SECTION, Role.NAME
    else:
        roles[first] = Role.NAME


def _groups(sheet: Sheet, first: int, second: int) -> bool:
    """Whether cells of the first column each stand beside several of the second."""
    tall = [cell for row in sheet.rows if (cell := row[first]) and cell.text.strip() and cell.row_span > 1]
    inner = len([text for text in sheet.body(second) if text])
    outer = len([text for text in sheet.body(first) if text and not lexicon.has(lexicon.TOTAL, text)])
    return bool(tall) and inner > outer and not _shares_points(sheet, tall)


def _shares_points(sheet: Sheet, tall: list[Cell]) -> bool:
    """Whether the rows beside a tall cell have one amount in common, which then is that cell's."""
    spans = {cell.row: cell.row_span for cell in tall}
    shared = [
        cell
        for row in sheet.rows
        for cell in row
        if cell and cell.row_span > 1 and spans.get(cell.row) == cell.row_span and is_amount(cell.text)
    ]
    single = [cell for row in sheet.rows for cell in row if cell and cell.row_span == 1 and is_amount(cell.text)]
    return bool(shared) and not single


def _holds_points(column: _Column) -> bool:
    held = [text for text in column.filled if any(amounts.whole(line) for line in text.split("\n")[1:])]
    return len(held) * 2 > len(column.filled)
