"""Tables whose rows (or columns, if turned) are criteria → criteria, exactly by the part's roles."""

from __future__ import annotations

import itertools
from decimal import Decimal

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import amounts, cell_values, penalties
from rubric_jobs.reader.amounts import Amount
from rubric_jobs.reader.context import naming_above
from rubric_jobs.reader.grid_levels import highest_of, joined, levels_of, split_names, with_points_of, with_shared
from rubric_jobs.reader.grid_work import Work, lent_titles, mark_skipped, mark_titles, titles_of
from rubric_jobs.reader.names import Named, folded, tidy
from rubric_jobs.reader.plan import Part, PartReading
from rubric_jobs.reader.sheet import Row, View, part_sheet
from rubric_jobs.rubric.model import Adjustment, Criterion


def assemble_grid(part: Part, document: Document) -> PartReading:
    """Shapes down and across."""
    sheet, rows, roles = part_sheet(part, document)
    work = Work(sheet, rows, roles, part, document)
    work.titles = lent_titles(part, document, sheet)
    header: list[int] = []
    sections = _headings_between(part, document)
    for index, role in enumerate(rows):
        if role == "h":
            work.section = next((sections[c.ref[0]] for c in sheet.own[index] if c.ref[0] in sections), work.section)
            header = [*header, index] if header and header[-1] == index - 1 else [index]
            work.titles = titles_of(sheet, header)
            mark_titles(work)
        else:
            ROWS[role](work, index)
    if "sh" in rows:
        _with_first_section(work)
    split_names(work.out.criteria)
    mark_skipped(work)
    return work.out


def _with_first_section(work: Work) -> None:
    """If sections with their own headers follow, the heading above the table names the first section."""
    block = work.part.blocks[0]
    above = work.document.blocks[block - 1] if block else None
    if isinstance(above, Paragraph) and above.is_heading:
        for criterion in itertools.takewhile(lambda criterion: criterion.section is None, work.out.criteria):
            criterion.section = tidy(above.text)


def _headings_between(part: Part, document: Document) -> dict[int, str]:
    """The heading above each table of a part. If the tables repeat their header, these name sections."""
    above = [document.blocks[block - 1] for block in part.blocks if block > 0]
    headings = [block.text for block in above if isinstance(block, Paragraph) and block.is_heading]
    if len(headings) < len(part.blocks) or len(set(headings)) < 2:
        return {}
    return {block: tidy(heading) for block, heading in zip(part.blocks, headings, strict=True)}


def _caption(work: Work, index: int) -> None:
    cells = work.sheet.own[index]
    if cells and work.out.caption is None:
        work.out.caption = tidy(cells[0].text)
    for cell in cells:
        work.use(cell)


def _section(work: Work, index: int) -> None:
    cells = work.sheet.distinct[index]
    if cells and penalties.told_alone(tidy(cells[0].text)) is not None:
        _adjustment(work, index)
        return
    if cells:
        work.section = tidy(cells[0].text)
        work.in_penalties = penalties.is_heading(work.section)
        work.shared = levels_of(work, work.sheet.rows[index]) if len(cells) > 2 else []
    for cell in cells:
        work.use(cell)


def _total(work: Work, index: int) -> None:
    cells = work.sheet.distinct[index]
    stated = _total_of(work, index)
    if stated is not None:
        work.out.stated = _with_subtotals(work, stated)
    for cell in cells:
        work.use(cell)


def _with_subtotals(work: Work, stated: Decimal) -> Decimal:
    """The sum of all subtotals, if this amount is a subtotal of the criteria since the last one; else the amount."""
    since = [criterion.points for criterion in work.out.criteria[work.summed :]]
    is_subtotal = len(since) > 1 and None not in since and sum(filter(None, since)) == stated
    if not is_subtotal or (work.out.stated is None and work.summed):
        return stated
    before = work.out.stated or Decimal(0)
    work.summed = len(work.out.criteria)
    return before + stated


