"""Extracts pages of a PDF into a new PDF. Runs in the sandbox, like parsing."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter


def of_pages(data: bytes, pages: Sequence[int]) -> bytes:
    """A PDF of these pages (from 1), in this order. Raises pypdf's errors for a damaged file."""
    reader, writer = PdfReader(io.BytesIO(data)), PdfWriter()
    for number in pages:
        writer.add_page(reader.pages[number - 1])
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
