"""Holistic scales that are told in lines or paragraphs: "4 – Excellent: …", one level after the other."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import amounts, lexicon
from rubric_jobs.reader.amounts import Amount
from rubric_jobs.reader.context import context_of
from rubric_jobs.reader.levels import heading_of, with_amount
from rubric_jobs.reader.names import named, tidy
from rubric_jobs.reader.rules.candidate import Candidate
from rubric_jobs.reader.rules.scales import highest
from rubric_jobs.rubric.model import Criterion, Level

FEWEST_LEVELS = 3
MOST_LEVELS = 10
SHORTEST_DESCRIPTOR = 25
_HEAD = re.compile(r"^(?P<head>[^\t:：\n]{1,60}?)\s*(?:\t|[:：]\s|\s[–—-]\s)\s*(?P<rest>\S.*)$", re.DOTALL)
_SCORE = re.compile(
    r"(?i)^(?:score(?: of)?|level|band|grade|rating|nota|nivel|note|niveau|stufe|punteggio|livello)"
    r"\s*[:=]?\s*(?=[\da-f])"
)


@dataclass(slots=True)
class _Rung:
    position: int
    paragraph: Paragraph
    name: str | None
    amount: Amount | None
    text: str


def scale_candidates(document: Document) -> list[Candidate]:
    """Every run of levels in the document's paragraphs."""
    return [_candidate(document, run) for run in _runs(document) if _is_scale(run)]


def _candidate(document: Document, run: list[_Rung]) -> Candidate:
    first = run[0]
    context = context_of(document, first.position)
    own = named(context.heading)
    levels = [_level(rung) for rung in run]
    criterion = Criterion(
        name=own.name or tidy(context.title),
        points=own.amount.high if own.amount else highest(levels),
        levels=levels,
        source=first.paragraph.source,
    )
    evidence = 0.42 + 0.3 * context.is_about_rubric + 0.1 * (criterion.points is not None) - 0.3 * context.is_syllabus
    return Candidate(
        "holistic",
        [criterion],
        first.position,
        evidence,
        first.paragraph.source,
        heading=context.heading,
        is_list=True,
    )


def _runs(document: Document) -> list[list[_Rung]]:
    runs: list[list[_Rung]] = [[]]
    for position, block in enumerate(document.blocks):
        if not isinstance(block, Paragraph):
            runs.append([])
            continue
        rung = _rung(block, position)
        if rung is not None:
            runs[-1].append(rung)
        elif runs[-1] and _continues(block, runs[-1][-1].paragraph):
            runs[-1][-1].text = f"{runs[-1][-1].text}\n{block.marker} {block.text}".strip()
        else:
            runs.append([])
    return runs


def _continues(block: Paragraph, rung: Paragraph) -> bool:
    return not block.is_heading and (
        block.indent > rung.indent + 2 or bool(block.marker) or len(block.text) >= SHORTEST_DESCRIPTOR
    )


def _rung(block: Paragraph, position: int) -> _Rung | None:
    """A paragraph that begins with a level's name or points; a typed "4." may be the level's number."""
    text = re.sub(r"[ \t]*\t[ \t]*", "\t", block.text)
    match = _HEAD.match(text)
    head = match.group("head") if match else ""
    if match and (amounts.whole(head) or _names_level(head)):
        name, amount = heading_of(_SCORE.sub("", head) or head)
        inner = _HEAD.match(match.group("rest"))
        rest = match.group("rest")
        if amounts.whole(head) and inner and lexicon.is_level_name(inner.group("head")):
            name, rest = inner.group("head"), inner.group("rest")
        return _Rung(position, block, name, amount, rest)
    if len(text) <= 60 and (_names_level(text) or (_SCORE.match(text) and amounts.whole(_SCORE.sub("", text)))):
        name, amount = heading_of(text)
        return _Rung(position, block, name, amount, "")
    return None


def _names_level(head: str) -> bool:
    core = _SCORE.sub("", head)
    return lexicon.is_level_name(core) and len(core.split()) <= 6


def _is_scale(run: list[_Rung]) -> bool:
    if not FEWEST_LEVELS <= len(run) <= MOST_LEVELS:
        return False
    if sum(len(rung.text) >= SHORTEST_DESCRIPTOR for rung in run) < 0.7 * len(run):
        return False
    points = [rung.amount.high for rung in run if rung.amount]
    if points and len(points) == len(run):
        return all(a > b for a, b in itertools.pairwise(points)) or all(a < b for a, b in itertools.pairwise(points))
    names = [lexicon.plain(rung.name or "") for rung in run]
    return all(names) and len(set(names)) == len(names)


def _level(rung: _Rung) -> Level:
    level = Level(name=rung.name, description=rung.text or None, source=rung.paragraph.source)
    return with_amount(level, rung.amount)
