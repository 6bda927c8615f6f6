"""Pages as a copier or a phone shows them, made of the samples' PDFs."""

from __future__ import annotations

import io
import random

import pypdfium2 as pdfium
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from tests.reading.builders import Sample, as_pdf

DOTS_AN_INCH = 200


def page_of(sample: Sample, layout: str = "ruled") -> Image.Image:
    """The first page of a sample, drawn."""
    with pdfium.PdfDocument(as_pdf(sample, layout)) as document:
        return document[0].render(scale=DOTS_AN_INCH / 72).to_pil().convert("L")


def scanned(page: Image.Image, *, turned: float = 1.3) -> Image.Image:
    """Askew, with the noise of a cheap scanner."""
    askew = page.rotate(turned, fillcolor=255, resample=Image.Resampling.BICUBIC)
    noise = Image.frombytes("L", askew.size, random.Random(3).randbytes(askew.width * askew.height))
    return Image.blend(askew, noise, 0.08)


def on_a_desk(page: Image.Image) -> Image.Image:
    """Seen from the side: the sheet is a trapezium on a dark desk, with a shadow over its right half."""
    width, height = page.size
    desk = round(1.3 * width), round(1.2 * height)
    shaded = Image.composite(page, page.point(lambda value: round(0.65 * value)), _left_half(page.size))
    # Where the corners of the desk's picture lie on the sheet, as `Image.transform` wants it.
    places = ((-0.12, -0.1), (-0.2, 1.1), (1.14, 1.08), (1.2, -0.12))
    corners = tuple(part for x, y in places for part in (x * width, y * height))
    return shaded.transform(desk, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=60)


def _left_half(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    return mask


def as_jpeg(page: Image.Image, *, orientation: int | None = None) -> bytes:
    stream = io.BytesIO()
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    page.save(stream, "JPEG", quality=70, exif=exif)
    return stream.getvalue()


def as_scanned_pdf(*pages: Image.Image, before: bytes = b"") -> bytes:
    """A PDF whose pages are pictures, behind the pages of another PDF."""
    stream = io.BytesIO()
    drawn = canvas.Canvas(stream)
    for page in pages:
        size = page.width * 72 / DOTS_AN_INCH, page.height * 72 / DOTS_AN_INCH
        drawn.setPageSize(size)
        drawn.drawImage(ImageReader(io.BytesIO(as_jpeg(page))), 0, 0, *size)
        drawn.showPage()
    drawn.save()
    writer = PdfWriter()
    for data in filter(None, (before, stream.getvalue())):
        writer.append(PdfReader(io.BytesIO(data)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
