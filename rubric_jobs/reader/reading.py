"""The reader: a document → its most likely reading, how sure that is, and what else it may say."""

from __future__ import annotations

from dataclasses import dataclass, field

from rubric_jobs.documents.model import Document
from rubric_jobs.errors import NoRubricFound, ScannedDocument, UnreadableDocument
from rubric_jobs.reader import agreement, assemble, composition, confidence, doubts, exported, recognized, rules
from rubric_jobs.reader.candidates import candidates
from rubric_jobs.reader.composition import Regions, Whole
from rubric_jobs.reader.plan import Plan
from rubric_jobs.rubric.model import Rubric

MOST_OTHERS = 4
_REMEDY = "Please save it as a PDF anew from the program it was written in, or upload the DOCX."


@dataclass(frozen=True, slots=True)
class Reading:
    """`others` are the next best plans that read something else, best first. Without `rubric` no rubric was found."""

    plan: Plan
    rubric: Rubric | None
    others: tuple[Plan, ...] = ()
    wholes: list[Whole] = field(default_factory=list, repr=False)
    regions: Regions = field(default_factory=dict, repr=False)


def read(document: Document) -> Rubric:
    """The rubric that the document holds. Raises ScannedDocument, UnreadableDocument or NoRubricFound."""
    if document.is_scanned:
        raise ScannedDocument
    if (written := exported.read(document)) is not None:
        return recognized.marked(written.model_copy(update={"certain": True}), document)
    rubric = agreement.settled(reading_of(document).rubric, rules.read(document))
    if rubric is None:
        raise UnreadableDocument(f"{doubts.GARBLED} {_REMEDY}") if document.is_garbled else NoRubricFound
    return recognized.marked(rubric, document)


def plans(document: Document) -> tuple[Plan, ...]:
    """The likeliest plans, best first, whether a reading by one of them stands or not; at most five."""
    reading = reading_of(document)
    return (reading.plan, *reading.others) if reading.plan.parts else reading.others


def reading_of(document: Document) -> Reading:
    """The best reading of a document, and the plans that come next."""
    if "reading" not in document.memo:
        document.memo["reading"] = _reading_of(document)
    reading: Reading = document.memo["reading"]
    return reading


def _reading_of(document: Document) -> Reading:
    regions = candidates(document)
    wholes = composition.wholes(document, regions)
    best = wholes[0]
    others = tuple(whole.plan for whole in wholes[1:] if whole.parts)[:MOST_OTHERS]
    if not best.parts:
        return Reading(Plan(), None, others, wholes, regions)
    assembled = assemble.assemble(best.plan, document)
    rubric = confidence.judged(assembled, document, wholes)
    return Reading(best.plan, rubric, others, wholes, regions)
