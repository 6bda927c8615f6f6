"""Makes DOCX and PDF files out of one description, so that every sample is read in several layouts."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))


@dataclass(frozen=True)
class Merged:
    """A cell that reaches over further columns and rows; the covered places hold None."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True)
class Grid:
    rows: list[list[Any]]
    widths: list[float] | None = None


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Bullets:
    items: list[str]
    numbered: bool = False


Block = str | Heading | Grid | Bullets


@dataclass(frozen=True)
class Sample:
    """`expected` holds (criterion, points, [(level, points or (low, high) or None, start of its description)])."""

    name: str
    blocks: list[Block]
    expected: list[tuple[str, float | None, list[tuple[str | None, Any, str]]]] = field(default_factory=list)
    total: float | None = None
    kind: str = "analytic"
    layouts: tuple[str, ...] = ("docx", "ruled", "lined", "plain")
    font: str = "Helvetica"
    sections: list[str | None] | None = None


def as_docx(sample: Sample) -> bytes:
    document = docx.Document()
    if any(isinstance(b, Grid) and len(b.rows[0]) > 4 for b in sample.blocks):
        section = document.sections[0]
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    for block in sample.blocks:
        if isinstance(block, Heading):
            document.add_heading(block.text, level=1)
        elif isinstance(block, Grid):
            _docx_table(document, block)
        elif isinstance(block, Bullets):
            for item in block.items:
                document.add_paragraph(item, style="List Number" if block.numbered else "List Bullet")
        else:
            document.add_paragraph(block)
    return saved(document)


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _docx_table(document: Any, grid: Grid) -> None:
    table = document.add_table(rows=len(grid.rows), cols=len(grid.rows[0]), style="Table Grid")
    for r, row in enumerate(grid.rows):
        for c, value in enumerate(row):
            if value is None:
                continue
            cell = table.cell(r, c)
            if isinstance(value, Merged):
                cell = cell.merge(table.cell(r + value.rows - 1, c + value.columns - 1))
            cell.text = value.text if isinstance(value, Merged) else value


def as_pdf(sample: Sample, layout: str) -> bytes:
    """`layout`: ruled (a full grid), lined (rules between rows alone) or plain (no rules at all)."""
    stream = io.BytesIO()
    wide = any(isinstance(b, Grid) and len(b.rows[0]) > 4 for b in sample.blocks)
    document = SimpleDocTemplate(stream, pagesize=landscape(A4) if wide else A4, leftMargin=50, rightMargin=50)
    styles = _styles(sample.font)
    story: list[Any] = []
    for block in sample.blocks:
        story += _flowables(block, layout, styles, document.width)
    document.build(story)
    return stream.getvalue()


def _styles(font: str) -> dict[str, ParagraphStyle]:
    base = getSampleStyleSheet()["Normal"]
    wrap = "CJK" if font.startswith("ST") else None
    bold = font if wrap else f"{font}-Bold"
    return {
        "body": ParagraphStyle("b", parent=base, fontName=font, fontSize=10, leading=12, spaceAfter=6, wordWrap=wrap),
        "cell": ParagraphStyle("c", parent=base, fontName=font, fontSize=9, leading=11, wordWrap=wrap),
        "head": ParagraphStyle("h", parent=base, fontName=bold, fontSize=15, leading=19, spaceAfter=8, wordWrap=wrap),
        "bullet": ParagraphStyle(
            "l", parent=base, fontName=font, fontSize=10, leading=12, leftIndent=24, bulletIndent=10, wordWrap=wrap
        ),
    }


def _flowables(block: Block, layout: str, styles: dict[str, ParagraphStyle], width: float) -> list[Any]:
    if isinstance(block, Heading):
        return [Paragraph(block.text, styles["head"])]
    if isinstance(block, Bullets):
        marks = [f"{i}." if block.numbered else "•" for i in range(1, len(block.items) + 1)]
        return [Paragraph(t, styles["bullet"], bulletText=m) for t, m in zip(block.items, marks, strict=True)]
    if isinstance(block, Grid):
        return [Spacer(1, 6), _pdf_table(block, layout, styles, width), Spacer(1, 8)]
    return [Paragraph(block, styles["body"])]


def _pdf_table(grid: Grid, layout: str, styles: dict[str, ParagraphStyle], width: float) -> Table:
    columns = len(grid.rows[0])
    widths = [w * width for w in grid.widths] if grid.widths else [width / columns] * columns
    spans = []
    data = []
    for r, row in enumerate(grid.rows):
        line = []
        for c, value in enumerate(row):
            text = value.text if isinstance(value, Merged) else value or ""
            if isinstance(value, Merged):
                spans.append(("SPAN", (c, r), (c + value.columns - 1, r + value.rows - 1)))
            line.append(Paragraph(text.replace("\n", "<br/>"), styles["cell"]))
        data.append(line)
    rules: dict[str, list[Any]] = {
        "ruled": [("GRID", (0, 0), (-1, -1), 0.6, colors.black)],
        "lined": [
            ("LINEABOVE", (0, 0), (-1, -1), 0.6, colors.grey),
            ("LINEBELOW", (0, -1), (-1, -1), 0.6, colors.grey),
        ],
        "plain": [],
    }
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), *spans, *rules[layout]]
    return Table(data, colWidths=widths, style=TableStyle(style), repeatRows=1)


def built(sample: Sample, layout: str) -> bytes:
    return as_docx(sample) if layout == "docx" else as_pdf(sample, layout)
