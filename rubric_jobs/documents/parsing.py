"""One way in for every format."""

from __future__ import annotations

from rubric_jobs.documents.kinds import PDF, sniff
from rubric_jobs.documents.model import Document


def parse(data: bytes) -> Document:
    """The document that these bytes hold. Raises a DocumentError."""
    # Imported on use: a web process sniffs uploads but never parses them, and should not pay for the parsers.
    if sniff(data) == PDF:
        from rubric_jobs.documents import pdf

        return pdf.parse(data)
    from rubric_jobs.documents import docx

    return docx.parse(data)
