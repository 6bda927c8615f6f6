"""Several candidates in one document → the one rubric that it holds."""

from __future__ import annotations

import difflib
from dataclasses import replace
from decimal import Decimal

from rubric_jobs.documents.model import fold
from rubric_jobs.reader.rules.candidate import Candidate
from rubric_jobs.rubric.model import Criterion

ENOUGH = 0.65
"""Evidence below this is no rubric."""
SERIES = 0.25
"""What it adds to a scale's evidence that others like it stand in the document under their own headings."""
SAME_NAME = 0.82


def choose(candidates: list[Candidate]) -> list[Candidate]:
    """The candidates that make up the rubric, in document order; a rubric told twice is kept once."""
    scales = [c for c in candidates if c.kind == "holistic"]
    if len({fold(c.criteria[0].name) for c in scales} - {""}) > 1:
        for scale in scales:
            scale.evidence += SERIES
    likely = sorted((c for c in candidates if c.evidence >= ENOUGH), key=lambda c: c.position)
    scales = [c for c in scales if c in likely]
    if len(scales) > 1:
        likely = _with_scales_joined(likely, scales)
    detailed = [c for c in likely if c.has_levels]
    plain = [c for c in likely if not c.has_levels]
    if any(not c.is_list for c in detailed):
        detailed = [c for c in detailed if not c.is_list]
    if detailed:
        return _with_points_from(detailed, plain)
    return _finest_whole(plain)


def _with_scales_joined(likely: list[Candidate], scales: list[Candidate]) -> list[Candidate]:
    """Several scales, each under its own heading, are the criteria of one analytic rubric."""
    names = {fold(scale.criteria[0].name) for scale in scales}
    if len(names) < len(scales):
        return likely
    joined = replace(
        scales[0],
        kind="analytic",
        criteria=[criterion for scale in scales for criterion in scale.criteria],
        evidence=max(scale.evidence for scale in scales) + 0.05,
        heading="",
    )
    return sorted([joined, *(c for c in likely if c not in scales)], key=lambda c: c.position)


def _with_points_from(detailed: list[Candidate], plain: list[Candidate]) -> list[Candidate]:
    """Fills the points of a grid from a summary of the same criteria; other lists beside a grid stand alone or fall."""
    kept: list[Candidate] = list(detailed)
    for other in plain:
        target = next((c for c in detailed if tells_the_same(c, other)), None)
        if target is not None:
            index = kept.index(target)
            merged = _filled(target, other)
            kept[index] = merged
            detailed[detailed.index(target)] = merged
        elif other.evidence >= 0.8 and not other.is_list and not _is_summary(other, detailed):
            kept.append(other)
    return sorted(kept, key=lambda c: c.position)


def tells_the_same(one: Candidate, other: Candidate) -> bool:
    pairs = _pairs(one.criteria, other.criteria)
    fewer = min(len(one.criteria), len(other.criteria))
    if len(pairs) >= max(1, round(0.6 * fewer)):
        return True
    loose = [_shares_word(a.name, b.name) for a, b in zip(one.criteria, other.criteria, strict=False)]
    return len(one.criteria) == len(other.criteria) and sum(loose) * 3 >= 2 * len(loose)


def _shares_word(one: str, other: str) -> bool:
    mine = {word[:5] for word in one.casefold().split() if len(word) > 3}
    theirs = {word[:5] for word in other.casefold().replace(",", " ").split() if len(word) > 3}
    return bool(mine & theirs)


def _pairs(ones: list[Criterion], others: list[Criterion]) -> list[tuple[Criterion, Criterion]]:
    free = list(others)
    found = []
    for one in ones:
        best = max(free, key=lambda other: _alike(one.name, other.name), default=None)
        if best is not None and _alike(one.name, best.name) >= SAME_NAME:
            found.append((one, best))
            free.remove(best)
    return found


def _alike(one: str, other: str) -> float:
    a, b = fold(one), fold(other)
    if not a or not b:
        return 0.0
    if a == b or (min(len(a), len(b)) > 5 and (a.startswith(b) or b.startswith(a))):
        return 1.0
    return difflib.SequenceMatcher(None, a[:120], b[:120], autojunk=False).ratio()


def _filled(grid: Candidate, summary: Candidate) -> Candidate:
    by_name = {id(one): other for one, other in _pairs(grid.criteria, summary.criteria)}
    in_order = len(grid.criteria) == len(summary.criteria)
    criteria = []
    for index, criterion in enumerate(grid.criteria):
        other = by_name.get(id(criterion)) or (summary.criteria[index] if in_order else None)
        if other is None:
            criteria.append(criterion)
            continue
        points = criterion.points if _is_printed(criterion) else other.points
        criteria.append(
            criterion.model_copy(
                update={
                    "points": points if points is not None else other.points,
                    "weight": criterion.weight if criterion.weight is not None else other.weight,
                    "description": criterion.description or other.description,
                }
            )
        )
    return replace(
        grid,
        criteria=criteria,
        stated=grid.stated if grid.stated is not None else summary.stated,
        is_stated_plainly=grid.is_stated_plainly or summary.is_stated_plainly,
        adjustments=grid.adjustments or summary.adjustments,
    )


def _is_printed(criterion: Criterion) -> bool:
    """Whether its points are more than what its highest level says."""
    return criterion.points is not None and all(level.highest is None for level in criterion.levels)


def _is_summary(plain: Candidate, detailed: list[Candidate]) -> bool:
    """A table of points that adds up to what the grids add up to is the same rubric in short."""
    total = sum((c.sum_of_points or Decimal(0) for c in detailed), Decimal(0))
    return plain.sum_of_points is not None and plain.sum_of_points == total


def _finest_whole(plain: list[Candidate]) -> list[Candidate]:
    """Lists without levels: of two that add up to the same the first is kept, lists beside tables only when strong."""
    kept: list[Candidate] = []
    for candidate in plain:
        twin = next((k for k in kept if _is_twin(k, candidate)), None)
        if twin is None:
            kept.append(candidate)
        elif twin.stated is None and candidate.stated is not None and len(candidate.criteria) >= len(twin.criteria):
            kept[kept.index(twin)] = candidate
    if any(not c.is_list for c in kept):
        best = max(c.evidence for c in kept if not c.is_list)
        kept = [c for c in kept if not c.is_list or c.evidence >= best]
    return kept


def _is_twin(one: Candidate, other: Candidate) -> bool:
    if tells_the_same(one, other):
        return True
    totals = {t for t in (one.stated, one.sum_of_points) if t} & {t for t in (other.stated, other.sum_of_points) if t}
    sections = {fold(c.section or "") for c in other.criteria} - {""}
    named_alike = sum(any(_alike(s, fold(c.name)) >= SAME_NAME for s in sections) for c in one.criteria)
    return bool(totals) or (bool(sections) and named_alike * 2 >= len(one.criteria))
