"""Documents made to take a reader down: small files that want much memory, time or depth."""

from __future__ import annotations

import functools
import io
import zipfile
import zlib

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="word/document.xml"/></Relationships>'
)


def docx_of(body: str, *, prolog: str = "", encoding: str = "UTF-8", extra: dict[str, bytes] | None = None) -> bytes:
    """A DOCX around this markup, compressed as far as it goes."""
    document = f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    markup = f'<?xml version="1.0" encoding="{encoding}"?>{prolog}{document}'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", markup.encode(encoding))
        for name, data in (extra or {}).items():
            archive.writestr(name, data, compresslevel=1)  # of hundreds of megabytes, in a third of the time
    return stream.getvalue()


def embedding(*parts: tuple[str, bytes], body: str = "") -> bytes:
    """A document that takes these parts in, one after the other, before its own body."""
    relations = "".join(
        f'<Relationship Id="c{i}" Type="{RELATION}/aFChunk" Target="{name}"/>' for i, (name, _) in enumerate(parts)
    )
    chunks = "".join(f'<w:altChunk xmlns:r="{RELATION}" r:id="c{i}"/>' for i in range(len(parts)))
    extra = {f"word/{name}": blob for name, blob in parts}
    extra["word/_rels/document.xml.rels"] = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'
    ).encode()
    return docx_of(chunks + body, extra=extra)


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


def huge_grid_span() -> bytes:
    row = "<w:tr>" + cell("wide", '<w:gridSpan w:val="90000000"/>') + "</w:tr>"
    return docx_of(f"<w:tbl>{row * 50}</w:tbl>")


def millions_of_paragraphs() -> bytes:
    return docx_of("<w:p/>" * 2_000_000)


def zip_bomb() -> bytes:
    return docx_of("<w:p/>", extra={"word/media/image1.png": b"\0" * 400_000_000})


def lying_zip() -> bytes:
    """A member that says it holds 10 bytes and unpacks to 64 MB."""
    data = bytearray(docx_of("<w:p><w:r><w:t>" + "a" * 64_000_000 + "</w:t></w:r></w:p>"))
    at = data.rindex(b"word/document.xml") - 46
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def billion_laughs() -> bytes:
    entities = '<!ENTITY a "lol">' + "".join(
        f"<!ENTITY {chr(98 + i)} '" + f"&{chr(97 + i)};" * 10 + "'>" for i in range(10)
    )
    return docx_of("<w:p><w:r><w:t>&k;</w:t></w:r></w:p>", prolog=f"<!DOCTYPE w:document [{entities}]>")


def external_entity() -> bytes:
    prolog = '<!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return docx_of("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", prolog=prolog)


def doctype_in_utf_16() -> bytes:
    prolog = '<!DOCTYPE w:document [<!ENTITY a "Content (10 points)">]>'
    return docx_of("<w:p><w:r><w:t>&a;</w:t></w:r></w:p>", prolog=prolog, encoding="UTF-16")


def deep_tables(depth: int = 400) -> bytes:
    opened = "<w:tbl><w:tr><w:tc>" * depth
    return docx_of(opened + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * depth)


def pdf_of(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first one is the catalogue."""
    data = bytearray(b"%PDF-1.5\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(data)


def stream_of(content: bytes, entries: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    return b"<< /Length %d /Filter /FlateDecode %b >>\nstream\n%b\nendstream" % (len(packed), entries, packed)


FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def one_page(content: bytes, resources: bytes = b"/Font << /F1 5 0 R >>", more: list[bytes] | None = None) -> bytes:
    """A page with this content stream; further objects are numbered from 6."""
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << %b >> >>" % resources,
            stream_of(content),
            FONT,
            *(more or []),
        ]
    )


def layered(
    content: bytes, *, off: bytes = b"/OFF [6 0 R]", resources: bytes = b"", more: list[bytes] | None = None
) -> bytes:
    """A page with the layer 6 (and whatever follows), which `off` switches."""
    data = one_page(
        content,
        b"/Font << /F1 5 0 R >> /Properties << /MC0 6 0 R >> " + resources,
        [b"<< /Type /OCG /Name (Key) >>", *(more or [])],
    )
    catalogue = b"/Type /Catalog /OCProperties << /OCGs [6 0 R] /D << %b >> >>" % off
    return data.replace(b"/Type /Catalog", catalogue)


SEEN = b"BT /F1 12 Tf 1 0 0 1 72 700 Tm (Thesis 10) Tj ET "
LAYER = SEEN + b"/OC /MC0 BDC BT /F1 12 Tf 1 0 0 1 72 680 Tm (secret) Tj ET 72 600 m 300 600 l S EMC "


def many_text_operators() -> bytes:
    return one_page(b"BT /F1 10 Tf " + b"1 0 0 1 72 700 Tm (a) Tj " * 400_000 + b"ET")


def packed_twice(mark: bytes = b"", pages: int = 4) -> bytes:
    """A kilobyte that takes a second of work for each page; `mark` tells it from others of its kind."""
    packed = _greys()
    entries = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>" % len(packed)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 3 0 R >>"
    kids = b" ".join(b"%d 0 R" % (4 + number) for number in range(pages))
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, pages),
            b"%b\nstream\n%b\nendstream" % (entries, packed),
            *[page] * pages,
            b"(%b)" % mark,
        ]
    )


@functools.cache
def _greys() -> bytes:
    return zlib.compress(zlib.compress(b"0 g " * 8_000_000, 9), 9)


def many_lines() -> bytes:
    return one_page(b"0 0 m 600 700 l S " * 400_000)


def inflates_to_a_gigabyte() -> bytes:
    packed = _spaces()
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed)
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
            stream,
        ]
    )


def _spaces() -> bytes:
    """A deflated gigabyte, packed in a tenth of the time: one block again and again, then an empty last one."""
    part, times = b" " * 16_000_000, 64
    packer, checksum = zlib.compressobj(9), 1
    begun = packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(times):
        checksum = zlib.adler32(part, checksum)
    return begun + begun[2:] * (times - 1) + b"\x03\x00" + checksum.to_bytes(4, "big")


def hundred_thousand_pages() -> bytes:
    kids = b" ".join([b"3 0 R"] * 100_000)
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%b] /Count 100000 >>" % kids,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
        ]
    )


def recursive_forms() -> bytes:
    """Forms that each draw the next ones ten times, the last one drawing the first."""
    forms = []
    for number in range(6, 14):
        following = number + 1 if number < 13 else 6
        entries = (
            b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X %d 0 R >> >>" % following
        )
        forms.append(stream_of(b"/X Do " * 10 + b"0 0 m 9 9 l S ", entries))
    return one_page(b"/X Do", b"/XObject << /X 6 0 R >>", forms)


def page_tree_without_end() -> bytes:
    return pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"])


HOSTILE = {
    maker.__name__: maker
    for maker in (
        huge_grid_span,
        millions_of_paragraphs,
        zip_bomb,
        lying_zip,
        billion_laughs,
        external_entity,
        doctype_in_utf_16,
        deep_tables,
        many_text_operators,
        packed_twice,
        many_lines,
        inflates_to_a_gigabyte,
        hundred_thousand_pages,
        recursive_forms,
        page_tree_without_end,
    )
}
