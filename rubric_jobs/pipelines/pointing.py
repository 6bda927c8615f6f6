"""Answers that point at a document's rubric: when to ask for one, when to accept it, and the rubric it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rubric_jobs import errors
from rubric_jobs.documents import Document, Table
from rubric_jobs.llm import partial_answer, plan_answer
from rubric_jobs.llm.ask import AskOtherwise, Judge, Judged, Objection
from rubric_jobs.llm.provider import ExtractTask
from rubric_jobs.pipelines import two_readers
from rubric_jobs.reader import confidence, recognized
from rubric_jobs.reader.assemble import Assembled, assemble
from rubric_jobs.reader.doubts import doubts_of, warnings_of
from rubric_jobs.reader.plan import Plan, PlanInvalid
from rubric_jobs.reader.sandbox import Reading
from rubric_jobs.reader.weights import fitted
from rubric_jobs.rubric.model import Rubric, UnreadText, Warning

LEAST_READ = 0.6
"""The share of a table's letters that a plan must read. Of 109 right plans for documents of the fit the least read
0.78 of a table; three read less than USUALLY_READ."""
USUALLY_READ = 0.9
_UNUSABLE = "The language model's answer did not fit the document."
_PROSE = "The language model could not point at the rubric in this document."


def is_possible(document: Document, plans: tuple[Plan, ...]) -> bool:
    """Whether the text is reliable and has something to point at: a table, or lines that a plan reads."""
    return document.is_legible and bool(document.blocks) and bool(plans or document.tables)


def judge(task: ExtractTask) -> Judge:
    """The judge of an answer that points. "No rubric here" is NoRubricFound."""

    def judged(text: str) -> Judged:
        try:
            told = plan_answer.parse(text, task.document, task.choices)
            if told.plan is not None:
                return Judged(believed(told.plan, task.document).rubric, told.plan)
        except PlanInvalid as fault:
            raise Objection(_UNUSABLE, complaint=f"Your answer does not fit the document: {fault}.") from None
        raise errors.NoRubricFound if told.verdict == plan_answer.NONE else AskOtherwise(_PROSE)

    return judged


def believed(plan: Plan, document: Document) -> Assembled:
    """The rubric that a plan reads. Raises PlanInvalid if it reads none or leaves out most of a table."""
    assembled = assemble(plan, document)
    criteria = assembled.rubric.criteria
    if not criteria:
        raise PlanInvalid("it makes no criterion")
    if not any(criterion.name for criterion in criteria):
        raise PlanInvalid("no criterion has a name")
    for block, share in shares_read(plan, assembled, document).items():
        if share < LEAST_READ:
            raise PlanInvalid(f"it leaves out {1 - share:.0%} of table {block}; leave out nothing of the rubric")
    return assembled


def shares_read(plan: Plan, assembled: Assembled, document: Document) -> dict[int, float]:
    """For each table of the plan, the share of its letters that some value was made of."""
    shares = {}
    for block in dict.fromkeys(block for part in plan.parts for block in part.blocks):
        table = document.blocks[block]
        if isinstance(table, Table):
            sizes = {(block, cell.row, cell.column): len(cell.text.strip()) for cell in table.cells}
            total = sum(sizes.values())
            shares[block] = sum(sizes[ref] for ref in sizes if ref in assembled.used) / total if total else 1.0
    return shares


def so_far(task: ExtractTask) -> Callable[[str], dict[str, Any] | None]:
    """What an unfinished answer reads already, for display."""

    def shown(text: str) -> dict[str, Any] | None:
        plan = plan_answer.so_far(text, task.document, task.choices)
        try:
            rubric = None if plan is None else assemble(plan, task.document).rubric
        except PlanInvalid:
            return None
        return partial_answer.shown(rubric) if rubric is not None and rubric.criteria else None

    return shown


def rubric_of(plan: Plan, reading: Reading) -> Rubric:
    """The rubric of an accepted plan, with its doubts and what the local reader reads instead."""
    document = reading.document
    assembled = assemble(plan, document)
    rubric = assembled.rubric
    local = reading.local if isinstance(reading.local, Rubric) else None
    differences = two_readers.differences(rubric, local) if local else []
    doubts = [*differences, *doubts_of(rubric, document, [])]
    sure = None if local is None or local.confidence is None else _confidence(local.confidence, agrees=not differences)
    read = rubric.model_copy(
        update={
            "grounded": True,
            "confidence": sure,
            "criteria": [_grounded(criterion) for criterion in rubric.criteria],
            "certain": local is not None and local.certain is True and not differences,
            "warnings": [*warnings_of(rubric, document), *_marks(plan, assembled, reading)],
            "unread": [
                UnreadText(text=text.text[: confidence.LONGEST_UNREAD], source=text.source, why=text.why)
                for text in assembled.unread[: confidence.MOST_UNREAD]
            ],
            "doubts": doubts[: two_readers.MOST],
        }
    )
    return recognized.marked(read, document)


def _confidence(local: float, *, agrees: bool) -> float:
    """Disagreement lowers the local reader's confidence.

    Agreement leaves it as it is, until the weights' file says how often both readers agreed and were right, such as
    {"agreement": {"agreed": 90, "right": 88}}: `evaluate_reading` measures that with a real model.
    """
    if not agrees:
        return round(local * confidence.LESS, 3)
    measured: dict[str, int] = fitted().get("agreement", {})
    # As if one more had agreed and been wrong, because a small sample proves little.
    return max(local, round(measured.get("right", 0) / (measured.get("agreed", 0) + 1), 3))


def _grounded(criterion: Any) -> Any:
    levels = [level.model_copy(update={"grounded": True}) for level in criterion.levels]
    return criterion.model_copy(update={"grounded": True, "levels": levels})


def _marks(plan: Plan, assembled: Assembled, reading: Reading) -> list[Warning]:
    """Warnings about the whole reading: text left out, or a reading that is none of the local reader's."""
    found = []
    shares = shares_read(plan, assembled, reading.document)
    if shares and min(shares.values()) < USUALLY_READ:
        message = f"{1 - min(shares.values()):.0%} of the text of a table of the rubric was not used."
        found.append(Warning(code="left_unread", message=message))
    if not any(two_readers.is_same(assembled.rubric, other) for other in _readings(reading)):
        message = "The language model read the rubric in a way of its own; please compare it with the document."
        found.append(Warning(code="readers_disagree", message=message))
    return found


def _readings(reading: Reading) -> list[Rubric]:
    """The local reader's readings: the one it chose, and those of its likeliest plans."""
    found = [reading.local] if isinstance(reading.local, Rubric) else []
    for plan in reading.plans:
        try:
            found.append(assemble(plan, reading.document).rubric)
        except PlanInvalid:
            continue
    return found
