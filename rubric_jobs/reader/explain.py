"""Explains a reading: the candidates with their scores, the deciding features, and the unused texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rubric_jobs.documents.model import Document
from rubric_jobs.reader import assemble, composition
from rubric_jobs.reader.candidates import Candidate, candidates
from rubric_jobs.reader.composition import Whole
from rubric_jobs.reader.plan import Plan
from rubric_jobs.reader.weights import fitted

MOST_WHOLES = 5
MOST_REASONS = 8


def explained(document: Document) -> dict[str, Any]:
    """JSON-ready: regions with their best parts, whole readings with their scores, and the best one's unread texts."""
    regions = candidates(document)
    wholes = composition.wholes(document, regions)
    best = wholes[0]
    unread = assemble.assemble(best.plan, document).unread if best.parts else ()
    return {
        "regions": [
            {"blocks": list(blocks), "parts": [_part(candidate) for candidate in own]}
            for blocks, own in regions.items()
        ],
        "readings": [_whole(whole) for whole in wholes[:MOST_WHOLES]],
        "unread": [{"text": one.text[:80], "why": one.why} for one in unread],
    }


def _part(candidate: Candidate) -> dict[str, Any]:
    return {
        **Plan((candidate.part,)).to_json()["parts"][0],
        "score": round(candidate.score, 2),
        "criteria": len(candidate.reading.criteria),
        "ranked by": _reasons(fitted()["rank"], candidate.features),
        "detected by": _reasons(fitted()["detect"], candidate.features),
    }


def _whole(whole: Whole) -> dict[str, Any]:
    return {
        "plan": whole.plan.to_json(),
        "score": round(whole.score, 2),
        "decided by": _reasons(fitted()["whole"], whole.features),
    }


def _reasons(weights: Mapping[str, float], features: Mapping[str, float]) -> dict[str, float]:
    """The features with the largest contributions, with their values."""
    told = {name: round(weights.get(name, 0.0) * value, 2) for name, value in features.items()}
    return dict(sorted(((n, v) for n, v in told.items() if v), key=lambda item: -abs(item[1]))[:MOST_REASONS])
