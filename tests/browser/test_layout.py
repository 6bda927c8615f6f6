"""The table's form follows what the rubric is: lists, grids, ladders of levels, long texts, paper."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import DESKTOP, PHONE

SENTENCE = "Every claim rests on a source that the reader can find and weigh. "
WORDS = ["Ausgezeichnet", "Sehr gut", "Befriedigend", "Ausreichend", "Ungenügend"]


def checklist() -> dict[str, object]:
    rows = [steps.criterion(f"Step {number}: the file opens without an error", 2, []) for number in range(1, 14)]
    return steps.rubric(*rows, total=26, title="Checklist", kind="checklist")


def wide(text: str = SENTENCE * 6) -> dict[str, object]:
    rows = [
        steps.criterion(
            f"Interdisziplinarität {number}", 4, steps.levels(*((word, text, 4 - at) for at, word in enumerate(WORDS)))
        )
        for number in range(1, 4)
    ]
    return steps.rubric(*rows, total=12, title="A wide grid")


def test_a_list_takes_the_width_and_thirteen_lines_fit_a_screen(page: Page) -> None:
    steps.show(page, checklist())
    table = page.locator("table.rubric").bounding_box()
    line = page.locator("tbody tr th").first.bounding_box()
    assert table
    assert line
    assert table["height"] < 900
    assert line["width"] > 0.8 * table["width"]


def test_a_list_on_a_phone_breaks_no_word_and_takes_the_width(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    text = "Describes the experimental hypotheses of the researchers"
    steps.show(page, steps.rubric(steps.criterion(text, 2, [], description=SENTENCE * 2), total=2))
    row = page.locator("tbody tr").bounding_box()
    told = page.locator('[data-at="c0.text"]').bounding_box()
    name = page.locator('[data-at="c0.name"]')
    assert row
    assert told
    assert told["width"] > 0.85 * row["width"]
    # As many lines as with words that cannot be broken.
    before = name.bounding_box()
    name.evaluate("name => { name.style.overflowWrap = 'normal'; }")
    assert before == name.bounding_box()


def test_levels_stand_below_their_criterion_where_the_table_is_too_narrow_for_their_texts(page: Page) -> None:
    table = page.locator("table.rubric")
    steps.show(page, wide(SENTENCE * 3))
    expect(table).to_have_attribute("data-layout", "grid")
    page.set_viewport_size({"width": 900, "height": 900})
    expect(table).to_have_attribute("data-layout", "stack")
    first, second = (page.locator("td.level").nth(at).bounding_box() for at in (0, 1))
    assert first
    assert second
    assert second["y"] >= first["y"] + first["height"] - 1
    expect(page.get_by_role("button", name="Show all")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(table).to_have_attribute("data-layout", "grid")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    expect(table).to_have_attribute("data-layout", "grid")


def test_a_single_criterion_has_its_levels_below_each_other(page: Page) -> None:
    levels = steps.levels(*((f"Score {score}", SENTENCE, score) for score in range(6, 0, -1)))
    steps.show(page, steps.rubric(steps.criterion("Overall", 6, levels), total=6, kind="holistic"))
    first, second = (page.locator("td.level").nth(at).bounding_box() for at in (0, 1))
    assert first
    assert second
    assert second["y"] >= first["y"] + first["height"] - 1
    assert first["width"] > 1000


def test_long_cells_fold_and_open_when_they_are_wanted_or_edited(page: Page) -> None:
    steps.show(page, wide())
    cell = page.locator("td.level").first
    folded = cell.bounding_box()
    cell.get_by_role("button", name="Show all").click()
    opened = cell.bounding_box()
    assert folded
    assert opened
    assert folded["height"] < 300 < opened["height"]
    cell.get_by_role("button", name="Show less").click()
    page.locator('[data-at="c0.l1.text"]').click()
    edited = page.locator("td.level").nth(1).bounding_box()
    assert edited
    assert edited["height"] > 300


@pytest.mark.parametrize("is_wide", [True, False])
def test_paper_is_landscape_where_the_table_is_wide_and_breaks_no_word(page: Page, is_wide: bool) -> None:
    steps.show(page, wide() if is_wide else checklist())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page).to_have_title("A wide grid" if is_wide else "Checklist")
    paper = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    width, height = paper[0].get_size()
    assert (width > height) == is_wide
    text = "".join(sheet.get_textpage().get_text_range() for sheet in paper)
    assert "Undo" not in text
    if is_wide:
        assert all(word in text for word in [*WORDS, "Interdisziplinarität 3"])
        assert text.replace("\r\n", " ").count("reader can find") == 3 * 5 * 6
        assert len(paper) <= 2
    expect(page).not_to_have_title("A wide grid")
