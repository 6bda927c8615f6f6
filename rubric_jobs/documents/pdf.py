"""PDF → `Document`. PDFium gives text and rules; tables are found by grid or by columns."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pypdfium2 as pdfium

from rubric_jobs.documents.bands import banded_grids, jointed_grids, shaded_rows
from rubric_jobs.documents.columns import aligned_grids
from rubric_jobs.documents.geometry import Box, Edge, Grid, PageContent, Word
from rubric_jobs.documents.headers import header_above, header_at_foot, heads_columns
from rubric_jobs.documents.kinds import pdf_end
from rubric_jobs.documents.lattice import find_grids, merge
from rubric_jobs.documents.lines import Line, into_lines
from rubric_jobs.documents.model import (
    ALIGNED,
    DETACHED_ACCENTS,
    FUSED_LINES,
    GARBLED_TEXT,
    JOINED_PAGES,
    PARTLY_RULED,
    RECOGNIZED_TEXT,
    RULED,
    Block,
    Document,
    Table,
)
from rubric_jobs.documents.pairs import paired_grids
from rubric_jobs.documents.pdf_cells import PlacedTable, fill
from rubric_jobs.documents.pdf_layers import without_hidden_layers
from rubric_jobs.documents.pdf_page import read_page
from rubric_jobs.documents.pdf_paragraphs import PlacedParagraph, paragraphs, reading_order
from rubric_jobs.documents.raised import settled
from rubric_jobs.documents.recognized import Recognized, as_shown
from rubric_jobs.documents.sideways import whole_sheets
from rubric_jobs.documents.spreads import joined_tables, numbered
from rubric_jobs.documents.underlines import without_underlines
from rubric_jobs.documents.unruled import with_pieced_rows
from rubric_jobs.errors import DocumentTooLarge, EncryptedDocument, UnreadableDocument

MOST_PAGES = 400
MOST_SECONDS = 9.0
MOST_WORDS = 400_000
_PAGE_LINE = re.compile(
    r"^(?:(?:page|seite|página|pagina|p\.|- )?\s*\d{1,3}(?:\s*(?:/|of|de|von|sur)\s*\d{1,3})?(?: -)?$|©|copyright )"
)
_PRINTED_ADDRESS = re.compile(r"^(?:https?|file)://\S+(?:\s.*)?\s\d{1,3}/\d{1,3}$")
"""The footer that browsers print: address, page number and page count."""
_PRINTED_DATE = re.compile(
    r"^\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?$", re.IGNORECASE
)
"""The date that browsers print in the header, left of the title."""
_SHORT_TAIL = 1024
MARGIN = 0.13
"""Share of the page's height, at top and bottom, in which running headers and footers are found."""


@dataclass
class _Page:
    content: PageContent
    ruled: list[Grid]
    tables: list[PlacedTable] = field(default_factory=list)
    loose: list[Word] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[Line]:
        """Lines of all its words, inside and outside tables."""
        return into_lines(self.content.words)

    @cached_property
    def edge_lines(self) -> list[Line]:
        """Lines near the top and bottom edge that are outside ruled tables."""
        low, high = MARGIN * self.content.height, (1 - MARGIN) * self.content.height
        words = [w for w in self.content.words if w.bottom < low or w.top > high]
        return into_lines([w for w in words if not any(_inside(w, grid.box) for grid in self.ruled)])


def parse(data: bytes, recognized: Sequence[Recognized] = ()) -> Document:
    """Parses the PDF. `recognized` holds recognised text of pages without text.

    Raises EncryptedDocument, UnreadableDocument or DocumentTooLarge.
    """
    read = {page.content.number: page.content for page in recognized if page.content.words}
    contents = _contents(without_hidden_layers(_without_tail(data)))
    return document_of([read.get(content.number, content) for content in contents], recognized)


