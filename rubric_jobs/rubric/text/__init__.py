"""A rubric as text, both ways.

`write` makes the one Markdown that results, the old front end and enhancement share; `read` takes it back without
loss. `as_old_shape` is the nested JSON of the service that this one replaces.
"""

from __future__ import annotations

from rubric_jobs.rubric.model import Rubric
from rubric_jobs.rubric.text import tables_in_markdown
from rubric_jobs.rubric.text.markdown import NotWrittenError, read_written, write
from rubric_jobs.rubric.text.old_shape import as_old_shape

__all__ = ["MOST_LINES", "NotWrittenError", "as_old_shape", "read", "write"]

MOST_LINES = 5_000
"""More than the 200 criteria of 20 levels each that a model may write; a hundred pages."""


def read(text: str) -> Rubric:
    """The rubric that `write` or the Markdown export made this text of; raises NotWrittenError for any other."""
    if len(text.splitlines()) > MOST_LINES:
        raise NotWrittenError
    try:
        return read_written(text)
    except NotWrittenError:
        rubric = tables_in_markdown.read(text)
        if rubric is None:
            raise
        return rubric
