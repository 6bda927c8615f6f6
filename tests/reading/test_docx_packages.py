"""Packages that Word opens are read, whatever surrounds their text; text that is embedded in another format too."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
import pytest

from rubric_jobs import documents
from rubric_jobs.errors import DocumentTooLarge, UnreadableDocument, UnsupportedType
from tests.reading.builders import as_docx, saved
from tests.reading.hostile import RELATION, docx_of, embedding
from tests.reading.samples_grids import HEADER_POINTS

WHOLE = as_docx(HEADER_POINTS)
TEXT = documents.parse(WHOLE).text()
Change = Callable[[str, bytes], tuple[str, bytes] | None]


def repacked(change: Change, data: bytes = WHOLE) -> bytes:
    """The package with each member as `change` gives it back; None leaves it out."""
    out = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(data))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            changed = change(name, source.read(name))
            if changed is not None:
                target.writestr(*changed)
    return out.getvalue()


def strict(name: str, blob: bytes) -> tuple[str, bytes]:
    """What Word's "Strict Open XML Document" writes instead."""
    for old, new in (
        (
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        ),
        (b"http://schemas.openxmlformats.org/officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/"),
    ):
        blob = blob.replace(old, new)
    return name, blob


def template(name: str, blob: bytes) -> tuple[str, bytes]:
    return name, blob.replace(b"document.main+xml", b"template.main+xml")


def dangling(name: str, blob: bytes) -> tuple[str, bytes]:
    lost = f'<Relationship Id="rId900" Type="{RELATION}/image" Target="NULL"/>'.encode()
    return name, blob.replace(b"</Relationships>", lost + b"</Relationships>") if name.endswith(".rels") else blob


def without_thumbnail(name: str, blob: bytes) -> tuple[str, bytes] | None:
    return None if "thumbnail" in name else (name, blob)


def with_backslashes(name: str, blob: bytes) -> tuple[str, bytes]:
    return name.replace("/", "\\"), blob


def in_capitals(name: str, blob: bytes) -> tuple[str, bytes]:
    return name.replace("word/document", "Word/Document"), blob


def elsewhere(name: str, blob: bytes) -> tuple[str, bytes]:
    return name.replace("word/", "w/"), blob.replace(b"word/", b"w/")


@pytest.mark.parametrize(
    "change", [strict, template, dangling, without_thumbnail, with_backslashes, in_capitals, elsewhere]
)
def test_a_package_that_word_opens_is_read(change: Change) -> None:
    data = repacked(change)
    assert documents.sniff(data) == documents.DOCX
    assert documents.parse(data).text() == TEXT


def test_measures_with_units_are_indents_too() -> None:
    body = '<w:p><w:pPr><w:ind w:start="0.5in"/></w:pPr><w:r><w:t>deep</w:t></w:r></w:p>'
    assert documents.parse(docx_of(body)).paragraphs[0].indent == 36.0


def test_macros_are_refused_by_name_in_a_template_too() -> None:
    data = repacked(lambda name, blob: (name.replace("word/settings.xml", "word/vbaProject.bin"), blob))
    with pytest.raises(UnsupportedType, match="macros"):
        documents.parse(data)


PAGE = """<html><head><title>x</title><style>p {}</style></head><body><h1>Essay Rubric</h1>
<p style="display: none">the key</p><table><tr><th>Criteria</th><th colspan=2>Levels</th></tr>
<tr><td rowspan="2">Thesis</td><td><b>Clear</b> and <s>un</s>arguable</td><td>10<sup>2</sup></td></tr>
<tr><td>Vague</td><td>3</td></tr></table><ol><li>first<li>second</ol>line<br>break
<input type=checkbox checked> done</body></html>"""


