"""Corrections by a person: their plan and the document → the rubric that replaces the job's. Pure."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from rubric_jobs.documents.model import Document
from rubric_jobs.reader import agreement, assemble, confidence, doubts, recognized
from rubric_jobs.reader.plan import Plan, PlanInvalid
from rubric_jobs.rubric.model import Adjustment, Rubric

MOST_PARTS = 100
MOST_READ = 500
"""Most rows, columns and lines of a plan. Assembly compares criteria pairwise while the caller waits."""
_NUMBER = re.compile(r"\d+")


def plan_of(value: Any, document: Document) -> Plan:
    """The plan of a request. Raises PlanInvalid if it is invalid or names blocks that the document lacks."""
    parts = value.get("parts") if isinstance(value, dict) else None
    if isinstance(parts, list):
        if len(parts) > MOST_PARTS:
            raise PlanInvalid(f"a plan has at most {MOST_PARTS} parts")
        # Check before unpacking: a few characters may stand for a hundred thousand blocks.
        for part in parts:
            told = str(part.get("at", "")) if isinstance(part, dict) else ""
            if any(len(number) > 6 or int(number) >= len(document.blocks) for number in _NUMBER.findall(told)):
                raise PlanInvalid("a part lies outside of the document")
    plan = Plan.from_json(value)
    if sum(len(roles) - roles.count("-") for part in plan.parts for roles in (part.rows, part.columns)) > MOST_READ:
        raise PlanInvalid(f"a plan reads at most {MOST_READ} rows, columns and lines")
    return plan


def is_read_by(plan: Plan, document: Document, rubric: Rubric) -> bool:
    """Whether the plan reads these criteria. The rubric may come from rules, or from a model's copy."""
    try:
        return agreement.are_same(assemble.assemble(plan, document).rubric, rubric)
    except PlanInvalid:
        return False


def mended(plan: Plan, document: Document, *, before: Rubric, old_plan: Plan) -> Rubric:
    """The rubric of a person's plan. Raises PlanInvalid; a rubric without criteria is returned as it is.

    It has no confidence, because nothing estimates it. It is certain because a person decided, unless the letters are
    in doubt. The reader's doubts are dropped; warnings about the rubric and missing pages stay. Penalties and bonuses
    that the old reading found outside its plan stay, unless the new plan has its own.
    """
    assembled = assemble.assemble(plan, document)
    rubric = assembled.rubric
    changed = {
        "adjustments": rubric.adjustments or _found_elsewhere(before, old_plan, document),
        "warnings": doubts.warnings_of(rubric, document),
        "unread": confidence.told_unread(assembled),
        "certain": not document.is_garbled,
    }
    marked = recognized.marked(rubric.model_copy(update=changed), document)
    told = marked.model_dump(mode="json", exclude_none=True)
    try:
        # Validate like a result from the sandbox. Assembly does not.
        return Rubric.model_validate(told)
    except ValidationError:
        raise PlanInvalid("the amounts that are marked as points are too large") from None


def _found_elsewhere(before: Rubric, old_plan: Plan, document: Document) -> list[Adjustment]:
    try:
        return [] if assemble.assemble(old_plan, document).rubric.adjustments else before.adjustments
    except PlanInvalid:
        return before.adjustments
