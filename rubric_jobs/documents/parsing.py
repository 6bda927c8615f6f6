"""One way in for every format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rubric_jobs.documents import picture_pages
from rubric_jobs.documents.kinds import DOCX, PDF, sniff
from rubric_jobs.documents.model import Document

if TYPE_CHECKING:
    from rubric_jobs.documents.recognized import Recognized


def parse(data: bytes, recognized: Sequence[Recognized] = ()) -> Document:
    """The document that these bytes hold. Raises a DocumentError.

    `recognized` are pages of it without text (its `scanned_pages` otherwise) as recognition read their pictures.
    """
    kind = sniff(data)
    # Imported on use: a web process sniffs uploads but never parses them, and should not pay for the parsers.
    if kind == DOCX:
        from rubric_jobs.documents import docx

        return docx.parse(data)
    from rubric_jobs.documents import pdf

    if kind == PDF:
        return pdf.parse(data, recognized)
    return pdf.document_of(picture_pages.contents(data, recognized), recognized)
