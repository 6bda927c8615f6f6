"""From a document to its rubric: by the local reader if it is certain, else by a language model.

The model points at the rubric's places, and the rubric is assembled from the document's own cells (`pointing`). If it
cannot point, it copies the rubric, and the copy is checked against the document.

Pure: no database, no settings; the caller passes the reader, the providers and the clock. Every failure is an error of
`errors.py`; an answer without criteria is NoRubricFound.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from rubric_jobs import documents, errors
from rubric_jobs.llm import ask, grounding, offload, partial_answer, plan_answer, prompts, routing
from rubric_jobs.llm.ask import Objection, OnReply, Question
from rubric_jobs.llm.offload import size_of
from rubric_jobs.llm.partial_answer import OnProgress
from rubric_jobs.llm.provider import ExtractTask, Reply
from rubric_jobs.llm.providers.registry import Providers
from rubric_jobs.llm.routing import Policy
from rubric_jobs.pipelines import outcome, pointing
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader import recognized
from rubric_jobs.reader.plan import Plan
from rubric_jobs.reader.sandbox import Reading
from rubric_jobs.rubric import extracted, points
from rubric_jobs.rubric.model import Rubric, Warning


@dataclass(frozen=True, slots=True)
class ExtractionRequest:
    """`provider` is forced by the caller, `models` are wanted by provider, `total_points` is the expected total."""

    data: bytes = field(repr=False)
    file_type: str
    instruction: str = field(default="", repr=False)
    total_points: Decimal | None = None
    provider: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)


ReadDocument = Callable[[bytes, str], Awaitable[Reading]]


async def extract(
    request: ExtractionRequest,
    *,
    read: ReadDocument,
    providers: Providers,
    policy: Policy,
    on_progress: OnProgress | None = None,
    on_reply: OnReply | None = None,
    stored_reply: Reply | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """The rubric of a document: read it, ask a model unless the local reading is used, ground the answer, finish.

    `on_progress` gets the stages `reading`, `asking`, `writing` (with the partial rubric, at most twice a second) and
    `checking`; without it the model's answer is not streamed. `on_reply` stores a provider's reply before it is parsed,
    `stored_reply` continues from one. Raises a RubricJobError.
    """
    began = time.monotonic()
    report = on_progress or partial_answer.silent
    report(stage="reading")
    reading = await read(request.data, request.file_type)
    # Only a model can follow an instruction.
    is_enough = _is_certain(reading) and not request.instruction.strip()
    route = routing.route(
        providers, policy, forced=request.provider, is_local_enough=is_enough, stored_reply=stored_reply
    )
    if route.is_local_first and (isinstance(reading.local, Rubric) or not route.providers):
        return await _of_reading(reading, request)
    task = _task(request, reading)
    points = await _pointing(task, reading, policy, on_progress, clock)
    copies = await _copying(task, policy, on_progress, clock, began=began)
    report(stage="asking")
    try:
        answer = await ask.ask_in_turn(
            points if points and policy.answer_form == "plan" else [*points, copies],
            routing.targets(route, providers, request.models),
            timeout_s=policy.call_timeout_s,
            on_reply=on_reply,
            stored_reply=route.stored_reply,
        )
    except errors.ProviderError:
        if not route.is_local_last:
            raise
        return await _of_reading(reading, request)
    report(stage="checking", criteria_found=len(answer.rubric.criteria))
    # Grounding a long answer takes a while; a thread keeps the loop's other jobs going.
    return await asyncio.to_thread(_of_answer, answer, reading, request)


TIME_FOR_A_COPY_S = 35.0
"""Time that a copy needs: some 1,500 tokens at 50 per second, and the wait for the first one."""


async def _pointing(
    task: ExtractTask, reading: Reading, policy: Policy, on_progress: OnProgress | None, clock: Callable[[], float]
) -> list[Question]:
    """The question for a plan; None if a model can only copy."""
    if policy.answer_form == "copy" or not pointing.is_possible(task.document, reading.plans):
        return []
    offered = await offload.run(task.size, plan_answer.choices, reading.plans, task.document)
    pointed = replace(task, form="plan", choices=offered)
    on_text = None
    if on_progress:
        # The model's own words are never shown in this form: all texts come from the document.
        read = pointing.so_far(pointed)
        on_text = partial_answer.streaming(on_progress, is_unfit=lambda _: False, read=read, clock=clock)
    judge = pointing.judge(pointed)
    return [Question(pointed, judge, on_text, fits=lambda reply: plan_answer.is_plan(reply.text))]


async def _copying(
    task: ExtractTask, policy: Policy, on_progress: OnProgress | None, clock: Callable[[], float], *, began: float
) -> Question:
    repeats_rules = await offload.run(task.size, prompts.rules_guard, task)
    on_text = partial_answer.streaming(on_progress, is_unfit=repeats_rules, clock=clock) if on_progress else None
    judge = ask.passing(_check(task, repeats_rules))

    def has_time() -> bool:
        return policy.seconds_left - (time.monotonic() - began) >= TIME_FOR_A_COPY_S

    return Question(task, judge, on_text, has_time)


def _is_certain(reading: Reading) -> bool:
    return isinstance(reading.local, Rubric) and reading.local.certain is True


async def _of_reading(reading: Reading, request: ExtractionRequest) -> Outcome:
    """The outcome of the local reading, or the error that it ended with."""
    if isinstance(reading.local, errors.RubricJobError):
        raise reading.local
    rubric = reading.local
    if request.instruction.strip():
        rubric = rubric.model_copy(update={"warnings": [*rubric.warnings, _NOT_HEEDED]})
    plan = reading.plans[0] if reading.plans else None
    return await offload.run(size_of(rubric.texts()), _finished, rubric, request, plan=plan)


def _of_answer(answer: ask.Answer, reading: Reading, request: ExtractionRequest) -> Outcome:
    """The outcome of a model's answer: assembled from the document, or copied and grounded in it."""
    if answer.plan is not None:
        rubric = recognized.marked(pointing.rubric_of(answer.plan, reading), reading.document)
        return _finished(rubric, request, answer=answer, plan=answer.plan)
    grounded = _ground(answer.rubric, reading)
    rubric = recognized.marked(grounded.rubric, reading.document)
    return _finished(rubric, request, answer=answer, ungrounded=grounded.ungrounded)


