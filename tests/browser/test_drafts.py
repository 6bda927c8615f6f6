"""Nothing is lost: drafts in this browser, for one account, and undo and redo over everything."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import steps
from tests.browser.conftest import Site, Teacher

KEPT = "Object.values(localStorage).some((kept) => kept.includes('Central claim'))"


def edited(page: Page) -> str:
    """A job whose first criterion has another name in this browser's draft; its id."""
    steps.extract(page, provider="local")
    steps.done(page)
    page.get_by_role("textbox", name="Name of criterion 1").fill("Central claim")
    steps.until(page, KEPT)
    return steps.job_id(page)


def test_a_draft_outlives_reload_tab_and_job_and_can_be_deleted(
    page: Page, context: BrowserContext, site: Site, teacher: Teacher
) -> None:
    job = edited(page)
    page.reload()
    steps.done(page)
    assert steps.names(page)[0] == "Central claim"
    site.query("DELETE FROM grader.rubric_extraction_jobs WHERE job_id = %s", job)
    page.close()
    other = context.new_page()
    other.goto("/#rubrics")
    row = other.locator(".rubrics li")
    expect(row).to_contain_text("Seminar paper")
    expect(row).to_contain_text(re.compile(r"Changed \d"))
    other.get_by_role("button", name="Open Seminar paper").click()
    expect(other.get_by_role("note").first).to_contain_text("the server has deleted it")
    assert steps.names(other)[0] == "Central claim"
    other.get_by_role("link", name="My rubrics").click()
    other.get_by_role("button", name="Delete Seminar paper").click()
    expect(other.get_by_text("Seminar paper was deleted.")).to_be_visible()
    other.get_by_role("button", name="Undo").click()
    expect(other.get_by_role("button", name="Open Seminar paper")).to_be_visible()
    other.get_by_role("button", name="Delete Seminar paper").click()
    other.goto(f"/?anew#job={job}")
    expect(other.locator(".failed")).to_contain_text("This job does not exist, or it has expired")


def test_another_tab_takes_over_what_was_edited(page: Page, context: BrowserContext) -> None:
    job = edited(page)
    other = context.new_page()
    other.goto(f"/#job={job}")
    steps.done(other)
    other.get_by_role("textbox", name="Name of criterion 2").fill("Sources")
    expect(page.get_by_role("textbox", name="Name of criterion 2")).to_have_text("Sources")
    assert steps.names(page)[0] == "Central claim"


def test_signing_out_deletes_drafts_unless_they_are_kept_and_nobody_else_sees_them(
    page: Page, context: BrowserContext, site: Site, teacher: Teacher
) -> None:
    edited(page)
    page.get_by_role("button", name="Sign out").click()
    asked = page.get_by_role("dialog", name="Sign out")
    expect(asked).to_contain_text("1 rubric of yours")
    asked.get_by_role("button", name="Stay signed in").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Keep on this computer and sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate(KEPT)
    site.new_teacher().sign_in(context)
    page.goto("/#rubrics")
    expect(page.get_by_text("This browser keeps no rubrics of yours yet.")).to_be_visible()
    teacher.sign_in(context)
    page.reload()
    page.get_by_label("Keep on this computer").uncheck()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Delete and sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not page.evaluate(KEPT)


def test_undo_and_redo_cover_everything_and_leave_a_field_its_own(page: Page) -> None:
    steps.extract(page, provider="local")
    steps.done(page)
    page.get_by_label("Total of the rubric").fill("40")
    page.get_by_label("Points of Thesis").fill("20")
    page.get_by_role("button", name="Add a penalty").click()
    page.keyboard.type("Late")
    field = page.get_by_role("textbox", name="Reason of Penalty 1")
    page.keyboard.press("Control+z")  # the field's own
    expect(field).not_to_have_text("Late")
    expect(page.locator(".total .sum")).to_have_text("40")
    page.get_by_role("heading", name=steps.DONE).focus()
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(page.locator(".total .sum")).to_have_text("40")
    page.keyboard.press("Control+z")
    expect(page.locator(".total .sum")).to_have_text("30")
    expect(page.get_by_label("Total of the rubric")).to_have_value("40")
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Total of the rubric")).to_have_value("30")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    for _ in range(2):
        page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    expect(page.locator(".total .sum")).to_have_text("40")
    expect(field).to_have_text("New penalty")
