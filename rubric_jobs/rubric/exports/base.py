"""What every export gives, and what every exporter is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from rubric_jobs.rubric.model import Criterion, Level, Rubric


@dataclass(frozen=True, slots=True)
class Export:
    """A document, and what it does not hold: a sentence each, behind a path into the rubric (`title: …`)."""

    content: str
    media_type: str
    file_name_suffix: str
    losses: list[str] = field(default_factory=list)


class Exporter(Protocol):
    """A module of this package will do."""

    def export(self, rubric: Rubric) -> Export: ...


def of_marks(rubric: Rubric) -> Iterator[str]:
    """The losses of a format that holds the rubric alone: where it was read, how surely, and what was remarked."""
    parts: list[Rubric | Criterion | Level] = [rubric, *rubric.criteria]
    parts += (level for criterion in rubric.criteria for level in criterion.levels)
    if any(part.source or part.grounded is not None or part.confidence is not None for part in parts):
        yield "criteria: where they were read, and how surely, is left out."
    if rubric.warnings:
        yield "warnings: they are left out."


def of_weights(rubric: Rubric) -> Iterator[str]:
    for index, criterion in enumerate(rubric.criteria):
        if criterion.weight is not None and criterion.weight != criterion.points:
            yield f"criteria[{index}].weight: this format holds no weights."


def of_sections(rubric: Rubric) -> Iterator[str]:
    for index, criterion in enumerate(rubric.criteria):
        if criterion.section:
            yield f"criteria[{index}].section: this format holds no sections."
