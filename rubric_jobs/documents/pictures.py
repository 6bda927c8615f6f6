"""Renders pages of a PDF as PNG pictures, limited in number and size. Runs in the sandbox, like parsing."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pypdfium2 as pdfium

MOST_PICTURES = 8
LONGEST_SIDE = 1_600
"""Pixels. A4 at 137 dpi, at which small print is legible."""
MOST_BYTES = 2 * 1024 * 1024
"""Limit for one picture. A larger one is drawn in grey, and left out if that is still too large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`page` counts from 1. `width` and `height` are those of the page in points, like the boxes of `Source`."""

    page: int
    width: float
    height: float
    png: bytes = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        return {
            "page": self.page,
            "width": self.width,
            "height": self.height,
            "png": base64.b64encode(self.png).decode(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Picture:
        return cls(**{**value, "png": base64.b64decode(value["png"])})


def of_pages(data: bytes, pages: Sequence[int]) -> list[Picture]:
    """The pictures of those pages that exist. Raises PdfiumError if the PDF cannot be opened."""
    import pypdfium2 as pdfium  # imported here because only the sandbox draws

    pdf = pdfium.PdfDocument(data)
    try:
        pdf.init_forms()
        wanted = [page for page in sorted(set(pages)) if 1 <= page <= len(pdf)][:MOST_PICTURES]
        return [picture for page in wanted if (picture := _picture(pdf, page)) is not None]
    finally:
        pdf.close()


def _picture(pdf: pdfium.PdfDocument, number: int) -> Picture | None:
    page = pdf[number - 1]
    width, height = page.get_size()
    scale = LONGEST_SIDE / max(width, height, 1)
    for is_grey in (False, True):
        bitmap = page.render(scale=scale, grayscale=is_grey, rev_byteorder=True)
        png = _png(bitmap)
        bitmap.close()
        if len(png) <= MOST_BYTES:
            return Picture(page=number, width=round(width, 2), height=round(height, 2), png=png)
    return None


def _png(bitmap: pdfium.PdfBitmap) -> bytes:
    """PNG (ISO/IEC 15948) of 8-bit grey or RGB rows. Filtering the rows in Python would take a second per page."""
    samples = 1 if bitmap.n_channels == 1 else 3
    pixels, stride, length = bytes(bitmap.buffer), bitmap.stride, bitmap.width * samples
    rows = b"".join(b"\0" + pixels[at : at + length] for at in range(0, stride * bitmap.height, stride))
    header = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, 0 if samples == 1 else 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
