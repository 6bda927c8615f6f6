"""The context of a table or list: its heading, the document's title, and mentions of rubrics."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rubric_jobs.documents.model import Block, Document, Paragraph, Table
from rubric_jobs.reader import lexicon
from rubric_jobs.reader.names import tidy

FURTHEST = 8
FURTHEST_TITLE = 6
LONGEST_HEADING = 160
_SYLLABUS = re.compile(
    r"\b(?:syllabus|office hours|course description|prerequisites?|textbooks?|academic (?:honesty|integrity)"
    r"|temario|programa de la asignatura"
    r"|plano de ensino|ementa|plan de cours|sprechstunde|lehrplan|bibliografia basica)\b|教学大纲|课程大纲"
)

_EXAM = re.compile(
    r"\b(?:exam|exams|examination|midterm|mid-term|quiz|test|question paper|worksheet|problem set"
    r"|examen|parcial|prueba|prova"
    r"|teste|lista de exercicios|controle|devoir surveille|interrogation|klausur|klassenarbeit|prufung|ubungsblatt"
    r"|verifica|compito in classe|tentamen|toets)\b|试卷|试题|期末考试|期中考试"
)
_MARKING = re.compile(
    rf"{lexicon.RUBRIC.pattern}|{lexicon.GRADING.pattern}|\b(?:key|solutions?|scheme|oral|pauta|corrige|erwartungs\w*)\b"
)


@dataclass(frozen=True, slots=True)
class Context:
    position: int
    heading: str
    title: str
    is_about_rubric: bool
    is_about_grading: bool
    is_syllabus: bool
    is_exam: bool = False


def context_of(document: Document, position: int) -> Context:
    """The surroundings of the block at `position`."""
    known: Context | None = document.memo.get(("context", position))
    if known is None:
        document.memo["context", position] = known = _context_of(document, position)
    return known


def _context_of(document: Document, position: int) -> Context:
    above = _above(document.blocks, position)
    heading = _heading(above)
    table = document.blocks[position]
    captions = _first_row(table) if isinstance(table, Table) else ""
    title = title_of(document)
    told = [title, heading, captions, *(p.text for p in above[:2] if _announces(p))]
    return Context(
        position=position,
        heading=heading,
        title=title,
        is_about_rubric=any(lexicon.has(lexicon.RUBRIC, text) for text in told),
        is_about_grading=lexicon.has(lexicon.GRADING, f"{title} | {heading}"),
        is_syllabus=_is_syllabus(document),
        is_exam=_EXAM.search(lexicon.plain(title)) is not None and not _MARKING.search(lexicon.plain(title)),
    )


def heading_above(document: Document, position: int) -> str:
    return _heading(_above(document.blocks, position))


def naming_above(document: Document, position: int) -> str:
    """The name for a table without names: its heading, else the line right above it."""
    above = _above(document.blocks, position)
    nearest = above[0] if above else None
    if heading := _heading(above):
        return heading
    return tidy(nearest.text) if nearest and _is_title_like(nearest.text) else ""


def _above(blocks: tuple[Block, ...], position: int) -> list[Paragraph]:
    """Paragraphs before the block, nearest first, up to the previous table."""
    found: list[Paragraph] = []
    for block in reversed(blocks[max(0, position - FURTHEST) : position]):
        if isinstance(block, Table):
            break
        found.append(block)
    return found


def _heading(above: list[Paragraph]) -> str:
    for paragraph in above:
        if paragraph.is_heading and _is_title_like(paragraph.text):
            return tidy(paragraph.text)
    for paragraph in above[:3]:
        if len(paragraph.text) <= 80 and _is_title_like(paragraph.text) and not paragraph.text.endswith("."):
            return tidy(paragraph.text)
    return ""


def _is_title_like(text: str) -> bool:
    """Whether the text may be a title. A form line such as "Name: ____" may not."""
    return (
        len(text) <= LONGEST_HEADING
        and not re.search(r"_{3,}|\.{5,}", re.sub(r"_+\s*/\s*\d+", "", text))
        and not re.match(
            r"(?i)^(?:student|name|names|group|team|date|nombre|nome|nom|datum|fecha|class|project)\b[^:：]{0,20}[:：]",
            text,
        )
    )


def _announces(paragraph: Paragraph) -> bool:
    """Whether it is a short line, or a sentence that ends by introducing what follows."""
    return len(paragraph.text) <= 120 or paragraph.text.rstrip().endswith((":", "："))


def _first_row(table: Table) -> str:
    return " ".join(cell.text for cell in table.cells if cell.row == 0 and len(cell.text) < 120)


def title_of(document: Document, until: int = FURTHEST_TITLE) -> str:
    """The first heading of the document (the largest of the first few), or its first short line.

    `until` is the first block that cannot be a title.
    """
    end = min(until, FURTHEST_TITLE)
    known: str | None = document.memo.get(("title", end))
    if known is None:
        known = document.memo["title", end] = _title_of(document.blocks[:end])
    return known


def _title_of(blocks: Sequence[Block]) -> str:
    opening = [b for b in blocks if isinstance(b, Paragraph) and _is_title_like(b.text) and len(b.text) > 3]
    if not opening:
        return ""
    largest = max(opening, key=lambda p: (round(p.size), p.is_heading))
    if largest.is_heading and largest.size > 1.1 * min(p.size for p in opening):
        return tidy(largest.text)
    rubric = next((p for p in opening if len(p.text) < 120 and lexicon.has(lexicon.RUBRIC, p.text)), None)
    chosen = rubric or next((p for p in opening if p.is_heading), None) or opening[0]
    return tidy(chosen.text) if len(chosen.text) <= 120 else ""


def _is_syllabus(document: Document) -> bool:
    known: bool | None = document.memo.get("syllabus")
    if known is None:
        told = {m.group() for p in document.paragraphs for m in _SYLLABUS.finditer(lexicon.plain(p.text))}
        document.memo["syllabus"] = known = len(told) >= 2
    return known
