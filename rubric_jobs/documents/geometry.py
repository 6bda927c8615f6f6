"""Words and rules of a page, in points from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(slots=True)
class Word:
    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    is_bold: bool = False
    is_italic: bool = False
    quarter: int = 0
    """Quarter turns (anticlockwise) of the text relative to the page."""

    @property
    def size(self) -> float:
        return self.x1 - self.x0 if self.quarter % 2 else self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.top + self.bottom) / 2

    @property
    def style(self) -> tuple[bool, bool]:
        return self.is_bold, self.is_italic


@dataclass(frozen=True, slots=True)
class Edge:
    """A straight rule. `at` is its y (horizontal) or x (vertical); `start` and `end` are its ends on the other axis."""

    is_horizontal: bool
    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(slots=True)
class PageContent:
    number: int
    width: float
    height: float
    words: list[Word]
    lines: list[Edge]
    """Drawn rules."""
    fills: list[Edge]
    """Borders of shaded areas. They are weaker evidence of a grid."""
    has_picture: bool = False
    has_detached_accents: bool = False
    """Some accents were drawn separately and combine with no letter."""
    is_garbled: bool = False
    """The extracted text is not what the page shows."""


@dataclass(slots=True)
class Area:
    """A cell of a grid before it gets text: its position in the grid and on the page."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box


@dataclass(slots=True)
class Grid:
    """The cells of one table on one page. `xs` are its column borders.

    `is_open`: the vertical rules reach below the last horizontal one, so the page break cut the last row.
    """

    box: Box
    xs: list[float]
    rows: int
    areas: list[Area]
    is_open: bool = False

    @property
    def columns(self) -> int:
        return len(self.xs) - 1


def around(boxes: list[Word]) -> Box:
    return (
        min([w.x0 for w in boxes]),
        min([w.top for w in boxes]),
        max([w.x1 for w in boxes]),
        max([w.bottom for w in boxes]),
    )


def median(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0
