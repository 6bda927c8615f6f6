"""The reader: document → most likely reading, its confidence, and the alternatives."""

from __future__ import annotations

from dataclasses import dataclass

from rubric_jobs.documents.model import Document
from rubric_jobs.errors import NoRubricFound, ScannedDocument, UnreadableDocument
from rubric_jobs.reader import (
    agreement,
    assemble,
    composition,
    confidence,
    doubts,
    exported,
    lines_unscored,
    recognized,
    rules,
)
from rubric_jobs.reader.candidates import candidates
from rubric_jobs.reader.plan import Plan
from rubric_jobs.rubric.model import Rubric

MOST_OTHERS = 4
_REMEDY = "Please save it as a PDF anew from the program it was written in, or upload the DOCX."


@dataclass(frozen=True, slots=True)
class Reading:
    """The likeliest rubric and its plan, even if unlikely. `odds` are its log odds against "no rubric here".

    `others` are the next best plans, best first. `rubric` is None if nothing in the document can be read as one.
    """

    plan: Plan
    rubric: Rubric | None
    odds: float = 0.0
    others: tuple[Plan, ...] = ()
    is_announced: bool = False
    """Whether it consists of lists or tables without points, or scales, that the document introduces as grading."""


def read(document: Document) -> Rubric:
    """The rubric in the document. Raises ScannedDocument, UnreadableDocument or NoRubricFound."""
    if document.is_scanned:
        raise ScannedDocument
    if (written := exported.read(document)) is not None:
        return recognized.marked(written.model_copy(update={"certain": True}), document)
    likeliest = reading_of(document)
    rubric = None
    if likeliest.rubric is not None and likeliest.odds >= agreement.LEAST:
        by_rules = rules.read(document)
        rubric = agreement.settled(likeliest.rubric, likeliest.odds, by_rules, is_announced=likeliest.is_announced)
    if rubric is None:
        raise UnreadableDocument(f"{doubts.GARBLED} {_REMEDY}") if document.is_garbled else NoRubricFound
    return recognized.marked(rubric, document)


def plans(document: Document) -> tuple[Plan, ...]:
    """The likeliest plans, best first, at most five, whether or not one of them is the reading."""
    reading = reading_of(document)
    return () if reading.rubric is None else (reading.plan, *reading.others)


def reading_of(document: Document) -> Reading:
    """The likeliest reading of a document, and the next best plans."""
    if "reading" not in document.memo:
        document.memo["reading"] = _reading_of(document)
    reading: Reading = document.memo["reading"]
    return reading


def _reading_of(document: Document) -> Reading:
    wholes = composition.wholes(document, candidates(document))
    best = next((whole for whole in wholes if whole.parts), None)
    if best is None:
        return Reading(Plan(), None)
    others = [whole for whole in wholes if whole is not best]
    rubric = confidence.judged(assemble.assemble(best.plan, document), document, [best, *others])
    plans_after = tuple(whole.plan for whole in others if whole.parts)[:MOST_OTHERS]
    is_announced = all(lines_unscored.is_graded(candidate.features) for candidate in best.parts)
    return Reading(best.plan, rubric, best.score, plans_after, is_announced)
