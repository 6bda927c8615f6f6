"""Text in a PDF is read as it is seen: nothing hidden, doubled or struck out, and what lies beside the content too."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, TextStringObject
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from rubric_jobs import documents, reader
from rubric_jobs.documents import Document
from rubric_jobs.documents.model import DETACHED_ACCENTS, GARBLED_TEXT
from rubric_jobs.errors import UnreadableDocument
from tests.reading.builders import as_pdf
from tests.reading.hostile import LAYER, SEEN, layered, one_page, stream_of
from tests.reading.samples_grids import HEADER_POINTS

WHOLE = as_pdf(HEADER_POINTS, "ruled")
TEXT = documents.parse(WHOLE).text()


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=True)
    canvas.setFont("Helvetica", 12)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def changed(data: bytes, change: Callable[[PdfWriter], None]) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def words(data: bytes) -> str:
    return " ".join(documents.parse(data).text().split())


# Accents


def accented(canvas: Canvas) -> None:
    """As older LaTeX does: the accent first, its letter over it; the accent of a capital stands higher."""
    canvas.drawString(72, 700, "Present")
    at = 72 + canvas.stringWidth("Present")
    middle = (canvas.stringWidth("a") - canvas.stringWidth("\u00b4")) / 2
    canvas.drawString(at + middle, 700, "\u00b4")
    canvas.drawString(at, 700, "acion")
    canvas.drawString(72 + (canvas.stringWidth("E") - canvas.stringWidth("\u00b4")) / 2, 652, "\u00b4")
    canvas.drawString(72, 650, "Etude, don\u00b4t")


def test_accents_drawn_apart_are_put_on_their_letters() -> None:
    document = documents.parse(drawn(accented))
    assert [p.text for p in document.paragraphs] == ["Presentácion", "Étude, don\u00b4t"]
    assert DETACHED_ACCENTS not in document.doubts


def test_an_accent_over_a_letter_that_takes_none_is_a_doubt() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Quality")
        canvas.drawString(72 + 2, 700, "\u00b8")

    assert DETACHED_ACCENTS in documents.parse(drawn(draw)).doubts


# Raised and lowered numbers


def raised(base: str, parts: list[tuple[str, float, float]], after: str = "") -> Callable[[Canvas], None]:
    """`parts`: texts with their rise and their size behind a base text of 12 points."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, base)
        at = 72 + canvas.stringWidth(base)
        for text, rise, size in parts:
            canvas.setFont("Helvetica", size)
            canvas.drawString(at, 700 + rise, text)
            at += canvas.stringWidth(text)
        canvas.setFont("Helvetica", 12)
        canvas.drawString(at, 700, after)

    return draw


@pytest.mark.parametrize(
    ("base", "parts", "shown"),
    [
        ("2", [("1", 4.0, 7.0), ("/", 0.0, 12.0), ("2", -1.5, 7.0)], "2 1/2 points"),
        ("2", [("1", 4.0, 7.0), ("/", 1.0, 8.0), ("2", 0.0, 7.0)], "2 1/2 points"),
        ("10", [("2", 4.0, 7.0)], "10^2 points"),
        ("20 m", [("2", 4.0, 7.0)], "20 m² points"),
        ("1", [("st", 4.0, 7.0)], "1st points"),
    ],
    ids=["fraction", "diagonal fraction", "power", "unit", "ordinal"],
)
def test_raised_and_lowered_numbers_stay_apart(base: str, parts: list[tuple[str, float, float]], shown: str) -> None:
    assert words(drawn(raised(base, parts, " points"))).replace("1 st", "1st") == shown


def test_the_mark_of_a_note_joins_no_number_whenever_it_is_drawn() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Thesis 10 points")
        canvas.drawString(72, 680, "Form 12")
        canvas.drawString(72, 600, "1 Half of it in the oral exam.  2 For groups only.")
        canvas.setFont("Helvetica", 7)
        canvas.drawString(72 + canvas.stringWidth("Thesis 10", "Helvetica", 12), 704, "1")
        canvas.drawString(72 + canvas.stringWidth("Form 12", "Helvetica", 12), 684, "2")

    text = words(drawn(draw))
    assert "Thesis 10 points" in text
    assert "Form 12 " in text


# Struck out


def test_text_that_a_line_runs_through_is_left_out_and_the_line_is_no_ruling() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Excellent (1210 points)")
        start = 72 + canvas.stringWidth("Excellent (")
        canvas.line(start, 704, start + canvas.stringWidth("12"), 704)

    assert words(drawn(draw)).replace("( ", "(") == "Excellent (10 points)"


def test_underlined_text_and_text_between_rules_stays() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Underlined")
        canvas.line(72, 698, 72 + canvas.stringWidth("Underlined"), 698)
        canvas.drawString(72, 660, "Across")
        canvas.line(60, 664, 300, 664)

    assert words(drawn(draw)) == "Underlined Across"


