from __future__ import annotations

from rubric_jobs.documents import Cell, Document, Paragraph, Table
from rubric_jobs.llm import excerpt
from rubric_jobs.rubric.model import Criterion, Rubric, Source

FILLER = "The course explores the history of the region in twelve sessions. " * 40


def page(number: int, *texts: str) -> list[Paragraph]:
    return [Paragraph(text, Source(page=number, paragraph=number * 100 + at)) for at, text in enumerate(texts)]


def grid(number: int) -> Table:
    texts = [["Criterion", "Good (5)", "Poor (0)"], ["Depth of analysis", "Thorough", "Shallow"]]
    cells = tuple(
        Cell(row, column, text, Source(page=number, table=0, row=row, column=column))
        for row, line in enumerate(texts)
        for column, text in enumerate(line)
    )
    return Table(2, 3, cells, Source(page=number, table=0))


def test_a_short_document_is_shown_whole() -> None:
    document = Document(pages=1, blocks=tuple(page(1, "One", "Two")))
    assert excerpt.of(document) == document.text()


def test_of_a_long_document_the_page_with_the_grid_is_kept() -> None:
    blocks: list[Paragraph | Table] = [block for number in range(1, 61) for block in page(number, FILLER)]
    document = Document(pages=60, blocks=(*blocks, grid(61)))
    text = excerpt.of(document)
    assert len(text) <= excerpt.MAX_CHARACTERS
    assert "Depth of analysis" in text


def test_pages_that_the_local_reader_cites_come_first() -> None:
    blocks = [block for number in range(1, 121) for block in page(number, f"Page {number}. {FILLER[:1500]}")]
    cited = Criterion(name="x", source=Source(page=77))
    text = excerpt.of(Document(pages=120, blocks=tuple(blocks)), Rubric(criteria=[cited]))
    assert "Page 77." in text
    assert text.index("Page 76.") < text.index("Page 77.") < text.index("Page 78.")


def test_a_long_document_without_pages_is_cut_too() -> None:
    blocks = tuple(Paragraph(FILLER, Source(paragraph=at)) for at in range(200))
    table = Table(2, 3, tuple(cell for cell in grid(0).cells), Source(table=0))
    text = excerpt.of(Document(pages=1, blocks=(*blocks[:150], table, *blocks[150:])))
    assert len(text) <= excerpt.MAX_CHARACTERS
    assert "Depth of analysis" in text


def test_a_part_larger_than_the_room_that_is_left_is_shown_as_far_as_it_goes() -> None:
    rows = [["Criterion", "Good (5 points)"], *([f"Item {row}", "Thorough and deep"] for row in range(2_000))]
    cells = tuple(
        Cell(row, column, text, Source(table=0, row=row, column=column))
        for row, line in enumerate(rows)
        for column, text in enumerate(line)
    )
    table = Table(len(rows), 2, cells, Source(table=0))
    paragraphs = tuple(Paragraph(FILLER, Source(paragraph=at)) for at in range(39))
    document = Document(pages=1, blocks=(*paragraphs[:20], table, *paragraphs[20:]))
    text = excerpt.of(document)
    assert excerpt.MAX_CHARACTERS * 0.9 < len(text) <= excerpt.MAX_CHARACTERS
    assert "| Item 500 | Thorough and deep |" in text


def test_the_part_that_looks_most_like_a_rubric_is_not_left_out_for_being_long() -> None:
    listed = page(1, *(f"Item {number} of the rubric: 5 points. {FILLER}" for number in range(30)))
    document = Document(pages=40, blocks=(*listed, *(block for at in range(2, 40) for block in page(at, FILLER))))
    text = excerpt.of(document)
    assert len(text) <= excerpt.MAX_CHARACTERS
    assert "Item 20 of the rubric" in text


def test_one_endless_page_is_cut_to_size() -> None:
    document = Document(pages=1, blocks=tuple(page(1, "endless " * 20_000)))
    assert 0 < len(excerpt.of(document)) <= excerpt.MAX_CHARACTERS
