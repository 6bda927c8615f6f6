"""Tables pasted into a text: with tabs (from a spreadsheet or a word processor), or with pipes (Markdown)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from rubric_jobs.rubric import points
from rubric_jobs.rubric.model import Adjustment, Criterion, Level
from rubric_jobs.rubric.text.typed_adjustments import adjustment, kind_named
from rubric_jobs.rubric.text.typed_lines import NUMBER, Worth, number, split, tidy, worth_of

Table = list[list[str]]

_PIPE = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:+=-]+")
_WORTH_COLUMN = re.compile(
    r"(?:max\w{0,20}\.?\s*)?(?:points?|pts\.?|marks?|score|weight\w{0,20}|punkte|gewicht\w{0,20}|puntos|ptos\.?|peso"
    r"|pontos|punti|barème|%)(?:\s*\(?(?:possible|max\w{0,20}\.?|%|pts)\)?)?",
    re.IGNORECASE,
)
_TEXT_COLUMN = re.compile(
    r"(?:description|beschreibung|descripci[oó]n|descri[cç][aã]o|notes?|comments?|feedback)", re.IGNORECASE
)
_EARNED_COLUMN = re.compile(r"(?:earned|your score|erreicht|comments?|feedback|notes?)", re.IGNORECASE)
_TOTAL_ROW = re.compile(r"(?:grand |overall )?(?:total|sum|summe|gesamt\w*|totale|итого)\b.{0,20}", re.IGNORECASE)
_BARE_NUMBER = re.compile(rf"/?\s*({NUMBER})\s*(%|[^\W\d]{{1,7}}\.?)?")
_SIGNS = "-−–+"
_LONG_GAP = re.compile(r"\s{9,}")
_MOST_CELLS = 5_000
"""Of one table, each row as wide as the widest: more are no rubric."""


_QUOTED_CELL = re.compile(r'(?:(?<=[\t\n])|\A)"((?:[^"]|""){0,4000})"(?=[\t\r\n]|\Z)')


def without_quotes(text: str) -> str:
    """A spreadsheet quotes the cells that hold line breaks or quotes, and doubles the quotes: here they are undone."""
    if "\t" not in text:
        return text
    return _QUOTED_CELL.sub(lambda cell: " ".join(cell[1].replace('""', '"').split()), text)


def take_out(lines: Sequence[str]) -> tuple[list[Table], list[str]]:
    """The tables among the lines (two rows and two columns at least), and the lines that belong to none."""
    tables: list[Table] = []
    others: list[str] = []
    for separator, run in groupby(lines, key=_separator):
        rows = list(run)
        table = [_cells(row, separator) for row in rows if not _RULE.fullmatch(row)] if separator else []
        width = max(map(len, table), default=0)
        if len(table) >= 2 and width >= 2 and len(table) * width <= _MOST_CELLS:
            tables.append(table)
        else:
            others += rows
    return tables, others


@dataclass(slots=True)
class Read:
    """What the rows of a table hold; `total` is what one of them states."""

    criteria: list[Criterion] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    total: Decimal | None = None


def read(table: Table) -> Read:
    header, rows = _header_and_rows(table)
    found = Read()
    for row in rows:
        if not row or not any(row):
            continue
        if _TOTAL_ROW.fullmatch(row[0]):
            numbers = (number for cell in reversed(row[1:]) if (number := _number(cell)) is not None)
            found.total = next(numbers, found.total)
        elif row[0] or not found.criteria:
            criterion = _criterion(header, row)
            if kind := _kind_of_adjustment(header, row, criterion):
                found.adjustments.append(_as_adjustment(kind, criterion))
            else:
                found.criteria.append(criterion)
    return found


def _as_adjustment(kind: str, criterion: Criterion) -> Adjustment:
    texts = [criterion.name, criterion.description or ""]
    if criterion.weight is None or criterion.points is None:
        return adjustment(kind, *texts, worth=criterion.points)
    # A percent is no points: it stays in words.
    return adjustment(kind, *texts, f"({points.as_text(criterion.points)} %)", worth=None)


def _kind_of_adjustment(header: Sequence[str], row: Sequence[str], criterion: Criterion) -> str:
    """A row without levels whose name says so, or whose points have a sign."""
    if criterion.levels or not criterion.points:
        return ""
    worth = worth_of(row[0])[1]
    signs = [cell.strip()[:1] for title, cell in zip(header, row, strict=False) if _WORTH_COLUMN.fullmatch(title)]
    is_signed = (worth is not None and worth.sign != "") or any(sign in _SIGNS for sign in signs if sign)
    if not is_signed:
        return kind_named(criterion.name)
    is_bonus = (worth is not None and worth.sign == "+") or "+" in signs
    return kind_named(criterion.name) or ("bonus" if is_bonus else "penalty")


def _separator(line: str) -> str:
    if len(_PIPE.findall(line)) >= 2 or (line.strip().startswith("|") and line.strip() != "|"):
        return "|"
    return "\t" if "\t" in line.strip() else ""


def _cells(line: str, separator: str) -> list[str]:
    if separator == "\t":
        return [_folded_gaps(cell) for cell in line.split("\t")]
    body = line.strip().removeprefix("|")
    cells = _PIPE.split(body.removesuffix("|") if not body.endswith("\\|") else body)
    return [re.sub(r"\A(\*\*|__)(.*)\1\Z", r"\2", _folded_gaps(cell)) for cell in cells]


def _folded_gaps(cell: str) -> str:
    return _LONG_GAP.sub(" ", cell.strip())


def _header_and_rows(table: Table) -> tuple[list[str], Table]:
    """The first row is the header, unless its last cell is a bare number as in every other row."""
    width = max(map(len, table))
    padded = [row + [""] * (width - len(row)) for row in table]
    kept = [column for column in range(width) if column == 0 or any(row[column] for row in padded)]
    rows = [[row[column] for column in kept] for row in padded]
    if len(kept) > 1 and all(_number(row[-1].lstrip(_SIGNS)) is not None for row in rows):
        has_text = any(_number(cell) is None for row in rows for cell in row[1:-1])
        if len(kept) == 2 or has_text:
            return ["", *["description"] * (len(kept) - 2), "points"], rows
    return rows[0], rows[1:]


def _criterion(header: Sequence[str], row: Sequence[str]) -> Criterion:
    name, worth, text = worth_of(row[0])
    criterion = Criterion(name=" ".join(tidy(name).split()) or tidy(row[0]), description=tidy(text) or None)
    _set_worth(criterion, worth.high if worth else None, is_percent=bool(worth and worth.is_percent))
    for title, cell in zip(header[1:], row[1:], strict=False):
        if _EARNED_COLUMN.fullmatch(title):
            continue
        if _WORTH_COLUMN.fullmatch(title):
            _set_worth(criterion, _number(cell.strip().lstrip(_SIGNS)), is_percent="%" in title + cell)
        elif _TEXT_COLUMN.fullmatch(title):
            criterion.description = tidy(cell) or criterion.description
        elif title or cell:
            criterion.levels.append(_level(title, cell))
    if criterion.points is None:
        criterion.points = max(
            (value for level in criterion.levels if (value := points.top(level)) is not None), default=None
        )
    return criterion


def _set_worth(criterion: Criterion, value: Decimal | None, *, is_percent: bool) -> None:
    if value is not None:
        criterion.points = value
        criterion.weight = value if is_percent else criterion.weight


def _level(title: str, cell: str) -> Level:
    name, worth, text = worth_of(title)
    number = _number(title)
    if worth is None and number is not None:
        name, worth = title, Worth(high=number, low=None, sign="", has_unit=False, is_percent=False)
    elif not name:
        name = split(text)[0] or text
    own_name, own_worth, own_text = worth_of(cell)
    if own_worth is not None and not own_name:
        worth, cell = own_worth, own_text
    elif (value := _number(cell)) is not None:
        worth, cell = Worth(high=value, low=None, sign="", has_unit=False, is_percent=False), ""
    return Level(name=tidy(name) or None, description=tidy(cell) or None, **(worth.of_a_level() if worth else {}))


def _number(cell: str) -> Decimal | None:
    found = _BARE_NUMBER.fullmatch(cell.strip())
    return number(found[1]) if found else None
