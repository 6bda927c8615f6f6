"""The rubric on the page: mended where it stands, enhanced, taken along; by mouse or by keyboard alone."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import fake_llm as fakes
from tests.browser import steps
from tests.browser.conftest import PHONE, Watch


@pytest.fixture
def seminar(page: Page) -> Page:
    """The page with SEMINAR read."""
    steps.extract(page, provider="local")
    steps.done(page)
    return page


def test_the_total_is_kept_in_view_and_warns(seminar: Page) -> None:
    total = seminar.locator(".total")
    expect(total).to_contain_text("The points add up.")
    seminar.get_by_label("Points of Thesis").fill("12,5")
    expect(total.locator(".sum")).to_have_text("32.5")
    expect(total).to_contain_text("2.5 too many")
    expect(total).to_be_in_viewport()
    seminar.get_by_label("Total of the rubric").fill("40")
    expect(total).to_contain_text("7.5 too few")
    seminar.get_by_label("Points of Thesis").fill("many")
    expect(total).to_contain_text("Not a number: many")
    expect(seminar.get_by_label("Points of Thesis")).to_have_attribute("aria-invalid", "true")


def test_what_was_removed_comes_back_with_undo(seminar: Page) -> None:
    steps.choose_action(seminar, "Evidence", "Remove")
    assert steps.names(seminar) == ["Thesis", "Structure", "Language"]
    expect(seminar.locator(".total")).to_contain_text("Evidence was removed.")
    seminar.get_by_role("button", name="Undo").click()
    assert steps.names(seminar) == ["Thesis", "Evidence", "Structure", "Language"]


def test_where_each_cell_was_read_is_quoted_after_an_edit_too(page: Page) -> None:
    steps.extract(page, "essay-rubric.pdf", provider="local")
    steps.done(page)
    page.get_by_role("textbox", name="Average (C) of Argument", exact=True).fill("Mine.")
    page.get_by_role("button", name="Where Argument: Average (C) was read").click()
    note = page.get_by_role("dialog")
    expect(note).to_contain_text("Read on page 3 of the document")
    expect(note.locator("blockquote")).to_contain_text("Demonstrates core competence with the subject")
    expect(note).to_contain_text("You have changed this since it was read.")
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()
    expect(page.get_by_role("button", name="Where Argument: Average (C) was read")).to_be_focused()


def test_downloads_hold_the_edited_rubric(seminar: Page) -> None:
    seminar.get_by_role("textbox", name="Name of criterion 1").fill("Central claim")
    texts = {}
    for label in ("CSV for Canvas", "JSON", "Markdown"):
        with seminar.expect_download() as download:
            seminar.get_by_role("button", name=label, exact=True).click()
        assert download.value.suggested_filename.startswith("Seminar-paper.")
        texts[label] = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(texts["CSV for Canvas"])))
    assert [row[1] for row in rows[1:]] == ["Central claim", "Evidence", "Structure", "Language"]
    assert json.loads(texts["JSON"])["criteria"][0]["name"] == "Central claim"
    assert "Central claim" in texts["Markdown"]


def test_copy_is_a_table_for_a_word_processor_and_plain_text_without_marks(
    seminar: Page, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    seminar.get_by_role("textbox", name="Fair of Thesis", exact=True).fill("<b>Bold</b>\nclaim")
    seminar.get_by_role("button", name="Copy", exact=True).click()
    expect(seminar.get_by_text("Copied.")).to_be_visible()
    html, text = seminar.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          return Promise.all(["text/html", "text/plain"].map(async (type) => (await item.getType(type)).text()));
        }"""
    )
    assert html.count("<tr") == 5
    assert "&lt;b&gt;Bold&lt;/b&gt;" in html
    assert "Thesis (10 pts)\nWhat the paper sets out to show.\n  Strong (10 pts): States a claim" in text
    assert "**" not in text
    assert "<br" not in text


