"""A rubric as people print it: a title, tables of criteria × levels, a total. Word and Markdown are written from it.

    Criterion      | Points   | Excellent | Good          names of levels that all criteria of a table share; below
                   |          | 4 points  |               one the points, where they are the same in all rows
    Structure                                             a row of one cell is a section
    Thesis         | 4 (40 %) | Stated …  | 3 points      a name, and a text of the criterion in lines below it; the
    Is there one?  |          |           | Vague …       points of a level, and its text in lines below

Where the criteria have levels of different names, the header says "Levels" and is padded, a row is only as long as it
has levels, and each of these cells begins with a line "Name (3 points):". Criteria without levels are a table of two
columns. `layout_reading.read` takes back all that shows, and its `losses` say what does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric
from rubric_jobs.rubric.points import as_text

CRITERION, LEVELS, POINTS, DONE, BOX = "Criterion", "Levels", "Points", "Done", "☐"
TOTAL = "Total: "
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\ufffe\uffff\ud800-\udfff]")
_BULLETS = tuple("•▪●■◦‣·○")


@dataclass(frozen=True, slots=True)
class Cell:
    """Lines of text; the first one stands out where it is a name or points."""

    text: str = ""
    is_led: bool = field(default=False, compare=False)


Row = tuple[Cell, ...]
"""A row of one cell is a section's heading."""
Grid = tuple[Row, ...]
"""The first row is the header."""


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    grids: tuple[Grid, ...]
    notes: tuple[str, ...] = ()
    """The total; penalties and bonuses."""


def write(rubric: Rubric) -> Sheet:
    notes = [] if rubric.total_points is None else [TOTAL + pointed(rubric.total_points)]
    notes += map(_note, rubric.adjustments)
    return Sheet(line(rubric.title), tuple(_grids(rubric)), tuple(notes))


def closing(count: int) -> str:
    """The last line of a Word document: tells readers that no page is missing, and us that the tables are ours."""
    return f"End of rubric ({count} {'criterion' if count == 1 else 'criteria'})"


def _grids(rubric: Rubric) -> Iterator[Grid]:
    runs = [(names, list(run)) for names, run in groupby(rubric.criteria, key=level_names)]
    sections = {criterion.section for criterion in rubric.criteria}
    is_shared = all(names is not None for names, _ in runs) and len(runs) <= max(1, len(sections))
    if is_shared:
        yield from (_grid(run, names) for names, run in runs)
    elif rubric.criteria:
        yield _grid(rubric.criteria, None)


def level_names(criterion: Criterion) -> tuple[str, ...] | None:
    """The names that can head columns; None where a level has none, or two have the same."""
    names = tuple(line(level.name) for level in criterion.levels)
    return names if all(names) and len(set(names)) == len(names) and LEVELS not in names else None


def _grid(criteria: Sequence[Criterion], names: tuple[str, ...] | None) -> Grid:
    shared = _shared_worths(criteria) if names else []
    count = max((len(criterion.levels) for criterion in criteria), default=0)
    heads = [Cell(_lines(name, worth)) for name, worth in zip(names, shared, strict=True)] if names else []
    if names is None:
        heads = [Cell(LEVELS), *[Cell()] * (count - 1)] if count else []
    second = _second_column(criteria, is_list=not count)
    rows: list[Row] = [(Cell(CRITERION), *([Cell(second)] if second else []), *heads)]
    section = ""
    for criterion in criteria:
        if line(criterion.section) != section:
            section = line(criterion.section)
            rows.append((Cell(section, is_led=True),))
        cells = [Cell(_lines(line(criterion.name), criterion.description), is_led=True)]
        cells += [Cell(worth_text(criterion) if second == POINTS else BOX)] if second else []
        if names is None:
            cells += map(_named_cell, criterion.levels)
            cells += [Cell()] * (2 - len(cells))
        else:
            cells += [
                _cell(level, is_shared=bool(worth)) for level, worth in zip(criterion.levels, shared, strict=True)
            ]
        rows.append(tuple(cells))
    return tuple(rows)


def _second_column(criteria: Sequence[Criterion], *, is_list: bool) -> str:
    if any(worth_text(criterion) for criterion in criteria):
        return POINTS
    return DONE if is_list else ""


def _shared_worths(criteria: Sequence[Criterion]) -> list[str]:
    """For each column the points that its levels have in all rows, else nothing."""
    columns = zip(*([scale(level) for level in criterion.levels] for criterion in criteria), strict=True)
    return [worths[0] if len(criteria) > 1 and len(set(worths)) == 1 else "" for worths in columns]


def _cell(level: Level, *, is_shared: bool) -> Cell:
    worth = "" if is_shared else scale(level)
    return Cell(_lines(worth, level.description), is_led=bool(worth))


def _named_cell(level: Level) -> Cell:
    worth = scale(level)
    label = " ".join(filter(None, [line(level.name), f"({worth})" if worth else ""]))
    return Cell(_lines(f"{label}:" if label else "", level.description), is_led=bool(label))


def worth_text(criterion: Criterion) -> str:
    """`12`, `12 (30 %)`, `30 %`, or nothing."""
    share = "" if criterion.weight is None else f"{as_text(criterion.weight)} %"
    if criterion.points is None:
        return share
    return as_text(criterion.points) + (f" ({share})" if share else "")


def scale(level: Level) -> str:
    """`4 points`, `3–4 points`, `from 3 points`, `up to 4 points`, or nothing."""
    if level.points is not None:
        return pointed(level.points)
    low, high = level.points_min, level.points_max
    if low is not None and high is not None:
        return f"{as_text(low)}–{pointed(high)}"
    if low is not None:
        return f"from {pointed(low)}"
    return "" if high is None else f"up to {pointed(high)}"


def pointed(value: Decimal) -> str:
    return f"{as_text(value)} point" + ("" if value == 1 else "s")


def _note(adjustment: Adjustment) -> str:
    sign = "−" if adjustment.kind == "penalty" else "+"
    worth = "" if adjustment.points is None else f": {sign}{pointed(abs(adjustment.points))}"
    return line(f"{adjustment.kind.capitalize()}: {line(adjustment.reason)}{worth}")


def line(text: str | None) -> str:
    """A text in one line, without control characters; a space stands after a bullet at its beginning."""
    if not text:
        return ""
    folded = " ".join((text if text.isprintable() else _INVISIBLE.sub("", text)).split())
    return f"{folded[0]} {folded[1:]}" if folded[:1] in _BULLETS and folded[1:2].strip() else folded


def _lines(first: str, text: str | None) -> str:
    """Each line of a text for itself; blank ones and blanks at their ends do not show."""
    lines = [first, *map(line, (text or "").splitlines())]
    return "\n".join(filter(None, lines))
