"""What a file is, told from its bytes; what is refused is named."""

from __future__ import annotations

import io
import zipfile

import pytest
from pypdf import PdfReader, PdfWriter

from rubric_jobs import documents
from rubric_jobs.errors import (
    DocumentError,
    DocumentTooLarge,
    EmptyDocument,
    EncryptedDocument,
    ScannedDocument,
    UnreadableDocument,
    UnsupportedType,
)
from tests.reading.builders import as_docx, as_pdf
from tests.reading.samples_grids import HEADER_POINTS

PDF_DATA = as_pdf(HEADER_POINTS, "ruled")
DOCX_DATA = as_docx(HEADER_POINTS)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def zip_of(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


def encrypted_pdf(password: str = "secret") -> bytes:
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(PDF_DATA)))
    writer.encrypt(password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_and_a_docx_are_known_by_their_bytes() -> None:
    assert documents.sniff(PDF_DATA) == documents.PDF
    assert documents.sniff(DOCX_DATA) == documents.DOCX


def test_a_pdf_with_some_bytes_before_its_header_is_still_one() -> None:
    assert documents.sniff(b"\n\n" + PDF_DATA) == documents.PDF


REFUSED = {
    "empty": (b"", EmptyDocument, "empty"),
    "blank": (b" \n" * 10, EmptyDocument, "empty"),
    "text": (b"Criteria: 10 points", UnsupportedType, "PDF, DOCX"),
    "old word": (OLE, UnsupportedType, "old Word"),
    "encrypted word": (OLE + "EncryptedPackage".encode("utf-16-le"), EncryptedDocument, "password"),
    "zip": (zip_of("readme.txt"), UnsupportedType, "ZIP"),
    "excel": (zip_of("[Content_Types].xml", "xl/workbook.xml"), UnsupportedType, "Excel"),
    "powerpoint": (zip_of("[Content_Types].xml", "ppt/presentation.xml"), UnsupportedType, "PowerPoint"),
    "macros": (zip_of("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), UnsupportedType, "macros"),
    "rtf": (b"{\\rtf1 text}", UnsupportedType, "RTF"),
    "gif": (b"GIF89a" + b"0" * 50, UnsupportedType, "GIF picture"),
    "heic": (b"\0\0\0\x18ftypheic" + b"0" * 50, UnsupportedType, "JPEG"),
    "cut png": (b"\x89PNG\r\n\x1a\n" + b"0" * 50, UnreadableDocument, "cut off"),
    "cut jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", UnreadableDocument, "cut off"),
    "pixel bomb": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff", DocumentTooLarge, "64 million pixels"),
    "cut zip": (DOCX_DATA[: len(DOCX_DATA) // 2], UnreadableDocument, "damaged"),
    "cut pdf": (PDF_DATA[: len(PDF_DATA) // 2] + b"0" * 5000, UnreadableDocument, "cut off"),
}


@pytest.mark.parametrize(("data", "error", "word"), REFUSED.values(), ids=REFUSED)
def test_other_files_are_refused_by_name(data: bytes, error: type[DocumentError], word: str) -> None:
    with pytest.raises(error, match=word):
        documents.sniff(data)


def test_an_encrypted_pdf_is_refused_with_encrypted_document() -> None:
    with pytest.raises(EncryptedDocument):
        documents.parse(encrypted_pdf())


def test_a_pdf_that_opens_without_a_password_is_read() -> None:
    assert documents.parse(encrypted_pdf("")).tables


def test_a_truncated_pdf_is_refused_with_unreadable_document() -> None:
    with pytest.raises(UnreadableDocument):
        documents.parse(PDF_DATA[: len(PDF_DATA) * 2 // 3])


def test_a_pdf_of_nothing_but_its_ends_is_unreadable() -> None:
    with pytest.raises(UnreadableDocument):
        documents.parse(b"%PDF-1.7\nnothing\n%%EOF")


def test_a_word_package_without_a_document_is_unreadable() -> None:
    with pytest.raises(UnreadableDocument):
        documents.parse(zip_of("[Content_Types].xml", "word/styles.xml"))


def test_a_page_that_is_a_picture_is_told_as_scanned() -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen import canvas

    from rubric_jobs import reader

    stream = io.BytesIO()
    page = canvas.Canvas(stream)
    page.drawImage(ImageReader(Image.new("RGB", (200, 200), "grey")), 0, 0, 500, 700)
    page.save()
    document = documents.parse(stream.getvalue())
    assert document.is_scanned
    assert document.scanned_pages == (1,)
    with pytest.raises(ScannedDocument):
        reader.read(document)