def test_an_embedded_web_page_is_read_as_it_is_seen() -> None:
    document = documents.parse(embedding(("chunk.html", PAGE.encode())))
    (table,) = document.tables
    assert [[c.text if c else "" for c in row] for row in table.grid()] == [
        ["Criteria", "Levels", "Levels"],
        ["Thesis", "Clear and arguable", "10^2"],
        ["Thesis", "Vague", "3"],
    ]
    assert [(p.marker, p.text) for p in document.paragraphs] == [
        ("", "Essay Rubric"), ("1.", "first"), ("2.", "second"), ("", "line"), ("", "break ☑ done"),
    ]  # fmt: skip
    assert document.paragraphs[0].is_heading


MHT = b"""MIME-Version: 1.0
Content-Type: multipart/related; boundary="b"

--b
Content-Type: text/html; charset="windows-1252"
Content-Transfer-Encoding: quoted-printable

<html><body><p>Caf=E9</p></body></html>
--b--
"""


@pytest.mark.parametrize(
    ("name", "blob", "shown"),
    [
        ("c.mht", MHT, "Café"),
        ("c.html", "<p>Übung</p>".encode(), "Übung"),
        ("c.html", b'<meta charset="iso-8859-1"><p>\xdcbung</p>', "Übung"),
        ("c.html", "<p>Übung</p>".encode("utf-16"), "Übung"),
        ("c.txt", b"Thesis: 5 points", "Thesis: 5 points"),
        ("c.docx", docx_of("<w:p><w:r><w:t>inner</w:t></w:r></w:p>"), "inner"),
    ],
    ids=["web archive", "utf-8", "latin-1", "utf-16", "text", "docx"],
)
def test_embedded_parts_of_other_formats_are_read(name: str, blob: bytes, shown: str) -> None:
    assert [p.text for p in documents.parse(embedding((name, blob))).paragraphs] == [shown]


def test_embedded_rtf_is_named_with_what_helps() -> None:
    with pytest.raises(UnreadableDocument, match=r"embedded in it as RTF; please open it in Word, save it again"):
        documents.parse(embedding(("c.rtf", b"{\\rtf1 text}")))


def test_rtf_beside_other_text_is_told_as_not_read() -> None:
    data = embedding(("c.rtf", b"{\\rtf1 text}"), body="<w:p><w:r><w:t>seen</w:t></w:r></w:p>")
    document = documents.parse(data)
    assert [p.text for p in document.paragraphs] == ["seen"]
    assert "as RTF" in document.warnings[0]


HOSTILE_PAGES = {
    "cells for nothing": "<table><tr>" + "<td rowspan=1000 colspan=63>x" + "<tr>" * 100_000,
    "a wide row": "<table><tr>" + "<td colspan=60>x" * 1000,
    "many paragraphs": "<p>x" * 100_000,
}


@pytest.mark.parametrize("page", HOSTILE_PAGES.values(), ids=HOSTILE_PAGES)
def test_an_embedded_page_that_asks_for_too_much_is_refused(page: str) -> None:
    with pytest.raises(DocumentTooLarge):
        documents.parse(embedding(("c.html", page.encode())))


@pytest.mark.parametrize("page", ["<div>" * 5000 + "deep", "<ol>" + "<li>x" * 5_000, "<table>" * 900 + "x", "<<<>>>"])
def test_an_embedded_page_of_any_shape_ends(page: str) -> None:
    document = documents.parse(embedding(("c.html", ("<p>seen</p>" + page).encode())))
    assert document.paragraphs[0].text == "seen"


def test_a_document_embedded_in_itself_again_and_again_is_read_once() -> None:
    data = embedding(("c.docx", WHOLE))
    for _ in range(3):
        data = embedding(("c.docx", data), body="<w:p><w:r><w:t>outer</w:t></w:r></w:p>")
    assert [p.text for p in documents.parse(data).paragraphs] == ["outer", "outer"]


def test_pages_that_word_counted_are_stated() -> None:
    document = docx.Document()
    document.add_paragraph("x")
    properties = '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Pages>3</Pages></Properties>'
    data = repacked(lambda n, b: (n, properties.encode() if n == "docProps/app.xml" else b), saved(document))
    assert documents.parse(data).pages == 3
