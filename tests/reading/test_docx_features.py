"""What Word can put around and into text: merges, nesting, tracked changes, text boxes, numbering, controls."""

from __future__ import annotations

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from rubric_jobs import documents
from rubric_jobs.documents import Document, Paragraph
from tests.reading.builders import saved
from tests.reading.hostile import cell, docx_of

W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def para(inner: str) -> str:
    return f"<w:p>{inner}</w:p>"


def table(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def read(body: str) -> Document:
    return documents.parse(docx_of(body))


def texts(document: Document) -> list[list[str]]:
    return [[cell.text if cell else "" for cell in row] for row in document.tables[0].grid()]


def test_merged_cells_stand_at_every_place_they_cover() -> None:
    wide = cell("wide", '<w:gridSpan w:val="2"/>')
    tall, more = cell("tall", '<w:vMerge w:val="restart"/>'), cell("", "<w:vMerge/>")
    document = read(table(tall + wide, more + cell("a") + cell("b")))
    assert texts(document) == [["tall", "wide", "wide"], ["tall", "a", "b"]]


def test_a_row_that_begins_further_right_keeps_its_columns() -> None:
    shifted = '<w:trPr><w:gridBefore w:val="1"/></w:trPr>' + cell("x")
    assert texts(read(table(cell("a") + cell("b"), shifted))) == [["a", "b"], ["", "x"]]


def test_a_row_of_marks_to_choose_from_is_a_line() -> None:
    document = read(para(run("Style")) + table(cell("0") + cell("1") + cell("2.5")) + table(cell("1") + cell("3")))
    assert [paragraph.text for paragraph in document.paragraphs] == ["Style", "0 / 1 / 2.5"]
    assert texts(document) == [["1", "3"]]


def test_insertions_are_accepted_and_deletions_are_gone() -> None:
    body = para(
        run("Clear ") + f'<w:ins w:id="1" w:author="T">{run("thesis")}</w:ins>'
        '<w:del w:id="2" w:author="T"><w:r><w:delText> idea</w:delText></w:r></w:del>' + run(" (10 points)")
    )
    (paragraph,) = read(body).paragraphs
    assert paragraph.text == "Clear thesis (10 points)"


def test_a_deleted_row_is_gone() -> None:
    deleted = '<w:trPr><w:del w:id="3" w:author="T"/></w:trPr>' + cell("old") + cell("5")
    assert texts(read(table(cell("new") + cell("4"), deleted))) == [["new", "4"]]


def test_moved_text_stands_at_its_new_place_only() -> None:
    body = para(f'<w:moveFrom w:id="1" w:author="T">{run("Style")}</w:moveFrom>' + run("Form")) + para(
        f'<w:moveTo w:id="2" w:author="T">{run("Style")}</w:moveTo>'
    )
    assert [p.text for p in read(body).paragraphs] == ["Form", "Style"]


def test_hidden_text_and_field_codes_are_left_out() -> None:
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>"
    field = "<w:r><w:instrText> PAGE </w:instrText></w:r>"
    assert [p.text for p in read(para(run("seen") + hidden + field)).paragraphs] == ["seen"]


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{para(run('in the box'))}</w:txbxContent>"
    choice = (
        f"<w:r><mc:AlternateContent {MC}><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert [p.text for p in read(para(run("above") + choice)).paragraphs] == ["above", "in the box"]


def test_a_table_around_everything_is_no_table_of_its_own() -> None:
    inner = table(cell("Criteria") + cell("Points"), cell("Style") + cell("5"))
    document = read(f"<w:tbl><w:tr><w:tc>{para(run('Rubric'))}{inner}<w:p/></w:tc></w:tr></w:tbl>")
    assert [p.text for p in document.paragraphs] == ["Rubric"]
    assert texts(document) == [["Criteria", "Points"], ["Style", "5"]]


def test_a_table_within_a_cell_is_told_line_by_line() -> None:
    inner = table(cell("Sources") + cell("5"), cell("Form") + cell("3"))
    outer = f"<w:tbl><w:tr>{cell('Part A')}<w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
    assert texts(read(outer)) == [["Part A", "Sources\t5\nForm\t3"]]


def nested(*cells: str) -> str:
    return f"<w:tc>{table(''.join(cells))}<w:p/></w:tc>"


def test_rows_of_levels_pasted_into_one_cell_each_get_columns_of_their_own() -> None:
    document = read(
        table(
            cell("Criteria") + cell("Ratings") + cell("Pts"),
            cell("Thesis") + nested(cell("5 Clear"), cell("3 Vague"), cell("0 None")) + cell("5"),
            cell("Form") + nested(cell("2 Tidy"), cell("0 None")) + cell("2"),
            cell("Total: 7", '<w:gridSpan w:val="3"/>'),
        )
    )
    assert texts(document) == [
        ["Criteria", "Ratings", "Ratings", "Ratings", "Pts"],
        ["Thesis", "5 Clear", "3 Vague", "0 None", "5"],
        ["Form", "2 Tidy", "0 None", "", "2"],
        ["Total: 7"] * 5,
    ]


def test_a_single_nested_row_is_told_on_one_line() -> None:
    document = read(table(cell("Thesis") + nested(cell("a"), cell("b")), cell("Form") + cell("c")))
    assert texts(document) == [["Thesis", "a\tb"], ["Form", "c"]]


def test_tables_that_another_one_places_side_by_side_are_tables_of_their_own() -> None:
    left = table(cell("Thesis") + cell("5"), cell("Form") + cell("3"))
    right = table(cell("Speech") + cell("2"), cell("Poise") + cell("1"))
    document = read(table(f"<w:tc>{left}<w:p/></w:tc><w:tc><w:p/></w:tc><w:tc>{right}<w:p/></w:tc>"))
    assert [[c.text for c in found.cells] for found in document.tables] == [
        ["Thesis", "5", "Form", "3"],
        ["Speech", "2", "Poise", "1"],
    ]


def test_content_controls_are_read_and_their_boxes_are_ticks() -> None:
    control = f"<w:sdt><w:sdtContent>{para(run('Chosen topic'))}</w:sdtContent></w:sdt>"
    state = f'<w14:checkbox {W14}><w14:checked w14:val="1"/></w14:checkbox>'
    box = f"<w:sdt><w:sdtPr>{state}</w:sdtPr><w:sdtContent>{run('X')}</w:sdtContent></w:sdt>"
    document = read(control + para(box + run(" Handed in on time")))
    assert [(p.marker, p.text) for p in document.paragraphs] == [("", "Chosen topic"), ("☑", "Handed in on time")]


def test_automatic_numbers_are_counted_as_word_does() -> None:
    document = docx.Document()
    for text in ("first", "second"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("dot", style="List Bullet")
    found = documents.parse(saved(document)).paragraphs
    assert [(p.marker, p.text) for p in found] == [("1.", "first"), ("2.", "second"), ("•", "dot")]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("lowerLetter", ["a)", "b)"]),
        ("upperRoman", ["I)", "II)"]),
        ("chineseCounting", ["一)", "二)"]),
        ("decimal", ["1)", "2)"]),
    ],
)
def test_other_kinds_of_numbers_are_printed_as_such(kind: str, expected: list[str]) -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
            f'<w:numFmt w:val="{kind}"/><w:lvlText w:val="%1)"/></w:lvl></w:abstractNum>'
        ),
    )
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for text in ("one", "two"):
        properties = document.add_paragraph(text)._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="77"/></w:numPr>'))
    assert [p.marker for p in documents.parse(saved(document)).paragraphs] == expected


def test_headers_and_footers_are_left_out() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "University of Somewhere"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.add_paragraph("The body")
    assert [p.text for p in documents.parse(saved(document)).paragraphs] == ["The body"]


def test_the_bold_start_of_a_text_is_its_lead() -> None:
    body = para("<w:r><w:rPr><w:b/></w:rPr><w:t>Clarity</w:t></w:r>" + run(" of the argument"))
    (paragraph,) = read(body).paragraphs
    assert paragraph.lead == "Clarity"
    assert not paragraph.is_bold


def test_every_block_tells_where_it_stands() -> None:
    document = read(para(run("one")) + table(cell("a") + cell("b")) + para(run("two")))
    assert [b.source.paragraph for b in document.blocks if isinstance(b, Paragraph)] == [0, 1]
    assert [(c.source.table, c.source.row, c.source.column) for c in document.tables[0].cells] == [(0, 0, 0), (0, 0, 1)]


def test_a_document_of_pictures_alone_is_scanned() -> None:
    picture = (
        '<w:r><w:drawing><a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/></w:drawing></w:r>'
    )
    assert read(para(picture)).is_scanned
