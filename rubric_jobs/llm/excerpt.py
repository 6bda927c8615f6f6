"""The part of a long document that a model is shown: the pages that look like a rubric."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rubric_jobs.documents import Block, Document, Table
from rubric_jobs.rubric.model import Rubric, Source

MAX_CHARACTERS = 60_000
"""About 15,000 tokens or thirty dense pages. Shorter documents are shown whole."""

_BLOCKS_A_PART = 20
"""Blocks that count as a page if the format has no pages."""

_LEAST_ROOM = 500
"""A shorter piece is left out."""

_SCORING = re.compile(r"\d\s*(?:points?|pts?\.?|marks?|punkte?|puntos|%|/\s*\d)|\brubric|\bcriteri", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Part:
    index: int
    text: str
    score: float


def of(document: Document, local: Rubric | None = None) -> str:
    """The document as Markdown; above MAX_CHARACTERS, the parts that look most like a rubric, in their order.

    The pages that the `local` reading came from, and their neighbours, are chosen first.
    """
    whole = document.text()
    if len(whole) <= MAX_CHARACTERS:
        return whole
    cited = set() if local is None else {source.page for source in _sources(local) if source.page is not None}
    parts = list(_parts(document, cited))
    kept: list[_Part] = []
    room = MAX_CHARACTERS
    for part in sorted(parts, key=lambda part: (-part.score, part.index)):
        kept.append(replace(part, text=_beginning(part.text, room)))
        room -= len(kept[-1].text) + 2
        if room < _LEAST_ROOM:
            break
    return "\n\n".join(part.text for part in sorted(kept, key=lambda part: part.index))


def _beginning(text: str, room: int) -> str:
    """As many whole lines (table rows and paragraphs) as fit; a first line that does not fit is cut."""
    if len(text) <= room:
        return text
    lines = text[: room + 1].rpartition("\n")[0].rstrip()
    return lines if len(lines) > room // 2 else text[:room]


def _parts(document: Document, cited: set[int]) -> Iterator[_Part]:
    for index, blocks in enumerate(_grouped(document)):
        text = Document(pages=1, blocks=tuple(blocks)).text()
        page = blocks[0].source.page
        score = float(_likeness(blocks, text))
        if page is not None and not cited.isdisjoint({page - 1, page, page + 1}):
            score += 1_000 if page in cited else 100
        yield _Part(index, text, score)


def _grouped(document: Document) -> list[list[Block]]:
    groups: dict[int, list[Block]] = {}
    for position, block in enumerate(document.blocks):
        page = block.source.page
        groups.setdefault(position // _BLOCKS_A_PART if page is None else page, []).append(block)
    return list(groups.values())


def _likeness(blocks: list[Block], text: str) -> int:
    grids = sum(1 for block in blocks if isinstance(block, Table) and block.rows > 1 and block.columns > 1)
    return 5 * grids + min(len(_SCORING.findall(text)), 20)


def _sources(rubric: Rubric) -> Iterator[Source]:
    for criterion in rubric.criteria:
        places = [criterion.source, *(level.source for level in criterion.levels)]
        yield from (place for place in places if place is not None)
