"""What both pipelines return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rubric_jobs.llm.ask import Answer
from rubric_jobs.llm.provider import AnswerForm
from rubric_jobs.llm.routing import LOCAL
from rubric_jobs.reader.plan import Plan
from rubric_jobs.rubric.model import Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`result` is the job's result as the API shows it; the other fields go into its performance figures.

    `plan` is the plan that the rubric was assembled from. For a local reading by rules it is the likeliest plan, which
    may read something else. None if no plan is known, and for an enhancement where a model gave the points.
    """

    rubric: Rubric
    result: dict[str, Any]
    provider: str = LOCAL
    model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    asked_again: bool = False
    ungrounded: int = 0
    plan: Plan | None = None
    answer_form: AnswerForm | None = None
    """How the model answered; None if no model was asked."""


def of(
    rubric: Rubric,
    result: dict[str, Any],
    *,
    answer: Answer | None = None,
    ungrounded: int = 0,
    plan: Plan | None = None,
    answer_form: AnswerForm | None = None,
) -> Outcome:
    """The outcome with the figures of the model's answer, or without any if the rubric was made locally."""
    if answer is None:
        return Outcome(rubric=rubric, result=result, plan=plan)
    return Outcome(
        rubric=rubric,
        result=result,
        provider=answer.reply.provider,
        model=answer.reply.model or None,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        asked_again=answer.asked_again,
        ungrounded=ungrounded,
        plan=plan,
        answer_form=answer_form or ("copy" if plan is None else "plan"),
    )
