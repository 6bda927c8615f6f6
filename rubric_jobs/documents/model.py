"""The content of a document in reading order, independent of its format.

Blocks are paragraphs and tables. Every block and cell has a `Source`, so that what a reader or a model makes of it can
be traced back. Processes exchange documents as compact JSON.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any

from rubric_jobs.rubric.model import Source

SHORT_NEEDLE = 3
"""A text of at most this many letters must be a whole word to count as found."""

FORMAT, RULED, PARTLY_RULED, ALIGNED = "format", "ruled", "partly_ruled", "aligned"
"""How a table was found: by the file format, by rules in both directions, by rules in one direction or around some
cells, or by alignment alone."""

JOINED_PAGES, FUSED_LINES = "joined_pages", "fused_lines"
DETACHED_ACCENTS, GARBLED_TEXT, RECOGNIZED_TEXT = "detached_accents", "garbled_text", "recognized_text"
DOUBTS = (JOINED_PAGES, FUSED_LINES, DETACHED_ACCENTS, GARBLED_TEXT, RECOGNIZED_TEXT)
"""Codes for reasons why the text may differ from what a person sees."""

CROSSING_NEEDLE = 20
"""Only texts of at least this many letters are searched across blocks and within words."""

# In scripts without spaces any letter may begin a word: Thai, Lao, Burmese, Khmer, and kana and above.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"\d+|(?=[^\W_])[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph or list item, its lines joined.

    `marker` is the bullet or number. `indent` and `size` are in points. `lead` is the bold start of a plain text.
    """

    text: str
    source: Source
    marker: str = ""
    indent: float = 0.0
    size: float = 0.0
    is_bold: bool = False
    is_heading: bool = False
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell at its first row and column (from 0). A line feed separates its paragraphs.

    `lead` is the bold (or otherwise emphasised) start of a text that continues in plain type.
    """

    row: int
    column: int
    text: str
    source: Source
    row_span: int = 1
    column_span: int = 1
    is_bold: bool = False
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`origin` says how it was found, and so how reliable its grid is."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    source: Source
    origin: str = FORMAT

    def grid(self) -> list[list[Cell | None]]:
        """Rows of cells. A merged cell appears at every position that it covers; None means no cell."""
        rows: list[list[Cell | None]] = [[None] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            for row in range(cell.row, min(cell.row + cell.row_span, self.rows)):
                for column in range(cell.column, min(cell.column + cell.column_span, self.columns)):
                    rows[row][column] = cell
        return rows

    def text(self) -> str:
        """The table in Markdown. The text of a merged cell appears once, at its first position."""
        lines = []
        for index, row in enumerate(self.grid()):
            shown = [
                _one_line(cell.text) if cell and (cell.row, cell.column) == (index, column) else ""
                for column, cell in enumerate(row)
            ]
            lines.append("| " + " | ".join(shown) + " |")
            if index == 0:
                lines.append("|" + " --- |" * self.columns)
        return "\n".join(lines)


Block = Paragraph | Table


@dataclass(frozen=True)
class Document:
    """`pages` is the page count (1 if the format has none). `scanned_pages` (from 1) have a picture and no text.

    The text of `recognized_pages` comes from text recognition.
    `doubts` are stable codes for guesses that were made on the way from the page to the text.
    """

    pages: int
    blocks: tuple[Block, ...] = ()
    scanned_pages: tuple[int, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    doubts: tuple[str, ...] = ()
    recognized_pages: tuple[int, ...] = ()

    @property
    def is_scanned(self) -> bool:
        """Whether no page has readable text."""
        return not self.blocks and bool(self.scanned_pages)

    @property
    def is_garbled(self) -> bool:
        """Whether some of its text differs from the letters that a person sees."""
        return GARBLED_TEXT in self.doubts

    @property
    def is_legible(self) -> bool:
        """Whether all pages could be read as text."""
        return not self.scanned_pages and not self.is_garbled

    @property
    def tables(self) -> list[Table]:
        return [block for block in self.blocks if isinstance(block, Table)]

    @property
    def paragraphs(self) -> list[Paragraph]:
        return [block for block in self.blocks if isinstance(block, Paragraph)]

    def text(self, pages: range | None = None) -> str:
        """The document as compact Markdown, with tables. `pages` (from 1) limits it to those pages."""
        kept = [b for b in self.blocks if pages is None or b.source.page is None or b.source.page in pages]
        return "\n\n".join(_block_text(block) for block in kept)

    def find(self, text: str) -> Source | None:
        """The place of `text`, ignoring white space, case, punctuation and hyphenation; None if it is not found."""
        needle = fold(text)
        if not needle:
            return None
        if len(needle) <= SHORT_NEEDLE:
            return self._find_word(text)
        for (haystack, source), (printed, _) in zip(self.pieces, self.texts(), strict=True):
            if needle in haystack and (len(needle) >= CROSSING_NEEDLE or holds_words(printed, needle)):
                return source
        return self.find_across(needle) if len(needle) >= CROSSING_NEEDLE else None

    @cached_property
    def pieces(self) -> list[tuple[str, Source]]:
        """`texts()`, folded."""
        return [(fold(text), source) for text, source in self.texts()]

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """A cache for readers that lives as long as the document."""
        return {}

    @cached_property
    def _words(self) -> dict[str, Source]:
        words: dict[str, Source] = {}
        for text, source in self.texts():
            for word in re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()):
                words.setdefault(word, source)
        return words

    def texts(self) -> Iterator[tuple[str, Source]]:
        """The texts of paragraphs and cells as printed, in document order."""
        for block in self.blocks:
            if isinstance(block, Paragraph):
                yield f"{block.marker} {block.text}", block.source
            else:
                for cell in block.cells:
                    yield cell.text, cell.source

    def _find_word(self, text: str) -> Source | None:
        found = [self._words.get(word) for word in re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())]
        return found[0] if found and all(found) else None

    def find_across(self, needle: str) -> Source | None:
        """The source of the piece in which a folded text begins. The text may continue in the next pieces."""
        joined, ends = self._joined
        at = joined.find(needle)
        return None if at < 0 else self.pieces[bisect.bisect_right(ends, at)][1]

    @cached_property
    def _joined(self) -> tuple[str, list[int]]:
        return "".join(piece for piece, _ in self.pieces), list(accumulate(len(piece) for piece, _ in self.pieces))

    def as_json(self) -> dict[str, Any]:
        return {
            "pages": self.pages,
            "scanned": list(self.scanned_pages),
            "warnings": list(self.warnings),
            "doubts": list(self.doubts),
            "recognized": list(self.recognized_pages),
            "blocks": [_pack_paragraph(b) if isinstance(b, Paragraph) else _pack_table(b) for b in self.blocks],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Document:
        return cls(
            pages=value["pages"],
            scanned_pages=tuple(value["scanned"]),
            warnings=tuple(value["warnings"]),
            doubts=tuple(value["doubts"]),
            recognized_pages=tuple(value.get("recognized", ())),
            blocks=tuple(_unpack(item) for item in value["blocks"]),
        )


_ASCII_SIGNS = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())


@lru_cache(4096)
def fold(text: str) -> str:
    """Only the letters and digits, case-folded, so that two printings of a text compare equal."""
    if text.isascii():
        return text.casefold().translate(_ASCII_SIGNS)
    return "".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def word_borders(text: str) -> frozenset[int]:
    """Offsets in the folded text at which words begin or end."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return frozenset(accumulate(map(len, words), initial=0))


