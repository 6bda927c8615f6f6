"""Recognised text of a page, and the mapping of its boxes to the page as shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rubric_jobs.documents.geometry import Box, Edge, PageContent, Word
from rubric_jobs.documents.model import Block, Paragraph
from rubric_jobs.rubric.model import Source

LONG_SIDE_PT = 842.0
"""The long side of A4, assumed for pictures because they have no size in points."""


def shown_size(width: int, height: int) -> tuple[float, float]:
    """The size in points at which a picture is shown."""
    factor = LONG_SIDE_PT / max(width, height, 1)
    return width * factor, height * factor


@dataclass(slots=True)
class Recognized:
    """`to_picture` (3 × 3, row by row) maps points of `content` to points of the page as shown."""

    content: PageContent
    to_picture: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        content = self.content
        return {
            "page": [content.number, content.width, content.height],
            "words": [[w.text, w.x0, w.top, w.x1, w.bottom, int(w.is_bold)] for w in content.words],
            "lines": [_packed(edge) for edge in content.lines],
            "fills": [_packed(edge) for edge in content.fills],
            "to_picture": list(self.to_picture),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Recognized:
        number, width, height = value["page"]
        words = [Word(text, x0, top, x1, bottom, bool(bold)) for text, x0, top, x1, bottom, bold in value["words"]]
        lines, fills = ([Edge(bool(e[0]), *e[1:]) for e in value[name]] for name in ("lines", "fills"))
        content = PageContent(number, width, height, words, lines, fills, has_picture=True)
        return cls(content, tuple(value["to_picture"]))


def _packed(edge: Edge) -> list[float]:
    return [int(edge.is_horizontal), edge.at, edge.start, edge.end]


def as_shown(blocks: list[Block], pages: Sequence[Recognized]) -> list[Block]:
    """The blocks with their boxes on the pages as shown: tilted, in perspective or rotated."""
    places = {page.content.number: page.to_picture for page in pages}

    def placed(source: Source) -> Source:
        if source.page not in places or source.bbox is None:
            return source
        return source.model_copy(update={"bbox": _around(source.bbox, places[source.page])})

    return [_with_sources(block, placed) for block in blocks] if places else blocks


def _with_sources(block: Block, placed: Callable[[Source], Source]) -> Block:
    if isinstance(block, Paragraph):
        return replace(block, source=placed(block.source))
    cells = tuple(replace(cell, source=placed(cell.source)) for cell in block.cells)
    return replace(block, source=placed(block.source), cells=cells)


def _around(box: Box, matrix: tuple[float, ...]) -> Box:
    """The bounding box of the four mapped corners."""
    a, b, c, d, e, f, g, h, i = matrix
    xs, ys = [], []
    for x, y in ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])):
        depth = g * x + h * y + i
        xs.append(round((a * x + b * y + c) / depth, 2))
        ys.append(round((d * x + e * y + f) / depth, 2))
    return min(xs), min(ys), max(xs), max(ys)