def test_before_and_after_are_one_table_that_outlives_a_reload(seminar: Page) -> None:
    steps.choose_action(seminar, "Structure", "Begin a section here")
    seminar.keyboard.type("Form")
    seminar.get_by_role("textbox", name="Name of criterion 2").fill("Sources")
    seminar.get_by_label("New total").fill("60")
    seminar.get_by_role("button", name="Enhance").click()
    seminar.get_by_role("heading", name="Before and after").wait_for()
    seminar.reload()
    expect(seminar.locator("td.points").first).to_have_text("1020")
    expect(seminar.locator("td.points del").first).to_have_text("10")
    expect(seminar.locator("td.points ins")).to_have_text(["20", "20", "10", "10"])
    expect(seminar.locator("tr.section")).to_have_text(["Form"])
    seminar.get_by_role("button", name="Keep the old one").click()
    expect(seminar.locator(".total .sum")).to_have_text("30")
    assert steps.names(seminar)[1] == "Sources"
    seminar.get_by_label("New total").fill("60")
    seminar.get_by_role("button", name="Enhance").click()
    seminar.get_by_role("button", name="Use the new one").click()
    expect(seminar.locator(".total .sum")).to_have_text("60")


def test_a_total_that_was_asked_for_is_one_click_away(page: Page) -> None:
    steps.choose(page, provider="local")
    page.get_by_label("Total points").fill("60")
    page.get_by_role("button", name="Extract").click()
    steps.done(page)
    page.get_by_role("button", name="Rescale to 60").click()
    page.get_by_role("button", name="Use the new one").click()
    expect(page.locator(".total .sum")).to_have_text("60")
    expect(page.get_by_role("button", name="Rescale to")).to_have_count(0)


def test_what_was_mended_in_the_old_one_after_it_was_kept_is_there_when_the_teacher_chooses_again(
    seminar: Page,
) -> None:
    first = steps.job_id(seminar)
    seminar.get_by_label("New total").fill("60")
    seminar.get_by_role("button", name="Enhance").click()
    seminar.get_by_role("heading", name="Before and after").wait_for()
    enhanced = seminar.evaluate("document.querySelector('rubric-extractor').jobId")
    assert enhanced != first
    seminar.get_by_role("button", name="Keep the old one").click()
    seminar.get_by_role("textbox", name="Name of criterion 2").fill("Sources")
    seminar.evaluate(f"document.querySelector('rubric-extractor').openJob('{enhanced}')")
    expect(seminar.locator("tbody th .name del").first).to_have_text("Sources")
    seminar.get_by_role("button", name="Keep the old one").click()
    expect(seminar.locator(".total .sum")).to_have_text("30")
    assert steps.names(seminar) == ["Thesis", "Sources", "Structure", "Language"]


def test_print_shows_the_rubric_and_nothing_to_press(seminar: Page) -> None:
    seminar.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
    seminar.get_by_role("button", name="Print").click()
    assert seminar.evaluate("window.printed") == 1
    seminar.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(seminar).to_have_title("Seminar paper")
    seminar.emulate_media(media="print")
    expect(seminar.get_by_role("grid").get_by_text("States a claim that can be argued with.")).to_be_visible()
    expect(seminar.get_by_role("button")).to_have_count(0)
    assert len(seminar.pdf(format="A4")) > 5_000


def test_keyboard_alone(page: Page) -> None:
    """From the top of the page to an edited, exported rubric, with Tab, arrows, Enter, Space and letters."""

    def tab_to(name: str, *, at_most: int = 60) -> None:
        for _ in range(at_most):
            page.keyboard.press("Tab")
            if name in focused():
                return
        raise AssertionError(f"Tab does not come to {name}; it is at {focused()}")

    def focused() -> str:
        return str(
            page.evaluate(
                """() => {
                  let at = document.activeElement;
                  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                  const box = at.getBoundingClientRect();
                  const label = at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent;
                  return `${label} ${at.type ?? ""} ${at.matches(":focus-visible") ? "" : "(focus not visible)"}`;
                }"""
            )
        )

    page.locator("input[type=file]").set_input_files(
        {"name": "seminar.docx", "mimeType": "", "buffer": steps.seminar_docx()}
    )
    page.keyboard.press("Tab")
    assert "Skip to the work" in focused()
    tab_to("A document")
    tab_to("seminar.docx")
    tab_to("Read by")
    page.keyboard.press("End")
    expect(page.get_by_label("Read by")).to_have_value("local")
    tab_to("Extract")
    page.keyboard.press("Enter")
    steps.done(page)
    assert "Done." in focused()
    tab_to("Name of criterion 1")
    assert "not visible" not in focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Claim")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert "Points for Strong of Thesis" in focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Read in table 1, row 2, column 2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert "Points for Strong of Thesis" in focused()
    tab_to("Undo", at_most=4)
    tab_to("JSON")
    with page.expect_download() as download:
        page.keyboard.press("Space")
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["criteria"][0]["name"] == "Claim"


