"""From a rubric's text or a few rules to a rubric with exactly the wanted total.

Text that this service wrote is taken back as it was; any other is read as a document is. A whole rubric keeps its
names, levels and wording: a model answers with points by the number of each criterion and can change nothing else. A
few rules need a model, whose rubric must be within bounds. In both cases `rescaling` makes the points add up. Pure,
like extraction: no database, no settings.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from rubric_jobs.errors import InvalidPoints, NeedsModel, ProviderError, RubricJobError
from rubric_jobs.llm import ask, offload, partial_answer, points_answer, prompts, routing
from rubric_jobs.llm.ask import Judge, Judged, Objection, OnReply
from rubric_jobs.llm.partial_answer import OnProgress
from rubric_jobs.llm.provider import AnswerForm, EnhanceTask, Reply
from rubric_jobs.llm.providers.registry import Providers
from rubric_jobs.llm.routing import LOCAL, Policy, Route
from rubric_jobs.pipelines import outcome
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader.plan import Plan, PlanInvalid
from rubric_jobs.reader.sandbox import Reading
from rubric_jobs.rubric import enhanced, level_order, points, rescaling
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import Criterion, Level, Rubric

FEWEST_WRITTEN = 4
MOST_WRITTEN = 8
"""How many criteria a model writes for a few rules."""
FEWEST_LEVELS = 2
MOST_LEVELS = 4


@dataclass(frozen=True, slots=True)
class EnhancementRequest:
    """`rules`: a whole rubric's text or a few rules; `instruction`: a wish; `models`: the wanted model by provider.

    Without `total_points` a whole rubric keeps its own total.
    """

    rules: str = field(repr=False)
    total_points: Decimal | None = None
    instruction: str = field(default="", repr=False)
    provider: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)


ReadText = Callable[[str], Awaitable[Reading]]


async def enhance(
    request: EnhancementRequest,
    *,
    read: ReadText,
    providers: Providers,
    policy: Policy,
    on_progress: OnProgress | None = None,
    on_reply: OnReply | None = None,
    stored_reply: Reply | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """A rubric whose criteria add up to exactly the total that was asked for.

    With `auto`, a whole rubric without a wish is never sent to a model, because arithmetic is enough. With a wish it is
    sent if there is a model; else a warning says that the wish was not followed. `read` reads a text that this service
    did not write; its plan is part of an outcome that was made by arithmetic alone. The hooks are those of extraction.
    Raises a RubricJobError: InvalidPoints for a total that the criteria cannot share, NeedsModel for a few rules
    without a model, a ProviderError.
    """
    report = on_progress or partial_answer.silent
    report(stage="reading")
    size = len(request.rules)
    whole, plan = await _whole(request.rules, read)
    total = _total(request, whole)
    route = _route(request, whole, providers, policy, stored_reply)
    if whole and route.is_local_first:
        return await offload.run(size, _local, whole, request, plan)
    points.check_target(total)
    task = EnhanceTask(request.rules, request.instruction, total, whole)
    repeats_rules = await offload.run(size, prompts.rules_guard, task)
    judge = ask.passing(lambda rubric: _check(rubric, task, repeats_rules)) if whole is None else _judge(task, whole)
    on_text = None
    if on_progress:
        so_far = None if whole is None else _so_far(whole)
        on_text = partial_answer.streaming(on_progress, is_unfit=repeats_rules, read=so_far, clock=clock)
    report(stage="asking")
    try:
        answer = await ask.ask_in_turn(
            [ask.Question(task, judge, on_text)],
            routing.targets(route, providers, request.models),
            timeout_s=policy.call_timeout_s,
            on_reply=on_reply,
            stored_reply=route.stored_reply,
        )
    except ProviderError:
        if whole is None or not route.is_local_last:
            raise
        return await offload.run(size, _local, whole, request, plan)
    report(stage="checking", criteria_found=len(answer.rubric.criteria))
    return await offload.run(size + len(answer.reply.text), _models, answer, whole, total)


def _total(request: EnhancementRequest, whole: Rubric | None) -> Decimal:
    """The total of the result; raises InvalidPoints before a provider is asked."""
    if request.total_points is not None:
        return points.check_target(request.total_points, len(whole.criteria) if whole else FEWEST_WRITTEN)
    if whole is None:
        raise InvalidPoints("Say how many points the rubric is worth: a few rules have no total of their own.")
    return rescaling.settle(whole).total_points or Decimal(0)


async def _whole(rules: str, read: ReadText) -> tuple[Rubric | None, Plan | None]:
    """The rubric that the text is, and the plan that it was read by; neither for a few rules.

    What no reader understands, or gets to the end of, is rules: a model may.
    """
    try:
        return await offload.run(len(rules), rubric_text.read, rules), None
    except rubric_text.NotWrittenError:
        pass
    if _is_one_sentence(rules):
        return None, None
    try:
        reading = await read(rules)
    except RubricJobError:
        return None, None
    if not isinstance(reading.local, Rubric):
        return None, None
    return reading.local, reading.plans[0] if reading.plans else None


def _is_one_sentence(rules: str) -> bool:
    """Whether the text has neither a second line nor a number, so that a reader need not be started for it."""
    return len(rules.strip().splitlines()) <= 1 and not any(map(str.isnumeric, rules))


def _route(
    request: EnhancementRequest, whole: Rubric | None, providers: Providers, policy: Policy, stored_reply: Reply | None
) -> Route:
    """The route of a job; NeedsModel for a few rules that no provider would be asked about."""
    is_local_enough = whole is not None and not request.instruction.strip()
    route = routing.route(
        providers, policy, forced=request.provider, is_local_enough=is_local_enough, stored_reply=stored_reply
    )
    if whole is None and not route.providers:
        without_model = "Writing a rubric from a few rules needs a language model; the local provider has none."
        raise NeedsModel(without_model if request.provider == LOCAL else None)
    return route


def _local(whole: Rubric, request: EnhancementRequest, plan: Plan | None) -> Outcome:
    rubric = enhanced.shared_out(whole, request.total_points, has_wish=bool(request.instruction.strip()))
    rubric = enhanced.finished(rubric)
    return outcome.of(rubric, enhanced.result_of(rubric), plan=plan)


def _models(answer: ask.Answer, whole: Rubric | None, total: Decimal) -> Outcome:
    form: AnswerForm = "copy" if whole is None else "plan"
    rubric = enhanced.finished(_written(answer.rubric, whole, total))
    return outcome.of(rubric, enhanced.result_of(rubric), answer=answer, answer_form=form)


def _written(answer: Rubric, whole: Rubric | None, total: Decimal) -> Rubric:
    """With a model's answer: of a whole rubric, only the points change."""
    if whole is None:
        # Its penalties are meant for the requested total, whatever its criteria add up to.
        return rescaling.rescale(answer.model_copy(update={"kind": "analytic", "total_points": total}), total)
    if any(criterion.points is None for criterion in answer.criteria):
        return enhanced.shared_out(whole, total, has_wish=False)
    merged = [_merged(old, new) for old, new in zip(whole.criteria, answer.criteria, strict=True)]
    before = points.own_total(whole)
    rubric = rescaling.rescale(whole.model_copy(update={"criteria": merged, "total_points": before}), total)
    return rubric.model_copy(update={"warnings": [*rubric.warnings, *enhanced.about_old_total(whole)]})