def _total_of(work: Work, index: int) -> Decimal | None:
    """The amount in the points column, else the row's last amount that is not a share of a grade."""
    row, cells = work.sheet.rows[index], work.sheet.distinct[index]
    inside = [cell for c in work.columns("p") if (cell := row[c]) and cell.text]
    shares = [row[c] for c in work.columns("w")]
    others = [cell for cell in reversed(cells) if cell not in shares]
    for cell in [*inside, *others, *reversed(cells)]:
        for line in reversed(cell.text.split("\n")):
            found = cell_values.whole(line) or _amount_at_end(line)
            if found:
                return found.high
    return None


def _amount_at_end(line: str) -> Amount | None:
    found = amounts.trailing(line)
    if found:
        return found[0]
    words = line.split()
    return cell_values.whole(words[-1]) if words else None


def _adjustment(work: Work, index: int) -> None:
    row = work.sheet.rows[index]
    cells = work.sheet.distinct[index]
    head = next((row[c] for c in work.columns("c") if row[c] and row[c].text), cells[0] if cells else None)  # type: ignore[union-attr]
    for cell in cells:
        work.use(cell)
    if head is None:
        return
    text = " ".join(tidy(cell.text) for cell in [head, *(row[c] for c in work.columns("d"))] if cell and cell.text)
    beside = [cell for cell in cells if cell is not head]
    lost = next((v for cell in beside if (v := cell_values.loss_of(cell.text)) is not None), None)
    amount = next((a for cell in beside if (a := cell_values.amount_of(cell.text))), None)
    own = cell_values.criterion(head.text, head.lead, "lead")
    if penalties.is_bonus(text):
        points = amount or own.amount
        work.out.adjustments.append(Adjustment(kind="bonus", reason=own.name, points=points.high if points else None))
        return
    share = next((c.text for c in beside if penalties.is_share(c.text) and tidy(c.text) not in text), None)
    if share:
        text, value = f"{text} ({tidy(share).lstrip('-−–+ ')})", None
    elif (value := lost if lost is not None else penalties.told_alone(text)) is None:
        value = cell_values.loss_of(text) or (amount.high if amount else None)
    if value is None and not share and penalties.is_heading(text):
        work.in_penalties = True
        return
    work.out.adjustments.append(Adjustment(kind="penalty", reason=text, points=value))


def criterion_row(work: Work, index: int) -> None:
    """Adds a criterion. Further rows beside the same merged name continue it."""
    row = work.sheet.rows[index]
    head = _head(work, row)
    if head is not None and work.heads and work.heads[-1] is head:
        _continuation(work, index)
        return
    if head is None and work.columns("c") and not _begins_section(work, index):
        _continuation(work, index)
        return
    if work.in_penalties or _is_deduction(work, row, head):
        _adjustment(work, index)
        return
    own = named(work, head)
    levels = with_shared(work, levels_of(work, row))
    if work.part.name == "level" and not own.name:
        first = next((level for level in levels if level.description), None)
        own = Named(tidy((first.description or "").split("\n")[0]) if first else "", None, None)
    points, weight = amount(work, row, "p"), amount(work, row, "w")
    if work.pending is not None:
        points = points or amount(work, work.pending, "p")
        levels = with_points_of(work, levels, work.pending)
        work.pending = None
    anchor = head or next((cell for cell in row if cell and cell.text), None)
    criterion = cell_values.made(
        Criterion,
        {
            "name": own.name,
            "description": described(work, own.description, row),
            "section": row_section(work, row) or work.section,
            "points": None,
            "weight": None,
            "levels": levels,
            "source": anchor.source if anchor else None,
        },
    )
    times = own.times or _times(work, row)
    work.out.criteria.append(with_points(criterion, own.amount, points, weight, times))
    work.heads.append(head)


