"""The canonical rubric: one shape for readers, models, results and exports.

Numbers are `Decimal` in Python and plain JSON numbers on the wire (`3`, `2.5`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
)
from pydantic.config import JsonDict

Kind = Literal["analytic", "holistic", "single_point", "checklist", "point_list"]

MOST_DECIMALS = 30
LARGEST_POINTS = 1_000_000
NOT_ASKED: JsonDict = {"asked_of_a_model": False}
"""Marks a field that a reader fills in and a language model is never asked for."""


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def as_json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def bounded_decimals(value: Decimal) -> Decimal:
    """`value`; raises ValueError where it has too many decimals: written out, 1e-999999999 takes a gigabyte."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
        raise ValueError(f"more than {MOST_DECIMALS} decimals")
    return value


Points = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(allow_inf_nan=False, ge=-LARGEST_POINTS, le=LARGEST_POINTS),
    AfterValidator(bounded_decimals),
    PlainSerializer(as_json_number),
    WithJsonSchema({"type": "number"}),
]


_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""They make a text look like another one (Trojan Source, CVE-2021-42574); right-to-left letters need none of them."""


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore")

    @field_validator("*", mode="before")
    @classmethod
    def _without_bidi_controls(cls, value: Any) -> Any:
        return _BIDI_CONTROLS.sub("", value) if isinstance(value, str) and not value.isascii() else value


class Source(Part):
    """Where a text was read: page and box (points from the top left), table cell, or paragraph; from 0 but the page."""

    page: int | None = None
    bbox: tuple[float, float, float, float] | None = None
    table: int | None = None
    row: int | None = None
    column: int | None = None
    paragraph: int | None = None


class Level(Part):
    name: str | None = None
    description: str | None = None
    points: Points | None = None
    points_min: Points | None = None
    points_max: Points | None = None
    source: Source | None = Field(None, json_schema_extra=NOT_ASKED)
    grounded: bool | None = Field(None, json_schema_extra=NOT_ASKED)
    confidence: float | None = Field(None, json_schema_extra=NOT_ASKED)

    @property
    def highest(self) -> Decimal | None:
        return self.points if self.points is not None else self.points_max


class Criterion(Part):
    name: str
    description: str | None = None
    section: str | None = None
    points: Points | None = None
    weight: Points | None = None
    levels: list[Level] = []
    source: Source | None = Field(None, json_schema_extra=NOT_ASKED)
    grounded: bool | None = Field(None, json_schema_extra=NOT_ASKED)
    confidence: float | None = Field(None, json_schema_extra=NOT_ASKED)


class Totals(Part):
    """What the document states, what its criteria add up to, what the caller asked for; unknown is null."""

    stated: Points | None = None
    computed: Points | None = None
    requested: Points | None = None


class Adjustment(Part):
    kind: Literal["penalty", "bonus"]
    reason: str
    points: Points | None = None


class Warning(Part):
    """Something a teacher should look at; `path` points into the rubric, such as `criteria[2].levels[0]`.

    `other_totals`: the nearest totals that would not have it, where there are any.
    """

    code: str
    message: str
    path: str = ""
    other_totals: list[Points] = []


class UnreadText(Part):
    """A text inside the parts read that nothing of the rubric was made of, and why."""

    text: str
    source: Source | None = None
    why: str


class Doubt(Part):
    """Something that may have been misread: `other` is what it may be instead."""

    path: str
    why: str
    other: str | None = None


class Rubric(Part):
    title: str | None = None
    kind: Kind = "analytic"
    total_points: Points | None = None
    criteria: list[Criterion]
    adjustments: list[Adjustment] = []
    totals: Totals = Field(default_factory=Totals, json_schema_extra=NOT_ASKED)
    warnings: list[Warning] = Field([], json_schema_extra=NOT_ASKED)
    source: Source | None = Field(None, json_schema_extra=NOT_ASKED)
    grounded: bool | None = Field(None, json_schema_extra=NOT_ASKED)
    confidence: float | None = Field(None, json_schema_extra=NOT_ASKED)
    certain: bool | None = Field(None, json_schema_extra=NOT_ASKED)
    unread: list[UnreadText] = Field([], json_schema_extra=NOT_ASKED)
    doubts: list[Doubt] = Field([], json_schema_extra=NOT_ASKED)

    def as_json(self) -> dict[str, Any]:
        """The canonical rubric as JSON-ready values; places and marks that are not known are left out."""
        return dict(_without_unknown_marks(self.model_dump(mode="json")))

    def texts(self) -> Iterator[str]:
        """All that it says in words; an empty one where a part says nothing."""
        yield self.title or ""
        for adjustment in self.adjustments:
            yield adjustment.reason
        for criterion in self.criteria:
            yield from (criterion.name, criterion.description or "", criterion.section or "")
            for level in criterion.levels:
                yield from (level.name or "", level.description or "")


_MARKS = frozenset({"source", "grounded", "confidence", "certain", "other"})


def _without_unknown_marks(value: Any, *, inside_source: bool = False) -> Any:
    if isinstance(value, list):
        return [_without_unknown_marks(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_unknown_marks(item, inside_source=key == "source")
        for key, item in value.items()
        if (item is not None or not (inside_source or key in _MARKS)) and not (key == "other_totals" and not item)
    }


def kind_of(criteria: Sequence[Criterion]) -> Kind:
    """The kind of a rubric as its form tells it."""
    counts = {len(criterion.levels) for criterion in criteria}
    if counts == {0}:
        return "checklist" if all(criterion.points is None for criterion in criteria) else "point_list"
    if counts == {1}:
        return "single_point"
    return "holistic" if len(criteria) == 1 else "analytic"


def items(told: Any, name: str) -> list[Any]:
    """A list in JSON that nobody has judged yet; empty where there is none."""
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, list) else []


def answer_schema() -> dict[str, Any]:
    """The JSON schema of what a language model is asked for, references resolved, every property required."""
    schema = Rubric.model_json_schema()
    return dict(_asked(schema, schema.get("$defs", {})))


def _asked(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_asked(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _asked(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    kept = {key: _asked(item, definitions) for key, item in node.items() if key not in _SCHEMA_NOISE}
    if "properties" in node:
        asked = {
            name: _asked(item, definitions)
            for name, item in node["properties"].items()
            if item.get("asked_of_a_model", True)
        }
        kept |= {"properties": asked, "required": list(asked), "additionalProperties": False}
    return kept


_SCHEMA_NOISE = frozenset({"$defs", "title", "default", "properties", "required"})
