"""The interface of a language model's provider.

A provider gets a task and answers with JSON text. `llm.ask` checks that it is a rubric, and the pipelines check that it
adds up and is in the document, in the same way for every provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from rubric_jobs.documents.model import Document
from rubric_jobs.errors import RubricJobError
from rubric_jobs.llm.offload import size_of
from rubric_jobs.reader.plan import Plan
from rubric_jobs.rubric.model import Rubric

AnswerForm = Literal["plan", "copy"]
"""A model points at the rubric's places, or it writes the rubric's texts."""


@dataclass(frozen=True, slots=True)
class ExtractTask:
    """Find the rubric in a document.

    `local` is the local reading, or the reason why there is none; `data` are the file's own bytes, for a model that
    reads a scan itself. `choices` are the plans that are offered, where the answer's form is a plan.
    """

    document: Document
    local: Rubric | RubricJobError
    data: bytes
    file_type: str
    instruction: str = ""
    complaint: str = ""
    """What was wrong with the first answer, when the model is asked again."""
    form: AnswerForm = "copy"
    choices: tuple[Plan, ...] = ()

    @property
    def size(self) -> int:
        """Roughly how many characters there are: a small file may unpack to a very long document."""
        return len(self.data) + size_of(text for text, _ in self.document.texts())


@dataclass(frozen=True, slots=True)
class EnhanceTask:
    """Write a rubric of exactly `total_points` points.

    `rubric` is set when `rules` is a whole rubric already; then names, levels and wording stay.
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


def form_of(task: Task) -> AnswerForm:
    """The form of the answers to a task: points for a whole rubric are given by reference, like a plan."""
    if isinstance(task, ExtractTask):
        return task.form
    return "copy" if task.rubric is None else "plan"


MOST_TOKENS = 100_000_000
"""The most tokens counted for one reply, so that sums fit into the database's integers."""
LONGEST_MODEL_NAME = 200
"""Characters kept of a model's name, which the ledger's totals have an index over."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is the canonical rubric as JSON; `model` is the one that answered; tokens as the provider counts them.

    Whatever a server sends, a reply can be stored: it is UTF-8, `model` is short and has no NUL, tokens are
    within 0 and MOST_TOKENS.
    """

    text: str
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    provider: str = ""
    """The provider's name, filled in by `llm.ask`."""
    form: AnswerForm | None = None
    """The model that was requested; None if an earlier attempt made the request."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _whole_characters(self.text))
        object.__setattr__(self, "model", _whole_characters(self.model).replace("\0", "")[:LONGEST_MODEL_NAME])
        for name in ("prompt_tokens", "completion_tokens"):
            object.__setattr__(self, name, min(max(getattr(self, name), 0), MOST_TOKENS))


def _whole_characters(text: str) -> str:
    return text.encode(errors="replace").decode()


class Provider(Protocol):
    """One vendor. Constructing it is cheap: `preload` or the first call imports the SDK."""

    @property
    def name(self) -> str: ...

    @property
    def is_ready(self) -> bool:
        """Whether it has everything that it needs, such as a key."""
        ...

    def preload(self) -> None:
        """Import the SDK."""
        ...

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        """The complete reply.

        A provider that streams calls `on_text` with the whole answer so far each time more has arrived.
        Raises a ProviderError.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        ...
