"""A rubric as text, both ways.

`write` makes the one Markdown that results, the old front end and enhancement share; `read` takes it back without
loss, and is kind to what a teacher typed or pasted. `as_old_shape` is the nested JSON of the service that this one
replaces.
"""

from __future__ import annotations

from rubric_jobs.errors import NoRubricFound
from rubric_jobs.rubric.model import Rubric
from rubric_jobs.rubric.text import tables_in_markdown, typed
from rubric_jobs.rubric.text.markdown import NotWrittenError, read_written, write
from rubric_jobs.rubric.text.old_shape import as_old_shape

__all__ = ["FEWEST_WRITTEN", "MOST_WRITTEN", "as_old_shape", "fewest_criteria", "read", "write"]


def read(text: str) -> Rubric:
    """The rubric that a text holds; raises NoRubricFound where it holds none, such as a few rules in prose."""
    typed.hold_bounds(len(text.splitlines()))
    try:
        return read_written(text)
    except NotWrittenError:
        return tables_in_markdown.read(text) or typed.read(text)


FEWEST_WRITTEN = 4
MOST_WRITTEN = 8
"""How many criteria a model writes for a few rules."""


def fewest_criteria(text: str) -> int:
    """How many criteria, at least, share the points when this text is enhanced: the rubric's own, or new ones."""
    try:
        return len(read(text).criteria)
    except NoRubricFound:
        return FEWEST_WRITTEN
