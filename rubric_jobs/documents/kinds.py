"""Detects the file type from the bytes alone, fast enough for a web request."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from rubric_jobs.documents import picture_pages, picture_sizes
from rubric_jobs.errors import (
    EmptyDocument,
    EncryptedDocument,
    UnreadableDocument,
    UnsupportedType,
)

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

READABLE = "only PDF, DOCX, PNG, JPEG and WebP files can be read."

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 1024
_LARGEST_TYPES = 1 << 20

_OTHER_HEADS = (
    (b"{\\rtf", "an RTF file"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"%!PS", "a PostScript file"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"MIME-Version:", "a web page with its pictures"),
    (b"From:", "an e-mail or a web page with its pictures"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)

_HEIF = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheif", b"ftypavif")

_OTHER_PACKAGES = (
    ("xl/", "an Excel workbook"),
    ("ppt/", "a PowerPoint presentation"),
    ("mimetype", "an OpenDocument or EPUB file"),
    ("index/", "an Apple Pages file"),
)


def sniff(data: bytes) -> str:
    """The MIME type of a PDF, a DOCX, a picture, or of several pictures in one (`picture_pages`).

    Raises EmptyDocument, UnsupportedType (another type, or a file with macros), EncryptedDocument,
    DocumentTooLarge (a picture with too many pixels) or UnreadableDocument (truncated). Each names the file type.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise EmptyDocument
    head = data[:_HEAD]
    if b"%PDF-" in head:
        return _whole_pdf(data)
    if head.startswith(b"PK\x03\x04"):
        return _word_package(data)
    if head.startswith(_OLE):
        raise _ole_error(data)
    if picture_sizes.kind_of(head):
        return picture_sizes.check(data)
    if head[4:12] in _HEIF:
        raise UnsupportedType(f"This is a HEIC picture; please send it as a JPEG: {READABLE}")
    for start, kind in _OTHER_HEADS:
        if head.lstrip().startswith(start):
            raise UnsupportedType(f"This is {kind}; {READABLE}")
    raise UnsupportedType


def _whole_pdf(data: bytes) -> str:
    # A truncated file is refused, not repaired: half a rubric must not pass for a whole one.
    if pdf_end(data) is None:
        raise UnreadableDocument("The PDF is cut off before its end; please upload it again.")
    return PDF


def pdf_end(data: bytes) -> int | None:
    """Where the PDF ends within the data; other bytes may follow. None if the PDF is truncated.

    Mail programs and web servers append bytes to files. Objects after the last end mark belong to the file: it was
    saved incrementally or linearised, and its true end is missing.
    """
    marks = [match for mark in (b"%%EOF", b"startxref") if (match := _END.match(data, data.rfind(mark)))]
    end = max((match.end() for match in marks), default=0)
    return end if end and not _OBJECT.search(data, end) else None


_END = re.compile(rb"%%EOF|startxref\s{0,4}\d{0,12}")
_OBJECT = re.compile(rb"\d\s{1,4}\d{1,6}\s{1,4}obj\b|\bendobj\b|\bendstream\b")


def _word_package(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.replace("\\", "/").lstrip("/").lower() for name in archive.namelist()}
            is_word = _is_word(archive, names)
            are_pictures = picture_pages.is_joined(archive)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError, OSError, zlib.error) as error:
        raise UnreadableDocument(
            "The DOCX is damaged or cut off; please save it again and upload the new copy."
        ) from error
    if are_pictures:
        for picture in picture_pages.split(data):
            picture_sizes.check(picture)
        return picture_pages.SEVERAL
    if any(name.endswith("vbaproject.bin") for name in names):
        raise UnsupportedType("The document holds macros; please save it as a plain DOCX without them.")
    if is_word:
        return DOCX
    for start, kind in _OTHER_PACKAGES:
        if any(name.startswith(start) for name in names):
            raise UnsupportedType(f"This is {kind}; {READABLE}")
    raise UnsupportedType(f"This is a ZIP archive and no Word document; {READABLE}")


def _is_word(archive: zipfile.ZipFile, names: set[str]) -> bool:
    """Whether this is a Word document or template. Its main part may be in any folder; Word itself uses `word`."""
    types = next((name for name in archive.namelist() if name.lower() == "[content_types].xml"), None)
    if types is None:
        return False
    if any(name.startswith("word/") for name in names):
        return True
    with archive.open(types) as stream:
        return b"wordprocessingml." in stream.read(_LARGEST_TYPES)


def _ole_error(data: bytes) -> Exception:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return EncryptedDocument()
    return UnsupportedType("This is an old Word (.doc) or another old Office file; please save it as DOCX or PDF.")
