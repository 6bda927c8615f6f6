"""Some pages of a PDF as a PDF of their own. Runs in the sandbox, as parsing does."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter


def of_pages(data: bytes, pages: Sequence[int]) -> bytes:
    """These pages (from 1), in this order. Raises what pypdf raises for a damaged file."""
    reader, writer = PdfReader(io.BytesIO(data)), PdfWriter()
    for number in pages:
        writer.add_page(reader.pages[number - 1])
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