def _begins_section(work: Work, index: int) -> bool:
    """Whether the row has points and its own section, so that its name was left blank."""
    row = work.sheet.rows[index]
    own = [cell for c in work.columns("s") + work.columns("p") if (cell := row[c]) and cell.text and cell.row == index]
    is_section = any(cell.column in work.columns("s") and cell.row_span > 1 for cell in own)
    return is_section and any(cell_values.amount_of(cell.text) for cell in own if cell.column in work.columns("p"))


def _is_deduction(work: Work, row: Row, head: View | None) -> bool:
    """Whether a row without levels is a deduction, by its points or the first word of its name, or a bonus ("+5")."""
    if head is None or any((cell := row[c]) and cell.text for c in work.columns("l") + work.columns("m")):
        return False
    columns = work.columns("p") + work.columns("w")
    is_lost = any((cell := row[c]) and cell_values.loss_of(cell.text) is not None for c in columns)
    is_added = any((cell := row[c]) and penalties.ADDED.match(cell.text) for c in columns)
    name = tidy(head.text)
    return is_lost or penalties.is_penalty(name) or (is_added and penalties.names_bonus(name))


def _head(work: Work, row: Row) -> View | None:
    column = next(iter(work.columns("c")), None)
    cell = row[column] if column is not None else None
    if cell is not None and cell.text:
        return work.use(cell)
    return work.use(_section_as_head(work, row)) if column is not None else None


def _section_as_head(work: Work, row: Row) -> View | None:
    """The section's cell as the criterion's name, if the section has no parts but levels beside it."""
    section = next((cell for c in work.columns("s") if (cell := row[c]) and cell.text), None)
    levels = [cell for c in work.columns("l") if (cell := row[c]) and cell.text]
    is_alone = section is not None and section.row_span == 1 and section not in work.heads
    return section if is_alone and len(levels) > 1 else None


def named(work: Work, head: View | None) -> Named:
    if head is not None:
        way = work.part.name if work.part.name in ("cell", "line") else "lead"
        return cell_values.criterion(head.text, head.lead, way)
    if work.part.name == "above":
        text = naming_above(work.document, work.part.blocks[0]) or work.out.caption or ""
        return cell_values.criterion(text, "", "lead")
    return Named("", None, None)


def with_points(
    criterion: Criterion, own: Amount | None, points: Amount | None, weight: Amount | None, times: Decimal | None
) -> Criterion:
    """A criterion's points: as printed, else its weight, else its highest level times its multiplier."""
    percent = weight or next((a for a in (points, own) if a and a.is_percent), None)
    printed = next((a for a in (points, own) if a and not a.is_percent), None)
    value = printed.high if printed else percent.high if percent else None
    if value is None:
        highest = highest_of(criterion.levels)
        value = highest * (times or 1) if highest is not None else None
    criterion.points, criterion.weight = value, percent.high if percent else None
    return criterion


def amount(work: Work, row: Row, role: str) -> Amount | None:
    """The row's first amount in columns of this role, else the amount in a column's heading."""
    for read in (cell_values.amount_of, cell_values.amount_first):
        for column in work.columns(role):
            cell = row[column]
            if cell is not None and (found := read(cell.text)):
                work.use(cell)
                return found
    titles = [title for c in work.columns(role) if (row[c] is None or not row[c].text) and (title := work.title(c))]  # type: ignore[union-attr]
    return next((found for title in titles if (found := cell_values.heading(title)[1])), None)


def _times(work: Work, row: Row) -> Decimal | None:
    """The multiplier in a column of weights such as "x2"."""
    for column in work.columns("w"):
        cell = row[column]
        if cell is not None and (times := amounts.multiplier(cell.text)):
            work.use(cell)
            return times
    return None


def described(work: Work, own: str | None, row: Row) -> str | None:
    texts = [own] if own else []
    for cell in dict.fromkeys(row[column] for column in work.columns("d")):
        if cell is not None and cell.text:
            texts.append(folded(cell.text))
            work.use(cell)
    return "\n".join(texts) or None


