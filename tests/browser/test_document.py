"""The document beside the rubric: pages as pictures, and each cell tied to the place that it was read from."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import steps
from tests.browser.conftest import PHONE, Teacher

SELECTED = "document.querySelector('rubric-extractor').shadowRoot.activeElement.dataset.at"


def opened(page: Page) -> str:
    """The sample PDF beside its rubric; the job's id."""
    steps.extract(page, "essay-rubric.pdf", provider="local")
    steps.done(page)
    expect(page.get_by_role("img", name="Page 2 of the document")).to_be_visible()
    return steps.job_id(page)


def test_a_cell_shows_its_place_and_a_place_its_cell(page: Page) -> None:
    opened(page)
    page.locator('[data-at="c1.l2.text"]').click()
    here = page.locator(".box.here")
    expect(here).to_have_attribute("aria-label", "Go to Bibliography: Average (C) in the table")
    expect(here).to_be_in_viewport()
    picture, box = page.locator(".page img").last.bounding_box(), here.bounding_box()
    assert picture
    assert box
    assert picture["x"] <= box["x"]
    assert box["x"] + box["width"] <= picture["x"] + picture["width"]
    page.locator('.box[aria-label="Go to Argument: Failing (F) in the table"]').click()
    assert page.evaluate(SELECTED) == "c0.l4.text"


def test_the_document_takes_more_or_less_room_or_none(page: Page) -> None:
    opened(page)
    pane = page.get_by_role("complementary", name="Document")
    before = pane.bounding_box()
    divider = page.get_by_role("separator", name="Width of the document")
    divider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    after = pane.bounding_box()
    assert before
    assert after
    assert after["width"] > before["width"] + 50
    page.get_by_role("button", name="Hide the document").first.click()
    expect(pane).to_be_hidden()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.get_by_role("button", name="Show the document").click()
    expect(pane).to_be_in_viewport()
    box = pane.bounding_box()
    assert box
    assert box["y"] > 0.3 * PHONE["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_pages_get_larger_step_by_step_inside_of_their_pane(page: Page) -> None:
    opened(page)
    picture = page.get_by_role("img", name="Page 2 of the document")
    pane = page.get_by_role("region", name="Pages of the document")
    widths = []
    for _ in range(4):
        box = picture.bounding_box()
        assert box
        widths.append(round(box["width"]))
        page.get_by_role("button", name="Larger pages").click()
    assert widths[0] == widths[3]
    assert widths[0] * 1.4 < widths[1] < widths[2] / 1.4
    page.locator('[data-at="c0.l4.text"]').click()
    expect(page.locator(".box.here")).to_be_in_viewport()
    assert pane.evaluate("pane => pane.scrollWidth > pane.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_nobody_else_sees_a_page_and_it_goes_with_its_job(
    page: Page, context: BrowserContext, teacher: Teacher
) -> None:
    job = opened(page)
    address = f"/api/rubric-jobs/{job}/pages/2"
    answer = page.request.get(address)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert "private" in answer.headers["cache-control"]
    assert page.request.get(f"/api/rubric-jobs/{job}/pages/99").status == 404
    context.clear_cookies()
    assert page.request.get(address).status == 401
    teacher.site.new_teacher().sign_in(context)
    assert page.request.get(address).status == 404
    teacher.site.query("DELETE FROM grader.rubric_extraction_jobs WHERE job_id = %s", job)
    assert teacher.site.query("SELECT count(*) FROM grader.rubric_job_pictures WHERE job_id = %s", job) == [(0,)]
