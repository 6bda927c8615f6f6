"""What a teacher typed or pasted, read as a rubric where it plainly is one.

It is one where at least two criteria have points, or a criterion has levels with points, or several share the same
named levels. A few rules in prose are none, though they may speak of points.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from pydantic import ValidationError

from rubric_jobs.errors import NoRubricFound
from rubric_jobs.rubric import points
from rubric_jobs.rubric.model import Adjustment, Criterion, Rubric
from rubric_jobs.rubric.text import typed_outline, typed_tables
from rubric_jobs.rubric.text.markdown import whole
from rubric_jobs.rubric.text.typed_adjustments import Adjustments
from rubric_jobs.rubric.text.typed_lines import NUMBER, Line, folded, number, read_line, tidy
from rubric_jobs.vocabulary.numbers import VULGAR

_TOTAL = re.compile(
    r"(?:(?:grand |overall )?total\b|scoring\b|sum\b|maximum\b|max\b|out of\b"
    r"|gesamt|summe\b|totale?\b|puntaje\b|итого|合计|总分)"
    rf"[^0-9{VULGAR}]{{0,40}}?(?P<points>{NUMBER})\s*+[^\s0-9]*+\s*+(?:total|possible|max\w*+)?\s*+[):*.]*+"
    rf"|(?P<first>{NUMBER})\s*+\w*\s*+(?:total|in total|possible)\b.{{0,20}}",
    re.IGNORECASE,
)
MOST_LINES = 5_000
"""More than the 200 criteria of 20 levels each that a model may write; a hundred pages."""

_BETWEEN_ITEMS = re.compile(r";\s*|,\s+")
_MOST_ITEMS_ON_A_LINE = 50


class _Found:
    """What the lines have said so far."""

    def __init__(self) -> None:
        self.stated: Decimal | None = None
        self.adjustments: list[Adjustment] = []
        self.outline: list[Line] = []


def read(text: str) -> Rubric:
    """The rubric that a typed text holds; raises NoRubricFound."""
    lines = re.split("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", typed_tables.without_quotes(text))
    tables, others = typed_tables.take_out(lines)
    found = _sort_out(_each_item_on_a_line(others))
    try:
        if tables:
            criteria, title, stated = _from_tables(tables, found)
        else:
            criteria, title, stated = _from_outline(found)
        if not _is_a_rubric(criteria) and not typed_outline.is_a_checklist(found.outline):
            raise NoRubricFound("The text is not a rubric: it has no criteria with points or levels.")
        rubric = whole(criteria, found.adjustments, title=title, stated=stated)
    except ValidationError:
        raise NoRubricFound("The text is not a rubric whose points can be used.") from None
    return rubric.model_copy(update={"total_points": stated if stated is not None else rubric.totals.computed})


def hold_bounds(lines: int) -> None:
    if lines > MOST_LINES:
        raise NoRubricFound("The text has too many lines for a rubric.")


def _is_a_rubric(criteria: Sequence[Criterion]) -> bool:
    if sum(criterion.points is not None for criterion in criteria) >= 2:
        return True
    if any(sum(points.top(level) is not None for level in criterion.levels) >= 2 for criterion in criteria):
        return True
    labels = Counter(
        name for criterion in criteria for name in {folded(level.name or "") for level in criterion.levels}
    )
    return sum(count >= 2 and name != "" for name, count in labels.items()) >= 2


def _each_item_on_a_line(lines: Sequence[str]) -> list[str]:
    """`Content: 50 %, style: 30 %, grammar: 20 %` is three lines typed as one."""
    result: list[str] = []
    for line in filter(str.strip, lines):
        items = _BETWEEN_ITEMS.split(line.strip().rstrip("."))
        if 2 <= len(items) <= _MOST_ITEMS_ON_A_LINE and all(map(_is_short_item, items)):
            result += items
        else:
            result.append(line)
        hold_bounds(len(result))
    return result


def _is_short_item(item: str) -> bool:
    line = read_line(item)
    return line.worth is not None and not line.text and len(line.name.split()) <= 4


def _sort_out(lines: Sequence[str]) -> _Found:
    """Totals and penalties are told from the outline of criteria and levels."""
    found = _Found()
    read = [read_line(line) for line in lines if line.strip()]
    adjustments = Adjustments(read)
    for line in read:
        total = _TOTAL.fullmatch(line.raw.strip())
        if adjustments.take(line, is_total=total is not None):
            continue
        if total:
            found.stated = number(total["points"] or total["first"])
        else:
            found.outline.append(line)
    found.adjustments = adjustments.found
    return found


def _is_heading(line: Line) -> bool:
    return line.worth is None and len(line.raw.split()) <= 6 and not line.raw.endswith(".")


def _from_tables(
    tables: Sequence[typed_tables.Table], found: _Found
) -> tuple[list[Criterion], str | None, Decimal | None]:
    criteria: list[Criterion] = []
    stated = found.stated
    for table in tables:
        read = typed_tables.read(table)
        criteria += read.criteria
        found.adjustments += read.adjustments
        stated = stated if read.total is None else read.total
    title = found.outline[0] if found.outline and _is_heading(found.outline[0]) else None
    return criteria, tidy(title.raw) if title else None, stated


def _from_outline(found: _Found) -> tuple[list[Criterion], str | None, Decimal | None]:
    outline = found.outline
    title, stated = None, found.stated
    if worth := typed_outline.worth_of_title(outline):
        title, stated, outline = tidy(outline[0].name), stated or worth, outline[1:]
    blocks, before = typed_outline.blocks_of(outline)
    if title is None and before and _is_heading(before[0]):
        title = tidy(before[0].raw)
    return typed_outline.criteria_of(blocks, title), title or None, stated
