"""Lines of a handout → a DOCX or PDF file, set in one of several ways."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import docx
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
GRID = ("GRID", (0, 0), (-1, -1), 0.5, colors.black)
MARKS = {"bullet": "•", "dash": "–", "box": "☐"}


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: title, head, bold, body, bullet, dash, number, box, table; `level` is how far in, `lead` its bold start.

    A table's text is its rows, parted by line feeds, its cells by tabs.
    """

    text: str
    kind: str = "body"
    level: int = 0
    lead: str = ""


def as_docx(lines: list[Line]) -> bytes:
    document = docx.Document()
    for line in lines:
        _add(document, line)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _add(document: Any, line: Line) -> None:
    if line.kind == "table":
        rows = [row.split("\t") for row in line.text.split("\n")]
        table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
        for place, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(place.cells, texts, strict=True):
                cell.text = text
        return
    if line.kind in ("title", "head"):
        document.add_heading(line.text, level=1 if line.kind == "title" else 2)
        return
    deep = " 2" if line.level else ""
    style = {"bullet": f"List Bullet{deep}", "number": f"List Number{deep}"}.get(line.kind)
    mark = f"{MARKS[line.kind]} " if line.kind in ("dash", "box") else ""
    paragraph = document.add_paragraph(style=style)
    if line.lead and line.text.startswith(line.lead):
        paragraph.add_run(mark + line.lead).bold = True
        paragraph.add_run(line.text[len(line.lead) :])
    else:
        paragraph.add_run(mark + line.text).bold = line.kind == "bold"
    if line.level and not style:
        paragraph.paragraph_format.left_indent = docx.shared.Pt(24 * line.level)


def as_pdf(lines: list[Line], chance: random.Random) -> bytes:
    is_wide = any("\u2e80" <= sign <= "\u9fff" for line in lines for sign in line.text)
    font = "STSong-Light" if is_wide else chance.choice(["Helvetica", "Times-Roman"])
    bold = {"Helvetica": "Helvetica-Bold", "Times-Roman": "Times-Bold"}.get(font, font)
    size, step = chance.choice([9, 10, 11, 12]), chance.choice([12, 18, 24, 36])
    stream = io.BytesIO()
    page = SimpleDocTemplate(stream, pagesize=A4, leftMargin=chance.choice([50, 72]), rightMargin=60)
    numbers = [0] * 4
    story: list[Any] = []
    for line in lines:
        if line.kind == "table":
            story += [_table(line, font, size, chance), Spacer(1, size)]
            continue
        is_heading = line.kind in ("title", "head")
        numbers[line.level] = numbers[line.level] + 1 if line.kind == "number" else 0
        mark = f"{numbers[line.level]}." if line.kind == "number" else MARKS.get(line.kind)
        style = ParagraphStyle(
            "line",
            fontName=bold if is_heading or line.kind == "bold" else font,
            fontSize=size + {"title": 6, "head": 3}.get(line.kind, 0),
            leading=(size + {"title": 6, "head": 3}.get(line.kind, 0)) * 1.25,
            leftIndent=step * (line.level + (mark is not None)),
            bulletIndent=step * line.level + step / 3,
            spaceAfter=6 if is_heading else 3,
            wordWrap="CJK" if is_wide else None,
        )
        story.append(Paragraph(_marked_up(line), style, bulletText=mark))
    page.build(story)
    return stream.getvalue()


def _table(line: Line, font: str, size: int, chance: random.Random) -> Table:
    style = ParagraphStyle("cell", fontName=font, fontSize=size - 1, leading=size * 1.2)
    rows = [[Paragraph(escape(text), style) for text in row.split("\t")] for row in line.text.split("\n")]
    rules = chance.choice([GRID, ("LINEBELOW", (0, 0), (-1, 0), 0.7, colors.black)])
    if not all(text for row in line.text.split("\n") for text in row.split("\t")):
        rules = GRID  # nothing else shows a cell to write in
    return Table(rows, style=TableStyle([rules]))


def _marked_up(line: Line) -> str:
    text = escape(line.text).replace("\t", "&nbsp;" * 12)
    lead = escape(line.lead)
    return f"<b>{lead}</b>{text[len(lead) :]}" if lead and text.startswith(lead) else text
