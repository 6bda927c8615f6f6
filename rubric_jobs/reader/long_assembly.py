"""Tables with a row for each criterion and level → criteria, exactly by the part's roles."""

from __future__ import annotations

from dataclasses import replace

from rubric_jobs.documents.model import Document, fold
from rubric_jobs.reader import cell_values, grid_assembly, grid_levels
from rubric_jobs.reader.cell_values import Told
from rubric_jobs.reader.grid_work import Work, lent_titles, mark_skipped, mark_titles, titles_of
from rubric_jobs.reader.plan import Part, PartReading
from rubric_jobs.reader.sheet import Row, View, part_sheet
from rubric_jobs.reader.tags import tags_of
from rubric_jobs.rubric.model import Criterion


def assemble_long(part: Part, document: Document) -> PartReading:
    sheet, rows, roles = part_sheet(part, document)
    work = Work(sheet, rows, roles, part, document)
    work.titles = lent_titles(part, document, sheet)
    work.describes = _describes(work)
    for index, role in enumerate(rows):
        if role == "h":
            work.titles = titles_of(sheet, [index])
            mark_titles(work)
        elif role in _LONG_ROWS:
            _LONG_ROWS[role](work, index)
        else:
            grid_assembly.ROWS[role](work, index)
    for criterion in work.out.criteria:
        grid_levels.number_from_starts(criterion.levels)
        if criterion.points is None:
            criterion.points = grid_levels.highest_of(criterion.levels)
    mark_skipped(work)
    return work.out


def _starts(work: Work, index: int) -> None:
    """A row that names a criterion. A row with the same name continues it."""
    row = work.sheet.rows[index]
    head = next((row[c] for c in work.columns("c") if row[c] and row[c].text), None)  # type: ignore[union-attr]
    criterion = _named_before(work, head)
    if criterion is None:
        criterion = _begun(work, row, head)
    _add_level(work, row, criterion)


def _named_before(work: Work, head: View | None) -> Criterion | None:
    if head is None:
        return None
    for criterion, other in zip(work.out.criteria, work.heads, strict=True):
        if other is head or (other is not None and fold(other.text) == fold(head.text)):
            work.use(head)
            return criterion
    return None


def _begun(work: Work, row: Row, head: View | None) -> Criterion:
    own = grid_assembly.named(work, work.use(head))
    criterion = cell_values.made(
        Criterion,
        {
            "name": own.name,
            "description": grid_assembly.described(work, own.description, row),
            "section": grid_assembly.row_section(work, row) or work.section,
            "points": None,
            "weight": None,
            "levels": [],
            "source": head.source if head else next((cell.source for cell in row if cell), None),
        },
    )
    points, weight = grid_assembly.amount(work, row, "p"), grid_assembly.amount(work, row, "w")
    grid_assembly.with_points(criterion, own.amount, points, weight, own.times)
    work.out.criteria.append(criterion)
    work.heads.append(head)
    return criterion


def _group(work: Work, index: int) -> None:
    """A row with only a criterion's name. Its levels follow."""
    cells = work.sheet.distinct[index]
    if cells:
        _begun(work, [cell if cell is cells[0] else None for cell in work.sheet.rows[index]], cells[0])


def _goes_on(work: Work, index: int) -> None:
    row = work.sheet.rows[index]
    if not work.out.criteria and work.part.name == "above":
        _begun(work, [None] * len(row), None)
        work.out.criteria[-1].source = next((cell.source for cell in row if cell), None)
    if work.out.criteria:
        _add_level(work, row, work.out.criteria[-1])


def _continues(work: Work, index: int) -> None:
    """Adds text to the level above."""
    if not work.out.criteria or not work.out.criteria[-1].levels:
        return
    texts = [work.use(cell) for c in work.columns("x") if (cell := work.sheet.rows[index][c]) and cell.text]
    last = work.out.criteria[-1].levels[-1]
    last.description = "\n".join(filter(None, [last.description, *(cell.text for cell in texts if cell)])) or None


def _add_level(work: Work, row: Row, criterion: Criterion) -> None:
    key = next((cell for c in work.columns("k") if (cell := row[c]) and cell.text), None)
    texts = list(dict.fromkeys(cell for c in work.columns("x") if (cell := row[c]) and cell.text))
    if key is None and not texts:
        return
    for cell in [key, *texts]:
        work.use(cell)
    text = "\n".join(cell.text for cell in texts)
    told = Told(None, text, None) if work.describes else _told(key, text, texts[0].lead if texts else "")
    if (
        told.name
        and not told.description
        and any("only:description" in tags_of(work.title(c)) for c in work.columns("x"))
    ):
        told = Told(None, text, told.amount)
    points = grid_assembly.amount(work, row, "v")
    if points is not None:
        printed = next((cell.text for c in work.columns("v") if (cell := row[c]) and cell.text), None)
        told = replace(told, amount=points, name=told.name or printed)
    anchor = texts[0] if texts else key
    criterion.levels = [*criterion.levels, cell_values.level_model(told, anchor.source if anchor else None)]


def _describes(work: Work) -> bool:
    """Whether most texts beside the points are not level names."""
    if work.columns("k") or not work.columns("v"):
        return False
    rows = [row for row, role in zip(work.sheet.rows, work.rows, strict=True) if role in "cl"]
    texts = [cell.text for row in rows for c in work.columns("x") if (cell := row[c]) and cell.text]
    return sum(map(cell_values.is_level_heading, texts)) * 2 <= len(texts)


def _told(key: View | None, text: str, lead: str) -> Told:
    if key is None:
        return cell_values.unnamed_level(text, lead)
    title = cell_values.key_of(key.text, key.lead)
    return cell_values.level(title, text or cell_values.gloss_of(key.text, key.lead))


_LONG_ROWS = {"c": _starts, "l": _goes_on, "g": _group, "+": _continues}
