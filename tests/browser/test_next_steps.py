"""No dead ends: each failure offers a next step in the teacher's words; the form promises what it can keep."""

from __future__ import annotations

import io
from collections.abc import Iterator

import docx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import fake_llm as fakes
from tests.browser import steps
from tests.browser.conftest import Site, Teacher
from tests.pipelines.test_extraction_documents import scanned_pdf
from tests.reading.test_kinds import encrypted_pdf


def letter() -> bytes:
    document = docx.Document()
    document.add_paragraph("Dear parents, the excursion begins at eight.")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def send(page: Page, name: str, data: bytes, provider: str = "local") -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": data})
    page.get_by_label("Read by").select_option(provider)
    page.get_by_role("button", name="Extract").click()
    expect(page.get_by_role("heading", name="That did not work")).to_be_visible()


def test_where_no_rubric_is_found_a_model_text_a_table_or_another_file_go_on(
    page: Page, fake_llm: fakes.FakeLLM
) -> None:
    send(page, "letter.docx", letter())
    page.get_by_role("button", name="Begin with an empty table").click()
    expect(page.get_by_role("heading", name="Your own rubric")).to_be_visible()
    page.locator('[data-at="c0.name"]').focus()
    page.keyboard.type("Clarity")
    steps.until(page, "Object.values(localStorage).some((kept) => kept.includes('Clarity'))")
    page.reload()
    assert steps.names(page) == ["Clarity"]
    with page.expect_download():
        page.get_by_role("button", name="JSON").click()
    page.get_by_role("button", name="Start anew").click()
    send(page, "letter.docx", letter())
    page.get_by_role("button", name="Paste the text or table").click()
    expect(page.get_by_label("Rubric or rules")).to_be_focused()
    page.get_by_text("A document", exact=True).click()
    page.get_by_role("button", name="Extract").click()
    expect(page.get_by_role("heading", name="That did not work")).to_be_visible()
    fake_llm.behave(mode="refusal")
    page.get_by_role("button", name="Let Google Gemini read it").click()
    expect(page.get_by_text("Gemini refused to answer for this document.", exact=True)).to_be_visible()


@pytest.mark.parametrize(("name", "data"), [("locked.pdf", encrypted_pdf), ("scan.pdf", scanned_pdf)])
def test_locked_files_and_scans_offer_another_file(page: Page, name: str, data: object) -> None:
    send(page, name, data() if callable(data) else b"")
    for label in ("Paste the text or table", "Begin with an empty table"):
        expect(page.get_by_role("button", name=label)).to_be_visible()
    with page.expect_file_chooser():
        page.get_by_role("button", name="Choose another file").click()


def test_a_pasted_table_becomes_a_rubric_at_once(page: Page) -> None:
    page.locator("form.form").evaluate(
        """form => {
          const clipboardData = new DataTransfer();
          const rows = [["", "Good", "Poor", "Points"], ["Thesis", "Clear", "Vague", "4"], ["Style", "A", "B", "6"]];
          clipboardData.setData("text/plain", rows.map((row) => row.join("\\t")).join("\\n"));
          form.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.locator("thead th")).to_have_text(["Criterion", "Good", "Poor", "Points"])
    assert steps.names(page) == ["Thesis", "Style"]
    expect(page.locator(".total .sum")).to_have_text("10")


def test_a_cancelled_job_is_no_failure(page: Page, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(latency_s=60)
    steps.extract(page, provider="gemini")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page.get_by_text("That did not work")).to_have_count(0)


def test_an_instruction_that_is_not_followed_is_said_before_and_after(page: Page) -> None:
    page.get_by_label("Instruction").fill("Only the first table.")
    expect(page.locator(".where")).to_contain_text("The document goes to Google Gemini.")
    page.get_by_label("Read by").select_option("local")
    expect(page.get_by_text("Read on this server alone, it is ignored.")).to_be_visible()
    steps.choose(page, provider="local", instruction="Only the first table.")
    page.get_by_role("button", name="Extract").click()
    steps.done(page)
    expect(page.get_by_text("The instruction was not followed")).to_be_visible()


@pytest.fixture
def _levers(site: Site, teacher: Teacher) -> Iterator[None]:
    tenant = site.query("SELECT tenant_id FROM grader.memberships WHERE account_id = %s", teacher.account)[0][0]
    site.query("INSERT INTO grader.rubric_tenant_controls (tenant_id, is_local_only) VALUES (%s, true)", tenant)
    site.query("DELETE FROM grader.rubric_fleet_controls")  # an operator's resume leaves its row
    site.query("INSERT INTO grader.rubric_fleet_controls (id, is_claiming_paused) VALUES (1, true)")
    yield
    site.query("DELETE FROM grader.rubric_fleet_controls")


@pytest.mark.usefixtures("_levers")
def test_a_paused_service_and_a_local_tenant_are_said_in_the_form(context: BrowserContext, teacher: Teacher) -> None:
    teacher.sign_in(context)
    page = context.new_page()
    page.goto("/")
    expect(page.locator(".where")).to_contain_text("The service is paused at the moment")
    expect(page.locator(".where")).to_contain_text("Documents of your organisation are not sent to a language model.")
    expect(page.get_by_label("Read by").get_by_role("option")).to_have_text(["Choose for me", "This server alone"])
