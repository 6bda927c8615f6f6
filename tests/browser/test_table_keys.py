"""The table as a spreadsheet: keys, blocks of cells, and what is added, doubled and moved."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import PHONE

WORD = (
    '<html><style>td {color: red}</style><body><table><tr><td style="color: red"><p>Clear</p></td>'
    "<td colspan=1><p>Mostly<br>clear</p></td></tr>"
    '<tr><td><p onclick="alert(1)">Exact <b>words</b></p><img src=x onerror=alert(2)></td><td>Vague</td></tr>'
    "</table></body></html>"
)


@pytest.fixture
def seminar(page: Page) -> Page:
    steps.extract(page, provider="local")
    steps.done(page)
    return page


def at(page: Page) -> str:
    """The part of the rubric that has the focus."""
    return str(page.evaluate("document.querySelector('rubric-extractor').shadowRoot.activeElement.dataset.at"))


def cell(page: Page, part: str) -> str:
    return page.locator(f'[data-at="{part}"]').inner_text()


def paste(page: Page, part: str, *, html: str = "", text: str = "") -> None:
    page.locator(f'[data-at="{part}"]').evaluate(
        """(field, [html, text]) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", html);
          clipboardData.setData("text/plain", text);
          field.focus();
          const how = {clipboardData, bubbles: true, cancelable: true, composed: true};
          field.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        [html, text],
    )


def test_enter_tab_and_arrows(seminar: Page) -> None:
    page = seminar
    page.locator('[data-at="c0.name"]').focus()
    for key, part in (
        ("ArrowDown", "c0.text"),
        ("ArrowRight", "c0.l0.text"),
        ("ArrowRight", "c0.l1.text"),
        ("ArrowUp", "c0.l1.points"),
        ("ArrowLeft", "c0.l0.points"),
        ("End", "c0.points"),
        ("ArrowDown", "c1.points"),
        ("Home", "c1.name"),
    ):
        page.keyboard.press(key)
        assert at(page) == part, key
    page.keyboard.type("Sources")  # replaces what is selected
    page.keyboard.press("Enter")
    assert (cell(page, "c1.name"), at(page)) == ("Sources", "c2.name")
    page.keyboard.press("F2")
    page.keyboard.type(" of the text")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert (cell(page, "c2.name"), at(page)) == ("Structure of the text", "c2.l0.points")
    page.keyboard.press("Shift+Tab")
    assert at(page) == "c2.text"
    page.keyboard.type("First")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second")
    page.keyboard.press("Escape")
    assert (cell(page, "c2.text"), at(page)) == ("First\nsecond", "c2.text")


def test_the_first_export_is_at_most_five_tab_stops_after_the_table_begins(seminar: Page) -> None:
    seminar.get_by_label("Points of Thesis").fill("12")
    seminar.get_by_role("button", name="Undo").click()
    seminar.get_by_label("Points of Thesis").fill("11")  # undo and redo were both of use
    seminar.locator('[data-at="c3.l2.text"]').focus()
    stops = 1
    while not seminar.get_by_role("button", name="Word").evaluate("button => button.matches(':focus')"):
        seminar.keyboard.press("Tab")
        stops += 1
        assert stops <= 5


def test_a_block_from_word_or_a_spreadsheet_fills_cells_and_makes_room(seminar: Page) -> None:
    paste(seminar, "c0.l1.text", html=WORD, text="not this")
    assert [cell(seminar, part) for part in ("c0.l1.text", "c0.l2.text", "c1.l1.text", "c1.l2.text")] == [
        "Clear",
        "Mostly\nclear",
        "Exact words",
        "Vague",
    ]
    expect(seminar.locator(".total")).to_contain_text("4 cells were pasted.")
    block = 'Voice\tOwn\t"Two\nlines, ""quoted"""\tNone\t7,5\nStyle\tRich\tPlain\tPoor\t2'
    paste(seminar, "c3.name", text=block)
    assert steps.names(seminar) == ["Thesis", "Evidence", "Structure", "Voice", "Style"]
    assert cell(seminar, "c3.l1.text") == 'Two\nlines, "quoted"'
    expect(seminar.get_by_label("Points of Voice")).to_have_value("7.5")
    seminar.keyboard.press("Control+z")
    assert steps.names(seminar)[3] == "Language"


def test_what_is_added_takes_the_focus_and_typing_replaces_its_placeholder(seminar: Page) -> None:
    page = seminar
    page.get_by_role("button", name="Add a criterion").click()
    page.keyboard.type("Originality")
    page.get_by_role("button", name="Add a level").click()
    assert at(page) == "h3"
    page.keyboard.type("Missing")
    page.get_by_role("button", name="Add a bonus").click()
    page.keyboard.type("Early")
    steps.choose_action(page, "Evidence", "Begin a section here")
    page.keyboard.type("Content")
    page.keyboard.press("Escape")
    steps.choose_action(page, "Evidence", "Duplicate")
    steps.choose_action(page, "Structure", "Move up")
    assert steps.names(page) == ["Thesis", "Evidence", "Structure", "Evidence", "Language", "Originality"]
    expect(page.locator("tr.section")).to_have_text(["Content", "Penalties and bonuses"])
    steps.choose_action(page, "level 4", "Move to the left")
    expect(page.locator("thead th")).to_have_text(["Criterion", "Strong", "Fair", "Missing", "Weak", "Points"])
    steps.choose_action(page, "level 2", "Remove")
    expect(page.locator("thead th")).to_have_text(["Criterion", "Strong", "Missing", "Weak", "Points"])
    expect(page.get_by_role("textbox", name="Reason of Bonus 1")).to_have_text("Early")


def test_a_phone_edits_adds_and_moves_too(seminar: Page) -> None:
    page = seminar
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    steps.choose_action(page, "Thesis", "Move down")
    assert steps.names(page)[:2] == ["Evidence", "Thesis"]
    page.get_by_role("button", name="Add a level").click()
    page.keyboard.type("Missing")
    assert cell(page, "c0.l3.text") == "" or at(page).startswith("c0.l3")
    page.locator('[data-row="0"]').get_by_role("button", name="Actions for level 1").click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(page.locator('[data-row="0"] td.level')).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
