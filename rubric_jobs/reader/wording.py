"""Judges by the words of a document whether it holds a rubric, independent of form and language."""

from __future__ import annotations

import math
import re

from rubric_jobs.documents.model import Document
from rubric_jobs.reader.weights import fitted

STEM = 4
"""Letters. Long enough to distinguish words, short enough to drop endings in any language."""
MOST_LETTERS = 60_000
FEW = 100
"""Stems. With no more than this, the evidence is weak."""
_PAIRED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"(?P<paired>[{_PAIRED}]+)|[^\W\d_{_PAIRED}]+")


def stems(document: Document) -> frozenset[str]:
    """The stems of its words. For kana, Chinese and Korean, every pair of adjacent characters."""
    known: frozenset[str] | None = document.memo.get("stems")
    if known is None:
        found: set[str] = set()
        for match in _WORD.finditer(document.text()[:MOST_LETTERS].casefold()):
            word = match.group()
            if match["paired"]:
                found.update(word[at : at + 2] for at in range(max(len(word) - 1, 1)))
            else:
                found.add(word[:STEM])
        known = document.memo["stems"] = frozenset(found)
    return known


def log_odds(document: Document) -> float:
    """The weights of the known stems, each counted once, scaled by `worth`."""
    told = fitted().get("wording", {})
    known = [weight for stem in stems(document) if (weight := told.get(stem)) is not None]
    return math.fsum(known) * worth(len(known))


def worth(stems: int) -> float:
    """The factor for each of this many stems."""
    return 1 / math.sqrt(stems + FEW)