def document_of(contents: list[PageContent], recognized: Sequence[Recognized] = ()) -> Document:
    """The document made of these pages, with their tables and paragraphs."""
    pages = [_Page(content, ruled=_ruled(content)) for content in contents]
    repeated = _running_lines(pages)
    headings = _headings(pages, {text for text, _ in repeated})
    vocabulary = _vocabulary(contents)
    for page in pages:
        page.loose = _without(page, repeated, headings)
        _find_tables(page, vocabulary)
    for page, following in itertools.pairwise(pages):
        _take_header_at_foot(page, following, vocabulary)
    placed: list[list[PlacedTable | PlacedParagraph]] = []
    for page in pages:
        found = paragraphs(page.loose, page.content, [t.box for t in page.tables], vocabulary)
        placed.append(reading_order([*page.tables, *found]))
    blocks: list[Block] = settled(numbered(joined_tables(whole_sheets(placed))))
    scanned = tuple(content.number for content in contents if not content.words and content.has_picture)
    seen = tuple(page.content.number for page in recognized if page.content.words)
    return Document(
        pages=len(contents),
        blocks=tuple(as_shown(blocks, recognized)),
        scanned_pages=scanned,
        doubts=((RECOGNIZED_TEXT,) if seen else ()) + _doubts(pages, blocks),
        recognized_pages=seen,
    )


def _doubts(pages: list[_Page], blocks: list[Block]) -> tuple[str, ...]:
    found = []
    tables = [block for block in blocks if isinstance(block, Table)]
    if any(len({cell.source.page for cell in table.cells}) > 1 for table in tables):
        found.append(JOINED_PAGES)
    if any(line.is_fused for page in pages for line in page.lines):
        found.append(FUSED_LINES)
    if any(page.content.has_detached_accents for page in pages):
        found.append(DETACHED_ACCENTS)
    if any(page.content.is_garbled for page in pages):
        found.append(GARBLED_TEXT)
    return tuple(found)


def _without_tail(data: bytes) -> bytes:
    """The PDF without appended bytes. PDFium expects the end mark near the end of the data."""
    end = pdf_end(data) or len(data)
    return data if len(data) - end < _SHORT_TAIL else data[:end] + b"\n"


def _ruled(content: PageContent) -> list[Grid]:
    return [with_pieced_rows(grid, content.lines, content.words) for grid in find_grids(content.lines)]


def _contents(data: bytes) -> list[PageContent]:
    deadline = time.monotonic() + MOST_SECONDS
    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise _opening_error(error) from error
    try:
        if len(pdf) > MOST_PAGES:
            raise DocumentTooLarge(f"The PDF has {len(pdf)} pages; at most {MOST_PAGES} are read.")
        if not len(pdf):
            raise UnreadableDocument
        if pdf.get_formtype():
            pdf.init_forms()
        contents: list[PageContent] = []
        for index in range(len(pdf)):
            contents.append(_content(pdf, index))
            if time.monotonic() > deadline or sum(len(c.words) for c in contents) > MOST_WORDS:
                raise DocumentTooLarge("Reading the PDF takes too long; please upload only the rubric's pages.")
        return contents
    finally:
        pdf.close()


def _content(pdf: pdfium.PdfDocument, index: int) -> PageContent:
    try:
        page = pdf[index]
    except pdfium.PdfiumError as error:
        raise UnreadableDocument(f"Page {index + 1} of the PDF is damaged and could not be read.") from error
    try:
        content = read_page(page, index + 1)
        content.lines = without_underlines(content.lines, content.words)
        return content
    finally:
        page.close()


def _opening_error(error: pdfium.PdfiumError) -> Exception:
    if "password" in str(error).lower() or "security" in str(error).lower():
        return EncryptedDocument()
    return UnreadableDocument()


def _find_tables(page: _Page, vocabulary: frozenset[str]) -> None:
    """Finds tables by grids, then by shaded areas, horizontal rules and alignment, each among the remaining words."""
    content = page.content
    _take(page, page.ruled, vocabulary, RULED)
    free = _outside(content.lines + content.fills, [table.box for table in page.tables])
    _take(page, jointed_grids(page.loose, free), vocabulary, PARTLY_RULED)
    boxes = [table.box for table in page.tables]
    _take(page, find_grids(_outside(content.fills, boxes)), vocabulary, PARTLY_RULED)
    rules = [e for e in merge(content.lines + shaded_rows(content.fills, page.loose)) if e.is_horizontal]
    banded = banded_grids(page.loose, _outside(rules, [t.box for t in page.tables]))
    _take(page, banded, vocabulary, PARTLY_RULED)
    _take(page, aligned_grids(page.loose, [t.box for t in page.tables], rules), vocabulary, ALIGNED)
    _take(page, paired_grids(page.loose, [t.box for t in page.tables]), vocabulary, ALIGNED)


