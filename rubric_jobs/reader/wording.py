"""Whether a document's words are those of documents that hold a rubric, whatever its shape and language."""

from __future__ import annotations

import math
import re

from rubric_jobs.documents.model import Document
from rubric_jobs.reader.weights import fitted

STEM = 4
"""Letters: long enough to tell words apart, short enough to leave endings out in any language."""
MOST_LETTERS = 60_000
FEW = 100
"""Stems: of so few or fewer little can be told."""
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W\d_{_UNSPACED}]+")


def stems(document: Document) -> frozenset[str]:
    """The starts of its words; of kana, Chinese and Korean every two letters that stand together."""
    known: frozenset[str] | None = document.memo.get("stems")
    if known is None:
        found: set[str] = set()
        for word in set(_WORD.findall(document.text()[:MOST_LETTERS].casefold())):
            if word[0] < "\u3040" or word[0] > "\ud7af":
                found.add(word[:STEM])
            else:
                found.update(word[at : at + 2] for at in range(max(len(word) - 1, 1)))
        known = document.memo["stems"] = frozenset(found)
    return known


def log_odds(document: Document) -> float:
    """By the stems that the weights know, each counted once, the less each the more there are."""
    told = fitted().get("wording", {})
    known = [weight for stem in stems(document) if (weight := told.get(stem)) is not None]
    return math.fsum(known) * worth(len(known))


def worth(stems: int) -> float:
    """What each of so many stems counts for."""
    return 1 / math.sqrt(stems + FEW)