def test_at_360_px_every_text_can_be_reached_without_scrolling_sideways(seminar: Page) -> None:
    seminar.set_viewport_size(PHONE)  # type: ignore[arg-type]
    widest = seminar.evaluate("document.documentElement.scrollWidth")
    assert widest <= PHONE["width"]
    for text in ("Every claim rests on a source.", "Hard to follow."):
        box = seminar.get_by_role("grid").get_by_text(text).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "<svg/onload=alert(3)>",
    "javascript:alert(4)",
    "{{constructor.constructor('alert(5)')()}}",
    "</textarea></template><iframe srcdoc='<script>alert(6)</script>'>",
    "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "zero\u200bwidth 👩\u200d🏫 e\u0301\u0301\u0301",
    "&lt;b&gt;&amp;&#x3c;",
    "style=\"background:url(//evil.example)\" onmouseover='alert(7)'",
    "W" * 10_000,
    "word " * 2_000,
    "line\nbreak\ttab",
]


def hostile_rubric(seed: int) -> dict[str, Any]:
    chance = random.Random(seed)

    def text() -> str:
        return chance.choice(HOSTILE) + f" #{seed}"

    def scale() -> list[dict[str, Any]]:
        return steps.levels(*((text(), text(), 4 - level) for level in range(chance.randint(0, 4))))

    rows = [
        steps.criterion(
            text(),
            chance.choice([None, 4, 2.5]),
            scale(),
            description=text(),
            section=chance.choice([None, text()]),
        )
        for _ in range(chance.randint(1, 4))
    ]
    warnings = [{"code": "x", "message": text(), "path": "criteria[0]"}]
    adjustments = [{"kind": "penalty", "reason": text(), "points": 1}]
    return steps.rubric(*rows, total=10, title=text(), warnings=warnings, adjustments=adjustments)


def test_fifty_hostile_rubrics_render_as_text(page: Page, watch: Watch) -> None:
    for seed in range(50):
        rubric = hostile_rubric(seed)
        steps.show(page, rubric, fileName=HOSTILE[0])
        told = page.evaluate(
            """() => {
              const root = document.querySelector("rubric-extractor").shadowRoot;
              return {
                names: [...root.querySelectorAll("tbody th .name")].map((found) => found.textContent),
                texts: [...root.querySelectorAll("td.level .text")].map((found) => found.textContent),
                strangers: root.querySelectorAll("script, iframe, img, object, embed, [onerror], [onload]").length,
                wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
              };
            }"""
        )
        assert told["names"] == [found["name"] for found in rubric["criteria"]]
        assert told["texts"] == [level["description"] for found in rubric["criteria"] for level in found["levels"]]
        assert (told["strangers"], told["wide"]) == (0, 0)
    assert watch.faults == []


def test_the_service_takes_the_edited_rubric_for_an_export_whatever_stands_in_it(
    page: Page, fake_llm: fakes.FakeLLM
) -> None:
    fake_llm.behave(answer=steps.SEMINAR)
    steps.extract(page, provider="gemini")
    steps.done(page)
    page.get_by_role("textbox", name="Name of criterion 1").fill("=1+1 <script>")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV for Canvas").click()
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
    assert rows[1][1].endswith("=1+1 <script>")
    assert not rows[1][1].startswith("=")


def test_what_a_format_leaves_out_is_said_of_the_parts_that_it_is_about(page: Page) -> None:
    found = json.loads(json.dumps(steps.SEMINAR)) | {"title": None}
    for criterion in found["criteria"][2:]:
        criterion["section"] = "Form"
    found["criteria"][0]["source"] = {"table": 0, "row": 1, "column": 0}
    found["adjustments"] = [{"kind": "penalty", "reason": "Late", "points": 2}]
    steps.show(page, found)
    with page.expect_download():
        page.get_by_role("button", name="CSV for Canvas").click()
    expect(page.locator(".told li")).to_have_text(
        [
            "Title: Canvas needs a name; “Rubric” was written.",
            "Late: this format holds no penalties and bonuses.",
            "Structure and 1 more: this format holds no sections.",
        ]
    )
