"""A plan states which parts of a document are the rubric, and the role of each of their rows, columns or lines.

A plan is a small value. Only `assemble.assemble(plan, document)` makes a rubric of it. The reader scores plans, a model
answers with one, and a teacher corrects one.

Interfaces, one function a shape, each registered in one table (`shapes.SHAPES`):

- `enumerate_…(region, document) -> Iterable[Part]`: a bounded set of parts for a region, no weights in it. A region is
  the tuple of block indices that a part may cover: one table, tables that go on over a page, or a run of paragraphs.
- `assemble_…(part, document) -> PartReading`: pure and exact. Every text of the result is printed in the region, every
  criterion and level has the `Source` of its cell or paragraph; `used` holds the references of all texts that a value
  was made of (also of headings, totals and captions), `skipped` those that a role leaves out, with the reason.
- `features_…(part, document, reading) -> dict[str, float]`: numbers for the scorer, no weights; names are prefixed with
  the shape's letter where two shapes mean different things by them.

A reference is `(block, row, column)` of a cell's first place, or `(block, line, -1)` for a line of a paragraph (line 0
where a paragraph is read as one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from rubric_jobs.rubric.model import Adjustment, Criterion

Shape = Literal["down", "across", "long", "lines"]
NameFrom = Literal["cell", "line", "lead", "above", "level"]
Ref = tuple[int, int, int]

SHAPES: tuple[Shape, ...] = ("down", "across", "long", "lines")
NAMES: tuple[NameFrom, ...] = ("cell", "line", "lead", "above", "level")

COLUMN_ROLES: Mapping[str, str] = {
    "n": "number",  # a running number beside the criterion
    "s": "section",
    "c": "criterion",
    "d": "description",
    "p": "points",
    "w": "weight",
    "l": "level",  # its heading stands in the header rows, its descriptors below
    "k": "level key",  # shape long: the level's name, or its points where they name it
    "x": "level text",  # shape long
    "v": "level points",  # shape long; shape down: the points of the level to the left
    "m": "levels in one cell",  # each line or run-in heading of the cell is a level
    "e": "score to fill in",
    "-": "skip",
}
ROW_ROLES: Mapping[str, str] = {
    "k": "caption",  # a title inside the table
    "h": "header",  # again further down: it replaces the header above
    "s": "section",
    "c": "criterion",
    "=": "parallel lines",  # the name's cell lists as many parts as the points' cell lists amounts
    "+": "continuation",  # adds to the criterion (shape long: to the level) above
    "l": "level",  # shape long: a further level of the criterion above
    "g": "group",  # shape long: a row that holds a criterion's name alone, its levels follow
    "u": "points of the row above",
    "b": "points of the row below",
    "t": "total",
    "a": "adjustment",  # a penalty or a bonus
    "-": "skip",
}
LINE_ROLES: Mapping[str, str] = {
    "k": "heading",  # of the list: its title
    "s": "section",
    "c": "criterion",
    "l": "level",  # of the criterion above
    "d": "description",  # of the criterion or level above
    "n": "numbered level",  # its number is its points
    "+": "continuation",  # of the line above, broken by the page
    "p": "points",  # of the criterion or level above, alone on its line
    "e": "points of each",  # of the criteria below that say none of their own
    "t": "total",
    "a": "adjustment",
    "-": "skip",
}
"""Shape lines: `rows` has one role for each block of the part; `columns` is empty."""


class PlanInvalid(ValueError):
    """A plan that fits no document, or not this one. The message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One region of the document and the roles of its rows and columns.

    `rows` and `columns` are strings of one role a character, in the document's own order. In shape `across` criteria
    stand side by side and levels below each other: there `rows` takes column roles and `columns` takes row roles.
    `header` lends the header rows of an earlier table block, for a table that goes on without repeating them.
    """

    blocks: tuple[int, ...]
    shape: Shape
    columns: str
    rows: str
    name: NameFrom = "cell"
    header: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Parts in document order. `title` and `total` refer to blocks outside the parts that state them."""

    parts: tuple[Part, ...] = ()
    title: int | None = None
    total: int | None = None

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"parts": [_pack(part) for part in self.parts]}
        if self.title is not None:
            value["title"] = self.title
        if self.total is not None:
            value["total"] = self.total
        return value

    @classmethod
    def from_json(cls, value: Any) -> Plan:
        """Raises PlanInvalid if the value has another shape or unknown roles."""
        if not isinstance(value, dict) or not isinstance(value.get("parts"), list):
            raise PlanInvalid("a plan is an object with a list of parts")
        return cls(tuple(_unpack(part) for part in value["parts"]), _index(value, "title"), _index(value, "total"))


