"""Candidates of regions → whole readings of a document, including "no rubric"."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rubric_jobs.documents.model import Document, fold
from rubric_jobs.reader import assemble, wording
from rubric_jobs.reader.candidates import Candidate
from rubric_jobs.reader.features import Features, document_features, share
from rubric_jobs.reader.plan import Plan
from rubric_jobs.reader.weights import dot, fitted
from rubric_jobs.rubric.model import Criterion, Totals

MOST_WHOLES = 48
LEAST_SCORE = -4.0
THRESHOLDS = (1.0, 0.0, -1.0, -2.5)
FEWEST_COPIED = 3
"""Fewest criteria of a part that are all in another part. Two would too often be chance."""
MOST_PARTS = 24
MOST_WAYS = 4

Regions = dict[tuple[int, ...], list[Candidate]]


@dataclass(slots=True)
class Whole:
    """A reading of the document. Without parts it means "no rubric", with a score of 0."""

    parts: tuple[Candidate, ...]
    features: Features = field(default_factory=dict, repr=False)
    score: float = 0.0

    @property
    def plan(self) -> Plan:
        return Plan(tuple(candidate.part for candidate in self.parts))


def wholes(document: Document, found: Regions) -> list[Whole]:
    """All readings with features and scores, best first."""
    weights = fitted().get("whole", {})
    made = [Whole(())]
    words = wording.log_odds(document)
    for parts in _sets(found):
        features = whole_features(document, parts, found) | {"wording": words}
        made.append(Whole(parts, features, dot(weights, features)))
    made.sort(key=lambda whole: -whole.score)
    return made


def _sets(found: Regions) -> list[tuple[Candidate, ...]]:
    """Disjoint sets of candidates: the likeliest, subsets of these, and these with one candidate changed."""
    ranked = sorted((own[0] for own in found.values()), key=lambda c: -c.score)
    ranked = [candidate for candidate in ranked if candidate.score > LEAST_SCORE][:MOST_PARTS] or ranked[:1]
    if not ranked:
        return []
    sets: dict[tuple[int, ...], tuple[Candidate, ...]] = {}
    for parts in itertools.islice(_proposed(ranked, found), 4 * MOST_WHOLES):
        if parts:
            ordered = _without_copies(sorted(parts, key=lambda c: c.part.blocks))
            sets.setdefault(tuple(map(id, ordered)), ordered)
        if len(sets) >= MOST_WHOLES:
            break
    return list(sets.values())


def _without_copies(parts: list[Candidate]) -> tuple[Candidate, ...]:
    """Keeps the fuller copy of a rubric that the document prints twice."""
    says = [{(fold(c.name), c.points, len(c.levels)) for c in candidate.reading.criteria} for candidate in parts]
    kept: list[int] = []
    for place in sorted(range(len(parts)), key=lambda place: -len(says[place])):
        fewest = FEWEST_COPIED if any(len(says[place]) < len(says[other]) for other in kept) else 2
        is_copy = len(says[place]) >= fewest and any(says[place] <= says[other] for other in kept)
        kept += [] if is_copy else [place]
    return tuple(parts[place] for place in sorted(kept))


def _proposed(ranked: list[Candidate], found: Regions) -> Iterator[list[Candidate]]:
    bases = []
    for pool in _pools(ranked):
        for least in THRESHOLDS:
            base = _greedy([c for c in pool if c.score > least])
            if base and base not in bases:
                bases.append(base)
                yield base
    yield from _read_alike(found)
    yield from ([candidate] for candidate in ranked[:6])
    for base in bases[:4]:
        yield from _changed(base, found)
    yield from ([other] for candidate in ranked[:3] for other in found[candidate.region][1:])
    for base in bases[:2]:
        others = [c for c in ranked if c not in base and not any(_overlap(c, chosen) for chosen in base)]
        yield from ([*base, other] for other in others)


def _read_alike(found: Regions) -> Iterator[list[Candidate]]:
    """Reads all tables in one common way, even if it is not the likeliest for each of them."""
    ways: dict[object, dict[tuple[int, ...], Candidate]] = {}
    for region, own in found.items():
        for candidate in own:
            part = candidate.part
            if part.shape != "lines":
                ways.setdefault((part.shape, part.columns, part.name), {}).setdefault(region, candidate)
    several = [list(way.values()) for way in ways.values() if len(way) > 1]
    several.sort(key=lambda way: -max(candidate.score for candidate in way))
    for way in several[:MOST_WAYS]:
        yield _greedy(sorted(way, key=lambda candidate: -candidate.score))


def _changed(base: list[Candidate], found: Regions) -> Iterator[list[Candidate]]:
    """Variants with one candidate replaced or left out."""
    for candidate in base:
        for other in found[candidate.region][1:]:
            yield [other if c is candidate else c for c in base]
    if len(base) > 1:
        yield from ([c for c in base if c is not candidate] for candidate in base)


def _pools(ranked: list[Candidate]) -> Iterator[list[Candidate]]:
    """All candidates, and those like the best: joined or single tables, the same shape, with or without levels."""
    yield ranked
    best = ranked[0]
    yield [c for c in ranked if len(c.region) == 1 or c.part.shape == "lines"]
    yield sorted(ranked, key=lambda c: (-len(c.region) if c.part.shape != "lines" else 0, -c.score))
    yield [c for c in ranked if (c.part.shape == "lines") == (best.part.shape == "lines")]
    yield [c for c in ranked if c.part.shape == best.part.shape and c.part.columns == best.part.columns]
    yield [c for c in ranked if _has_levels(c) == _has_levels(best)]
    yield [c for c in ranked if _has_levels(c)]


def _greedy(pool: Iterable[Candidate]) -> list[Candidate]:
    chosen: list[Candidate] = []
    for candidate in pool:
        if not any(_overlap(candidate, other) for other in chosen):
            chosen.append(candidate)
    return chosen


def _overlap(one: Candidate, other: Candidate) -> bool:
    if one.part.blocks[-1] < other.part.blocks[0] or other.part.blocks[-1] < one.part.blocks[0]:
        return False
    return bool(set(_taken(one)) & set(_taken(other)))


def _taken(candidate: Candidate) -> Iterator[int]:
    part = candidate.part
    if part.shape == "lines":
        return (block for block, role in zip(part.blocks, part.rows, strict=True) if role != "-")
    return iter(part.blocks)


def _has_levels(candidate: Candidate) -> bool:
    return any(criterion.levels for criterion in candidate.reading.criteria)


def whole_features(document: Document, parts: tuple[Candidate, ...], found: Regions) -> Features:
    plan, readings = Plan(tuple(c.part for c in parts)), [c.reading for c in parts]
    criteria = assemble.criteria_of(plan, readings, document)
    scores = [max(-6.0, min(6.0, candidate.score)) for candidate in parts]
    left = [
        own[0]
        for own in found.values()
        if own[0].score > 0 and not any(_overlap(own[0], candidate) for candidate in parts)
    ]
    behind = [max((c.score for c in found[candidate.region]), default=0.0) - candidate.score for candidate in parts]
    features: Features = {
        "bias": 1.0,
        "sum": sum(scores) / 4,
        "mean": sum(scores) / len(scores),
        "least": min(scores),
        "most": max(scores),
        "behind": sum(behind),
        "one part": float(len(parts) == 1),
        "parts": math.log(len(parts)),
        "left": math.log1p(len(left)),
        "left most": min(max((c.score for c in left), default=0.0), 6.0),
        "left like": float(any(_alike(c, parts[0]) for c in left)),
        "criteria": math.log1p(len(criteria)),
        "lines": share(c.part.shape == "lines" for c in parts),
    }
    if len(criteria) < sum(len(candidate.reading.criteria) for candidate in parts):
        features["summarised"] = 1.0  # two parts of different form describe the same criteria
    else:
        _mixture(parts, features)
    _values(criteria, assemble.totals_of(plan, readings, criteria, document), features)
    themes = document_features(document)
    for theme in ("rubric", "grading", "commerce", "technical", "exam", "syllabus", "survey", "game"):
        features[f"theme {theme}"] = themes[f"theme {theme}"]
    return features


def _alike(one: Candidate, other: Candidate) -> bool:
    return one.part.shape == other.part.shape and one.part.columns == other.part.columns


def _mixture(parts: tuple[Candidate, ...], features: Features) -> None:
    if len(parts) < 2:
        return
    tables = share(c.part.shape != "lines" for c in parts)
    features["tables and lines"] = float(0 < tables < 1)
    leveled = share(map(_has_levels, parts))
    features["levels and none"] = float(0 < leveled < 1)
    features["all alike"] = float(all(_alike(c, parts[0]) for c in parts))
    ways = {(c.part.shape, c.part.columns, c.part.name) for c in parts}
    features["names taken in two ways"] = float(len(ways) > len({(shape, columns) for shape, columns, _ in ways}))
    names = [{fold(criterion.name) for criterion in c.reading.criteria} for c in parts]
    features["copies"] = max(
        len(a & b) / (min(len(a), len(b)) or 1) for a, b in itertools.combinations(names[:MOST_PARTS], 2)
    )
    sums = [assemble.sum_of(c.reading.criteria) for c in parts]
    told = [value for value in sums if value is not None]
    features["equal sums"] = float(len(told) > len(set(told)))
    features["gaps"] = share(b.part.blocks[0] - a.part.blocks[-1] > 8 for a, b in itertools.pairwise(parts))


def _values(criteria: list[Criterion], totals: Totals, features: Features) -> None:
    names = [(criterion.section, fold(criterion.name)) for criterion in criteria]
    features["names repeat"] = 1 - len(set(names)) / (len(names) or 1)
    pointed = share(criterion.points is not None for criterion in criteria)
    features["pointed partly"] = float(0 < pointed < 1)
    features["pointless"] = float(pointed == 0)
    stated, computed = totals.stated, totals.computed
    features["total agrees"] = float(stated is not None and stated == computed)
    features["total differs"] = float(stated is not None and computed is not None and stated != computed)
    features["single criterion"] = float(len(criteria) == 1)
