"""Typed or pasted text → `Document`: lines with bullets, depth and bold type, and tables.

Table rows are lines with tabs, as copied from spreadsheets and word processors, or with Markdown bars. The text is
untrusted: every pattern runs in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from rubric_jobs.documents.docx_structure import WIDEST
from rubric_jobs.documents.lines import split_marker
from rubric_jobs.documents.model import Block, Cell, Document, Paragraph, Table
from rubric_jobs.errors import DocumentTooLarge
from rubric_jobs.rubric.model import Source
from rubric_jobs.rubric.text import MOST_LINES
from rubric_jobs.vocabulary.numbers import NUMBER, UNIT

MOST_CELLS = 5_000
"""Limit for one table, counting every row as wide as the widest."""
SPACE = 4.0
"""Points. Assumed width of a space. Two spaces indent a line."""
LARGEST_HEADING, SMALLER = 22.0, 2.0
"""Points. Type size of a heading with one `#`, and how much each further `#` reduces it."""
LONGEST_HEADING = 120

_LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_BREAK_IN_CELL = re.compile(r"\x1f|<br */?>", re.IGNORECASE)
_QUOTED_CELL = re.compile(r'(?:(?<=[\t\n])|\A)"((?:[^"]|""){0,4000})"(?=[\t\r\n]|\Z)')
_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:+=-]+")
_HEADING = re.compile(r"(#{1,6})\s+(?=\S)")
_BOLD_BEGINS = re.compile(r"(?<!\\)(?:\*\*|__)(?=\S)")
_BOLD_ENDS = re.compile(r"(?<=\S)(?<!\\)(?:\*\*|__)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_GAP = re.compile(r"[^\S\n]{2,}")
_LONG_GAP = re.compile(r"[^\S\n]{5,}")
_BETWEEN_ITEMS = re.compile(r";\s*|,\s+")
_ITEM = re.compile(
    rf"[^\W\d_][^:：=,;\d]{{0,60}}[\s:：=(–-]\s?{NUMBER}\s?(?:{UNIT}\.?|[%％])?\)?", re.IGNORECASE
)  # fmt: skip
LONGEST_ITEM = 80
MOST_ITEMS = 50


def parse(text: str) -> Document:
    """Raises DocumentTooLarge."""
    lines = _LINE_BREAK.split(_without_quotes(text))
    if len(lines) > MOST_LINES:
        raise DocumentTooLarge("The text has too many lines for a rubric.")
    blocks: list[Block] = []
    paragraphs = tables = 0
    for separator, run in groupby(lines, key=_separator):
        rows = list(run)
        if separator and (table := _table(rows, separator, tables)):
            blocks.append(table)
            tables += 1
            continue
        for row in rows:
            for item in _items(row):
                if paragraph := _paragraph(item, paragraphs):
                    blocks.append(paragraph)
                    paragraphs += 1
    return Document(pages=1, blocks=tuple(blocks))


def _without_quotes(text: str) -> str:
    """Undoes the quotes that a spreadsheet puts around cells with line breaks or quotes."""
    if "\t" not in text:
        return text
    return _QUOTED_CELL.sub(lambda cell: _LINE_BREAK.sub("\x1f", cell[1].replace('""', '"')), text)


def _separator(line: str) -> str:
    stripped = line.strip()
    if len(_BAR.findall(stripped)) >= 2 or (stripped.startswith("|") and stripped != "|"):
        return "|"
    return "\t" if "\t" in stripped else ""


def _table(lines: Sequence[str], separator: str, number: int) -> Table | None:
    """The lines as a table; None with fewer than two rows or columns, or with too many cells."""
    rows = [_cells(line, separator) for line in lines if not _RULE.fullmatch(line)]
    width = max(map(len, rows), default=0)
    if len(rows) < 2 or len(rows) * width > MOST_CELLS:
        return None
    columns = [at for at in range(width) if any(row[at : at + 1] != [""] for row in rows if at < len(row))]
    if not 2 <= len(columns) <= WIDEST:
        return None
    cells = []
    for row, texts in enumerate(rows):
        for column, at in enumerate(columns):
            text, is_bold, lead = _styled(texts[at]) if at < len(texts) else ("", False, "")
            source = Source(table=number, row=row, column=column)
            cells.append(Cell(row, column, text, source, is_bold=is_bold, lead=lead))
    return Table(len(rows), len(columns), tuple(cells), Source(table=number))


def _cells(line: str, separator: str) -> list[str]:
    if separator == "\t":
        texts = line.split("\t")
    else:
        body = line.strip().removeprefix("|")
        texts = _BAR.split(body.removesuffix("|") if not body.endswith("\\|") else body)
    return ["\n".join(_GAP.sub(" ", part).strip() for part in _BREAK_IN_CELL.split(text)).strip() for text in texts]


def _items(line: str) -> list[str]:
    """Splits `Content: 50 %, style: 30 %, grammar: 20 %` into three lines."""
    items = _BETWEEN_ITEMS.split(line.strip().rstrip("."))
    is_list = 2 <= len(items) <= MOST_ITEMS and all(len(i) <= LONGEST_ITEM and _ITEM.fullmatch(i) for i in items)
    return items if is_list else [line]


def _paragraph(line: str, number: int) -> Paragraph | None:
    typed = line.expandtabs(8)
    indent = SPACE * (len(typed) - len(typed.lstrip()))
    body = _LONG_GAP.sub("    ", line.strip())
    heading = _HEADING.match(body)
    marker, body = ("", body[heading.end() :]) if heading else split_marker(body)
    marker = "-" if marker == "*" else marker  # Markdown and people use both as the same bullet
    text, is_bold, lead = _styled(body)
    if not text:
        return None
    is_heading = heading is not None or (is_bold and len(text) < LONGEST_HEADING and text[-1] not in ".;,")
    size = LARGEST_HEADING - SMALLER * len(heading[1]) if heading else 0.0
    return Paragraph(
        text, Source(paragraph=number), marker, indent, size, is_bold or heading is not None, is_heading, lead
    )


def _styled(text: str) -> tuple[str, bool, str]:
    """The text without Markdown marks, whether all of it is bold, and its bold start if it is not."""
    runs = [(_ESCAPED.sub(r"\1", run), is_bold) for run, is_bold in _runs(text) if run.strip()]
    whole = "".join(run for run, _ in runs).strip()
    is_bold = bool(runs) and all(is_bold or not any(map(str.isalnum, run)) for run, is_bold in runs)
    lead = runs[0][0].strip() if runs and runs[0][1] and not is_bold else ""
    return whole, is_bold, lead


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Plain and bold runs in order. A mark that is not closed is text."""
    at = 0
    while (begin := _BOLD_BEGINS.search(text, at)) and (end := _BOLD_ENDS.search(text, begin.end() + 1)):
        yield text[at : begin.start()], False
        yield text[begin.end() : end.start()], True
        at = end.end()
    yield text[at:], False
