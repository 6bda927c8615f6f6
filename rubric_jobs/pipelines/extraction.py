"""Document in, rubric out, by the local reader where it is certain, else by a language model that is not believed.

Pure: no database, no settings; the caller hands in the reader, the providers and the clock. Nothing is made up here:
whatever fails is an error of `errors.py`, and an answer without criteria is NoRubricFound.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from rubric_jobs import documents, errors
from rubric_jobs.llm import ask, grounding, partial_answer, prompts, routing
from rubric_jobs.llm.ask import Objection, OnReply
from rubric_jobs.llm.offload import aside, size_of
from rubric_jobs.llm.partial_answer import Report
from rubric_jobs.llm.provider import ExtractTask, Reply
from rubric_jobs.llm.providers.registry import Providers
from rubric_jobs.llm.routing import LOCAL, Policy
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader import CERTAIN
from rubric_jobs.reader.sandbox import Reading
from rubric_jobs.rubric import points, review
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import Rubric, Warning, as_json_number


@dataclass(frozen=True, slots=True)
class ExtractionRequest:
    """`provider` is forced by the caller, `models` are wished for by provider, `total_points` is what is expected."""

    data: bytes = field(repr=False)
    file_type: str
    instruction: str = field(default="", repr=False)
    total_points: Decimal | None = None
    provider: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)


Read = Callable[[bytes, str], Awaitable[Reading]]


async def extract(
    request: ExtractionRequest,
    *,
    read: Read,
    providers: Providers,
    policy: Policy,
    report: Report | None = None,
    on_reply: OnReply | None = None,
    stored_reply: Reply | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """The rubric of a document.

    `report` gets the stages `reading`, `asking`, `writing` (with the partial rubric, at most twice a second) and
    `checking`; without it the model's answer is not streamed. `on_reply` stores a vendor's reply before it is parsed,
    `stored_reply` goes on from one. Raises a RubricJobError.
    """
    tell = report or partial_answer.silent
    tell(stage="reading")
    reading = await read(request.data, request.file_type)
    is_certain = isinstance(reading.local, Rubric) and (reading.local.confidence or 0) >= CERTAIN
    # Only a model can follow an instruction.
    suffices = is_certain and not request.instruction.strip()
    names = routing.names(providers, policy, forced=request.provider, local_suffices=suffices)
    if names[0] == LOCAL and stored_reply is None and (len(names) == 1 or isinstance(reading.local, Rubric)):
        return await _locals(_local_rubric(reading), request, _Usage(LOCAL))
    task = _task(request, reading)
    repeats_rules = await aside(task.size, prompts.rules_guard, task)
    tell(stage="asking")
    answer = await ask.ask_in_turn(
        task,
        routing.candidates(_after_local(names), providers, request.models, stored_reply),
        timeout_s=policy.call_timeout_s,
        check=_check(task, repeats_rules),
        on_text=partial_answer.streaming(report, is_unfit=repeats_rules, clock=clock) if report else None,
        on_reply=_of_vendors(on_reply) if on_reply is not None else None,
        stored_reply=stored_reply,
    )
    tell(stage="checking", criteria_found=len(answer.rubric.criteria))
    provider, model = answer.reply.provider or LOCAL, answer.reply.model or None
    usage = _Usage(provider, model, answer.prompt_tokens, answer.completion_tokens, answer.asked_again)
    if provider == LOCAL:
        return await _locals(answer.rubric, request, usage)
    # A long document and a long answer take a while to compare; the other jobs of this loop go on.
    return await asyncio.to_thread(_compared, answer.rubric, reading, request, usage)


@dataclass(frozen=True, slots=True)
class _Usage:
    provider: str
    model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    asked_again: bool = False
    ungrounded: int = 0


def _after_local(names: list[str]) -> list[str]:
    """Where the local reader was to go first and found nothing, the others are asked."""
    return names[1:] if names[0] == LOCAL and len(names) > 1 else names


def _local_rubric(reading: Reading) -> Rubric:
    if isinstance(reading.local, errors.RubricJobError):
        raise reading.local
    return reading.local


def _task(request: ExtractionRequest, reading: Reading) -> ExtractTask:
    task = ExtractTask(
        document=reading.document,
        local=reading.local,
        data=request.data,
        file_type=documents.sniff(request.data),
        instruction=request.instruction,
    )
    # A model that is shown nothing would have to make something up.
    if not prompts.has_material(task):
        raise reading.local if isinstance(reading.local, errors.RubricJobError) else errors.ScannedDocument()
    return task


def _check(task: ExtractTask, repeats_rules: Callable[[Any], bool]) -> Callable[[Rubric], None]:
    is_readable = bool(task.document.blocks) and not task.document.scanned_pages

    def check(rubric: Rubric) -> None:
        if not rubric.criteria:
            raise errors.NoRubricFound
        if any(not criterion.name for criterion in rubric.criteria):
            raise Objection(_UNUSABLE, complaint="A criterion of your answer has an empty name.")
        if repeats_rules(rubric.as_json()):
            raise Objection(_UNUSABLE, complaint="Your answer repeats the rules. Copy the document's rubric alone.")
        if is_readable and grounding.holds_nothing_of(rubric, task.document):
            raise Objection(
                "The language model answered with a rubric that the document does not hold.",
                complaint="Nothing of your answer stands in the document. Copy the rubric as printed, or no criteria.",
            )

    return check


_UNUSABLE = "The language model's answer was not a rubric that could be used."


def _of_vendors(on_reply: OnReply) -> OnReply:
    """What the local reader says costs nothing and need not be stored."""
    return lambda reply: None if reply.provider == LOCAL else on_reply(reply)


async def _locals(rubric: Rubric, request: ExtractionRequest, usage: _Usage) -> Outcome:
    if request.instruction.strip():
        rubric = rubric.model_copy(update={"warnings": [*rubric.warnings, _NOT_HEEDED]})
    return await aside(size_of(rubric.texts()), _finished, rubric, request, usage)


def _compared(rubric: Rubric, reading: Reading, request: ExtractionRequest, usage: _Usage) -> Outcome:
    checked = _checked(rubric, reading)
    return _finished(checked.rubric, request, replace(usage, ungrounded=checked.ungrounded))


def _checked(rubric: Rubric, reading: Reading) -> grounding.Grounded:
    local = reading.local if isinstance(reading.local, Rubric) else None
    stated = rubric.total_points
    total = _summed(rubric)
    doubts = [_NOT_CHECKED] if reading.document.scanned_pages else []
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
    message="Pages of the document are pictures; what the model read from them could not be checked.",
)


_NOT_HEEDED = Warning(
    code="wish_not_heeded",
    message="The instruction was not followed: only a language model can do that, and none was asked.",
)


def _summed(rubric: Rubric) -> Decimal | None:
    """The criteria's sum; None where several rubrics stand side by side, told by the same names in several sections."""
    names = [criterion.name for criterion in rubric.criteria]
    sections = {criterion.section for criterion in rubric.criteria}
    return None if len(sections) > 1 and len(set(names)) < len(names) else points.totals(rubric).computed


