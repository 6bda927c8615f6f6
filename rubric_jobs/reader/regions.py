"""The regions of a document that a part may cover: each table, tables that go on, runs of paragraphs."""

from __future__ import annotations

from rubric_jobs.documents.model import Document, Paragraph, Table

MOST_REGIONS = 60
MOST_JOINED = 6
LONGEST_BETWEEN = 60
"""Letters of a line between two pieces of one table: a page's header or footer, a caption."""


def regions(document: Document) -> list[tuple[int, ...]]:
    """In document order; tables first alone, then with those that may continue them."""
    tables = [index for index, block in enumerate(document.blocks) if isinstance(block, Table)]
    found: list[tuple[int, ...]] = []
    for position, index in enumerate(tables):
        found.append((index,))
        found += _continued(document, tables[position : position + MOST_JOINED])
    return [*found[:MOST_REGIONS], *runs(document)]


def _continued(document: Document, tables: list[int]) -> list[tuple[int, ...]]:
    joined, found = tables[:1], []
    first = document.blocks[tables[0]]
    for index in tables[1:]:
        between = document.blocks[joined[-1] + 1 : index]
        table = document.blocks[index]
        is_near = len(between) <= 1 and all(
            isinstance(b, Paragraph) and len(b.text) <= LONGEST_BETWEEN for b in between
        )
        if not is_near or not isinstance(table, Table) or not isinstance(first, Table):
            break
        if table.columns != first.columns:
            break
        joined = [*joined, index]
        found.append(tuple(joined))
    return found


def runs(document: Document) -> list[tuple[int, ...]]:
    """Paragraphs between tables, and all paragraphs where tables interrupt them."""
    found: list[list[int]] = [[]]
    for index, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            found[-1].append(index)
        elif found[-1]:
            found.append([])
    return [tuple(run) for run in found if len(run) >= 2]
