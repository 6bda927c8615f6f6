"""Candidates → the rubric: its title, totals, warnings and confidence."""

from __future__ import annotations

from decimal import Decimal

from rubric_jobs.documents.model import Document, Table
from rubric_jobs.reader import lexicon
from rubric_jobs.reader.context import context_of, heading_above, title_of
from rubric_jobs.reader.names import tidy
from rubric_jobs.reader.rules import judging
from rubric_jobs.reader.rules.candidate import Candidate
from rubric_jobs.reader.rules.choosing import choose
from rubric_jobs.reader.rules.lists import list_candidates
from rubric_jobs.reader.rules.scale_lists import scale_candidates
from rubric_jobs.reader.rules.tables import candidates_of, penalties_of
from rubric_jobs.reader.totals import plain_total, told_totals
from rubric_jobs.rubric.model import Adjustment, Criterion, Rubric, Totals


def read(document: Document) -> Rubric | None:
    """The rubric that the rules find, with their evidence as `confidence`; None where they find none."""
    chosen = choose(candidates(document))
    if not chosen:
        return None
    criteria = _sectioned(chosen)
    stated = _stated(document, chosen, criteria)
    computed = _computed(criteria)
    first = chosen[0]
    rubric = Rubric(
        title=_title(document, chosen),
        kind=_kind(chosen),
        total_points=_total(chosen, stated, computed),
        criteria=criteria,
        adjustments=[adjustment for candidate in chosen for adjustment in candidate.adjustments]
        + _deductions(document),
        totals=Totals(stated=stated, computed=computed),
        source=first.source,
    )
    return judging.judged(rubric, chosen, document)


def candidates(document: Document) -> list[Candidate]:
    found = [
        candidate
        for position, block in enumerate(document.blocks)
        if isinstance(block, Table)
        for candidate in candidates_of(block, context_of(document, position))
    ]
    return found + list_candidates(document) + scale_candidates(document)


def _deductions(document: Document) -> list[Adjustment]:
    """What tables take off that hold no criterion."""
    return [
        adjustment
        for position, block in enumerate(document.blocks)
        if isinstance(block, Table)
        for adjustment in penalties_of(block, heading_above(document, position))
    ]


def _sectioned(chosen: list[Candidate]) -> list[Criterion]:
    """All criteria; where several tables make up the rubric, the heading above each is its criteria's section."""
    criteria = []
    for candidate in chosen:
        section = tidy(candidate.heading) if len(chosen) > 1 else None
        for criterion in candidate.criteria:
            named_by_heading = section and criterion.name and section.startswith(criterion.name)
            own = criterion.section or (None if named_by_heading else section)
            criteria.append(criterion.model_copy(update={"section": own or None}))
    return criteria


def _stated(document: Document, chosen: list[Candidate], criteria: list[Criterion]) -> Decimal | None:
    """The total that the document states: in a totals row, on a line alone, or in words that the sum confirms."""
    rows = [candidate.stated for candidate in chosen if candidate.stated is not None]
    lines = [total for paragraph in document.paragraphs if (total := plain_total(paragraph)) is not None]
    computed = _computed(criteria)
    told = told_totals(document)
    plain = rows + lines
    for total in plain + told:
        if total == computed:
            return total
    if len(rows) > 1 and not lines:
        return None
    if plain:
        return plain[-1] if lines else plain[0]
    return told[0] if told and computed is None else None


def _computed(criteria: list[Criterion]) -> Decimal | None:
    points = [criterion.points for criterion in criteria]
    return sum((p for p in points if p is not None), Decimal(0)) if points and None not in points else None


def _total(chosen: list[Candidate], stated: Decimal | None, computed: Decimal | None) -> Decimal | None:
    if stated is not None:
        return stated
    rubrics = [candidate for candidate in chosen if lexicon.has(lexicon.RUBRIC, candidate.heading)]
    return None if len(rubrics) > 1 and len(rubrics) == len(chosen) else computed


def _title(document: Document, chosen: list[Candidate]) -> str | None:
    first = chosen[0]
    named = [text for text in first.captions if lexicon.has(lexicon.RUBRIC, text)]
    caption = tidy((named or first.captions)[0]) if named or len(first.captions) == 1 else ""
    title = title_of(document)
    if first.kind == "holistic" and not title:
        title = first.heading
    return title or caption or first.heading or None


def _kind(chosen: list[Candidate]) -> str:
    kinds = [candidate.kind for candidate in chosen]
    return max(set(kinds), key=lambda kind: sum(len(c.criteria) for c in chosen if c.kind == kind))
