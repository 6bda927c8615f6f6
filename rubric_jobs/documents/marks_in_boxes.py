"""Rows of boxes with the marks to choose from ("0 | 1 | 2") below a criterion. They are a line, not a table."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from rubric_jobs.documents.model import Block, Paragraph, Table
from rubric_jobs.vocabulary.numbers import NUMBER, number

_MARK = re.compile(rf"\s*{NUMBER}\s*")


def as_lines(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, with each such table replaced by a paragraph such as "0 / 1 / 2"."""
    for block in blocks:
        if isinstance(block, Table) and _holds_marks(block):
            yield Paragraph(" / ".join(cell.text.strip() for cell in block.cells), block.source)
        else:
            yield block


def _holds_marks(table: Table) -> bool:
    """Whether the table is one row of numbers that ascend from 0."""
    texts = [cell.text for cell in table.cells]
    if table.rows != 1 or len(texts) < 2 or not all(map(_MARK.fullmatch, texts)):
        return False
    values = [number(text) for text in texts]
    return values[0] == 0 and all(a < b for a, b in itertools.pairwise(values))