def _merged(old: Criterion, new: Criterion) -> Criterion:
    """The old criterion with the model's points; its levels keep their own scale if they have one."""
    levels = old.levels
    is_usable = (_falls(new.levels) or _falls(new.levels[::-1])) and level_order.agrees(new.levels)
    if all(points.top(level) is None for level in levels) and is_usable:
        levels = [
            level.model_copy(update={"points": points.top(other)})
            for level, other in zip(old.levels, new.levels, strict=True)
        ]
    return old.model_copy(update={"points": new.points, "weight": None, "levels": levels})


def _judge(task: EnhanceTask, whole: Rubric) -> Judge:
    """The judge of an answer that gives a whole rubric its points."""

    def judge(text: str) -> Judged:
        try:
            rubric = points_answer.parse(text, whole)
        except PlanInvalid as fault:
            raise Objection(_NOT_KEPT, complaint=f"Your answer does not fit the rubric: {fault}.") from None
        _hold_points(rubric, task)
        for before, after in zip(whole.criteria, rubric.criteria, strict=True):
            if after.points == 0 and before.points != 0:
                raise Objection(_NOT_KEPT, complaint=f"Leave “{before.name}” some points.")
        return Judged(rubric)

    return judge


def _so_far(whole: Rubric) -> Callable[[str], dict[str, Any] | None]:
    def shown(text: str) -> dict[str, Any] | None:
        rubric = points_answer.so_far(text, whole)
        return None if rubric is None else partial_answer.shown(rubric)

    return shown


