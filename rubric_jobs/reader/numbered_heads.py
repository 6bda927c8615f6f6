"""Levels that exist only in the header, above boxes to tick: "1 – Hard to read", "2 – Neat"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from rubric_jobs.reader.local_features import Columns

FEWEST = 3
_NUMBER = re.compile(r"\s*(\d{1,2})\s*[:.)–—=-]\s+[^\W\d_]")


def are_numbered(titles: Sequence[str]) -> bool:
    """Whether each begins with the next number up or down, and explains it."""
    numbers = [int(match[1]) for title in titles if (match := _NUMBER.match(title))]
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    return len(numbers) >= FEWEST and len(numbers) == len(titles) and steps in ({1}, {-1})


def first_of(columns: Columns) -> int:
    """The first of the empty columns at the right with such headings; else the number of columns."""
    empty = itertools.takewhile(lambda texts: not texts, reversed(columns.filled))
    first = columns.sheet.columns - len(list(empty))
    return first if are_numbered(columns.titles[first:]) else columns.sheet.columns
