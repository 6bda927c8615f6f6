"""Text that was given as a rubric, or as rules for one. It is read like a document but accepted more readily.

In letters, syllabi and exams two lines with points are hardly ever a rubric, and the document reader rejects them.
Somebody who types them here means a rubric.
"""

from __future__ import annotations

import re
from collections import Counter

from rubric_jobs.documents.model import Document, Paragraph, fold
from rubric_jobs.errors import NoRubricFound
from rubric_jobs.reader import agreement, lines_items, rules
from rubric_jobs.reader.reading import reading_of
from rubric_jobs.rubric.model import Criterion, Rubric

FEWEST = 2
"""Fewest criteria with points, levels with points of one criterion, or level names that criteria share."""
FEWEST_BOXES = 3
_TELLS_TO = re.compile(
    r"\b(?:should|must|shall|needs? to|ha(?:s|ve) to|soll(?:te|en|ten)?|muss|müssen|deben?|debería|dev(?:e|em|ono)"
    r"|doit|doivent|devrai(?:t|ent)|moet(?:en)?)\b",
    re.IGNORECASE,
)


def read(document: Document) -> Rubric:
    """The rubric in the text. Raises NoRubricFound, for example for a few rules in prose."""
    reading = reading_of(document)
    if reading.rubric is None or _tells_to(reading.rubric):
        raise NoRubricFound
    by_rules = rules.read(document)
    settled = agreement.settled(reading.rubric, reading.odds, by_rules)
    if settled is not None:
        # Use only the plan's: others could not be distinguished when the reading is corrected.
        return settled.model_copy(update={"adjustments": reading.rubric.adjustments})
    if not _is_plainly_one(reading.rubric, document):
        raise NoRubricFound
    return reading.rubric.model_copy(update={"confidence": None, "certain": False})


def _tells_to(rubric: Rubric) -> bool:
    """Whether it gives instructions instead of points: "Thesis should be worth 30 points"."""
    return any(_TELLS_TO.search(criterion.name) for criterion in rubric.criteria if criterion.points is not None)


def _is_plainly_one(rubric: Rubric, document: Document) -> bool:
    """Whether the text has features that only rubrics have."""
    pointed = sum(criterion.points is not None for criterion in rubric.criteria)
    if pointed >= FEWEST or any(map(_has_scale, rubric.criteria)):
        return True
    names = Counter(
        name for criterion in rubric.criteria for name in {fold(level.name or "") for level in criterion.levels} if name
    )
    return sum(count >= FEWEST for count in names.values()) >= FEWEST or _boxes(document) >= FEWEST_BOXES


def _has_scale(criterion: Criterion) -> bool:
    return sum(level.highest is not None for level in criterion.levels) >= FEWEST


def _boxes(document: Document) -> int:
    lines = [place for place, block in enumerate(document.blocks) if isinstance(block, Paragraph)]
    return sum(lines_items.line_of(document, [place]).said.is_box for place in lines)
