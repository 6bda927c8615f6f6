"""Removes underlines, which do not separate cells."""

from __future__ import annotations

from bisect import bisect_left

from rubric_jobs.documents.geometry import Edge, Word

SAME_END = 2.0
"""Points. Tolerance for the ends of an underline and of its words."""
ABOVE_FOOT, BELOW_FOOT = 0.4, 0.2
"""How far an underline may be above or below the foot of its words, in word heights."""
TALLEST = 60.0


def without_underlines(lines: list[Edge], words: list[Word]) -> list[Edge]:
    """The rules without underlines, which run from the start of a word to the end of a word, at their feet."""
    upright = sorted((word for word in words if word.quarter == 0), key=lambda w: w.bottom)
    feet = [word.bottom for word in upright]
    return [edge for edge in lines if not (edge.is_horizontal and _is_underline(edge, upright, feet))]


def _is_underline(edge: Edge, words: list[Word], feet: list[float]) -> bool:
    first = bisect_left(feet, edge.at - BELOW_FOOT * TALLEST)
    last = bisect_left(feet, edge.at + ABOVE_FOOT * TALLEST)
    above = [w for w in words[first:last] if _stands_on(w, edge)]
    return bool(above) and (
        abs(min(w.x0 for w in above) - edge.start) <= SAME_END and abs(max(w.x1 for w in above) - edge.end) <= SAME_END
    )


def _stands_on(word: Word, edge: Edge) -> bool:
    height = word.bottom - word.top
    is_at_foot = word.bottom - ABOVE_FOOT * height <= edge.at <= word.bottom + BELOW_FOOT * height
    return is_at_foot and word.x1 > edge.start + SAME_END and word.x0 < edge.end - SAME_END
