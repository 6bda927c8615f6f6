"""A Word document: the tables of `layout`, header rows repeated, landscape where they are wide.

What shows is all that it holds. The local reader reads it back through `layout_reading`, and knows it by its last line.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Sequence
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt, RGBColor

from rubric_jobs.errors import NotExportable
from rubric_jobs.rubric import layout, layout_reading
from rubric_jobs.rubric.exports.base import Export, of_marks
from rubric_jobs.rubric.layout import Cell, Grid, Row
from rubric_jobs.rubric.model import Rubric

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WIDEST = 60
"""Columns; Word's own limit is 63."""
_WIDE = 4
"""More columns than this need the page's long side."""
_MARGIN, _POINTS_WIDTH = Cm(1.8), Cm(2.2)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_WRITTEN_AT = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""Equal rubrics give equal files."""


def export(rubric: Rubric) -> Export:
    """Raises NotExportable where a criterion has more levels than a Word table has columns."""
    sheet = layout.write(rubric)
    columns = max((len(row) for grid in sheet.grids for row in grid), default=0)
    if columns > WIDEST:
        raise NotExportable(f"A Word table has room for {WIDEST} columns; this rubric needs {columns}.")
    document = docx.Document()
    width = _set_up(document, rubric, is_wide=columns > _WIDE)
    if sheet.title:
        document.add_paragraph(_shown(sheet.title), style="Title")
    for place, grid in enumerate(sheet.grids):
        if place:
            document.add_paragraph()
        _add_table(document, grid, width)
    for note in sheet.notes:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(6)
        paragraph.add_run(_shown(note)).bold = note.startswith(layout.TOTAL)
    _close(document, len(rubric.criteria))
    data = io.BytesIO()
    document.save(data)
    return Export(data.getvalue(), MEDIA_TYPE, ".docx", [*layout_reading.losses(rubric, sheet), *of_marks(rubric)])


def _set_up(document: Any, rubric: Rubric, *, is_wide: bool) -> Length:
    """The page and the fonts; how wide a table can be."""
    properties = document.core_properties
    properties.title, properties.author, properties.comments = _shown(layout.line(rubric.title))[:255], "", ""
    properties.created = properties.modified = _WRITTEN_AT
    package = document.part.package
    for key in [key for key, relation in package.rels.items() if relation.reltype.endswith("/thumbnail")]:
        del package.rels[key]  # a picture of python-docx's own template
    normal, title = document.styles["Normal"], document.styles["Title"]
    normal.font.size, title.font.size = Pt(10), Pt(18)
    normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(1)
    page = document.sections[0]
    short, long = Cm(21.0), Cm(29.7)
    page.page_width, page.page_height = (long, short) if is_wide else (short, long)
    page.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = _MARGIN
    return Length(page.page_width - 2 * _MARGIN)


def _close(document: Any, count: int) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.space_before = Pt(6)
    run = paragraph.add_run(layout.closing(count))
    run.font.size, run.font.color.rgb = Pt(8), RGBColor(0x59, 0x59, 0x59)


def _add_table(document: Any, grid: Grid, width: Length) -> None:
    columns = max(map(len, grid))
    table = document.add_table(rows=0, cols=columns, style="Table Grid")
    table.autofit = False
    widths = _widths(grid[0], columns, width)
    for place, row in enumerate(grid):
        made = table.add_row()
        _mark_row(made, is_header=place == 0)
        cells = made.cells
        for cell, cell_width in zip(cells, widths, strict=True):
            cell.width = cell_width
        if len(row) == 1:
            _fill(cells[0].merge(cells[-1]), row[0], is_bold=True, color="F2F2F2")
            continue
        is_header = place == 0
        contents = _without_blank_end(row) if is_header else row
        if len(contents) < len(row):  # "Levels" stands above all of them
            cells[len(contents) - 1].merge(cells[-1])
        for cell, content in zip(cells, contents, strict=False):
            _fill(cell, content, is_bold=is_header, color="D9E2F3" if is_header else "")
    for column, column_width in zip(table.columns, widths, strict=True):
        column.width = column_width


def _without_blank_end(row: Row) -> Row:
    count = max((place for place, cell in enumerate(row, start=1) if cell.text), default=len(row))
    return row[:count]


def _widths(header: Row, columns: int, width: Length) -> Sequence[Length]:
    """The points' column is narrow; the others share the rest, the criterion's a little more where it stands alone."""
    has_points = len(header) > 1 and header[1].text in (layout.POINTS, layout.DONE)
    if not has_points:
        return [Length(width // columns)] * columns
    each = Length((width - _POINTS_WIDTH) // (columns - 1))
    return [each, _POINTS_WIDTH, *[each] * (columns - 2)]


def _mark_row(row: Any, *, is_header: bool) -> None:
    """A row is not torn apart by the end of a page; the header stands on each."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_header:
        properties.append(OxmlElement("w:tblHeader"))


def _fill(cell: Any, content: Cell, *, is_bold: bool, color: str) -> None:
    if color:
        shading = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", color)):
            shading.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().append(shading)
    paragraph = cell.paragraphs[0]
    for place, text in enumerate(content.text.split("\n")):
        if place:
            paragraph = cell.add_paragraph()
        paragraph.add_run(_shown(text)).bold = is_bold or (content.is_led and place == 0)


def _shown(text: str) -> str:
    """Without what XML cannot hold."""
    return _CONTROL.sub("", text)
