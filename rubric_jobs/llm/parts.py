"""A document as numbered parts that a model can point at, and the word that proves what it points at.

A paragraph is shown as one line behind the number of its block; a table's rows are lines behind their references:

    [3] 3c0 | 3c1 | 3c2
    3r0 Criterion | Strong (4) | Weak (0)
    3r1 Use of sources | Cites five sources | Cites none
    [4] Total: 12 points

Long texts are cut: the beginning is enough to recognise a text, and nothing is copied from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rubric_jobs.documents import Block, Document, Table
from rubric_jobs.documents.model import fold
from rubric_jobs.reader.plan import Plan

MAX_CHARACTERS = 40_000
"""About 10,000 tokens. Shorter documents are shown with all of their blocks."""
LONGEST_CELL, LONGEST_LINE = 42, 70
SHORTEST_MATCH = 4
"""Letters that identify a long first word, for scripts without spaces."""


def of(document: Document, plans: Sequence[Plan] = ()) -> str:
    """The document's blocks in order; above MAX_CHARACTERS, those nearest to what the plans read or to tables."""
    shown = [_block(index, block) for index, block in enumerate(document.blocks)]
    if sum(map(len, shown)) + len(shown) <= MAX_CHARACTERS:
        return "\n".join(shown)
    kept: set[int] = set()
    room = MAX_CHARACTERS
    for index in _by_nearness(document, plans):
        if room <= 0:
            break
        shown[index] = _beginning(shown[index], room)
        kept.add(index)
        room -= len(shown[index]) + 1
    return "\n".join(text for index, text in enumerate(shown) if index in kept)


def row_texts(table: Table, row: int) -> list[str]:
    """The texts of the cells that begin in a row."""
    return [cell.text.strip() for cell in table.cells if cell.row == row and cell.text.strip()]


def column_texts(table: Table, column: int) -> list[str]:
    """The texts of the cells that begin in a column."""
    return [cell.text.strip() for cell in table.cells if cell.column == column and cell.text.strip()]


def line_texts(block: Block) -> list[str]:
    """A paragraph's text, with its bullet or number and without."""
    return [] if isinstance(block, Table) else [f"{block.marker} {block.text}".strip(), block.text.strip()]


def first_word(texts: Iterable[str]) -> str:
    """The first word of the first text; "_" where there is none."""
    word = next((text.split()[0] for text in texts if text), "_")
    return word[:LONGEST_WORD]


LONGEST_WORD = 16


def fits(word: str, texts: Sequence[str]) -> bool:
    """Whether a word begins one of the texts, ignoring case and punctuation; any word fits if the texts have none."""
    told = fold(word)
    for text in texts or [""]:
        printed = fold(text.split()[0]) if text.split() else ""
        enough = min(len(printed), SHORTEST_MATCH)
        if not printed or (len(told) >= enough and fold(text).startswith(told)):
            return True
    return False


def _by_nearness(document: Document, plans: Sequence[Plan]) -> list[int]:
    read = {block for plan in plans for part in plan.parts for block in part.blocks}
    wanted = sorted(read) or [index for index, block in enumerate(document.blocks) if isinstance(block, Table)] or [0]
    nearest = {index: min(abs(index - other) for other in wanted) for index in range(len(document.blocks))}
    return sorted(nearest, key=lambda index: (nearest[index], index))


def _block(index: int, block: Block) -> str:
    if not isinstance(block, Table):
        prefix = "# " if block.is_heading else f"{block.marker} " if block.marker else ""
        return f"[{index}] {_cut(prefix + block.text, LONGEST_LINE)}"
    rows = [f"[{index}] {' | '.join(f'{index}c{column}' for column in range(block.columns))}"]
    for number, row in enumerate(block.grid()):
        cells = [
            _cut(cell.text, LONGEST_CELL) if cell and (cell.row, cell.column) == (number, column) else ""
            for column, cell in enumerate(row)
        ]
        rows.append(f"{index}r{number} {' | '.join(cells)}")
    return "\n".join(rows)


def _cut(text: str, longest: int) -> str:
    line = " / ".join(line.strip() for line in text.split("\n") if line.strip())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _beginning(text: str, room: int) -> str:
    """As many whole lines as fit."""
    return text if len(text) <= room else text[: room + 1].rpartition("\n")[0] or text[:room]
