"""Documents made of photos: one picture, or several in a ZIP archive that this module writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rubric_jobs.documents.picture_sizes import check
from rubric_jobs.errors import DocumentTooLarge, UnreadableDocument

if TYPE_CHECKING:
    from rubric_jobs.documents.geometry import PageContent
    from rubric_jobs.documents.recognized import Recognized

SEVERAL = "application/zip"
MOST_PAGES = 40
_STAMP = (1980, 1, 1, 0, 0, 0)
"""A fixed time stamp, so that the same pictures always give the same bytes."""
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def joined(pictures: Sequence[bytes]) -> bytes:
    """Joins pictures into one document, in this order. Raises DocumentTooLarge or UnreadableDocument."""
    if len(pictures) > MOST_PAGES:
        raise DocumentTooLarge(f"At most {MOST_PAGES} pictures make one document.")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(pictures, start=1):
            archive.writestr(zipfile.ZipInfo(f"{number:03}.{_SUFFIXES[check(picture)]}", _STAMP), picture)
    return target.getvalue()


def is_joined(archive: zipfile.ZipFile) -> bool:
    """Whether an archive looks like one that `joined` wrote."""
    names = archive.namelist()
    endings = set(_SUFFIXES.values())
    return bool(names) and all(n == f"{i:03}.{n[4:]}" and n[4:] in endings for i, n in enumerate(names, start=1))


def split(data: bytes) -> list[bytes]:
    """The pictures of a document, in order. Raises DocumentTooLarge or UnreadableDocument."""
    if not data.startswith(b"PK"):
        return [data]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            # This module stores entries uncompressed. Others come from elsewhere.
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries):
                raise UnreadableDocument
            if len(entries) > MOST_PAGES:
                raise DocumentTooLarge(f"At most {MOST_PAGES} pictures make one document.")
            return [archive.read(entry) for entry in entries]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError, OSError) as error:
        raise UnreadableDocument from error


def contents(data: bytes, recognized: Sequence[Recognized]) -> list[PageContent]:
    """The pages of a document of pictures. A page without recognised text holds just a picture."""
    from rubric_jobs.documents.geometry import PageContent

    pictures = split(data)
    for picture in pictures:
        check(picture)
    read = {page.content.number: page.content for page in recognized}
    return [
        read.get(n) or PageContent(n, 1.0, 1.0, words=[], lines=[], fills=[], has_picture=True)
        for n in range(1, len(pictures) + 1)
    ]