@dataclass(slots=True)
class PartReading:
    """The result of assembling one part."""

    criteria: list[Criterion] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    stated: Decimal | None = None
    caption: str | None = None
    used: set[Ref] = field(default_factory=set)
    skipped: dict[Ref, str] = field(default_factory=dict)


def _pack(part: Part) -> dict[str, Any]:
    value: dict[str, Any] = {"at": _pack_blocks(part.blocks), "shape": part.shape, "rows": part.rows}
    if part.columns:
        value["columns"] = part.columns
    if part.name != "cell":
        value["name"] = part.name
    if part.header is not None:
        value["header"] = part.header
    return value


def _pack_blocks(blocks: tuple[int, ...]) -> str:
    """`"3"`, `"3-12"`, `"3,5-7"`."""
    runs: list[list[int]] = []
    for block in blocks:
        if runs and block == runs[-1][1] + 1:
            runs[-1][1] = block
        else:
            runs.append([block, block])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


LARGEST_BLOCK = 100_000


def _unpack_blocks(text: Any) -> tuple[int, ...]:
    blocks: list[int] = []
    for run in str(text).split(","):
        first, _, last = run.partition("-")
        if not (first.isascii() and first.isdigit() and (not last or (last.isascii() and last.isdigit()))):
            raise PlanInvalid(f"{str(text)[:40]!r} names no blocks")
        a, b = int(first[:7]), int((last or first)[:7])
        if b < a or b > LARGEST_BLOCK or (blocks and a <= blocks[-1]):
            raise PlanInvalid(f"{str(text)[:40]!r} names no blocks in their order")
        blocks.extend(range(a, b + 1))
    return tuple(blocks)


def _unpack(value: Any) -> Part:
    if not isinstance(value, dict):
        raise PlanInvalid("a part is an object")
    shape, name = value.get("shape"), value.get("name", "cell")
    if shape not in SHAPES:
        raise PlanInvalid(f"unknown shape {str(shape)[:40]!r}")
    if name not in NAMES:
        raise PlanInvalid(f"unknown source of names {str(name)[:40]!r}")
    part = Part(
        blocks=_unpack_blocks(value.get("at")),
        shape=shape,
        columns=_text(value.get("columns", "")),
        rows=_text(value.get("rows")),
        name=name,
        header=_index(value, "header"),
    )
    check_roles(part)
    return part


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise PlanInvalid("roles are a string of one character each")
    return value


def _index(value: dict[str, Any], key: str) -> int | None:
    found = value.get(key)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= LARGEST_BLOCK:
        raise PlanInvalid(f"{key} is the index of a block")
    return found


def check_roles(part: Part) -> None:
    """Raises PlanInvalid if a role is unknown for the part's shape."""
    if part.shape == "lines":
        alphabets = [(part.rows, LINE_ROLES), (part.columns, {})]
    elif part.shape == "across":
        alphabets = [(part.rows, COLUMN_ROLES), (part.columns, ROW_ROLES)]
    else:
        alphabets = [(part.rows, ROW_ROLES), (part.columns, COLUMN_ROLES)]
    for roles, known in alphabets:
        unknown = sorted(set(roles) - set(known))
        if unknown:
            raise PlanInvalid(f"unknown role {unknown[0]!r} in shape {part.shape}")