def marked(subtype: str) -> bytes:
    def mark(writer: PdfWriter) -> None:
        box = [72.0, 698.0, 72.0 + 14.0, 712.0]
        left, bottom, right, top = box
        quad = [left, top, right, top, left, bottom, right, bottom]
        note = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject(subtype),
                NameObject("/Rect"): ArrayObject(map(FloatObject, box)),
                NameObject("/QuadPoints"): ArrayObject(map(FloatObject, quad)),
            }
        )
        writer.add_annotation(0, note)

    return changed(drawn(lambda canvas: canvas.drawString(72, 700, "12 10 points")), mark)


def test_a_mark_up_strikes_text_out_and_a_highlight_does_not() -> None:
    assert words(marked("/StrikeOut")) == "10 points"
    assert words(marked("/Highlight")) == "12 10 points"


# Invisible text


def with_invisible(*, visible: bool, picture: bool) -> bytes:
    def draw(canvas: Canvas) -> None:
        if picture:
            canvas.drawImage(ImageReader(Image.new("RGB", (20, 20), "white")), 0, 0, 600, 800)
        canvas.drawString(72, 300, "Page 1 of the scan")
        for row, line in enumerate(("Thesis 10 points", "Style 5 points")):
            if visible:
                canvas.drawString(72, 700 - 20 * row, line)
            text = canvas.beginText(72.6, 699.4 - 20 * row)
            text.setTextRenderMode(3)
            text.textOut(line)
            canvas.drawText(text)

    return drawn(draw)


def test_invisible_text_over_visible_text_is_read_once() -> None:
    for picture in (True, False):
        assert words(with_invisible(visible=True, picture=picture)).count("Thesis 10 points") == 1


def test_invisible_text_on_a_scan_is_the_pages_text() -> None:
    assert "Thesis 10 points" in words(with_invisible(visible=False, picture=True))


def test_invisible_text_on_nothing_is_not_read() -> None:
    assert words(with_invisible(visible=False, picture=False)) == "Page 1 of the scan"


# Layers


@pytest.mark.parametrize("off", [b"/OFF [6 0 R]", b"/BaseState /OFF /ON []"])
def test_text_of_a_layer_that_is_off_is_not_read(off: bytes) -> None:
    assert words(layered(LAYER, off=off)) == "Thesis 10"


@pytest.mark.parametrize("off", [b"/OFF []", b"/BaseState /OFF /ON [6 0 R]", b""])
def test_text_of_a_layer_that_is_on_is_read(off: bytes) -> None:
    assert words(layered(LAYER, off=off)) == "Thesis 10 secret"


def test_a_form_of_a_layer_that_is_off_is_not_read() -> None:
    form = stream_of(
        b"BT /F1 12 Tf 1 0 0 1 72 680 Tm (secret) Tj ET",
        b"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /OC 6 0 R /Resources << /Font << /F1 5 0 R >> >>",
    )
    data = layered(SEEN + b"/X Do", resources=b"/XObject << /X 7 0 R >>", more=[form])
    assert words(data) == "Thesis 10"
    assert words(data.replace(b"/OFF [6 0 R]", b"/OFF []     ")) == "Thesis 10 secret"


def test_a_membership_is_seen_where_one_of_its_layers_is_on() -> None:
    member = b"<< /Type /OCMD /OCGs [6 0 R 8 0 R] >>"
    data = layered(LAYER.replace(b"/MC0", b"/MC1"), resources=b"", more=[member, b"<< /Type /OCG /Name (On) >>"])
    data = data.replace(b"/MC0 6 0 R", b"/MC1 7 0 R")
    assert words(data) == "Thesis 10 secret"
    assert words(data.replace(b"/OFF [6 0 R]", b"/OFF [6 0 R 8 0 R]")) == "Thesis 10"


def test_layers_named_in_a_compressed_catalogue_are_found() -> None:
    packed = changed(layered(LAYER), lambda writer: None)
    writer = PdfWriter(clone_from=io.BytesIO(packed))
    out = io.BytesIO()
    writer.write(out)
    assert words(out.getvalue()) == "Thesis 10"


def test_a_document_whose_layers_cannot_be_told_is_read_as_it_is() -> None:
    data = layered(LAYER).replace(b"/OCGs [6 0 R]", b"/OCGs 99 0 R ").replace(b"/D <<", b"/E <<")
    assert words(data) == "Thesis 10 secret"


# Annotations and fields


def test_points_typed_as_notes_are_read_where_they_lie() -> None:
    def note(writer: PdfWriter) -> None:
        writer.add_annotation(0, FreeText(text="10 points", rect=(150, 698, 220, 714)))
        hidden = FreeText(text="secret", rect=(150, 600, 220, 614))
        hidden[NameObject("/F")] = NumberObject(2)
        writer.add_annotation(0, hidden)

    data = changed(drawn(lambda canvas: canvas.drawString(72, 700, "Thesis")), note)
    assert words(data) == "Thesis 10 points"


