"""Every state of the page: accessible by axe-core, at both widths, in the light and in the dark; and its picture."""

from __future__ import annotations

import io
import os
import re
from typing import Any, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests import fake_llm as fakes
from tests.browser import steps, test_mending
from tests.browser.conftest import DESKTOP, PHONE, SCREENSHOTS, Teacher, Watch
from tests.browser.test_doubt import doubtful
from tests.browser.test_layout import checklist

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
WRITES_SCREENSHOTS = bool(os.environ.get("UPDATE_SCREENSHOTS"))
"""Off, so that a run of the tests leaves no changes behind."""


def violations(page: Page, within: str | None = None) -> list[str]:
    """What axe-core finds on the page, or in the part of the element that `within` selects."""
    if not page.evaluate("'axe' in window"):  # half a megabyte of script, once for a page
        page.evaluate(Axe().axe_script)
    context = {"fromShadowDom": ["rubric-extractor", within]} if within else "html"
    found = page.evaluate("([context, rules]) => axe.run(context, rules)", [context, RULES])["violations"]
    return [f"{fault['id']}: {fault['help']} – {[node['html'][:160] for node in fault['nodes']]}" for fault in found]


class Look(Protocol):
    def __call__(self, page: Page, name: str, *, within: str | None = None) -> None: ...


