"""Evidence in a table's rows against their roles. No weights here."""

from __future__ import annotations

import itertools

from rubric_jobs.reader.cell_values import amount_of, is_amount
from rubric_jobs.reader.sheet import Sheet

Features = dict[str, float]
FEWEST_OF_A_SCALE = 4


def evidence(sheet: Sheet, rows: str, roles: str) -> Features:
    """Features that are 0 for a table whose rows confirm their roles."""
    criteria = [row for row, role in enumerate(rows) if role == "c"]
    return {
        "points by section": _points_by_section(sheet, criteria, roles),
        "criteria like sections": _like_sections(sheet, rows, criteria),
        "left out like criteria": _left_out(sheet, rows, criteria),
        "points fall": _points_fall(sheet, criteria, roles),
    }


def _points_by_section(sheet: Sheet, criteria: list[int], roles: str) -> float:
    """The share of rows without points, if only the first row of each section has some. Then sections are criteria."""
    if "s" not in roles or "p" not in roles:
        return 0.0
    section, points = roles.index("s"), roles.index("p")
    own = [(row, cell) for row in criteria if (cell := sheet.rows[row][points]) and cell.row == row and cell.text]
    begins = [row for row in criteria if (cell := sheet.rows[row][section]) and cell.row == row and cell.text]
    if len(own) < 2 or len(own) == len(criteria) or not {row for row, _ in own} <= set(begins):
        return 0.0
    return 1 - len(own) / len(criteria)


def _points_fall(sheet: Sheet, criteria: list[int], roles: str) -> float:
    """1 for rows that are each worth less than the one above, or each more, by even steps or down to nearly nothing.

    Such rows are the levels of one thing; 0.5 where the steps are uneven and the least is worth more.
    """
    if "p" not in roles or len(criteria) < FEWEST_OF_A_SCALE:
        return 0.0
    told = [amount_of(sheet.texts[row][roles.index("p")]) for row in criteria]
    values = [amount.high for amount in told if amount]
    if len(values) < FEWEST_OF_A_SCALE or len(values) * 4 < len(criteria) * 3:
        return 0.0
    steps = [b - a for a, b in itertools.pairwise(values)]
    is_monotone = all(step < 0 for step in steps) or all(step > 0 for step in steps)
    return float(is_monotone) * (1.0 if len(set(steps)) == 1 or min(values) <= 1 else 0.5)


def _like_sections(sheet: Sheet, rows: str, criteria: list[int]) -> float:
    """The share of rows that span all columns, like the sections."""
    wide = [row for row in range(len(rows)) if len(sheet.distinct[row]) == 1 and sheet.columns > 1]
    sections = [row for row in wide if rows[row] == "s"]
    return sum(row in wide for row in criteria) / len(criteria) if sections and criteria else 0.0


def _left_out(sheet: Sheet, rows: str, criteria: list[int]) -> float:
    """Whether a skipped row above the first criterion has texts and amounts in the same columns as criteria."""
    if not criteria:
        return 0.0
    like = {_form(sheet, row) for row in criteria}
    skipped = [row for row in range(criteria[0]) if rows[row] in "-h" and len(sheet.distinct[row]) > 1]
    return float(any(_form(sheet, row) in like and _has_amount(sheet, row) for row in skipped))


def _form(sheet: Sheet, row: int) -> tuple[str, ...]:
    return tuple("a" if is_amount(text) else "t" if text else "" for text in sheet.texts[row])


def _has_amount(sheet: Sheet, row: int) -> bool:
    return "a" in _form(sheet, row)[1:]
