"""The document model: text for a model, places for grounding, compact JSON for the process border."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs import documents
from rubric_jobs.documents import Cell, Document, Paragraph, Table
from rubric_jobs.documents.model import fold, word_borders
from rubric_jobs.rubric.model import Source
from tests.reading.builders import as_docx, as_pdf
from tests.reading.samples_grids import GRIDS, HEADER_POINTS


def made(*texts: str, page: int = 1) -> Document:
    blocks = tuple(Paragraph(text, Source(page=page, paragraph=i)) for i, text in enumerate(texts))
    return Document(pages=page, blocks=blocks)


TABLE = Table(
    2,
    2,
    (
        Cell(0, 0, "Criteria", Source(table=0, row=0, column=0), column_span=2),
        Cell(1, 0, "Style\nand form", Source(table=0, row=1, column=0)),
        Cell(1, 1, "a|b", Source(table=0, row=1, column=1)),
    ),
    Source(table=0),
)


@pytest.mark.parametrize("sample", GRIDS, ids=lambda s: s.name)
def test_a_document_comes_back_from_json_as_it_was(sample: object) -> None:
    document = documents.parse(as_docx(sample))  # type: ignore[arg-type]
    assert Document.from_json(json.loads(json.dumps(document.as_json()))).blocks == document.blocks


def test_how_a_table_was_found_and_what_is_doubted_cross_the_process_border() -> None:
    document = Document(1, (replace(TABLE, origin="aligned"), TABLE), doubts=("joined_pages", "fused_lines"))
    back = Document.from_json(json.loads(json.dumps(document.as_json())))
    assert [table.origin for table in back.tables] == ["aligned", "format"]
    assert back.doubts == ("joined_pages", "fused_lines")


def test_a_document_says_how_each_of_its_tables_was_found() -> None:
    assert {table.origin for table in documents.parse(as_docx(HEADER_POINTS)).tables} == {"format"}
    assert {table.origin for table in documents.parse(as_pdf(HEADER_POINTS, "ruled")).tables} == {"ruled"}


@pytest.mark.parametrize(
    "said",
    [
        "well-founded  argument",
        "WELL-FOUNDED ARGUMENT",
        "well founded argument.",
        "well-\nfounded argument",
        "“wellfounded argument”",
    ],
)
def test_text_is_found_whatever_its_spacing_case_and_punctuation(said: str) -> None:
    source = made("Intro", "A well-founded argument is made.").find(said)
    assert source is not None
    assert source.paragraph == 1


def test_text_that_is_not_there_is_not_found() -> None:
    document = made("A well-founded argument is made.")
    assert document.find("A brilliant argument") is None
    assert document.find("") is None
    assert document.find("…") is None


def test_a_short_text_must_stand_alone() -> None:
    document = made("Worth 40 points", "A+")
    assert document.find("4") is None
    assert document.find("40") is not None


INSIDE_OF_WORDS = [
    ("Form", "Performance of the group"),
    ("Style", "A healthy lifestyle"),
    ("Tone", "Stonelike colours"),
    ("ideas", "Brain-storming: ideasheet"),
    ("Sources used", "Resources used"),
    ("форма", "Информация"),
]
OF_WORDS = [
    ("relevant", "Use re-\nlevant sources"),
    ("Organisation", "Organi\u00adsation of the text"),
    ("Founded", "A well-founded argument"),
    ("Form", "Performance; form"),
    ("Thesis", "1.Thesis20 points"),
    ("20 points", "Thesis: 20points"),
    ("Use of sources", "USE_OF_SOURCES"),
    ("语言表达", "内容与语言表达评分"),
    ("文の構成力", "作文の構成力について"),
    ("ความถูกต้อง", "ประเมินความถูกต้องของงาน"),
    ("문법과표현", "글의문법과표현력"),
    ("APA格式", "使用APA格式引用"),
]


@pytest.mark.parametrize(("said", "printed"), INSIDE_OF_WORDS)
def test_a_name_inside_of_longer_words_is_not_found(said: str, printed: str) -> None:
    assert made("Intro", printed).find(said) is None


@pytest.mark.parametrize(("said", "printed"), OF_WORDS)
def test_a_name_of_whole_words_is_found_however_these_are_broken_and_set(said: str, printed: str) -> None:
    assert made("Intro", printed).find(said) is not None


@given(st.text())
def test_the_borders_of_words_are_places_in_the_folded_text(text: str) -> None:
    assert max(word_borders(text)) == len(fold(text))


def test_a_long_text_is_found_across_the_border_of_blocks() -> None:
    document = made("The argument is clear", "and every step of it is shown")
    assert document.find("The argument is clear and every step of it is shown") is not None


def test_a_table_is_told_as_a_table_with_merged_cells_once() -> None:
    assert TABLE.text() == "| Criteria |  |\n| --- | --- |\n| Style / and form | a\\|b |"


def test_text_can_be_cut_to_pages() -> None:
    document = Document(pages=2, blocks=made("first", page=1).blocks + made("second", page=2).blocks)
    assert document.text(range(2, 3)) == "second"
    assert document.text() == "first\n\nsecond"


def test_a_document_of_many_pages_has_their_number() -> None:
    assert documents.parse(as_pdf(HEADER_POINTS, "ruled")).pages == 1