def _finished(rubric: Rubric, request: ExtractionRequest, usage: _Usage) -> Outcome:
    totals = points.totals(rubric, requested=request.total_points)
    finished = review.reviewed(rubric.model_copy(update={"totals": totals}))
    finished = finished.model_copy(update={"warnings": [*finished.warnings, *_about_total(finished)]})
    return Outcome(
        rubric=finished,
        result=result_of(finished),
        provider=usage.provider,
        model=usage.model,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        ungrounded=usage.ungrounded,
        asked_again=usage.asked_again,
    )


def _about_total(rubric: Rubric) -> list[Warning]:
    requested, found = rubric.totals.requested, rubric.total_points
    if requested is None or requested == found:
        return []
    own = "the rubric states no total" if found is None else f"the rubric is worth {points.as_text(found)} points"
    message = f"{points.as_text(requested)} points were asked for, but {own}; nothing was rescaled."
    return [Warning(code="total_not_as_requested", message=message, path="total_points")]


def result_of(rubric: Rubric) -> dict[str, Any]:
    """The result of a completed extraction as CONTRACT fixes it."""
    warnings = list(dict.fromkeys(warning.message for warning in rubric.warnings))
    return {
        "success": True,
        "rubricText": rubric_text.write(rubric),
        "totalPoints": None if rubric.total_points is None else as_json_number(rubric.total_points),
        "warning": " ".join(warnings[:MOST_WARNINGS_SAID]) or None,
        "rubric": rubric.as_json(),
        "raw": rubric_text.as_old_shape(rubric),
    }


MOST_WARNINGS_SAID = 3
"""In the one sentence that the old front end shows; all of them are in the rubric."""
