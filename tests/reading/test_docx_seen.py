"""Text in a DOCX is read as Word shows it: not what is hidden or struck out, and also what stands in no text run."""

from __future__ import annotations

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE

from rubric_jobs import documents
from rubric_jobs.documents import Document
from tests.reading.builders import saved
from tests.reading.hostile import W, cell, docx_of

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
SYMEX = 'xmlns:w16se="http://schemas.microsoft.com/office/word/2015/wordml/symex"'


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def para(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def read(body: str, styles: str = "") -> Document:
    extra = {}
    if styles:
        extra["word/styles.xml"] = f'<w:styles xmlns:w="{W}">{styles}</w:styles>'.encode()
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"
        extra["word/_rels/document.xml.rels"] = (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="s" Type="{kind}" Target="styles.xml"/></Relationships>'
        ).encode()
    return documents.parse(docx_of(body, extra=extra))


def texts(body: str, styles: str = "") -> list[str]:
    return [paragraph.text for paragraph in read(body, styles).paragraphs]


def style(key: str, properties: str, kind: str = "character", based_on: str = "") -> str:
    parent = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return f'<w:style w:type="{kind}" w:styleId="{key}">{parent}<w:rPr>{properties}</w:rPr></w:style>'


@pytest.mark.parametrize("struck", ["<w:strike/>", "<w:dstrike/>", '<w:strike w:val="1"/>', "<w:vanish/>"])
def test_struck_and_hidden_text_is_left_out(struck: str) -> None:
    assert texts(para(run("Thesis ("), run("12", struck), run("10 points)"))) == ["Thesis (10 points)"]


def test_a_mark_that_is_turned_off_strikes_nothing() -> None:
    assert texts(para(run("10", '<w:strike w:val="0"/>'), run(" points"))) == ["10 points"]


@pytest.mark.parametrize("flag", ["strike", "dstrike", "vanish"])
def test_a_style_strikes_or_hides_as_well_and_passes_it_on(flag: str) -> None:
    styles = style("Old", f"<w:{flag}/>") + style("Older", "<w:b/>", based_on="Old")
    hidden = '<w:rStyle w:val="Older"/>'
    assert texts(para(run("12", hidden), run("10 points")), styles) == ["10 points"]


def test_a_paragraph_style_hides_all_of_its_text_but_what_is_shown_directly() -> None:
    styles = style("Key", "<w:vanish/>", "paragraph")
    body = para(run("the key"), run("seen", '<w:vanish w:val="0"/>'), properties='<w:pStyle w:val="Key"/>')
    assert texts(body, styles) == ["seen"]


def test_a_character_style_turns_off_what_its_paragraph_style_turns_on() -> None:
    styles = style("Key", "<w:vanish/>", "paragraph") + style("Swap", "<w:vanish/>")
    body = para(run("seen", '<w:rStyle w:val="Swap"/>'), run("gone"), properties='<w:pStyle w:val="Key"/>')
    assert texts(body, styles) == ["seen"]


def test_styles_based_on_each_other_in_a_circle_end() -> None:
    styles = style("A", "", based_on="B") + style("B", "<w:strike/>", based_on="A")
    assert texts(para(run("old", '<w:rStyle w:val="A"/>'), run("new")), styles) == ["new"]


@pytest.mark.parametrize("how", ["<w:vanish/>", "<w:strike/>"])
def test_a_row_of_nothing_but_hidden_or_struck_text_is_gone(how: str) -> None:
    gone = "".join(f"<w:tc>{para(run(text, how))}</w:tc>" for text in ("Plagiarism", "internal"))
    rows = (cell("Style") + cell("5"), gone, cell("Form") + cell("3"))
    (table,) = read("<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>").tables
    assert [[c.text for c in row if c] for row in table.grid()] == [["Style", "5"], ["Form", "3"]]


def test_a_row_to_fill_in_stays_and_a_hidden_row_is_gone() -> None:
    hidden = f"<w:tr><w:trPr><w:hidden/></w:trPr>{cell('secret')}</w:tr>"
    (table,) = read(f"<w:tbl><w:tr>{cell('Name')}</w:tr>{hidden}<w:tr>{cell('')}</w:tr></w:tbl>").tables
    assert [c.text for c in table.cells] == ["Name", ""]


def test_a_deleted_paragraph_mark_joins_two_paragraphs() -> None:
    mark = '<w:rPr><w:del w:id="1" w:author="T"/></w:rPr>'
    assert texts(para(run("Clear "), properties=mark) + para(run("thesis"))) == ["Clear thesis"]


RAISED = '<w:vertAlign w:val="superscript"/>'
LOWERED = '<w:vertAlign w:val="subscript"/>'
NOTE = para(run("1 Half of this may be earned in the oral exam."))


def test_the_mark_of_a_note_does_not_join_the_number_before_it() -> None:
    found = texts(para(run("Excellent (10"), run("1", RAISED), run(" points)")) + NOTE)
    assert found[0] == "Excellent (10 points)"


def test_a_style_raises_a_mark_as_well() -> None:
    styles = style("Mark", RAISED)
    found = texts(para(run("10"), run("1", '<w:rStyle w:val="Mark"/>')) + NOTE, styles)
    assert found[0] == "10"


@pytest.mark.parametrize(
    ("runs", "shown"),
    [
        (run("10") + run("2", RAISED) + run(" = 100"), "10^2 = 100"),
        (run("20 m") + run("2", RAISED), "20 m²"),
        (run("the 1") + run("st", RAISED) + run(" draft"), "the 1st draft"),
        (run("H") + run("2", LOWERED) + run("O"), "H₂O"),
        (run("2") + run("1", RAISED) + run("/") + run("2", LOWERED) + run(" points"), "2 1/2 points"),
        (run("2") + run("1/2", RAISED) + run(" points"), "2 1/2 points"),
        (run("worth ") + run("3", RAISED) + run("⁄") + run("4", LOWERED), "worth 3/4"),
        (run("12½ points"), "12½ points"),
    ],
    ids=["power", "unit", "ordinal", "index", "fraction", "raised fraction", "bare fraction", "one sign"],
)
def test_raised_and_lowered_numbers_stay_apart(runs: str, shown: str) -> None:
    assert texts(para(runs)) == [shown]


def fraction(above: str, below: str) -> str:
    parts = "".join(f"<m:{n}><m:r><m:t>{t}</m:t></m:r></m:{n}>" for n, t in (("num", above), ("den", below)))
    return f"<m:f>{parts}</m:f>"


@pytest.mark.parametrize(
    ("equation", "shown"),
    [
        (fraction("1", "2"), "2 1/2"),
        ("<m:r><m:t>1/2</m:t></m:r>", "2 1/2"),
        (fraction("a+b", "2"), "2(a+b)/2"),
        ("<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>n</m:t></m:r></m:sup></m:sSup>", "2x^n"),
        ("<m:rad><m:deg/><m:e><m:r><m:t>x</m:t></m:r></m:e></m:rad>", "2√(x)"),
    ],
    ids=["fraction", "typed", "sum", "power", "root"],
)
def test_an_equation_is_text_on_one_line(equation: str, shown: str) -> None:
    assert texts(para(run("2"), f"<m:oMath {MATH}>{equation}</m:oMath>")) == [shown]


def test_an_equation_of_a_thousand_depths_ends() -> None:
    deep = "<m:e>" * 100 + "<m:r><m:t>x</m:t></m:r>" + "</m:e>" * 100
    assert texts(para(run("y"), f"<m:oMath {MATH}>{deep}</m:oMath>")) == ["y"]


def test_a_fraction_that_a_field_draws_is_read() -> None:
    begin, end = ('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    code = "<w:r><w:instrText> EQ </w:instrText></w:r><w:r><w:instrText>\\f(1;2) </w:instrText></w:r>"
    assert texts(para(run("2"), begin, code, end, run(" points"))) == ["2 1/2 points"]


def test_of_ruby_the_base_text_is_read_once() -> None:
    ruby = f"<w:r><w:ruby><w:rt>{run('いけん')}</w:rt><w:rubyBase>{run('意見')}</w:rubyBase></w:ruby></w:r>"
    assert texts(para(ruby, run("がある"))) == ["意見がある"]


@pytest.mark.parametrize("fallback", ["<w:t>😊</w:t>", '<w:sym w:font="Segoe UI Emoji" w:char="0020"/>', ""])
def test_words_own_emoji_are_read_once(fallback: str) -> None:
    emoji = '<w16se:symEx w16se:font="Segoe UI Emoji" w16se:char="1F60A"/>'
    body = (
        f"<w:r {SYMEX}><mc:AlternateContent {MC}><mc:Choice Requires='w16se'>{emoji}</mc:Choice>"
        f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert texts(para(body, run(" (3 points)"))) == ["😊 (3 points)"]


@pytest.mark.parametrize(
    ("font", "char", "shown"),
    [("Wingdings", "F04A", "☺"), ("Wingdings", "F04C", "☹"), ("Symbol", "F0B3", "≥"), ("Segoe UI Symbol", "2605", "★"),
     ("Nonsense", "FFFFFFFF", "•")],
)  # fmt: skip
def test_symbols_are_read_as_their_font_shows_them(font: str, char: str, shown: str) -> None:
    symbol = f'<w:r><w:sym w:font="{font}" w:char="{char}"/></w:r>'
    assert texts(para(run("Level "), symbol)) == [f"Level {shown}"]


def test_letters_typed_in_a_symbol_font_are_read_as_symbols() -> None:
    fonts = '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'
    assert texts(para(run("Level "), run("J", fonts))) == ["Level ☺"]


def test_old_form_fields_show_their_tick_and_their_choice() -> None:
    box = '<w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData>'
    entries = '<w:listEntry w:val="Good"/><w:listEntry w:val="Weak"/>'
    chosen = f'<w:ffData><w:ddList><w:result w:val="1"/>{entries}</w:ddList></w:ffData>'
    body = para(
        run("Done "), *(f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>' for data in (box, chosen))
    )
    assert texts(body) == ["Done ☑Weak"]


def test_decomposed_accents_are_composed() -> None:
    assert texts(para(run("Cre\u0301ativite\u0301"))) == ["Créativité"]


def test_a_style_made_in_word_hides_a_key() -> None:
    document = docx.Document()
    hidden = document.styles.add_style("Teacher note", WD_STYLE_TYPE.CHARACTER)
    hidden.font.hidden = True
    paragraph = document.add_paragraph("Clear and arguable")
    paragraph.add_run(" [KEY: accept 5 points]", style=hidden)
    assert [p.text for p in documents.parse(saved(document)).paragraphs] == ["Clear and arguable"]
