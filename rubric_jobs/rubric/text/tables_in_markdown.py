"""The sheet of `layout` as Markdown, and its exact inverse.

A text shows as it is written, whatever Markdown or HTML it looks like: a backslash stands before each sign of them. A
line break within a cell is `<br>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from rubric_jobs.rubric import layout, layout_reading
from rubric_jobs.rubric.layout import Cell, Grid, Row, Sheet
from rubric_jobs.rubric.model import Rubric

_SIGNS = re.compile(r"([\\`*_\[\]<>#|~&$])")
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>#|~&$])")
_BORDER = re.compile(r"(?<!\\)(?:\\\\)*\|")
_RULE = re.compile(r"\|(?: --- \|)+")
_NOTE = re.compile(r"\*\*(.*)\*\*|- (.*)")
_TITLE, _SECTION = "# ", "##"


def write(sheet: Sheet) -> str:
    blocks = [f"{_TITLE}{_escaped(sheet.title)}"] if sheet.title else []
    for grid in sheet.grids:
        blocks += _blocks(grid)
    for place, note in enumerate(sheet.notes):
        blocks.append(f"**{_escaped(note)}**" if place == 0 else f"- {_escaped(note)}")
    return "\n\n".join(blocks) + "\n"


def _blocks(grid: Grid) -> Iterator[str]:
    """A table for each section, below its heading."""
    rows: list[Row] = []
    for row in grid[1:]:
        if len(row) > 1:
            rows.append(row)
            continue
        if rows:
            yield _table(grid[0], rows)
        yield f"{_SECTION} {_escaped(row[0].text)}".rstrip()
        rows = []
    if rows:
        yield _table(grid[0], rows)


def _table(header: Row, rows: Sequence[Row]) -> str:
    lines = [_row(header), "|" + " --- |" * len(header), *map(_row, rows)]
    return "\n".join(lines)


def _row(row: Row) -> str:
    return f"| {' | '.join(map(_cell, row))} |"


def _cell(cell: Cell) -> str:
    lines = [_escaped(text) for text in cell.text.split("\n")]
    if cell.is_led and lines[0]:
        lines[0] = f"**{lines[0]}**"
    return "<br>".join(lines)


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)


class _Blocks:
    """Blocks of lines, in their order; a table under a section's heading goes on with the table before it."""

    def __init__(self) -> None:
        self.title = ""
        self.grids: list[list[Row]] = []
        self.notes: list[str] = []
        self._section: Row | None = None

    def take(self, block: Sequence[str]) -> bool:
        rows = [row for written in block if not _RULE.fullmatch(written) and (row := _cells(written)) is not None]
        if rows:
            self._take_table(rows)
            return len(rows) == len(block) - 1
        if len(block) != 1:
            return False
        written = block[0]
        if written.startswith(_TITLE) and not self.title and not self.grids and self._section is None:
            self.title = _plain(written.removeprefix(_TITLE))
        elif written == _SECTION or written.startswith(f"{_SECTION} "):
            self._section = (Cell(_plain(written.removeprefix(_SECTION).strip())),)
        elif found := _NOTE.fullmatch(written):
            self.notes.append(_plain(found[1] or found[2] or ""))
        else:
            return False
        return True

    def _take_table(self, rows: Sequence[Row]) -> None:
        goes_on = self._section is not None and bool(self.grids) and self.grids[-1][0] == rows[0]
        if not goes_on:
            self.grids.append([rows[0]])
        if self._section is not None:
            self.grids[-1].append(self._section)
            self._section = None
        self.grids[-1] += rows[1:]


def read(text: str) -> Rubric | None:
    """The rubric whose sheet `write` made this text of; None for any other text."""
    sheet = _sheet(text)
    rubric = sheet and layout_reading.read(sheet)
    return rubric if rubric and _lines(write(layout.write(rubric))) == _lines(text) else None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _sheet(text: str) -> Sheet | None:
    found = _Blocks()
    lines = [line.strip() for line in text.splitlines()]
    for is_text, block in groupby(lines, key=bool):
        if is_text and not found.take(list(block)):
            return None
    return Sheet(found.title, tuple(map(tuple, found.grids)), tuple(found.notes)) if found.grids else None


def _cells(line: str) -> Row | None:
    if not line.startswith("| ") or not line.endswith(" |"):
        return None
    ends = [found.end() for found in _BORDER.finditer(line)]
    parts = [line[start : end - 1].strip() for start, end in pairwise(ends)]
    return tuple(Cell("\n".join(map(_plain, part.split("<br>")))) for part in parts)


def _plain(text: str) -> str:
    is_led = text.startswith("**") and text.endswith("**") and len(text) > 4
    return _ESCAPED.sub(r"\1", text[2:-2] if is_led else text)
