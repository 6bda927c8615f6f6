"""How sure the reader may be of what it read, and what a teacher should look at."""

from __future__ import annotations

from rubric_jobs.documents.model import Document
from rubric_jobs.reader.doubts import warnings_of
from rubric_jobs.reader.rules.candidate import Candidate
from rubric_jobs.rubric.model import Criterion, Rubric


def judged(rubric: Rubric, chosen: list[Candidate], document: Document) -> Rubric:
    """The rubric with confidences and warnings."""
    base = min(candidate.evidence for candidate in chosen)
    criteria = [_judged_criterion(criterion, rubric, base) for criterion in rubric.criteria]
    confidence = base
    if criteria:
        confidence = min(base, sum(c.confidence or 0.0 for c in criteria) / len(criteria))
    stated, computed = rubric.totals.stated, rubric.totals.computed
    if stated is not None and computed is not None:
        confidence += 0.04 if stated == computed else -0.2
    confidence -= 0.12 * (len(chosen) > 1) * (len({c.kind for c in chosen}) > 1)
    confidence -= 0.4 * (document.is_garbled or bool(document.warnings))
    confidence -= 0.1 * bool(document.scanned_pages) + 0.15 * any(candidate.doubts for candidate in chosen)
    return rubric.model_copy(
        update={
            "criteria": criteria,
            "confidence": round(min(max(confidence, 0.0), 0.99), 2),
            "warnings": warnings_of(rubric, document),
        }
    )


def _judged_criterion(criterion: Criterion, rubric: Rubric, base: float) -> Criterion:
    confidence = base
    usual = max((len(c.levels) for c in rubric.criteria), default=0)
    if not criterion.name:
        confidence -= 0.5
    if len(criterion.levels) != usual and usual:
        confidence -= 0.2
    if usual and criterion.levels:
        blank = sum(not level.description for level in criterion.levels)
        confidence -= 0.25 if 0 < blank < len(criterion.levels) else 0.0
    if len(criterion.name) > 160:
        confidence -= 0.1
    if criterion.points is None and any(c.points is not None for c in rubric.criteria):
        confidence -= 0.15
    confidence = round(min(max(confidence, 0.0), 0.99), 2)
    levels = [level.model_copy(update={"confidence": confidence}) for level in criterion.levels]
    return criterion.model_copy(update={"confidence": confidence, "levels": levels})
