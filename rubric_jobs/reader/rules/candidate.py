"""A possible rubric, as one table or one list holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from rubric_jobs.rubric.model import Adjustment, Criterion, Kind, Source

Evidence = float
"""From 0 to 1: how much the thing looks like a rubric, and how plainly it could be read."""


@dataclass(slots=True)
class Candidate:
    """`position` is the index of the block it begins at; `heading` the nearest heading above it."""

    kind: Kind
    criteria: list[Criterion]
    position: int
    evidence: Evidence
    source: Source
    heading: str = ""
    stated: Decimal | None = None
    is_stated_plainly: bool = False
    adjustments: list[Adjustment] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    names_levels: bool = False
    doubts: list[str] = field(default_factory=list)
    is_list: bool = False

    @property
    def has_levels(self) -> bool:
        return any(criterion.levels for criterion in self.criteria)

    @property
    def sum_of_points(self) -> Decimal | None:
        points = [criterion.points for criterion in self.criteria]
        return sum((p for p in points if p is not None), Decimal(0)) if any(p is not None for p in points) else None
