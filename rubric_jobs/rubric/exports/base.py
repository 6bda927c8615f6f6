"""What every export gives, and what every exporter is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from rubric_jobs.rubric.model import Criterion, Level, Rubric
from rubric_jobs.rubric.points import as_text, top

FORMULA_SIGNS = tuple("=+-@＝＋－＠\t\r")
LONGEST_FILE_NAME = 80
_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u2028\u2029]+')


@dataclass(frozen=True, slots=True)
class Export:
    """A document, and what it does not hold: a sentence each, behind a path into the rubric (`title: …`)."""

    data: bytes
    media_type: str
    file_name_suffix: str
    losses: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Of a format that is one."""
        return self.data.decode("utf-8-sig")


class Exporter(Protocol):
    """A module of this package will do."""

    def export(self, rubric: Rubric) -> Export: ...


def file_name(rubric: Rubric, suffix: str) -> str:
    """Named after the rubric's title, without what file systems refuse; `rubric` where there is none."""
    name = " ".join(_NOT_IN_FILE_NAMES.sub(" ", rubric.title or "").split())
    return (name[:LONGEST_FILE_NAME].strip(" .") or "rubric") + suffix


def of_marks(rubric: Rubric) -> Iterator[str]:
    """The losses of a format that holds the rubric alone: where it was read, how surely, and what was remarked."""
    parts: list[Rubric | Criterion | Level] = [rubric, *rubric.criteria]
    parts += (level for criterion in rubric.criteria for level in criterion.levels)
    if any(part.source or part.grounded is not None or part.confidence is not None for part in parts):
        yield "criteria: where they were read, and how surely, is left out."
    if rubric.warnings:
        yield "warnings: they are left out."
    yield from of_ties(rubric)


def of_ties(rubric: Rubric) -> Iterator[str]:
    """Levels of one criterion that are worth the same, which readers of a mark cannot tell apart."""
    for index, criterion in enumerate(rubric.criteria):
        worths = Counter(value for level in criterion.levels if (value := top(level)) is not None)
        tied = sorted((value for value, count in worths.items() if count > 1), reverse=True)
        if tied:
            told = " and ".join(map(as_text, tied))
            yield f"criteria[{index}].levels: several of “{criterion.name}” are worth the same, {told}."


def of_weights(rubric: Rubric) -> Iterator[str]:
    for index, criterion in enumerate(rubric.criteria):
        if criterion.weight is not None and criterion.weight != criterion.points:
            yield f"criteria[{index}].weight: this format holds no weights."


def of_sections(rubric: Rubric) -> Iterator[str]:
    for index, criterion in enumerate(rubric.criteria):
        if criterion.section:
            yield f"criteria[{index}].section: this format holds no sections."
