"""The provider without a network: what the deterministic reader found, as an answer."""

from __future__ import annotations

import json
from collections.abc import Callable

from rubric_jobs import errors
from rubric_jobs.llm.offload import aside
from rubric_jobs.llm.provider import ExtractTask, Reply, Task
from rubric_jobs.rubric.model import Rubric


class LocalProvider:
    name = "local"
    needs_key = False
    is_ready = True

    def preload(self) -> None:
        """Nothing to import."""

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        found = task.local if isinstance(task, ExtractTask) else task.rubric
        if isinstance(found, errors.RubricJobError):
            raise found
        if not isinstance(found, Rubric):
            raise errors.NeedsModel()
        return Reply(text=await aside(task.size, _as_text, found), model="")

    async def aclose(self) -> None:
        """Nothing to close."""


def _as_text(rubric: Rubric) -> str:
    return json.dumps(rubric.as_json())
