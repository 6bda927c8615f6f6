"""Ask a provider and judge its answer.

A reply is accepted if the question's judge can make a rubric of it. Otherwise the model is asked once more, with a
complaint. After a second bad answer comes the next question, if there is one, or an AnswerInvalid. Extraction and
enhancement share this.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from rubric_jobs.errors import AnswerInvalid, AnswerRefused, AnswerTruncated, ProviderError, ProviderTimeout
from rubric_jobs.llm import offload
from rubric_jobs.llm.provider import Provider, Reply, Task, form_of
from rubric_jobs.reader.plan import Plan
from rubric_jobs.rubric import points
from rubric_jobs.rubric.model import NOT_ASKED, Criterion, Level, Rubric, items

TIMEOUT_GRACE_S = 60.0
"""Extra time for a provider that misses its time-out. A guarded provider reads and writes rows around its call; an
answer must not be lost because a database fails over meanwhile."""
MAX_REPLY_CHARACTERS = 2_000_000
MAX_CRITERIA = 200
MAX_LEVELS = 20
MAX_ADJUSTMENTS = 100
MAX_NAME_CHARACTERS = 1_000
MAX_DESCRIPTION_CHARACTERS = 20_000
MAX_SUM = 1_000_000
"""The largest total of the criteria's points."""
ANSWERED = (AnswerInvalid, AnswerRefused, AnswerTruncated)
"""Failures after an answer: asking again costs again."""

OnText = Callable[[str], None]
OnReply = Callable[[Reply], Awaitable[None] | None]
Check = Callable[[Rubric], None]
Judge = Callable[[str], "Judged"]


class Objection(AnswerInvalid):
    """Why an answer is refused: a sentence for the user, and a complaint for the model that may quote the document."""

    def __init__(self, sentence: str, *, complaint: str) -> None:
        super().__init__(sentence)
        self.complaint = complaint


class AskOtherwise(AnswerInvalid):
    """The language model cannot answer in this form."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a reply says; `plan` is set if it pointed at the rubric instead of copying it."""

    rubric: Rubric
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A task in one form. `judge` makes a rubric of a reply's text or raises AnswerInvalid, best an Objection.

    `has_time` tells whether it may still be asked, `fits` whether a stored reply may be the answer to it.
    """

    task: Task
    judge: Judge
    on_text: OnText | None = None
    has_time: Callable[[], bool] = lambda: True
    fits: Callable[[Reply], bool] = lambda _reply: True


@dataclass(frozen=True, slots=True)
class Target:
    """A provider and the model to use."""

    provider: Provider
    model: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`reply` is the accepted one; the tokens are the sum over all replies, a stored one included."""

    rubric: Rubric
    reply: Reply
    asked_again: bool
    prompt_tokens: int
    completion_tokens: int
    plan: Plan | None = None


def passing(check: Check) -> Judge:
    """The judge of a reply that is a rubric itself: within bounds, and passing `check`, which raises AnswerInvalid."""

    def judge(text: str) -> Judged:
        rubric = parse(text)
        check(rubric)
        return Judged(rubric)

    return judge


async def ask(
    question: Question,
    *,
    target: Target,
    timeout_s: float,
    on_reply: OnReply | None = None,
    stored_reply: Reply | None = None,
) -> Answer:
    """The provider's answer to one question.

    `timeout_s` bounds each of at most two calls, streaming included. `on_reply` (plain or async) gets every reply
    before it is parsed, so that it can be stored even if no answer is accepted; a reply that was cut off, refused or
    empty has no text. `stored_reply` replaces the first call. Raises a ProviderError.
    """
    return await _ask(question, target, timeout_s, on_reply, stored_reply, [])


