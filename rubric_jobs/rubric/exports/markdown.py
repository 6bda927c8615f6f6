"""Markdown for people: a table where the criteria share their levels, else one for each criterion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from rubric_jobs.rubric.exports.base import Export, of_marks
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric
from rubric_jobs.rubric.points import as_text


def export(rubric: Rubric) -> Export:
    blocks = [f"# {_inline(rubric.title or 'Rubric')}"]
    if rubric.total_points is not None:
        blocks.append(f"**Total: {_points(rubric.total_points)}**")
    for section, criteria in groupby(rubric.criteria, key=lambda criterion: criterion.section):
        if section:
            blocks.append(f"## {_inline(section)}")
        blocks += _criteria(list(criteria), rubric.kind)
    if rubric.adjustments:
        blocks += ["## Penalties and bonuses", "\n".join(map(_adjustment, rubric.adjustments))]
    losses = [] if rubric.title else ["title: there is none; “Rubric” was written."]
    return Export("\n\n".join(blocks) + "\n", "text/markdown; charset=utf-8", ".md", [*losses, *of_marks(rubric)])


def _criteria(criteria: Sequence[Criterion], kind: str) -> list[str]:
    if not any(criterion.levels for criterion in criteria):
        if kind == "checklist":
            return ["\n".join(f"- [ ] {_head(criterion)}" for criterion in criteria)]
        rows = [[_inline(c.name), _worth(c), _inline(c.description)] for c in criteria]
        return [_table(["Criterion", "Points", "Description"], rows)]
    names = [[level.name or "" for level in criterion.levels] for criterion in criteria]
    if len(criteria) > 1 and all(each == names[0] for each in names) and any(names[0]):
        rows = [[_head(c), *(_cell(level) for level in c.levels)] for c in criteria]
        return [_table(["Criterion", *map(_inline, names[0])], rows)]
    return [block for criterion in criteria for block in _one(criterion)]


def _one(criterion: Criterion) -> list[str]:
    worth = _worth(criterion)
    blocks = [f"### {_inline(criterion.name)}" + (f" ({worth})" if worth else "")]
    if criterion.description:
        blocks.append(_inline(criterion.description))
    if criterion.levels:
        rows = [[_inline(level.name), _scale(level), _inline(level.description)] for level in criterion.levels]
        blocks.append(_table(["Level", "Points", "Description"], rows))
    return blocks


def _head(criterion: Criterion) -> str:
    worth = _worth(criterion)
    head = f"**{_inline(criterion.name)}**" if criterion.name.strip() else ""
    parts = [head + (f" ({worth})" if worth else ""), _inline(criterion.description)]
    return "<br>".join(part for part in parts if part)


def _cell(level: Level) -> str:
    scale = _scale(level)
    return "<br>".join(part for part in (f"**{scale}**" if scale else "", _inline(level.description)) if part)


def _worth(criterion: Criterion) -> str:
    parts = [] if criterion.points is None else [_points(criterion.points)]
    if criterion.weight is not None:
        parts.append(f"{as_text(criterion.weight)} %")
    return ", ".join(parts)


def _scale(level: Level) -> str:
    if level.points is not None:
        return _points(level.points)
    low, high = level.points_min, level.points_max
    if low is not None and high is not None:
        return f"{as_text(low)}–{_points(high)}"
    if low is not None:
        return f"from {_points(low)}"
    return "" if high is None else f"up to {_points(high)}"


def _points(value: Decimal) -> str:
    return f"{as_text(value)} point" + ("" if value == 1 else "s")


def _adjustment(adjustment: Adjustment) -> str:
    sign = "−" if adjustment.kind == "penalty" else "+"
    worth = "" if adjustment.points is None else f": {sign}{_points(abs(adjustment.points))}"
    return f"- {adjustment.kind.capitalize()}, {_inline(adjustment.reason)}{worth}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_SIGNS = re.compile(r"([\\`*_\[\]<>#|~&$])")


def _inline(text: str | None) -> str:
    """A text in one line that shows as it is written, whatever Markdown or HTML it looks like."""
    lines = (line.strip() for line in (text or "").splitlines())
    return "<br>".join(_SIGNS.sub(r"\\\1", line) for line in lines if line)
