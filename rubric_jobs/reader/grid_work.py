"""The state of assembling a part of tables: headings, used texts, skipped texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rubric_jobs.documents.model import Document
from rubric_jobs.reader import cell_values
from rubric_jobs.reader.plan import Part, PartReading
from rubric_jobs.reader.sheet import Row, Sheet, View, sheet_of
from rubric_jobs.rubric.model import Level


@dataclass(slots=True)
class Work:
    """A part during assembly. `columns` are the columns of each role; `titles` are the cells above each column."""

    sheet: Sheet
    rows: str
    roles: str
    part: Part
    document: Document
    out: PartReading = field(default_factory=PartReading)
    titles: list[list[View]] = field(default_factory=list)
    section: str | None = None
    in_penalties: bool = False
    pending: Row | None = None
    shared: list[Level] = field(default_factory=list)
    heads: list[View | None] = field(default_factory=list)

    summed: int = 0
    """The number of criteria that are covered by subtotals so far."""

    describes: bool = False
    """Whether the texts of levels in rows are descriptions, not names."""

    known: dict[str, list[int]] = field(default_factory=dict)
    headed: tuple[list[list[View]], list[list[int]], list[str]] | None = None
    """Headings, their level columns and the heading of each. They are the same for all rows below one header."""

    def columns(self, role: str) -> list[int]:
        if role not in self.known:
            self.known[role] = [index for index, kind in enumerate(self.roles) if kind == role]
        return self.known[role]

    def use(self, cell: View | None) -> View | None:
        if cell is not None:
            self.out.used.add(cell.ref)
        return cell

    def title(self, column: int) -> str:
        return title_text(self.titles[column]) if self.titles else ""

    def use_title(self, column: int) -> None:
        if self.titles:
            for cell in self.titles[column]:
                self.use(cell)


def title_text(cells: list[View]) -> str:
    """The heading of a column, without group headings over several columns."""
    texts: list[str] = []
    deepest = cells[-1] if cells else None
    for cell in cells:
        is_group = cell.column_span > 1 and cell is not deepest
        if is_group and deepest is not None and cell_values.whole(deepest.text) is not None:
            is_group = not cell_values.is_level_heading(cell.text)
        if not is_group and cell.text not in texts:
            texts.append(cell.text)
    return "\n".join(texts)


def titles_of(sheet: Sheet, header: Iterable[int]) -> list[list[View]]:
    """The cells above each column, from the top."""
    rows = list(header)
    return [
        list(dict.fromkeys(cell for r in rows if (cell := sheet.rows[r][column]) and cell.text))
        for column in range(sheet.columns)
    ]


def lent_titles(part: Part, document: Document, sheet: Sheet) -> list[list[View]]:
    """The header rows of the lending table, up to its first row with a text in every column."""
    if part.header is None:
        return []
    lender = sheet_of(document, (part.header,))
    if lender.columns != sheet.columns:
        return []
    first = next((r for r, cells in enumerate(lender.distinct) if len(cells) > 1), 0)
    return titles_of(lender, [first])


def mark_titles(work: Work) -> None:
    """Marks headings as used. They determine the roles, even of columns without values."""
    for column in range(work.sheet.columns):
        work.use_title(column)


def mark_skipped(work: Work) -> None:
    for cell in work.sheet.cells:
        if cell.ref in work.out.used or not cell.text:
            continue
        row, column = work.rows[cell.row], work.roles[cell.column]
        if row == "-":
            work.out.skipped[cell.ref] = "row"
        elif column in "-en":
            work.out.skipped[cell.ref] = {"-": "column", "e": "score to fill in", "n": "number"}[column]