async def ask_in_turn(
    questions: Sequence[Question],
    targets: Sequence[Target],
    *,
    timeout_s: float,
    on_reply: OnReply | None = None,
    stored_reply: Reply | None = None,
) -> Answer:
    """The answer of the first target that does not fail with a ProviderError; see `ask`.

    A target whose answers to one question are unusable is asked the next one, if there is time.

    If all fail, the first transient failure is raised (waiting may help), else the first failure. An unusable answer of
    any target counts as an attempt. Otherwise such jobs would be retried, and paid for, without limit.
    """
    failures: list[ProviderError] = []
    for target in targets:
        try:
            return await _ask_each(questions, target, timeout_s, on_reply, None if failures else stored_reply)
        except ProviderError as failure:
            failure.llm_provider, failure.llm_model = target.provider.name, target.model
            failures.append(failure)
    if not failures:
        raise ValueError("nobody to ask")
    raised = next((failure for failure in failures if failure.transient), failures[0])
    raised.charged = raised.charged or any(isinstance(failure, ANSWERED) for failure in failures)
    raise raised


def parse(text: str) -> Rubric:
    """The rubric in a reply's text, within bounds and tidied; raises AnswerInvalid.

    Fields that no model is asked for (sources, grounding, confidence, totals, warnings) are dropped, or a model could
    vouch for itself.
    """
    _hold_length(text)
    try:
        told = from_json(_without_fence(text), allow_inf_nan=False)
        _hold_counts(told)
        rubric = Rubric.model_validate(_tidied(told))
    except ValidationError as fault:
        raise _not_a_rubric(_first_faults(fault)) from None
    except ValueError as fault:
        raise _not_a_rubric(f"{fault}.") from None
    _hold_bounds(rubric)
    return rubric


def _hold_length(text: str) -> None:
    if len(text) > MAX_REPLY_CHARACTERS:
        raise Objection("The language model's answer was far too long.", complaint="Your answer was far too long.")


async def _ask_each(
    questions: Sequence[Question], target: Target, timeout_s: float, on_reply: OnReply | None, stored: Reply | None
) -> Answer:
    replies: list[Reply] = []
    first = next((at for at, one in enumerate(questions) if stored is None or one.fits(stored)), len(questions) - 1)
    for question, following in zip(questions[first:], [*questions[first + 1 :], None], strict=True):
        try:
            return await _ask(question, target, timeout_s, on_reply, None if replies else stored, replies)
        except (AnswerInvalid, AnswerTruncated):
            if following is None or not following.has_time():
                raise
    raise AssertionError("the last question is answered or fails")


async def _ask(
    question: Question,
    target: Target,
    timeout_s: float,
    on_reply: OnReply | None,
    stored: Reply | None,
    replies: list[Reply],
) -> Answer:
    """As `ask`; adds to `replies`, which may hold those to an earlier question."""
    task = question.task
    for is_last in (False, True):
        reply, stored = stored, None
        if reply is None:
            reply = await _paid_call(task, target, timeout_s, question.on_text, on_reply, replies)
        replies.append(reply)
        size = task.size + len(reply.text)  # even a short reply is searched for in the whole document
        try:
            judged = await offload.run(size, question.judge, reply.text)
        except AnswerInvalid as objection:
            if is_last or isinstance(objection, AskOtherwise):
                raise
            task = replace(task, complaint=getattr(objection, "complaint", str(objection)))
        else:
            return _answer(judged, replies)
    raise AssertionError("the second answer is accepted or refused")


async def _paid_call(
    task: Task,
    asked: Target,
    timeout_s: float,
    on_text: OnText | None,
    on_reply: OnReply | None,
    replies: list[Reply],
) -> Reply:
    try:
        reply = await _call(task, asked.provider, asked.model, timeout_s, on_text)
    except ProviderError as fault:
        if fault.prompt_tokens or fault.completion_tokens:
            spent = fault.prompt_tokens, fault.completion_tokens
            unusable = Reply("", asked.model, *spent, asked.provider.name, form_of(task))
            await _hand_over(unusable, on_reply)
            replies.append(unusable)
        raise
    await _hand_over(reply, on_reply)
    return reply


async def _call(task: Task, provider: Provider, model: str, timeout_s: float, on_text: OnText | None) -> Reply:
    # A provider bounds the call itself, with a better sentence. This catches one that does not: a slow stream never
    # reaches an SDK's own time-out.
    try:
        async with asyncio.timeout(timeout_s + TIMEOUT_GRACE_S):
            heard = on_text and partial(_heard, on_text)
            reply = await provider.answer(task, model=model, timeout_s=timeout_s, on_text=heard)
    except TimeoutError:
        raise ProviderTimeout from None
    return replace(reply, provider=provider.name, form=form_of(task))


