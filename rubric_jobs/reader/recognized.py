"""Lowers the confidence of readings whose text comes from text recognition."""

from __future__ import annotations

from rubric_jobs.documents.model import RECOGNIZED_TEXT, Document
from rubric_jobs.rubric.model import Doubt, Rubric, Warning

LESS_SURE = 0.8
"""Factor for the probability: an assumption, not fitted yet (docs/reading-quality.md)."""


def marked(rubric: Rubric, document: Document) -> Rubric:
    """The rubric with a doubt and a warning if it contains recognised text. Such a reading is never certain."""
    pages = sorted(set(document.recognized_pages) & _pages(rubric))
    if not pages:
        return rubric
    named = ", ".join(map(str, pages))
    message = f"The text of pages {named} was recognised in pictures of them; please compare it with the document."
    confidence = None if rubric.confidence is None else round(rubric.confidence * LESS_SURE, 3)
    doubts = rubric.doubts
    if not any(doubt.why == RECOGNIZED_TEXT for doubt in doubts):
        doubts = [*doubts, Doubt(path="", why=RECOGNIZED_TEXT)]
    warnings = [Warning(code=RECOGNIZED_TEXT, message=message, path=""), *rubric.warnings]
    changed = {"certain": False, "confidence": confidence, "doubts": doubts, "warnings": warnings}
    return rubric.model_copy(update=changed)


def _pages(rubric: Rubric) -> set[int | None]:
    own = [criterion.source for criterion in rubric.criteria]
    sources = [*own, *(level.source for criterion in rubric.criteria for level in criterion.levels)]
    return {source.page for source in sources if source is not None}
