"""All parts that may be read from a document, each scored against "nothing here"."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from rubric_jobs.documents.model import Document, Table
from rubric_jobs.reader import assemble
from rubric_jobs.reader.enumerate_tables import enumerate_table
from rubric_jobs.reader.features import Features, part_features
from rubric_jobs.reader.lines_enumeration import enumerate_lines
from rubric_jobs.reader.plan import Part, PartReading
from rubric_jobs.reader.regions import regions
from rubric_jobs.reader.weights import dot, fitted
from rubric_jobs.vocabulary import words

FEWEST_OF_A_SCALE = 4
FEWEST_NAMED = 3
"""The same if level names support it."""
LEAST_OF_PRICES = 500
MOST_KEPT = 4
"""Candidates kept for each table."""
MOST_LISTS_KEPT = 6
"""Candidates kept for each run of paragraphs. Its readings often differ in a line or two."""


@dataclass(slots=True)
class Candidate:
    """`score` is the log odds that the region holds a rubric, minus the distance to the region's best part."""

    region: tuple[int, ...]
    part: Part
    reading: PartReading
    features: Features = field(repr=False)
    score: float = 0.0


def candidates(document: Document) -> dict[tuple[int, ...], list[Candidate]]:
    """The best few candidates of each region, best first."""
    found = {}
    for region in regions(document):
        own = list(region_candidates(document, region))
        if own:
            found[region] = ranked(own)
    return found


def ranked(own: list[Candidate]) -> list[Candidate]:
    """Scores a region's parts and keeps the best. Which is best and whether any is a rubric are separate questions."""
    rank, detect = fitted().get("rank", {}), fitted().get("detect", {})
    ranks = {id(candidate): dot(rank, candidate.features) for candidate in own}
    own.sort(key=lambda candidate: -ranks[id(candidate)])
    odds = dot(detect, own[0].features) + detect.get("intercept", 0.0)
    kept = own[: MOST_LISTS_KEPT if own[0].part.shape == "lines" else MOST_KEPT]
    for candidate in kept:
        candidate.score = odds + ranks[id(candidate)] - ranks[id(own[0])]
    return kept


def region_candidates(document: Document, region: tuple[int, ...]) -> Iterator[Candidate]:
    told = set()
    for part, local in _parts(document, region):
        reading = assemble.assemble_part(part, document)
        if not reading.criteria or _is_scale(reading) or (part.shape == "lines" and _are_prices(reading)):
            continue
        key = _key(reading)
        if key in told:
            continue
        told.add(key)
        features = part_features(part, document, reading) | local
        yield Candidate(region, part, reading, features)


def _are_prices(reading: PartReading) -> bool:
    """Whether a list gives hundreds of points to each of several items, as price lists do. Tables may."""
    points = [criterion.points for criterion in reading.criteria]
    return len(points) > 2 and all(value is not None and value >= LEAST_OF_PRICES for value in points)


def _is_scale(reading: PartReading) -> bool:
    """Whether the lines are the levels of one criterion: worth 4, 3, 2 and 1 points, or named great, good and poor."""
    plain = [criterion for criterion in reading.criteria if not criterion.levels]
    if len(plain) < len(reading.criteria):
        return False
    points = [criterion.points for criterion in plain if criterion.points is not None]
    steps = {a - b for a, b in itertools.pairwise(points)} if len(points) == len(plain) else set()
    if len(plain) >= FEWEST_OF_A_SCALE and steps == {1} and points[-1] in (0, 1):
        return True
    ranks = [rank for criterion in plain if (rank := words.level_rank(criterion.name)) is not None]
    if len(ranks) < len(plain) or len(plain) < FEWEST_NAMED:
        return False
    falls = all(a >= b for a, b in itertools.pairwise(ranks)) and ranks[0] > ranks[-1]
    return falls and all(step > 0 for step in steps) and bool(steps or len(set(ranks)) == len(ranks))


def _parts(document: Document, region: tuple[int, ...]) -> Iterator[tuple[Part, Features]]:
    if not isinstance(document.blocks[region[0]], Table):
        yield from ((part, {}) for part in enumerate_lines(region, document))
        return
    proposals = enumerate_table(region, document)
    best = max((proposal.score for proposal in proposals), default=0.0)
    for proposal in proposals:
        yield (
            proposal.part,
            {
                "local header": proposal.header,
                "local columns": proposal.columns,
                "local rows": proposal.rows,
                "local behind": proposal.score - best,
            },
        )


def _key(reading: PartReading) -> tuple[object, ...]:
    """Parts with equal keys read, use and skip the same, and count as one."""
    criteria = tuple(
        (
            criterion.name,
            criterion.points,
            criterion.description,
            criterion.section,
            tuple((level.name, level.description, level.highest) for level in criterion.levels),
        )
        for criterion in reading.criteria
    )
    return criteria, reading.stated, len(reading.used), len(reading.adjustments)
