"""Lists whose items look like the text around them. Leaves out the introduction and what follows."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from rubric_jobs.reader.lines_outline import Outline

MUCH_LONGER = 1.8
"""A line this many times as long as the median item is a paragraph."""
LONGEST_ITEM = 400
_COLON = (":", "：")
_SENTENCE = re.compile(r"[.!?。！？]\s*$")


def announced(outline: Outline, criteria: Sequence[int]) -> list[list[int]]:
    """The runs of items between introductory lines, each without the paragraphs around it.

    If all lines are set alike, only their text distinguishes them: an introduction ends in a colon, and a paragraph
    is much longer than the items.
    """
    runs: list[list[int]] = [[]]
    for place in criteria:
        if _is_announcement(outline, place):
            runs.append([])
        else:
            runs[-1].append(place)
    found = [run for run in [*runs, list(criteria)] if len(run) > 2]
    trimmed = [_trimmed(outline, run) for run in found]
    return [run for run in [*found, *trimmed] if 2 < len(run) < len(criteria)]


def _is_announcement(outline: Outline, place: int) -> bool:
    line = outline.lines[place]
    return not line.said.kind and not line.is_heading and line.said.raw.rstrip().endswith(_COLON)


def _trimmed(outline: Outline, run: Sequence[int]) -> list[int]:
    """The run without paragraphs at its start and end."""
    kept = list(run)
    bound = MUCH_LONGER * statistics.median(len(outline.lines[i].said.raw) for i in run)
    while kept and _is_paragraph(outline, kept[0], bound):
        kept = kept[1:]
    while kept and _is_paragraph(outline, kept[-1], bound):
        kept = kept[:-1]
    return kept


def _is_paragraph(outline: Outline, place: int, bound: float) -> bool:
    text = outline.lines[place].said.raw
    return len(text) > min(bound, LONGEST_ITEM) and _SENTENCE.search(text) is not None
