"""DOCX → `Document`, in the order of its body; insertions accepted, deletions, headers and footers left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from rubric_jobs.documents.docx_numbering import Numbering, W, _value
from rubric_jobs.documents.docx_package import Package, open_package
from rubric_jobs.documents.lines import split_marker
from rubric_jobs.documents.model import Block, Cell, Document, Paragraph, Table
from rubric_jobs.errors import DocumentTooLarge
from rubric_jobs.rubric.model import Source

WIDEST = 63
"""Word's own limit on columns; a span beyond it is an attack on whoever expands it."""
MOST_CELLS = 20_000
DEEPEST = 12
INDENT = 36.0
"""Points that one depth of a list is taken to be indented by."""
_TWIPS = 20.0

_GONE = frozenset({f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}delText", f"{W}pPr", f"{W}rPr"})
_WRAPPERS = frozenset(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_SYMBOLS = {"F0A8": "☐", "F06F": "☐", "F0FE": "☑", "F052": "☑", "F0FC": "✓", "F0B7": "•", "F0A7": "▪"}


def parse(data: bytes) -> Document:
    """Raises UnreadableDocument, EncryptedDocument or DocumentTooLarge."""
    package = open_package(data)
    reader = _Body(Numbering.of(package.numbering, package.styles), _Styles.of(package))
    reader.walk(package.body, 0)
    scanned = (1,) if not reader.blocks and next(package.body.iter("{*}blip", "{*}imagedata"), None) is not None else ()
    return Document(pages=package.pages, blocks=tuple(reader.blocks), scanned_pages=scanned)


@dataclass(frozen=True, slots=True)
class _Styles:
    bold: frozenset[str]
    headings: frozenset[str]

    @classmethod
    def of(cls, package: Package) -> _Styles:
        bold, headings = set(), set()
        for style in package.styles.iterchildren(f"{W}style") if package.styles is not None else ():
            name = _value(style.find(f"{W}name")).lower()
            key = style.get(f"{W}styleId", "")
            if name.startswith(("heading", "title", "subtitle", "überschrift", "titre", "título", "titulo")):
                headings.add(key)
            if _is_on(style.find(f"{W}rPr/{W}b")):
                bold.add(key)
        return cls(frozenset(bold), frozenset(headings))


@dataclass(slots=True)
class _Run:
    text: str
    is_bold: bool


@dataclass(slots=True)
class _Body:
    numbering: Numbering
    styles: _Styles
    blocks: list[Block] = field(default_factory=list)
    _tables: int = 0
    _paragraphs: int = 0
    _cells: int = 0

    def walk(self, parent: Any, depth: int) -> None:
        for item in _block_items(parent, depth):
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
        """The paragraph, parted at its line breaks."""
        style = _value(item.find(f"{W}pPr/{W}pStyle"))
        label, level = self.numbering.label(item)
        runs = [_Run(run.text, run.is_bold or style in self.styles.bold) for run in _runs(item)]
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

    def _add_table(self, item: Any, depth: int) -> None:
        nested = _is_layout(item)
        if nested and depth < DEEPEST:
            for cell in item.iter(f"{W}tc"):
                self.walk(cell, depth + 1)
                break
            return
        table = self._table(item, depth)
        if table is not None:
            self.blocks.append(table)
            self._tables += 1

    def _table(self, item: Any, depth: int) -> Table | None:
        rows: list[list[tuple[int, int, str, Any]]] = [
            list(_row_cells(row)) for row in _unwrapped(item, f"{W}tr", 0) if not _is_deleted_row(row)
        ]
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
        for item in _block_items(element, depth):
            if item.tag == f"{W}p":
                found += self._paragraph(item)
                for box in _text_boxes(item):
                    found += self._cell_paragraphs(box, depth + 1) if depth < DEEPEST else []
            elif depth < DEEPEST:
                found += self._nested_lines(item, depth)
        return found

    def _nested_lines(self, table: Any, depth: int) -> list[Paragraph]:
        """A table within a cell: a line for each of its rows, cells parted by tabs."""
        lines = []
        for row in _unwrapped(table, f"{W}tr", 0):
            texts = [
                " ".join(p.text for p in self._cell_paragraphs(element, depth + 1))
                for _, _, _, element in _row_cells(row)
            ]
            if any(texts):
                lines.append(Paragraph("\t".join(texts), Source()))
        return lines


def _block_items(parent: Any, depth: int) -> Iterator[Any]:
    """Paragraphs and tables in order, those inside content controls and accepted insertions included."""
    for child in parent.iterchildren():
        if child.tag in (f"{W}p", f"{W}tbl"):
            yield child
        elif child.tag in _WRAPPERS and depth < DEEPEST * 4:
            yield from _block_items(child, depth + 1)


def _unwrapped(parent: Any, tag: str, depth: int) -> Iterator[Any]:
    for child in parent.iterchildren():
        if child.tag == tag:
            yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins") and depth < DEEPEST:
            yield from _unwrapped(child, tag, depth + 1)


def _row_cells(row: Any) -> Iterator[tuple[int, int, str, Any]]:
    """Column, span, "restart", "continue" or "" and the element of each cell; spans are bounded."""
    column = _number(row.find(f"{W}trPr/{W}gridBefore"), 0)
    for element in _unwrapped(row, f"{W}tc", 0):
        span = max(1, _number(element.find(f"{W}tcPr/{W}gridSpan"), 1))
        if column + span > WIDEST:
            raise DocumentTooLarge("A table of the document has more columns than Word allows.")
        merge = element.find(f"{W}tcPr/{W}vMerge")
        kind = "" if merge is None else merge.get(f"{W}val", "continue")
        yield column, span, kind, element
        column += span


def _number(element: Any | None, otherwise: int) -> int:
    text = _value(element)
    return int(text) if re.fullmatch(r"\d{1,9}", text) else otherwise


def _cell_above(cells: dict[tuple[int, int], Cell], row: int, column: int) -> tuple[int, int] | None:
    for above in range(row - 1, -1, -1):
        if (above, column) in cells:
            return (above, column) if above + cells[above, column].row_span >= row else None
    return None


def _is_deleted_row(row: Any) -> bool:
    return row.find(f"{W}trPr/{W}del") is not None


def _is_layout(table: Any) -> bool:
    """A frame of one cell around other blocks is no table to a reader."""
    cells = [cell for row in _unwrapped(table, f"{W}tr", 0) for cell in _unwrapped(row, f"{W}tc", 0)]
    return len(cells) == 1 and next(cells[0].iter(f"{W}tbl"), None) is not None


def _text_boxes(paragraph: Any) -> list[Any]:
    """Text boxes of a paragraph, each once: their fallback copies for old programs are left out."""
    return [
        box
        for box in paragraph.iter(f"{W}txbxContent")
        if not any(a.tag == f"{_MC}Fallback" for a in box.iterancestors())
        and next((a for a in box.iterancestors(f"{W}txbxContent")), None) is None
    ]


def _runs(paragraph: Any) -> Iterator[_Run]:
    yield from _runs_in(paragraph, 0)


def _runs_in(parent: Any, depth: int) -> Iterator[_Run]:
    for child in parent.iterchildren():
        if child.tag == f"{W}r":
            text = _run_text(child)
            if text:
                yield _Run(text, _is_on(child.find(f"{W}rPr/{W}b")))
        elif isinstance(child.tag, str) and child.tag not in _GONE and depth < DEEPEST:
            if child.tag == f"{W}sdt" and child.find(f"{W}sdtPr/{_W14}checkbox") is not None:
                yield _Run(_content_tick(child), False)
            else:
                yield from _runs_in(child, depth + 1)


def _content_tick(control: Any) -> str:
    state = control.find(f"{W}sdtPr/{_W14}checkbox/{_W14}checked")
    return "☑" if state is not None and state.get(f"{_W14}val") in ("1", "true") else "☐"


def _run_text(run: Any) -> str:
    if _is_on(run.find(f"{W}rPr/{W}vanish")):
        return ""
    parts = []
    for child in run.iterchildren():
        if child.tag == f"{W}t":
            parts.append(child.text or "")
        elif child.tag in (f"{W}tab", f"{W}ptab"):
            parts.append("\t")
        elif child.tag in (f"{W}br", f"{W}cr"):
            parts.append("\n")
        elif child.tag == f"{W}noBreakHyphen":
            parts.append("-")
        elif child.tag == f"{W}sym":
            parts.append(_SYMBOLS.get(child.get(f"{W}char", "").upper(), "•"))
    return "".join(parts)


def _is_on(flag: Any | None) -> bool:
    return flag is not None and flag.get(f"{W}val", "true") not in ("0", "false", "off")


def _lines(runs: list[_Run]) -> list[list[_Run]]:
    lines: list[list[_Run]] = [[]]
    for run in runs:
        for index, piece in enumerate(run.text.split("\n")):
            if index:
                lines.append([])
            if piece:
                lines[-1].append(_Run(piece, run.is_bold))
    return [line for line in lines if any(run.text.strip() for run in line)]


def _lead(runs: list[_Run], marker: str) -> str:
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
    text = element.get(f"{W}left") or element.get(f"{W}start") or "0"
    return int(text) / _TWIPS if re.fullmatch(r"-?\d{1,6}", text) else 0.0
