"""What both pipelines end with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rubric_jobs.rubric.model import Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`result` is the job's result as the API shows it; the rest are figures for its performance."""

    rubric: Rubric
    result: dict[str, Any]
    provider: str
    model: str | None
    prompt_tokens: int
    completion_tokens: int
    asked_again: bool
    ungrounded: int = 0