def row_section(work: Work, row: Row) -> str | None:
    column = next(iter(work.columns("s")), None)
    cell = row[column] if column is not None else None
    if cell is None or not cell.text or cell is _head(work, row):
        return None
    work.use(cell)
    work.section = tidy(" ".join(cell.text.split()))
    return work.section


def _points_above(work: Work, index: int) -> None:
    row = work.sheet.rows[index]
    if not work.out.criteria:
        return
    last = work.out.criteria[-1]
    had = highest_of(last.levels)
    with_points_of(work, last.levels, row)
    points = amount(work, row, "p")
    highest = highest_of(last.levels)
    if points is not None:
        last.points = points.high
    elif highest is not None and last.points in (None, had):
        last.points = highest
    for cell in work.sheet.distinct[index]:
        if cell.column_span == 1 or cell_values.is_amount(cell.text):
            work.use(cell)


def _points_below(work: Work, index: int) -> None:
    work.pending = work.sheet.rows[index]
    for cell in work.sheet.distinct[index]:
        work.use(cell)


def _continuation(work: Work, index: int) -> None:
    """Adds a further row to the criterion above: more of its name, its description and each level."""
    if not work.out.criteria:
        return
    row, last = work.sheet.rows[index], work.out.criteria[-1]
    told = [cell.text for c in work.columns("l") if (cell := row[c]) and cell.text]
    if told and last.levels and all(cell_values.is_amount(text) or cell_values.mark_of(text) for text in told):
        _points_above(work, index)
        return
    head = _head(work, row)
    if head is None and not told and _is_sum(work, row):
        work.out.stated = sum_of_points(work)
        return
    if head is not None and head is not work.heads[-1]:
        last.name = tidy(f"{last.name} {folded(head.text)}".replace("\n", " "))
    more = described(work, None, row)
    if more and more != last.description:
        last.description = "\n".join(filter(None, [last.description, more]))
    points = amount(work, row, "p")
    levels = levels_of(work, row)
    if len(levels) == len(last.levels):
        last.levels = [joined(a, b) for a, b in zip(last.levels, levels, strict=True)]
    elif work.columns("m") or not any(work.title(c) for c in work.columns("l")):
        last.levels = [*last.levels, *levels]
    if last.points is None:
        last.points = points.high if points else highest_of(last.levels)


def _is_sum(work: Work, row: Row) -> bool:
    """Whether a row without a name holds the sum of the rows above, and so is the totals row."""
    points = amount(work, row, "p") if work.columns("p") else None
    return points is not None and len(work.out.criteria) > 1 and points.high == sum_of_points(work)


def sum_of_points(work: Work) -> Decimal | None:
    values = [criterion.points for criterion in work.out.criteria]
    return sum((value for value in values if value is not None), Decimal(0)) if None not in values else None


def _parallel(work: Work, index: int) -> None:
    """Adds a criterion for each pair of a cell that lists parts and a cell that lists as many amounts."""
    row = work.sheet.rows[index]
    head = _head(work, row)
    cell = next((cell for c in [*work.columns("p"), *work.columns("w")] if (cell := row[c]) and cell.text), None)
    pairs = cell_values.parallel(head.text, cell.text) if head and cell else None
    if head is None or pairs is None:
        criterion_row(work, index)
        return
    work.use(cell)
    for name, description, amount in pairs.parts:
        work.out.criteria.append(
            cell_values.made(
                Criterion,
                {
                    "name": name,
                    "description": description,
                    "section": pairs.section or row_section(work, row) or work.section,
                    "points": amount.high,
                    "weight": amount.high if amount.is_percent else None,
                    "levels": [],
                    "source": head.source,
                },
            )
        )
        work.heads.append(head)


def _nothing(work: Work, index: int) -> None:
    return


ROWS = {
    "k": _caption,
    "s": _section,
    "c": criterion_row,
    "=": _parallel,
    "+": _continuation,
    "l": _continuation,
    "g": _section,
    "u": _points_above,
    "b": _points_below,
    "t": _total,
    "a": _adjustment,
    "-": _nothing,
}