def _take(page: _Page, grids: list[Grid], vocabulary: frozenset[str], origin: str) -> None:
    """Adds the grids' tables to the page and removes their words from the loose ones."""
    for bare in grids:
        others = [other.box for other in grids if not _holds(other.box, bare.box)]
        free = [w for w in page.loose if not any(_inside(w, box) for box in others)]
        grid = header_above(bare, free) or bare
        table = fill(grid, page.loose, page.content.number, vocabulary, origin)
        if table is None or (table.table.columns < 2 and table.table.rows < 2):
            continue
        page.tables.append(table)
        page.loose = [w for w in page.loose if not _inside(w, table.box)]


def _take_header_at_foot(page: _Page, following: _Page, vocabulary: frozenset[str]) -> None:
    """Adds a header row without rules at the foot of the page, if all rows of its table are on the next page."""
    first = min(following.tables, key=lambda table: table.box[1], default=None)
    if first is None or first.table.origin == RULED or any(w.centre[1] < first.box[1] for w in following.loose):
        return
    grid = header_at_foot(first.xs, page.loose, [table.box for table in page.tables])
    if grid is not None:
        _take(page, [grid], vocabulary, first.table.origin)


def _inside(word: Word, box: Box) -> bool:
    x, y = word.centre
    return box[0] <= x < box[2] and box[1] <= y < box[3]


def _holds(box: Box, other: Box) -> bool:
    return box[0] <= other[0] and box[1] <= other[1] and other[2] <= box[2] and other[3] <= box[3]


def _outside(edges: list[Edge], boxes: list[Box]) -> list[Edge]:
    def is_within(edge: Edge, box: Box) -> bool:
        x0, y0, x1, y1 = (
            (edge.start, edge.at, edge.end, edge.at) if edge.is_horizontal else (edge.at, edge.start, edge.at, edge.end)
        )
        return box[0] - 2 <= x0 and x1 <= box[2] + 2 and box[1] - 2 <= y0 and y1 <= box[3] + 2

    return [edge for edge in edges if not any(is_within(edge, box) for box in boxes)]


def _running_lines(pages: list[_Page]) -> set[tuple[str, int]]:
    """Keys of running headers and footers: the same line, ignoring numbers, at the same height on most pages."""
    seen: Counter[tuple[str, int]] = Counter()
    for page in pages:
        seen.update({key for line in page.edge_lines for key in _keys(line)})
    least = max(2, round(0.5 * len(pages)))
    return {key for key, count in seen.items() if count >= least}


def _keys(line: Line) -> tuple[tuple[str, int], ...]:
    """Keys for comparing lines: the text without numbers and the height, in two overlapping bands."""
    text = re.sub(r"\d+", "#", " ".join(sorted(word.text for word in line.words)))
    band = int(line.box[1] // 6)
    return (text, band), (text, -int((line.box[1] + 3) // 6) - 1)


def _headings(pages: list[_Page], texts: set[str]) -> set[str]:
    """Those of the texts that are the header row of a table on some page."""
    found: set[str] = set()
    for page in pages if texts else ():
        for line in page.lines:
            text = _keys(line)[0][0]
            if text in texts and text not in found and heads_columns(line, page.content.words):
                found.add(text)
    return found


def _without(page: _Page, repeated: set[tuple[str, int]], headings: set[str]) -> list[Word]:
    dropped: set[int] = set()
    table_from = None
    for line in page.edge_lines:
        if any(key in repeated for key in _keys(line)) and _keys(line)[0][0] in headings:
            # Lines below a repeated header row belong to its table, even if other pages have the same lines there.
            table_from = line.box[1]
        is_of_table = table_from is not None and table_from <= line.box[1] < page.content.height / 2
        if not is_of_table and _is_running(line, repeated):
            dropped |= {id(w) for w in line.words}
        dropped |= {id(w) for w in _printed_date(line)}
    return [w for w in page.content.words if id(w) not in dropped]


def _is_running(line: Line, repeated: set[tuple[str, int]]) -> bool:
    if any(key in repeated for key in _keys(line)):
        return True
    return bool(_PAGE_LINE.match(line.text.lower()) or _PRINTED_ADDRESS.match(line.text))


def _printed_date(line: Line) -> list[Word]:
    first = line.segments[0]
    return first if _PRINTED_DATE.match(" ".join(word.text for word in first)) else []


def _vocabulary(contents: list[PageContent]) -> frozenset[str]:
    return frozenset(
        word.text.strip("().,;:!?\"'“”").lower() for content in contents for word in content.words if len(word.text) > 3
    )
