"""The regions of a document that a part may cover: single tables, series of tables, runs of paragraphs."""

from __future__ import annotations

import itertools

from rubric_jobs.documents.model import Document, Paragraph, Table

MOST_REGIONS = 60
MOST_JOINED = 12
LONGEST_BETWEEN = 60
"""Most letters of a line between two pieces of one table, such as a page header or a caption."""


def regions(document: Document) -> list[tuple[int, ...]]:
    """In document order: each table, pairs of consecutive pieces, and all pieces of a table; then paragraphs."""
    tables = [index for index, block in enumerate(document.blocks) if isinstance(block, Table)][:MOST_REGIONS]
    found: list[tuple[int, ...]] = []
    for run in _series(document, tables):
        found += [(index,) for index in run]
        found += [pair for pair in itertools.pairwise(run) if len(run) > 2]
        found += [tuple(run)] if len(run) > 1 else []
    return [*found, *runs(document)]


def _series(document: Document, tables: list[int]) -> list[list[int]]:
    """Tables with the same number of columns that follow each other closely."""
    found: list[list[int]] = []
    for index in tables:
        if found and len(found[-1]) < MOST_JOINED and _goes_on(document, found[-1][-1], index):
            found[-1].append(index)
        else:
            found.append([index])
    return found


def _goes_on(document: Document, upper: int, lower: int) -> bool:
    above, below, between = document.blocks[upper], document.blocks[lower], document.blocks[upper + 1 : lower]
    if not isinstance(above, Table) or not isinstance(below, Table) or above.columns != below.columns:
        return False
    return len(between) <= 1 and all(isinstance(b, Paragraph) and len(b.text) <= LONGEST_BETWEEN for b in between)


def runs(document: Document) -> list[tuple[int, ...]]:
    """Runs of paragraphs between tables, and all paragraphs if tables interrupt them."""
    found: list[list[int]] = [[]]
    for index, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            found[-1].append(index)
        elif found[-1]:
            found.append([])
    return [tuple(run) for run in found if len(run) >= 2]
