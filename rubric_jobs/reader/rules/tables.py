"""One table of the document → a candidate rubric, or nothing."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from decimal import Decimal

from rubric_jobs.documents.model import Table
from rubric_jobs.reader import amounts, lexicon, penalties
from rubric_jobs.reader.context import Context
from rubric_jobs.reader.names import named, tidy
from rubric_jobs.reader.rules.candidate import Candidate
from rubric_jobs.reader.rules.grids import Rows, read_rows
from rubric_jobs.reader.rules.roles import Role, Roles, roles_of
from rubric_jobs.reader.rules.scales import is_generic, read_long, read_scale, read_sectioned, rows_are_levels
from rubric_jobs.reader.rules.sheets import Sheet, core_of, sheet_of, stacked
from rubric_jobs.rubric.model import Adjustment, Criterion, Kind, Level

SHORTEST_DESCRIPTOR = 12
_TASK = re.compile(r"^(?:\d{1,2}|[A-H])(?:\s*[.)]?\s*[a-h]|\.\d{1,2})?\s*[.)]?$")
"""The number of a task, beside what it asks for."""
_WORD = re.compile(r"[^\W\d_]{2,}|[^\W\d_](?=['’])")


@dataclass(slots=True)
class _Reading:
    rows: Rows
    kind: Kind
    evidence: float
    doubts: list[str]
    names_levels: bool = False


def candidates_of(table: Table, context: Context) -> list[Candidate]:
    """What a table holds: mostly one candidate or none, several where tables were drawn as one."""
    parts = stacked(table)
    found = [
        _candidate_of(part, context if index == 0 else replace(context, heading="")) for index, part in enumerate(parts)
    ]
    return [candidate for candidate in found if candidate is not None]


def _candidate_of(table: Table, context: Context) -> Candidate | None:
    if table.rows * table.columns < 2:
        return None
    sheet = sheet_of(table)
    roles = roles_of(sheet)
    if not context.heading and len(sheet.captions) == 1:
        context = replace(context, heading=tidy(sheet.captions[0].text))
    reading = _read(sheet, roles, context)
    if reading is None or not reading.rows.criteria:
        return None
    captions = [cell.text for cell in sheet.captions]
    return Candidate(
        kind=reading.kind,
        criteria=reading.rows.criteria,
        position=context.position,
        evidence=reading.evidence,
        source=table.source,
        heading=context.heading,
        stated=reading.rows.stated,
        is_stated_plainly=reading.rows.stated is not None,
        adjustments=reading.rows.adjustments,
        captions=captions,
        names_levels=reading.names_levels,
        doubts=reading.doubts,
    )


def penalties_of(table: Table, heading: str) -> list[Adjustment]:
    """What a table of nothing but deductions takes off, where a heading above or in it says so."""
    sheet = sheet_of(table)
    names = [heading, *(cell.text for cell in sheet.captions), *sheet.header]
    if not any(name and penalties.is_heading(tidy(name)) for name in names):
        return []
    rows = read_rows(sheet, roles_of(sheet))
    return [] if rows.criteria else rows.adjustments


def _read(sheet: Sheet, roles: Roles, context: Context) -> _Reading | None:
    for read in (read_long, read_sectioned):
        rows = read(sheet)
        if rows is not None and rows.criteria:
            return _Reading(rows, "analytic", 0.9, [], names_levels=True)
    if rows_are_levels(sheet, roles):
        return _scale(sheet, context)
    single = _single_point(sheet)
    if single is not None:
        return single
    if roles.all(Role.LEVEL):
        return _grid(sheet, roles, context)
    if roles.all(Role.POINTS) or roles.all(Role.WEIGHT) or _names_hold_points(sheet, roles):
        return _point_list(sheet, roles, context)
    each = _amount_in_heading(sheet)
    if each is not None and roles.first(Role.NAME) is not None:
        return _point_list(sheet, roles, context, each=each)
    return _checklist(sheet, roles, context)


def _scale(sheet: Sheet, context: Context) -> _Reading | None:
    rows = read_scale(sheet)
    if not rows.criteria or not _is_described(rows.criteria):
        return None
    if len(rows.criteria) == 1:
        only = rows.criteria[0]
        if is_generic(only.name):
            own = named(context.heading)
            rows.criteria[0] = only.model_copy(
                update={
                    "name": own.name or tidy(context.title),
                    "points": only.points or (own.amount.high if own.amount else None),
                }
            )
        return _Reading(rows, "holistic", 0.6 + told(context), [], names_levels=True)
    return _Reading(rows, "analytic", 0.92, [], names_levels=True)


def _is_described(criteria: list[Criterion]) -> bool:
    texts = [level.description for criterion in criteria for level in criterion.levels]
    told = [text for text in texts if text]
    return bool(told) and sum(map(lexicon.breadth, told)) / len(told) >= SHORTEST_DESCRIPTOR


def _single_point(sheet: Sheet) -> _Reading | None:
    """One column of standards with room for remarks on both sides (or on one, under fitting headings)."""
    filled = [c for c in range(sheet.columns) if any(sheet.body(c))]
    if sheet.columns < 3 or not sheet.has_header or not all(sheet.header) or len(sheet.rows) < 2:
        return None
    if len(filled) != 1 or filled[0] in (0, sheet.columns - 1):
        return None
    column = filled[0]
    criteria = []
    for row in sheet.rows:
        cell = row[column]
        if cell is None or not cell.text.strip():
            continue
        own = named(cell.text, cell.lead)
        level = Level(
            name=" ".join(sheet.header[column].split()), description=own.description or own.name, source=cell.source
        )
        points = own.amount.high if own.amount else None
        criteria.append(Criterion(name=own.name, points=points, levels=[level], source=cell.source))
    return _Reading(Rows(criteria=criteria), "single_point", 0.85, [])


def _grid(sheet: Sheet, roles: Roles, context: Context) -> _Reading | None:
    rows = read_rows(sheet, roles)
    if roles.first(Role.NAME) is None:
        _name_by_heading(rows, context)
    rows.criteria = [c for c in rows.criteria if c.name or c.points is not None]
    is_ticked = all(not level.description for c in rows.criteria for level in c.levels)
    if not rows.criteria or not (is_ticked or _is_described(rows.criteria)):
        return None
    levels = len(roles.all(Role.LEVEL))
    doubts = []
    evidence = 0.95
    if roles.sure_levels < 2:
        evidence, doubts = 0.62 + 0.2 * context.is_about_rubric, ["the levels have unusual names"]
        evidence -= 0.5 * _looks_like_a_schedule(sheet)
    if is_ticked and not (roles.sure_levels >= 2 and (context.is_about_rubric or levels >= 3)):
        evidence -= 0.3
    if _tells_shares(sheet, roles) or _tells_counts(sheet, roles):
        evidence -= 0.5
    kind: Kind = "single_point" if _is_single_level(rows.criteria) else "analytic"
    if levels == 1 and roles.sure_levels == 1 and kind == "single_point":
        evidence = 0.55 + 0.35 * context.is_about_rubric
    return _Reading(rows, kind, evidence, doubts, names_levels=roles.sure_levels >= 2)


def _tells_shares(sheet: Sheet, roles: Roles) -> bool:
    """Percentages in the cells of levels are what a survey found."""
    texts = [text for c in roles.all(Role.LEVEL) for text in sheet.body(c) if text]
    return bool(texts) and sum(bool((a := amounts.whole(t)) and a.is_percent) for t in texts) * 2 > len(texts)


def _tells_counts(sheet: Sheet, roles: Roles) -> bool:
    """Bare numbers that go up and down along a row are what was counted or earned, not what a level is worth."""
    rows = [[cell.text for c in roles.all(Role.LEVEL) if (cell := row[c])] for row in sheet.rows]
    values = [[a.high for text in row if (a := amounts.whole(text)) and a.is_bare] for row in rows]
    if len(rows) < 2 or any(len(a) < len(b) or len(a) < 3 for a, b in zip(values, rows, strict=True)):
        return False
    return not all(
        all(a <= b for a, b in itertools.pairwise(row)) or all(a >= b for a, b in itertools.pairwise(row))
        for row in values
    )


def _is_single_level(criteria: list[Criterion]) -> bool:
    """Of all level columns only one is written in: the others are room for remarks."""
    written = {i for c in criteria for i, level in enumerate(c.levels) if level.description}
    if len(written) != 1 or len(criteria) < 2:
        return False
    only = next(iter(written))
    for index, criterion in enumerate(criteria):
        criteria[index] = criterion.model_copy(
            update={"levels": [criterion.levels[only]] if len(criterion.levels) > only else []}
        )
    return True


def _name_by_heading(rows: Rows, context: Context) -> None:
    """A grid of one row without a name column is a criterion that its heading names."""
    own = named(context.heading)
    for index, criterion in enumerate(rows.criteria):
        if not criterion.name:
            points = criterion.points if own.amount is None else own.amount.high
            rows.criteria[index] = criterion.model_copy(update={"name": own.name, "points": points})


def _names_hold_points(sheet: Sheet, roles: Roles) -> bool:
    column = roles.first(Role.NAME)
    if column is None:
        return False
    texts = [text for text in sheet.body(column) if text]
    held = [text for text in texts if named(text).amount]
    return len(held) >= 2 and len(held) * 2 >= len(texts)


def _amount_in_heading(sheet: Sheet) -> Decimal | None:
    """What each row is worth where a column to fill in says it once: "Score (1-10)"."""
    for column, heading in enumerate(sheet.header):
        found = amounts.bracketed(heading) or amounts.trailing(heading)
        is_open = not any(any(sign.isalnum() for sign in text) for text in sheet.body(column))
        names_points = any(lexicon.is_only(words, core_of(heading)) for words in (lexicon.POINTS, lexicon.EARNED))
        if found and column and is_open and names_points and 1 < found[0].high <= 100:
            return found[0].high
    return None


def _point_list(sheet: Sheet, roles: Roles, context: Context, *, each: Decimal | None = None) -> _Reading | None:
    rows = read_rows(sheet, roles)
    if each is not None:
        rows.criteria = [c if c.points is not None else c.model_copy(update={"points": each}) for c in rows.criteria]
    rows.criteria = [c for c in rows.criteria if c.name or c.points is not None]
    if len(rows.criteria) < 2 or not _is_worded(rows.criteria):
        return None
    rows.criteria = _parts(rows.criteria, rows.stated) or rows.criteria
    with_points = [c for c in rows.criteria if c.points is not None]
    header = " | ".join(sheet.header)
    evidence = 0.4 + 0.15 * any(lexicon.is_only(lexicon.CRITERION, h) for h in sheet.header if h)
    evidence += 0.15 * lexicon.has(lexicon.POINTS, header) + told(context)
    evidence += 0.1 * _is_wordy(rows.criteria)
    total = sum(c.points for c in with_points if c.points is not None)
    evidence += 0.15 * (rows.stated is not None and rows.stated == total)
    evidence += 0.25 * _has_plain_units(sheet, roles)
    evidence -= 0.6 * lexicon.has(lexicon.COMMERCE, header) + 0.5 * _looks_like_a_schedule(sheet)
    evidence -= 0.5 * _is_course_plan(rows.criteria, context)
    evidence -= 0.4 * (len(with_points) * 2 < len(rows.criteria))
    return _Reading(rows, "point_list", min(max(evidence, 0.0), 0.93), [])


def _parts(criteria: list[Criterion], stated: Decimal | None) -> list[Criterion]:
    """The parts alone, where every row that is not one adds up the rows right below it, and so the total is half."""
    parts: list[Criterion] = []
    whole, left = None, Decimal(0)
    for criterion in criteria:
        points = criterion.points or Decimal(0)
        if left == 0:
            whole, left = criterion, points
        else:
            parts.append(criterion.model_copy(update={"section": whole.name if whole else None}))
            left -= points
        if left < 0 or points <= 0:
            return []
    return parts if left == 0 and stated is not None and sum((c.points or 0) for c in parts) == stated else []


def _has_plain_units(sheet: Sheet, roles: Roles) -> bool:
    """Most amounts name points, rather than being bare numbers."""
    columns = [*roles.all(Role.POINTS), *roles.all(Role.NAME)]
    texts = [line for c in columns for text in sheet.body(c) for line in text.split("\n")]
    with_units = [
        a
        for line in texts
        if (a := amounts.whole(line) or (named(line).amount if line else None)) and (a.has_unit or a.is_slashed)
    ]
    return len(with_units) * 2 >= len(sheet.rows) or len(with_units) >= 4


def told(context: Context) -> float:
    """Evidence from the words around it: rubrics named outright, or only grading."""
    return 0.3 if context.is_about_rubric else 0.15 if context.is_about_grading and not context.is_syllabus else 0.0


def _is_wordy(criteria: list[Criterion]) -> bool:
    """What is asked for takes a few words; the rows of a ranking or a price list are single names."""
    words = [len(_WORD.findall(f"{criterion.name} {criterion.description or ''}")) for criterion in criteria]
    wide = [c for c in criteria if "\u2e80" <= c.name[:1] <= "\u9fff" and len(c.name) >= 4]
    return sum(words) >= 3 * len(words) or len(wide) * 2 > len(criteria)


def _is_worded(criteria: list[Criterion]) -> bool:
    """Criteria have names of letters; the rows of a grade scale have next to none."""
    told = [f"{c.name} {c.description or ''}" if _TASK.match(c.name) else c.name for c in criteria]
    worded = [text for text in told if sum(ch.isalpha() for ch in text) >= 3 or "\u2e80" <= text[:1] <= "\u9fff"]
    graded = [c for c in criteria if lexicon.LETTER_GRADE.match(lexicon.plain(c.name))]
    return len(worded) >= 0.6 * len(criteria) and len(graded) < 0.3 * len(criteria)


def _is_course_plan(criteria: list[Criterion], context: Context) -> bool:
    """The parts of a course with their shares of the grade are no rubric."""
    parts = [c for c in criteria if is_course_part(c.name)]
    return len(parts) * 2 >= len(criteria) or (context.is_syllabus and bool(parts))


def is_course_part(name: str) -> bool:
    words = lexicon.plain(name)
    match = lexicon.COURSE_PART.search(words)
    return match is not None and len(words.split()) <= 4


def _looks_like_a_schedule(sheet: Sheet) -> bool:
    named_columns = [h for h in sheet.header if h and lexicon.has(lexicon.SCHEDULE, h)]
    return len(named_columns) >= 2 or (bool(sheet.header[0]) and lexicon.is_only(lexicon.SCHEDULE, sheet.header[0]))


def _checklist(sheet: Sheet, roles: Roles, context: Context) -> _Reading | None:
    column = roles.first(Role.NAME)
    if column is None or len(sheet.rows) < 3 or _looks_like_a_schedule(sheet):
        return None
    rows = read_rows(sheet, roles)
    rows.criteria = [c for c in rows.criteria if c.name]
    ticks = roles.all(Role.TICK)
    answers = [h for h in sheet.header if h and lexicon.is_only(lexicon.YES_NO, h)]
    evidence = 0.3 + 0.25 * bool(ticks or answers) + told(context)
    evidence += 0.2 * lexicon.is_only(lexicon.CRITERION, sheet.header[column])
    evidence -= 0.5 * lexicon.has(lexicon.COMMERCE, " ".join(sheet.header)) + 0.3 * (not sheet.has_header)
    long = [c for c in rows.criteria if len(c.name) >= 15]
    if len(rows.criteria) < 3 or len(long) * 2 < len(rows.criteria):
        return None
    return _Reading(rows, "checklist", min(max(evidence, 0.0), 0.85), [])
