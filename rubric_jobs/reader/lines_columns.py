"""Lists whose lines end in a number after a blank: a column of points in plain text.

One line proves nothing, because "Chapter 5" ends the same way. Several different lines do, unless their numbers just
ascend like page numbers and dates.
"""

from __future__ import annotations

import itertools
import re
from decimal import Decimal

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.vocabulary.numbers import number

FEWEST = 4
FURTHEST = 4
"""Most lines between two of them, including headings and sums."""
LONGEST = 170
LARGEST = Decimal(100)
_MOSTLY = 0.6
_AT_END = re.compile(
    r"^(?P<name>.*[^\W\d_]{2}.*?[^\d\s.,:=/–—-])\s*[;.]?\s+(?P<number>\d{1,3}(?:[.,]\d{1,2})?)$", re.DOTALL
)
_LAST_WORD = re.compile(r"(\w+)\W*$")


def ending_in_points(document: Document) -> frozenset[int]:
    """Indices of the paragraphs whose last number belongs to a column of points."""
    known: frozenset[int] | None = document.memo.get("ending in points")
    if known is None:
        known = document.memo["ending in points"] = frozenset(_found(document))
    return known


def number_at_end(text: str) -> tuple[str, str] | None:
    """The text of a line, and the bare number at its end."""
    match = _AT_END.match(text) if len(text) <= LONGEST and text[-1:].isdecimal() else None
    return (match["name"], match["number"]) if match else None


def _found(document: Document) -> list[int]:
    ended = [
        (place, *said)
        for place, block in enumerate(document.blocks)
        if isinstance(block, Paragraph) and (said := number_at_end(block.text)) and number(said[1]) <= LARGEST
    ]
    runs: list[list[tuple[int, str, str]]] = []
    for one in ended:
        if runs and one[0] - runs[-1][-1][0] <= FURTHEST:
            runs[-1].append(one)
        else:
            runs.append([one])
    return [place for run in runs if _is_column(run) for place, _, _ in run]


def _is_column(run: list[tuple[int, str, str]]) -> bool:
    values = [number(said) for _, _, said in run]
    is_dense = len(run) * 2 >= run[-1][0] - run[0][0]
    goes_up = all(a < b for a, b in itertools.pairwise(values))
    last_words = {match[1].casefold() for _, name, _ in run if (match := _LAST_WORD.search(name))}
    return len(run) >= FEWEST and is_dense and not goes_up and len(last_words) >= _MOSTLY * len(run)
