"""The probability that a reading is right, calibrated on documents that the weights were not fitted to."""

from __future__ import annotations

import math

from rubric_jobs.documents.model import Document
from rubric_jobs.reader.assemble import Assembled
from rubric_jobs.reader.composition import Whole
from rubric_jobs.reader.doubts import doubts_of, warnings_of
from rubric_jobs.reader.features import Features
from rubric_jobs.reader.weights import dot, fitted, sigmoid
from rubric_jobs.rubric.model import Criterion, Rubric, UnreadText

MOST_UNREAD = 50
LONGEST_UNREAD = 200
FEW = 5
LESS = 0.6
"""Factor for the probability if a part of the document could not be read."""


def judged(assembled: Assembled, document: Document, wholes: list[Whole]) -> Rubric:
    """The rubric with its confidence, unread texts and doubts. `wholes` begins with its reading."""
    told = fitted().get("confidence", {})
    probability = sigmoid(dot(told.get("weights", {}), confidence_features(wholes, document)))
    rubric = assembled.rubric
    is_doubtful = document.is_garbled or bool(document.warnings) or bool(document.scanned_pages)
    if is_doubtful:
        probability *= LESS
    confidence = round(probability, 3)
    return rubric.model_copy(
        update={
            "criteria": [_marked(criterion, confidence) for criterion in rubric.criteria],
            "confidence": confidence,
            "warnings": warnings_of(rubric, document),
            "unread": told_unread(assembled),
            "doubts": doubts_of(rubric, document, wholes),
        }
    )


def told_unread(assembled: Assembled) -> list[UnreadText]:
    """The unused texts, in the form that the rubric lists them."""
    return [
        UnreadText(text=text.text[:LONGEST_UNREAD], source=text.source, why=text.why)
        for text in assembled.unread[:MOST_UNREAD]
    ]


def _marked(criterion: Criterion, confidence: float) -> Criterion:
    levels = [level.model_copy(update={"confidence": confidence}) for level in criterion.levels]
    return criterion.model_copy(update={"confidence": confidence, "levels": levels})


def confidence_features(wholes: list[Whole], document: Document) -> Features:
    """`wholes` is ranked, except that the reading in question comes first."""
    best = wholes[0]
    top = best.score
    mass = sum(math.exp(max(-30.0, whole.score - top)) for whole in wholes)
    following = next((whole.score for whole in wholes[1:]), top - 8)
    nothing = next((whole.score for whole in wholes if not whole.parts), 0.0)
    features: Features = {
        "bias": 1.0,
        "log share": -math.log(mass),
        "margin": min(top - following, 4.0),
        "above nothing": min(top - nothing, 8.0) / 2,
        "one part": best.features.get("one part", 0.0),
    }
    parts = [candidate.features for candidate in best.parts]
    for name in (
        "unread",
        "unread cells",
        "skipped columns",
        "names any heading",
        "names any empty",
        "pointed partly",
        "level blank partly",
        "levels uneven",
        "described uneven",
        "level any heading",
        "names repeat",
        "filled column left",
        "header deep",
        "local columns",
        "local rows",
        "level disorder",
        "names over 60",
        "pointless without levels",
        "level points partly",
    ):
        features[name] = max((own.get(name, 0.0) for own in parts), default=0.0)
    features["level unnamed partly"] = float(any(0 < own.get("level unnamed", 0.0) < 1 for own in parts))
    for name in ("left", "left most", "least"):
        features[name] = best.features.get(name, 0.0)
    features["lines"] = best.features.get("lines", 0.0)
    criteria = sum(len(candidate.reading.criteria) for candidate in best.parts)
    features["few lines"] = features["lines"] * (criteria < FEW)
    features["few"] = float(criteria < FEW)
    features["total agrees"] = best.features.get("total agrees", 0.0)
    features["total differs"] = best.features.get("total differs", 0.0)
    return features