def _check(rubric: Rubric, task: EnhanceTask, repeats_rules: Callable[[Any], bool]) -> None:
    """Raises an Objection to an unusable new rubric; wrong sums are repaired later."""
    if repeats_rules(rubric.as_json()):
        raise Objection(_UNUSABLE, complaint="Your answer repeats the rules. Write the rubric alone.")
    _hold_points(rubric, task)
    _check_new(rubric, task.total_points)


def _hold_points(rubric: Rubric, task: EnhanceTask) -> None:
    most = max(_most_points(task.rubric), task.total_points)
    for index, criterion in enumerate(rubric.criteria):
        if criterion.points is not None and not 0 <= criterion.points <= most:
            complaint = f"criteria[{index}] has {criterion.points} points; the whole has {task.total_points}."
            raise Objection("The language model gave a criterion more points than there are.", complaint=complaint)


def _most_points(whole: Rubric | None) -> Decimal:
    """The most points of a criterion in the old rubric, which an answer may have left unchanged."""
    return (
        max((criterion.points or Decimal(0) for criterion in whole.criteria), default=Decimal(0))
        if whole
        else Decimal(0)
    )


_NOT_KEPT = "The language model did not give every criterion of the rubric its points."
_UNUSABLE = "The language model's answer was not a usable rubric."


def _check_new(rubric: Rubric, total: Decimal) -> None:
    most = min(MOST_WRITTEN, int(total / points.STEPS[-1]))
    names = [_comparable(criterion.name) for criterion in rubric.criteria]
    if not FEWEST_WRITTEN <= len(names) <= most:
        complaint = f"Write {FEWEST_WRITTEN} to {most} criteria, not {len(names)}."
        raise Objection("The language model wrote too few or too many criteria.", complaint=complaint)
    if not all(names) or len(set(names)) < len(names):
        raise Objection(_UNUSABLE, complaint="Give each criterion a name of its own.")
    for criterion in rubric.criteria:
        if criterion.points == 0:
            raise Objection(_UNUSABLE, complaint=f"Give “{criterion.name}” some points.")
        if not FEWEST_LEVELS <= len(criterion.levels) <= MOST_LEVELS:
            complaint = f"Give “{criterion.name}” {FEWEST_LEVELS} to {MOST_LEVELS} levels, not {len(criterion.levels)}."
            raise Objection("The language model wrote too few or too many levels.", complaint=complaint)
        if not all(_comparable(level.name or "") for level in criterion.levels):
            raise Objection(_UNUSABLE, complaint=f"Give each level of “{criterion.name}” a name.")
        has_points = any(points.top(level) is not None for level in criterion.levels)
        if has_points and not _falls(criterion.levels) and not _falls(criterion.levels[::-1]):
            complaint = f"Let the points of the levels of “{criterion.name}” fall from the best level to the last."
            raise Objection(_UNUSABLE, complaint=complaint)
        if has_points and not level_order.agrees(criterion.levels):
            complaint = f"Give the best level of “{criterion.name}” the most points."
            raise Objection(_UNUSABLE, complaint=complaint)


def _falls(levels: list[Level]) -> bool:
    """Whether every level has points, none more than the one before it, and the last fewer than the first."""
    tops = [top for level in levels if (top := points.top(level)) is not None]
    falling = all(above >= below for above, below in pairwise(tops))
    return len(tops) == len(levels) and falling and bool(tops) and tops[0] > tops[-1]


def _comparable(name: str) -> str:
    """For comparing names: without case, white space and kinds of quotes."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.findall(r"\w+", text)) or " ".join(text.split())