@pytest.fixture
def look(watch: Watch) -> Look:
    """Check the state that the page is in, by its name; the page is as wide as a desktop afterwards.

    `within`: what is new in this state, where the rest was checked in the one before; contrasts take most of the time.
    """

    def look(page: Page, name: str, *, within: str | None = None) -> None:
        assert watch.faults == []
        # Both widths, both schemes; all four pairs would find what these two find.
        for width, size, scheme in (("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            assert violations(page, within) == [], f"{name}, {width}, {scheme}"
            page.emulate_media(color_scheme="light")
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, f"{name}: {overflow} px too wide at {size['width']} px"
            _picture(page, f"{name}-{width}")
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        watch.faults.clear()  # axe-core and pictures set styles of their own, which the policy refuses

    return look


def _picture(page: Page, name: str, **options: Any) -> None:
    if WRITES_SCREENSHOTS:
        SCREENSHOTS.mkdir(exist_ok=True)
        taken = Image.open(io.BytesIO(page.screenshot(animations="disabled", **options)))
        taken.convert("RGB").quantize(64).save(SCREENSHOTS / f"{name}.png", optimize=True)


def test_signing_in(context: BrowserContext, look: Look) -> None:
    page = context.new_page()
    page.goto("/sign-in")
    look(page, "sign-in")


def test_the_form(page: Page, look: Look) -> None:
    look(page, "form")


def test_the_form_for_text(page: Page, look: Look) -> None:
    page.get_by_text("Some text", exact=True).click()
    page.get_by_role("button", name="Write the rubric").click()
    look(page, "form-text")


def test_waiting_for_the_model(page: Page, look: Look, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(latency_s=60)
    steps.extract(page, provider="gemini")
    expect(page.get_by_role("heading", name="Asking the language model")).to_be_visible()
    look(page, "asking")


def test_writing(page: Page, look: Look, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(answer=steps.SEMINAR, pace_s=1.5, part_characters=240)
    steps.extract(page, provider="gemini")
    expect(page.locator(".count")).to_have_text("2 criteria so far")
    look(page, "writing")


def test_a_document_that_was_read(page: Page, look: Look) -> None:
    steps.extract(page, "essay-rubric.pdf", provider="local")
    steps.done(page)
    expect(page.get_by_role("img", name="Page 3 of the document")).to_be_visible()
    page.locator('[data-at="c1.l2.text"]').click()
    look(page, "document")

    page.get_by_role("button", name="Where Argument: Average (C) was read").click()
    note = page.get_by_role("dialog")
    expect(note).to_contain_text("Read on page 3 of the document")
    expect(note).to_contain_text("Demonstrates core competence with the subject")
    look(page, "read-where", within=".note")

    page.keyboard.press("Escape")
    page.get_by_role("button", name="Mend the reading").click()
    page.get_by_role("button", name="Column 4: Criterion", exact=True).first.click()
    expect(page.get_by_role("menuitemradio", name="Heading")).to_be_visible()
    look(page, "mending-pages", within=".document")

    page.keyboard.press("Escape")
    page.get_by_role("button", name="Mend the reading").click()
    page.get_by_role("button", name="Hide the document").first.click()
    look(page, "done")
    page.emulate_media(color_scheme="dark")
    _picture(page, "done-dark")
    page.emulate_media(color_scheme="light", media="print")
    _picture(page, "print", full_page=True)


def test_a_total_that_is_off_then_before_and_after(page: Page, look: Look, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(answer=steps.SEMINAR)
    steps.extract(page, provider="gemini")
    steps.done(page)
    page.get_by_label("Points of Thesis").fill("12")
    expect(page.locator(".verdict")).to_have_text("2 too many")
    page.get_by_label("Points of Thesis").blur()
    look(page, "total-off")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Points of Thesis")).to_have_value("10")
    fake_llm.behave(answer=None)
    page.get_by_label("New total").fill("60")
    page.get_by_role("button", name="Enhance").click()
    expect(page.get_by_role("heading", name="Before and after")).to_be_visible()
    look(page, "before-and-after")


def test_failed(page: Page, look: Look, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(mode="500")
    steps.extract(page, provider="gemini")
    expect(page.get_by_role("heading", name="That did not work")).to_be_visible()
    look(page, "failed")


def test_the_session_has_ended(page: Page, look: Look, teacher: Teacher) -> None:
    teacher.end_sessions()
    steps.extract(page, provider="local")
    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    look(page, "session-ended")


def test_mending_a_word_document(page: Page, look: Look) -> None:
    test_mending.opened(page)
    test_mending.mend(page)
    test_mending.choose(page, "Column 2: Not part of it", "Description")
    expect(page.locator('[data-at="c0.text"]')).to_have_text("what it sets out to show")
    look(page, "mending-text")


def test_doubt(page: Page, look: Look) -> None:
    steps.show(page, doubtful())
    page.get_by_text("2 texts beside the rubric were not used").click()
    look(page, "doubt")


def test_a_list_and_the_menu_of_a_criterion(page: Page, look: Look) -> None:
    steps.show(page, checklist())
    page.get_by_role("button", name="Actions for Step 1: the file opens without an error").click()
    expect(page.get_by_role("menuitem", name="Duplicate")).to_be_visible()
    look(page, "list")


def test_my_rubrics(page: Page, look: Look) -> None:
    steps.extract(page, "essay-rubric.pdf", provider="local")
    steps.done(page)
    page.get_by_role("link", name="My rubrics").click()
    expect(page.get_by_role("button", name="Open Essay Rubric")).to_be_visible()
    look(page, "my-rubrics")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog", name="Sign out")).to_be_visible()
    look(page, "sign-out")


def test_my_jobs(page: Page, look: Look, fake_llm: fakes.FakeLLM) -> None:
    steps.extract(page, "essay-rubric.pdf", provider="local")
    steps.done(page)
    page.get_by_role("button", name="Start anew").click()
    fake_llm.behave(mode="cut_off")
    steps.extract(page, "lab report.pdf", provider="gemini")
    expect(page.get_by_role("heading", name="That did not work")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    fake_llm.behave(mode="ok", latency_s=60)
    steps.extract(page, "seminar.docx", provider="gemini", instruction="anew")
    expect(page.get_by_role("heading", name="Asking the language model")).to_be_visible()
    page.get_by_role("link", name="My jobs").click()
    expect(page.locator(".jobs tbody tr")).to_have_count(3)
    expect(page.locator(".badge")).to_have_text(["Running", "Failed", "Done"])
    look(page, "my-jobs")


def test_another_language(page: Page, look: Look) -> None:
    def in_german(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('lang="en"', 'lang="de"'))

    page.route(page.url, in_german)
    page.reload()
    page.get_by_role("button", name="Auslesen").wait_for()
    expect(page.get_by_text(re.compile("Alles andere geht an Google Gemini"))).to_be_visible()
    look(page, "german")