def _task(request: ExtractionRequest, reading: Reading) -> ExtractTask:
    task = ExtractTask(
        document=reading.document,
        local=reading.local,
        # If the document also has text, send only the pages without it, because each page costs tokens.
        data=reading.unread or request.data,
        file_type=documents.sniff(request.data),
        instruction=request.instruction,
    )
    # Without any material, a model would invent a rubric.
    if not prompts.has_material(task):
        raise reading.local if isinstance(reading.local, errors.RubricJobError) else errors.ScannedDocument()
    return task


def _check(task: ExtractTask, repeats_rules: Callable[[Any], bool]) -> Callable[[Rubric], None]:
    is_readable = bool(task.document.blocks) and task.document.is_legible

    def check(rubric: Rubric) -> None:
        if not rubric.criteria:
            raise errors.NoRubricFound
        if any(not criterion.name for criterion in rubric.criteria):
            raise Objection(_UNUSABLE, complaint="A criterion of your answer has an empty name.")
        if repeats_rules(rubric.as_json()):
            raise Objection(_UNUSABLE, complaint="Your answer repeats the rules. Copy the document's rubric alone.")
        if is_readable and grounding.holds_nothing_of(rubric, task.document):
            raise Objection(
                "The language model answered with a rubric that is not in the document.",
                complaint="Nothing of your answer is in the document. Copy the rubric as printed, or no criteria.",
            )

    return check


_UNUSABLE = "The language model's answer was not a usable rubric."


def _ground(rubric: Rubric, reading: Reading) -> grounding.Grounded:
    local = reading.local if isinstance(reading.local, Rubric) else None
    stated = rubric.total_points
    total = _summed(rubric)
    doubts = [] if reading.document.is_legible else [_NOT_CHECKED]
    if stated is not None and stated != total and not grounding.can_hold_number(reading.document, stated):
        message = f"The document does not print the total of {points.as_text(stated)} points; it was left out."
        doubts.append(Warning(code="ungrounded_total", message=message, path="total_points"))
        stated = None
    changed = {
        "total_points": stated if stated is not None else total,
        "totals": rubric.totals.model_copy(update={"stated": stated}),
        "warnings": doubts,
    }
    return grounding.ground(rubric.model_copy(update=changed), reading.document, local)


_NOT_CHECKED = Warning(
    code="not_checked",
    message="Pages of the document hold no text that can be read; what the model read from them could not be checked.",
)


_NOT_HEEDED = Warning(
    code="wish_not_heeded",
    message="The instruction was not followed: only a language model can do that, and none was asked.",
)


def _summed(rubric: Rubric) -> Decimal | None:
    """The criteria's sum; None for several rubrics, which have the same names in several sections."""
    names = [criterion.name for criterion in rubric.criteria]
    sections = {criterion.section for criterion in rubric.criteria}
    return None if len(sections) > 1 and len(set(names)) < len(names) else points.totals(rubric).computed


def _finished(
    rubric: Rubric,
    request: ExtractionRequest,
    *,
    answer: ask.Answer | None = None,
    ungrounded: int = 0,
    plan: Plan | None = None,
) -> Outcome:
    finished = extracted.finished(rubric, requested=request.total_points)
    return outcome.of(finished, extracted.result_of(finished), answer=answer, ungrounded=ungrounded, plan=plan)