def test_a_long_note_stays_within_its_box() -> None:
    text = "A note of many words that is broken into lines by whoever shows it"
    data = changed(
        drawn(lambda canvas: canvas.drawString(72, 740, "Thesis")),
        lambda writer: writer.add_annotation(0, FreeText(text=text, rect=(150, 600, 260, 700))),
    )
    assert text in words(data)


def test_tick_fields_show_whether_they_are_ticked() -> None:
    def draw(canvas: Canvas) -> None:
        for row, (name, checked) in enumerate((("done", True), ("open", False))):
            canvas.drawString(100, 700 - 30 * row, name)
            canvas.acroForm.checkbox(name=name, x=72, y=698 - 30 * row, size=12, checked=checked)
        canvas.acroForm.textfield(name="points", value="12", x=200, y=690, width=60, height=20)

    found = documents.parse(drawn(draw)).paragraphs
    assert [(p.marker, p.text.split("\t")[0].strip()) for p in found] == [("☑", "done"), ("☐", "open")]
    assert "12" in found[0].text


def test_a_field_takes_its_kind_from_its_parent() -> None:
    def split(writer: PdfWriter) -> None:
        """The field's kind and value at a parent that no page lists, as forms with several widgets have them."""
        (widget,) = (note.get_object() for note in writer.pages[0]["/Annots"])
        parent = DictionaryObject({NameObject(key): widget[key] for key in ("/FT", "/T", "/V", "/Ff") if key in widget})
        reference = writer._add_object(parent)
        parent[NameObject("/Kids")] = ArrayObject([writer.pages[0]["/Annots"][0].indirect_reference])
        for key in ("/FT", "/T", "/V", "/Ff"):
            widget.pop(key, None)
        widget[NameObject("/Parent")] = reference
        writer.root_object["/AcroForm"][NameObject("/Fields")] = ArrayObject([reference])

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Points")
        canvas.acroForm.textfield(name="points", value="12", x=200, y=695, width=60, height=20)

    assert words(changed(drawn(draw), split)) == "Points 12"


# Text without letters


PROSE = ["The thesis is clear and arguable", "and the evidence supports every claim", "that is made in the essay"] * 3


def page_of(lines: list[str]) -> bytes:
    def draw(canvas: Canvas) -> None:
        for row, line in enumerate(lines):
            canvas.drawString(72, 700 - 15 * row, line)

    return drawn(draw)


def garbled() -> bytes:
    """Letters three places on in the alphabet: what numbers of glyphs look like where they pass for letters."""
    return page_of(
        ["".join(chr((ord(c) - 94) % 26 + 97) if c.isalpha() else c for c in line.lower()) for line in PROSE]
    )


def test_shifted_letters_are_known_as_garbled_and_prose_is_not() -> None:
    document = documents.parse(garbled())
    assert document.is_garbled
    assert not document.is_legible
    assert not documents.parse(page_of(PROSE)).is_garbled


CODES = bytes(range(1, 30))


def test_glyph_numbers_below_the_letters_are_known_as_garbled() -> None:
    codes = b"".join(b"\\%03o" % code for code in CODES)
    content = b"".join(b"BT /F1 12 Tf 1 0 0 1 72 %d Tm (%b) Tj ET " % (700 - 20 * row, codes) for row in range(5))
    assert GARBLED_TEXT in documents.parse(one_page(content)).doubts


def test_the_local_reader_says_what_is_wrong_with_garbled_text_and_what_helps() -> None:
    with pytest.raises(UnreadableDocument, match=r"fonts do not say .* save it as a PDF anew"):
        reader.read(documents.parse(garbled()))


def test_a_garbled_document_stays_garbled_on_its_way_out_of_the_sandbox() -> None:
    assert Document.from_json(documents.parse(garbled()).as_json()).is_garbled


# Bytes behind the end


@pytest.mark.parametrize("tail", [b"\0" * 50_000, b"\n<html>served by a proxy</html>" * 500, b" " * 9000 + b"%%"])
def test_bytes_behind_the_end_change_nothing(tail: bytes) -> None:
    assert documents.parse(WHOLE + tail).text() == TEXT


def updated() -> bytes:
    """A PDF that was saved once more: objects and a second end stand behind its first end."""
    writer = PdfWriter(io.BytesIO(WHOLE), incremental=True)
    writer.pages[0][NameObject("/Note")] = TextStringObject("x")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_saved_once_more_is_whole_and_cut_off_without_its_second_end() -> None:
    data = updated()
    first = data.index(b"%%EOF")
    assert documents.sniff(data) == documents.PDF
    with pytest.raises(UnreadableDocument, match="cut off"):
        documents.sniff(data[: data.index(b"endobj", first) + 8] + b"\0" * 5000)


def test_pages_of_the_built_samples_have_no_doubts() -> None:
    assert documents.parse(WHOLE).doubts == ()
    assert len(PdfReader(io.BytesIO(WHOLE)).pages) == 1