def holds_words(text: str, needle: str) -> bool:
    """Whether the folded needle occurs as whole words of the text: "style" is not found in "lifestyle"."""
    folded, borders = fold(text), word_borders(text)
    at = folded.find(needle)
    while at >= 0 and not borders.issuperset((at, at + len(needle))):
        at = folded.find(needle, at + 1)
    return at >= 0


def _one_line(text: str) -> str:
    return " / ".join(line.strip() for line in text.split("\n") if line.strip()).replace("|", "\\|")


def _block_text(block: Block) -> str:
    if isinstance(block, Table):
        return block.text()
    prefix = "## " if block.is_heading else f"{block.marker} " if block.marker else ""
    return prefix + block.text


def _pack_source(source: Source) -> list[Any]:
    return [source.page, source.bbox, source.table, source.row, source.column, source.paragraph]


def _unpack_source(value: list[Any]) -> Source:
    page, bbox, table, row, column, paragraph = value
    box = tuple(bbox) if bbox else None
    return Source.model_construct(page=page, bbox=box, table=table, row=row, column=column, paragraph=paragraph)


def _pack_paragraph(block: Paragraph) -> list[Any]:
    place = _pack_source(block.source)
    return [
        block.text,
        place,
        block.marker,
        block.indent,
        block.size,
        int(block.is_bold),
        int(block.is_heading),
        block.lead,
    ]


def _pack_table(table: Table) -> dict[str, Any]:
    cells = [
        [c.row, c.column, c.text, _pack_source(c.source), c.row_span, c.column_span, int(c.is_bold), c.lead]
        for c in table.cells
    ]
    return {
        "size": [table.rows, table.columns],
        "source": _pack_source(table.source),
        "origin": table.origin,
        "cells": cells,
    }


def _unpack(item: Any) -> Block:
    if isinstance(item, list):
        text, source, marker, indent, size, is_bold, is_heading, lead = item
        return Paragraph(text, _unpack_source(source), marker, indent, size, bool(is_bold), bool(is_heading), lead)
    cells = tuple(
        Cell(row, column, text, _unpack_source(source), row_span, column_span, bool(is_bold), lead)
        for row, column, text, source, row_span, column_span, is_bold, lead in item["cells"]
    )
    return Table(item["size"][0], item["size"][1], cells, _unpack_source(item["source"]), item["origin"])
