"""DOCX → `Document`, in the order of the body. Insertions are accepted; deletions, headers and footers are left out.

Hidden and struck-through text is left out, and so are rows that hold nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from rubric_jobs.documents import docx_embedded, marks_in_boxes, raised
from rubric_jobs.documents.docx_numbering import Numbering, W
from rubric_jobs.documents.docx_package import open_package
from rubric_jobs.documents.docx_runs import MC, Run, runs_of, style_of
from rubric_jobs.documents.docx_structure import (
    DEEPEST,
    WIDEST,
    block_items,
    cells_of,
    is_frame,
    row_cells,
    spread,
    unwrapped,
)
from rubric_jobs.documents.docx_styles import Styles, is_on
from rubric_jobs.documents.lines import split_marker
from rubric_jobs.documents.model import Block, Cell, Document, Paragraph, Table
from rubric_jobs.errors import DocumentTooLarge, UnreadableDocument
from rubric_jobs.rubric.model import Source

MOST_CELLS = 20_000
INDENT = 36.0
"""Points of indent per list level."""
_MEASURE = re.compile(r"(-?\d{1,6}(?:\.\d{1,4})?)(|pt|in|cm|mm|pc|pi)")
_POINTS = {"": 1 / 20, "pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "pc": 12.0, "pi": 12.0}
"""Points per unit. A measure without a unit is in twentieths of a point."""


def parse(data: bytes) -> Document:
    """Raises UnreadableDocument, EncryptedDocument or DocumentTooLarge."""
    package = open_package(data)
    unread = docx_embedded.take_in(package)
    reader = _Body(Numbering.of(package.numbering, package.styles), Styles.of(package.styles))
    reader.walk(package.body, 0)
    if unread and not reader.blocks:
        raise UnreadableDocument(f"The document's text is embedded in it {unread}; {docx_embedded.REMEDY}")
    scanned = (1,) if not reader.blocks and next(package.body.iter("{*}blip", "{*}imagedata"), None) is not None else ()
    warnings = (f"Part of the document is embedded in it {unread} and was not read.",) if unread else ()
    blocks = tuple(marks_in_boxes.as_lines(raised.settled(reader.blocks)))
    return Document(pages=package.pages, blocks=blocks, scanned_pages=scanned, warnings=warnings)


@dataclass(slots=True)
class _Body:
    numbering: Numbering
    styles: Styles
    blocks: list[Block] = field(default_factory=list)
    _tables: int = 0
    _paragraphs: int = 0
    _cells: int = 0
    _begun: list[Run] = field(default_factory=list)
    """Runs of a paragraph that continues in the next one."""

    def walk(self, parent: Any, depth: int) -> None:
        for item in block_items(parent, depth):
            if item.tag == f"{W}p":
                self._add_paragraph(item, depth)
            else:
                self._add_table(item, depth)

    def _add_paragraph(self, item: Any, depth: int) -> None:
        for paragraph in self._paragraph(item):
            source = Source(paragraph=self._paragraphs)
            self.blocks.append(replace(paragraph, source=source))
            self._paragraphs += 1
        for box in _text_boxes(item):
            if depth < DEEPEST:
                self.walk(box, depth + 1)

    def _paragraph(self, item: Any) -> list[Paragraph]:
        """Splits the paragraph at its line breaks."""
        style = style_of(item)
        runs = runs_of(item, self.styles, style)
        if style in self.styles.bold:
            runs = [Run(run.text, True) for run in runs]
        if self._goes_on(item):
            self._begun += runs
            return []
        runs, self._begun = self._begun + runs, []
        label, level = self.numbering.label(item)
        if not any(run.text.strip() for run in runs):
            return []
        indent = _indent(item) + INDENT * level
        found = []
        for part in _lines(runs):
            text = "".join(run.text for run in part)
            marker, text = (label, text.strip()) if label else split_marker(text)
            label = ""
            if text:
                is_bold = all(run.is_bold for run in part if run.text.strip())
                is_heading = style in self.styles.headings or (is_bold and len(text) < 120 and text[-1] not in ".;,")
                opening = re.match(r"\s*", "".join(run.text for run in part))
                space = len(opening.group().replace("\t", " " * 12)) if opening else 0
                lead = _lead(part, marker)
                found.append(Paragraph(text, Source(), marker, indent + 3.0 * space, 0.0, is_bold, is_heading, lead))
        return found

    def _goes_on(self, item: Any) -> bool:
        """Whether the next paragraph continues this one, because its paragraph mark is hidden or deleted."""
        mark, following = item.find(f"{W}pPr/{W}rPr"), item.getnext()
        if mark is None or following is None or following.tag != f"{W}p":
            return False
        return mark.find(f"{W}del") is not None or is_on(mark.find(f"{W}vanish"))

    def _add_table(self, item: Any, depth: int) -> None:
        if depth < DEEPEST and is_frame(item):
            for cell in cells_of(item):
                self.walk(cell, depth + 1)
            return
        table = self._table(item, depth)
        if table is not None:
            self.blocks.append(table)
            self._tables += 1

    def _table(self, item: Any, depth: int) -> Table | None:
        rows = spread([list(row_cells(row)) for row in self._rows(item)])
        columns = max((column + span for row in rows for column, span, _, _ in row), default=0)
        if not columns or columns > WIDEST:
            if columns:
                raise DocumentTooLarge("A table of the document has more columns than Word allows.")
            return None
        self._cells += sum(len(row) for row in rows)
        if self._cells > MOST_CELLS:
            raise DocumentTooLarge("The tables of the document have more cells than this service reads.")
        cells: dict[tuple[int, int], Cell] = {}
        for index, row in enumerate(rows):
            for column, span, merge, element in row:
                above = _cell_above(cells, index, column) if merge == "continue" else None
                if above:
                    cells[above] = replace(cells[above], row_span=index - above[0] + 1)
                else:
                    cells[index, column] = self._cell(element, index, column, span, depth)
        return Table(len(rows), columns, tuple(cells.values()), Source(table=self._tables))

    def _rows(self, table: Any) -> list[Any]:
        """The rows that Word shows. Deleted and hidden rows go, and rows with hidden or struck-through text only."""
        return [row for row in unwrapped(table, f"{W}tr", 0) if not self._is_gone(row)]

    def _is_gone(self, row: Any) -> bool:
        if row.find(f"{W}trPr/{W}del") is not None or is_on(row.find(f"{W}trPr/{W}hidden")):
            return True
        if not any(text.text and text.text.strip() for text in row.iter(f"{W}t")):
            return False
        return not any(
            run.text.strip() for item in row.iter(f"{W}p") for run in runs_of(item, self.styles, style_of(item))
        )

    def _cell(self, element: Any, row: int, column: int, span: int, depth: int) -> Cell:
        parts = self._cell_paragraphs(element, depth)
        text = "\n".join(f"{p.marker} {p.text}" if p.marker else p.text for p in parts)
        lead = parts[0].lead if parts else ""
        if len(parts) > 1 and parts[0].is_bold and not parts[1].is_bold:
            lead = parts[0].text
        return Cell(
            row=row,
            column=column,
            text=text,
            source=Source(table=self._tables, row=row, column=column),
            column_span=span,
            is_bold=bool(parts) and all(p.is_bold for p in parts),
            lead=lead,
        )

    def _cell_paragraphs(self, element: Any, depth: int) -> list[Paragraph]:
        found: list[Paragraph] = []
        for item in block_items(element, depth):
            if item.tag == f"{W}p":
                found += self._paragraph(item)
                for box in _text_boxes(item):
                    found += self._cell_paragraphs(box, depth + 1) if depth < DEEPEST else []
            elif depth < DEEPEST:
                found += self._nested_lines(item, depth)
        return found

    def _nested_lines(self, table: Any, depth: int) -> list[Paragraph]:
        """A table within a cell, as one line per row with tabs between the cells."""
        lines = []
        for row in self._rows(table):
            texts = [
                " ".join(p.text for p in self._cell_paragraphs(element, depth + 1))
                for _, _, _, element in row_cells(row)
            ]
            if any(texts):
                lines.append(Paragraph("\t".join(texts), Source()))
        return lines


def _cell_above(cells: dict[tuple[int, int], Cell], row: int, column: int) -> tuple[int, int] | None:
    for above in range(row - 1, -1, -1):
        if (above, column) in cells:
            return (above, column) if above + cells[above, column].row_span >= row else None
    return None


def _text_boxes(paragraph: Any) -> list[Any]:
    """The text boxes of a paragraph, without the fallback copies for older programs."""
    return [
        box
        for box in paragraph.iter(f"{W}txbxContent")
        if not any(a.tag in (f"{MC}Fallback", f"{W}del", f"{W}moveFrom") for a in box.iterancestors())
        and next((a for a in box.iterancestors(f"{W}txbxContent")), None) is None
    ]


def _lines(runs: list[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = [[]]
    for run in runs:
        for index, piece in enumerate(run.text.split("\n")):
            if index:
                lines.append([])
            if piece:
                lines[-1].append(Run(piece, run.is_bold))
    return [line for line in lines if any(run.text.strip() for run in line)]


def _lead(runs: list[Run], marker: str) -> str:
    bold = ""
    for run in runs:
        if not run.is_bold and run.text.strip():
            bold = bold.strip()
            return bold[len(marker) :].strip() if marker and bold.startswith(marker) else bold
        bold += run.text
    return ""


def _indent(paragraph: Any) -> float:
    element = paragraph.find(f"{W}pPr/{W}ind")
    if element is None:
        return 0.0
    match = _MEASURE.fullmatch(element.get(f"{W}left") or element.get(f"{W}start") or "0")
    return float(match.group(1)) * _POINTS[match.group(2)] if match else 0.0
