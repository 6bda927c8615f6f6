"""CSV for spreadsheets: a row a criterion, a column a level, points as plain numbers. A byte order mark tells Excel
that it is UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from rubric_jobs.rubric import layout
from rubric_jobs.rubric.exports.base import FORMULA_SIGNS, Export, of_marks
from rubric_jobs.rubric.model import Criterion, Level, Rubric
from rubric_jobs.rubric.points import as_text


def export(rubric: Rubric) -> Export:
    names = {layout.level_names(criterion) for criterion in rubric.criteria}
    shared = names.pop() if len(names) == 1 else None
    widest = max((len(criterion.levels) for criterion in rubric.criteria), default=0)
    heads = list(shared) if shared is not None else [f"Level {place}" for place in range(1, widest + 1)]
    optional = [name for name in ("Section", "Weight") if any(_cell(name, criterion) for criterion in rubric.criteria)]
    columns = [*optional[:1], "Criterion", "Description", "Points", *optional[1:]]
    if optional == ["Weight"]:
        columns = ["Criterion", "Description", "Points", "Weight"]
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(map(_harmless, [*columns, *heads]))
    for criterion in rubric.criteria:
        levels = [_level(level, is_named=shared is None) for level in criterion.levels]
        writer.writerow(map(_harmless, [*(_cell(name, criterion) for name in columns), *levels]))
    return Export(sheet.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", ".csv", list(_losses(rubric)))


def _cell(column: str, criterion: Criterion) -> str:
    values = {
        "Section": criterion.section,
        "Criterion": criterion.name,
        "Description": criterion.description,
        "Points": criterion.points,
        "Weight": None if criterion.weight is None else f"{as_text(criterion.weight)} %",
    }
    value = values[column]
    return value or "" if isinstance(value, str | None) else as_text(value)


def _level(level: Level, *, is_named: bool) -> str:
    name, scale = layout.line(level.name) if is_named else "", layout.scale(level)
    label = f"{name} ({scale})" if name and scale else name or scale
    return ": ".join(filter(None, [label, level.description]))


def _harmless(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    text = text.replace("\x00", "")
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(FORMULA_SIGNS) else text


def _losses(rubric: Rubric) -> Iterator[str]:
    if rubric.title:
        yield "title: it stands in the file's name alone."
    yield f"kind: a table of cells does not tell that this is {rubric.kind}."
    if rubric.total_points is not None:
        yield "total_points: it is not written; the column of points adds up to the criteria's sum."
    for path, text in _texts(rubric):
        if _harmless(text) != text:
            yield f"{path}: an apostrophe stands before “{text.lstrip()[:1]}”, so that no spreadsheet runs a formula."
    for index, adjustment in enumerate(rubric.adjustments):
        yield f"adjustments[{index}]: this format holds no {adjustment.kind}."
    yield from of_marks(rubric)


def _texts(rubric: Rubric) -> Iterator[tuple[str, str]]:
    for index, criterion in enumerate(rubric.criteria):
        for name in ("name", "description", "section"):
            yield f"criteria[{index}].{name}", getattr(criterion, name) or ""
        for place, level in enumerate(criterion.levels):
            yield f"criteria[{index}].levels[{place}]", level.name or level.description or ""
