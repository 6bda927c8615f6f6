"""Markdown for people, who may paste it back: the tables of `layout`, sections as headings."""

from __future__ import annotations

from rubric_jobs.rubric import layout, layout_reading
from rubric_jobs.rubric.exports.base import Export, of_marks
from rubric_jobs.rubric.model import Rubric
from rubric_jobs.rubric.text import tables_in_markdown


def export(rubric: Rubric) -> Export:
    sheet = layout.write(rubric)
    content = tables_in_markdown.write(sheet)
    losses = [*layout_reading.losses(rubric, sheet), *of_marks(rubric)]
    return Export(content.encode(), "text/markdown; charset=utf-8", ".md", losses)
