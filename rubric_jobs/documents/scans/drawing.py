"""Photos as PNG pictures that a page shows: upright, and no larger than `pictures` draws a page of a PDF."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from rubric_jobs.documents import picture_pages
from rubric_jobs.documents.pictures import LONGEST_SIDE, MOST_BYTES, MOST_PICTURES, Picture
from rubric_jobs.documents.recognized import shown_size
from rubric_jobs.documents.scans import decode


def of_photos(data: bytes, pages: Sequence[int]) -> list[Picture]:
    """The pictures of these pages (from 1), as far as they exist. Raises UnreadableDocument."""
    photos = picture_pages.split(data)
    wanted = [page for page in sorted(set(pages)) if 1 <= page <= len(photos)][:MOST_PICTURES]
    return [drawn for page in wanted if (drawn := _picture(photos[page - 1], page)) is not None]


def _picture(photo: bytes, number: int) -> Picture | None:
    shown = decode.picture(photo)
    width, height = shown_size(*shown.size)
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A photo's noise makes a PNG of a megapixel large; half of the shades of grey do for reading.
    grey = np.asarray(decode.grey(shown) & np.uint8(0xF0), dtype=np.uint8)
    done, png = cv2.imencode(".png", grey)
    if not done or len(png) > MOST_BYTES:
        return None
    return Picture(page=number, width=round(width, 2), height=round(height, 2), png=png.tobytes())
