"""Bytes of a picture, or a page of a PDF → grey pixels, upright as the file says. Run it in the sandbox only."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image, ImageOps

from rubric_jobs.documents.picture_sizes import MOST_PIXELS
from rubric_jobs.documents.scans.straighten import LONGEST_SIDE
from rubric_jobs.errors import UnreadableDocument

Grey = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP")
_DAMAGED = "The picture is damaged and could not be read; please take or save it again."


def picture(data: bytes) -> Image.Image:
    """The first frame, upright by its EXIF, transparent parts white. Raises UnreadableDocument.

    The caller has compared its size with MOST_PIXELS already.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
            # A JPEG is decoded at a half or a quarter where that is still large enough.
            opened.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            return ImageOps.exif_transpose(opened)
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableDocument(_DAMAGED) from error


def grey(shown: Image.Image) -> Grey:
    if shown.mode in {"RGBA", "LA", "PA"} or "transparency" in shown.info:
        with_paper = Image.new("RGBA", shown.size, "white")
        with_paper.alpha_composite(shown.convert("RGBA"))
        shown = with_paper
    if shown.mode in {"I", "I;16", "I;16B", "F"}:  # 16 bits a sample, which a plain conversion would cut off
        return np.asarray(np.clip(np.asarray(shown, dtype=np.float32) / 256, 0, 255), dtype=np.uint8)
    return np.asarray(shown.convert("L"), dtype=np.uint8)


def pdf_page(data: bytes, number: int) -> tuple[Grey, float, float]:
    """A page of a PDF (from 1) at the size that pages are recognised at, and its width and height in points."""
    pdf = pdfium.PdfDocument(data)
    try:
        page = pdf[number - 1]
        width, height = page.get_size()
        bitmap = page.render(scale=LONGEST_SIDE / max(width, height, 1.0), grayscale=True)
        return np.array(bitmap.to_numpy(), dtype=np.uint8).reshape(bitmap.height, bitmap.width), width, height
    finally:
        pdf.close()
