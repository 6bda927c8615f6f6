"""Documents of paragraphs alone, written down as lines, and rubrics written down as tuples."""

from __future__ import annotations

from typing import Any

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.rubric.model import Rubric, Source


def document_of(*lines: str) -> Document:
    """Paragraphs: "# …" is a heading, "- …" and "1. …" items, two spaces before one are an indent."""
    return Document(1, tuple(_paragraph(line, place) for place, line in enumerate(lines)))


def _paragraph(line: str, place: int) -> Paragraph:
    text = line.lstrip(" ")
    indent = 12.0 * (len(line) - len(text))
    head, _, rest = text.partition(" ")
    source = Source(paragraph=place)
    if head == "#":
        return Paragraph(rest, source, indent=indent, size=14, is_bold=True, is_heading=True)
    if rest and (head in ("-", "•", "☐") or (head[:-1].isalnum() and head[-1:] in ".)" and len(head) < 4)):
        return Paragraph(rest, source, marker=head, indent=indent, size=10)
    return Paragraph(text, source, indent=indent, size=10)


def shown(rubric: Rubric) -> list[Any]:
    def worth(level: Any) -> Any:
        return level.points if level.points_max is None else (level.points_min, level.points_max)

    return [(c.name, c.points, [(level.name, worth(level)) for level in c.levels]) for c in rubric.criteria]
