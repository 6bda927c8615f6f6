"""Parses every supported format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rubric_jobs.documents import picture_pages
from rubric_jobs.documents.kinds import DOCX, PDF, sniff
from rubric_jobs.documents.model import Document

if TYPE_CHECKING:
    from rubric_jobs.documents.recognized import Recognized


def parse(data: bytes, recognized: Sequence[Recognized] = ()) -> Document:
    """The parsed document. Raises a DocumentError.

    `recognized` holds recognised text of pages without text, which are else listed in `scanned_pages`.
    """
    kind = sniff(data)
    # Imported here because a web process detects file types but never parses, and need not load the parsers.
    if kind == DOCX:
        from rubric_jobs.documents import docx

        return docx.parse(data)
    from rubric_jobs.documents import pdf

    if kind == PDF:
        return pdf.parse(data, recognized)
    return pdf.document_of(picture_pages.contents(data, recognized), recognized)