def _heard(on_text: OnText, text: str) -> None:
    _hold_length(text)  # an endless answer would fill the memory
    on_text(text)


async def _hand_over(reply: Reply, on_reply: OnReply | None) -> None:
    if on_reply is not None:
        pending = on_reply(reply)
        if inspect.isawaitable(pending):
            await pending


def _answer(judged: Judged, replies: list[Reply]) -> Answer:
    return Answer(
        rubric=judged.rubric,
        plan=judged.plan,
        reply=replies[-1],
        asked_again=len(replies) > 1,
        prompt_tokens=sum(reply.prompt_tokens for reply in replies),
        completion_tokens=sum(reply.completion_tokens for reply in replies),
    )


def _without_fence(text: str) -> str:
    opening, line_break, body = text.strip().partition("\n")
    language = opening.removeprefix("```").strip()
    is_fenced = opening.startswith("```") and (language.isalpha() or not language) and body.endswith("```")
    return body.removesuffix("```") if line_break and is_fenced else text


def _not_a_rubric(faults: str) -> Objection:
    return Objection(
        "The language model's answer was not a usable rubric.",
        complaint=f"Your answer was not a rubric in the required JSON shape: {faults}",
    )


def _first_faults(fault: ValidationError) -> str:
    faults = fault.errors(include_url=False, include_context=False, include_input=False)[:3]
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'the answer'}: {each['msg']}" for each in faults) + "."


def _hold_counts(told: Any) -> None:
    """Before validation: listing a million small faults would block the process for seconds."""
    criteria = items(told, "criteria")
    _hold(len(criteria), MAX_CRITERIA, "criteria")
    levels = (len(items(criterion, "levels")) for criterion in criteria)
    _hold(max(levels, default=0), MAX_LEVELS, "levels in a criterion")
    _hold(len(items(told, "adjustments")), MAX_ADJUSTMENTS, "adjustments")


def _hold_bounds(rubric: Rubric) -> None:
    levels = [level for criterion in rubric.criteria for level in criterion.levels]
    names = [
        rubric.title,
        *(name for c in rubric.criteria for name in (c.name, c.section)),
        *(lv.name for lv in levels),
    ]
    texts = [*(c.description for c in rubric.criteria), *(lv.description for lv in levels)]
    texts += [adjustment.reason for adjustment in rubric.adjustments]
    _hold(_longest(names), MAX_NAME_CHARACTERS, "characters in a name")
    _hold(_longest(texts), MAX_DESCRIPTION_CHARACTERS, "characters in a description")
    _hold(math.ceil(abs(points.summed(rubric) or Decimal(0))), MAX_SUM, "points altogether")


def _longest(texts: Iterable[str | None]) -> int:
    return max((len(text or "") for text in texts), default=0)


def _hold(count: int, most: int, what: str) -> None:
    if count > most:
        raise Objection(
            f"The language model's answer was no usable rubric: it has more than {most} {what}.",
            complaint=f"Your answer has {count} {what}; {most} is the most.",
        )


_UNASKED = frozenset(
    name
    for part in (Rubric, Criterion, Level)
    for name, field in part.model_fields.items()
    if field.json_schema_extra == NOT_ASKED
)
_ONE_LINE = frozenset({"name", "title", "section", "reason"})
# PostgreSQL's jsonb refuses NUL; the others are not printable.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _tidied(value: Any, key: str = "", *, inside: str = "") -> Any:
    """JSON values with white space folded in names, control characters out, and points to four decimals."""
    if isinstance(value, dict):
        return {name: _tidied(item, name, inside=key) for name, item in value.items() if name not in _UNASKED}
    if isinstance(value, list):
        return [_tidied(item, key) for item in value]
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, str):
        text = _UNPRINTABLE.sub("", value)
        text = " ".join(text.split()) if key in _ONE_LINE else text.strip()
        return text or ("" if (inside, key) in _NEVER_NULL else None)
    return value


_NEVER_NULL = {("criteria", "name"), ("adjustments", "reason")}
