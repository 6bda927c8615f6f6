"""The seam between this service and whoever reads or writes a rubric for it.

A provider gets a task and answers with the canonical rubric as JSON text; whether that text is a
rubric, adds up and stands in the document is judged by its caller, for every provider alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from rubric_jobs.documents.model import Document
from rubric_jobs.errors import RubricJobError
from rubric_jobs.llm.offload import size_of
from rubric_jobs.rubric.model import Rubric


@dataclass(frozen=True, slots=True)
class ExtractTask:
    """Find the rubric in a document.

    `local` is what the deterministic reader made of it, or the reason why it found nothing;
    `data` are the file's own bytes, for a model that reads a scan itself.
    """

    document: Document
    local: Rubric | RubricJobError
    data: bytes
    file_type: str
    instruction: str = ""
    complaint: str = ""
    """What was wrong with the model's first answer, when it is asked once more."""

    @property
    def size(self) -> int:
        """How much there is to read, about: a small file may unpack to a very long document."""
        return len(self.data) + size_of(text for text, _ in self.document.texts())


@dataclass(frozen=True, slots=True)
class EnhanceTask:
    """Write a better rubric of exactly `total_points` points.

    `rubric` is what `rules` says when it is a whole rubric already (then names, levels and wording stay), else None.
    """

    rules: str
    instruction: str
    total_points: Decimal
    rubric: Rubric | None
    complaint: str = ""

    @property
    def size(self) -> int:
        return len(self.rules)


Task = ExtractTask | EnhanceTask


MOST_TOKENS = 100_000_000
"""Of one reply: several of them still fit into the database's integers."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is the canonical rubric as JSON; `model` is the one that answered; tokens as the provider counts them.

    Whatever a server says, it is UTF-8, `model` has no NUL, and tokens are from 0 to MOST_TOKENS: it can be stored.
    """

    text: str
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    provider: str = ""
    """Whose reply it is; filled in by the asker."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _whole_characters(self.text))
        object.__setattr__(self, "model", _whole_characters(self.model).replace("\0", ""))
        for name in ("prompt_tokens", "completion_tokens"):
            object.__setattr__(self, name, min(max(getattr(self, name), 0), MOST_TOKENS))


def _whole_characters(text: str) -> str:
    return text.encode(errors="replace").decode()


class Provider(Protocol):
    """One vendor. Building one is cheap: its SDK is imported by `preload` or by the first question."""

    @property
    def name(self) -> str: ...

    @property
    def is_ready(self) -> bool:
        """Whether it has all that it needs, a key above all."""
        ...

    def preload(self) -> None:
        """Import the SDK."""
        ...

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        """The provider's reply, complete and not refused.

        `on_text` is called with all of the answer so far, each time more has arrived, where the provider can stream.
        Raises a ProviderError.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        ...
