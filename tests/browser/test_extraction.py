"""Upload, watch it appear, see it through: the way of one document."""

from __future__ import annotations

import json
import re
import time

from playwright.sync_api import BrowserContext, Page, expect

from tests import cpu
from tests import fake_llm as fakes
from tests.browser import steps
from tests.browser.conftest import Site, Teacher, Watch, block_streams

LIMIT_S = 2.5
TRIES = 5
"""Other tests' processes share the machine: one try in time shows that the service can, and the limit is for one that
has the machine to itself."""


def test_upload_extract_display(page: Page) -> None:
    steps.extract(page, "essay-rubric.pdf", provider="local")
    steps.done(page)
    assert steps.names(page) == ["Argument", "Bibliography", "Mechanics"]
    expect(page.get_by_text("Read on this server; the document was sent nowhere.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"On the server until \d"))).to_be_visible()


def test_job_creation_and_polling(page: Page, context: BrowserContext, watch: Watch, fake_llm: fakes.FakeLLM) -> None:
    block_streams(context)
    fake_llm.behave(answer=steps.SEMINAR, latency_s=2.5)
    steps.extract(page, provider="gemini")
    job_id = steps.job_id(page)
    steps.done(page)
    assert watch.requests.count("POST /api/extract-rubric-trigger") == 1
    assert 2 <= watch.requests.count(f"GET /api/rubric-jobs/{job_id}") <= 5


def test_loading_states(page: Page, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(answer=steps.SEMINAR, latency_s=1.2, pace_s=0.25, part_characters=120)
    steps.extract(page, provider="gemini")
    for stage in ("Asking the language model", "The rubric is being written"):
        expect(page.get_by_role("heading", name=stage)).to_be_visible()
    expect(page.locator(".seconds")).to_have_text(re.compile(r"^[1-9]\d* s$"))
    expect(page.locator(".count")).to_have_text(re.compile(r"^\d criteri"))
    expect(
        page.get_by_role("status").filter(has_text="The rubric is being written. 2 criteria so far")
    ).to_be_attached()
    expect(page.locator("tbody th .name").first).to_have_text("Thesis")
    steps.done(page)


def test_success(page: Page, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(answer=steps.SEMINAR)
    steps.extract(page, provider="gemini")
    steps.done(page)
    assert steps.names(page) == ["Thesis", "Evidence", "Structure", "Language"]
    expect(page.get_by_role("columnheader", name="Strong")).to_be_visible()
    expect(page.get_by_text("Answered by Google Gemini (gemini-")).to_be_visible()
    expect(page.get_by_text("The points add up.")).to_be_visible()


def test_error_message(page: Page, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(mode="refusal")
    steps.extract(page, provider="gemini")
    expect(page.get_by_role("heading", name="That did not work")).to_be_visible()
    expect(page.get_by_text("Gemini refused to answer for this document.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("button", name="Extract")).to_be_visible()


def test_a_refused_request_is_explained_in_the_form(page: Page) -> None:
    file = {"name": "not-really.pdf", "mimeType": "application/pdf", "buffer": b"plain words"}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Extract").click()
    expect(page.get_by_role("alert")).to_contain_text("PDF")
    expect(page.get_by_role("button", name="Extract")).to_be_visible()


def test_retry(page: Page, fake_llm: fakes.FakeLLM, site: Site) -> None:
    fake_llm.behave(mode="500")
    steps.extract(page, provider="gemini")
    retry = page.get_by_role("button", name="Try again")
    expect(retry).to_be_visible()
    job_id = steps.job_id(page)
    fake_llm.behave(mode="ok", answer=steps.SEMINAR)
    site.query("DELETE FROM grader.provider_lanes")
    retry.click()
    steps.done(page)
    assert steps.job_id(page) == job_id


def test_cancel(page: Page, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(latency_s=60)
    steps.extract(page, provider="gemini")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()


def test_several_extractions_in_sequence(page: Page) -> None:
    seen = set()
    for number in range(3):
        steps.extract(page, f"paper {number}.docx", provider="local")
        steps.done(page)
        expect(page.locator(".result .facts")).to_contain_text(f"paper {number}.docx")
        seen.add(steps.job_id(page))
        page.get_by_role("button", name="Start anew").click()
    assert len(seen) == 3


def test_a_name_with_line_ends_that_only_javascript_knows_is_shown(page: Page) -> None:
    steps.extract(page, "a\u2028b\u2029c.docx", provider="local")
    steps.done(page)
    expect(page.locator(".result .facts")).to_contain_text(re.compile(r"a\sb\sc\.docx"))


def test_the_first_criterion_is_there_within_2_5_s_of_a_28_s_answer(page: Page, fake_llm: fakes.FakeLLM) -> None:
    sentence = "A sentence of a usual length, as teachers write them. " * 3
    scale = steps.levels(*((f"Level {level}", sentence, level) for level in range(5)))
    rows = [steps.criterion(f"Criterion {number}", 4, scale) for number in range(1, 9)]
    answer = steps.rubric(*rows, total=32)
    parts = len(json.dumps(answer, ensure_ascii=False)) / 60
    steps.extract(page, provider="gemini")  # nothing is cold in a service that runs
    steps.done(page)
    fake_llm.behave(answer=answer, part_characters=60, latency_s=0.6, pace_s=27.4 / parts)
    taken_s: list[tuple[float, float]] = []
    while len(taken_s) < TRIES and not any(taken <= allowed for taken, allowed in taken_s):
        allowed_s = LIMIT_S * cpu.crowding()
        page.get_by_role("link", name="New").click()
        steps.choose(page, provider="gemini", instruction=f"Try {len(taken_s)}")
        began = time.monotonic()
        page.get_by_role("button", name="Extract").click()
        expect(page.locator("tbody th .name").first).to_have_text(re.compile("^Criterion"))
        taken_s.append((round(time.monotonic() - began, 2), round(allowed_s, 2)))
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    assert any(taken <= allowed for taken, allowed in taken_s), taken_s


def test_what_is_no_pdf_and_no_docx_gets_one_sentence_on_what_to_do(page: Page) -> None:
    told = {
        "old.doc": "save it as .docx or PDF",
        "essay.odt": "save it as .docx or PDF",
        "photo.heic": "save it as a JPEG",
        "rules.txt": "Some text",
        "film.mp4": "Only PDF, Word",
    }
    for name, advice in told.items():
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": b"x"}
        page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        expect(page.get_by_role("alert")).to_contain_text(advice)


def test_pasted_text_finds_its_place(page: Page) -> None:
    page.locator("form.form").evaluate(
        """form => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", "Be clear. Cite sources.");
          form.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.get_by_label("Rubric or rules")).to_have_value("Be clear. Cite sources.")
    expect(page.get_by_role("alert")).to_contain_text("Some text")


def test_a_rubric_is_written_from_a_few_rules(page: Page) -> None:
    page.get_by_text("Some text", exact=True).click()
    page.get_by_label("Rubric or rules").fill("Be clear. Cite sources. Check the grammar.")
    page.get_by_label("Total points").fill("40")
    page.get_by_role("button", name="Write the rubric").click()
    steps.done(page)
    expect(page.locator(".total .sum")).to_have_text("40")


def test_the_page_says_where_the_document_goes(page: Page) -> None:
    where = page.locator(".where")
    expect(where).to_contain_text("Anything else goes to Google Gemini")
    page.get_by_label("Read by").select_option("local")
    expect(where).to_contain_text("goes nowhere else")
    page.get_by_label("Read by").select_option("gemini")
    expect(where).to_contain_text("The document goes to Google Gemini")


def test_sign_in_opens_the_page_and_sign_out_closes_it(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto("/")
    page.get_by_label("User name").fill("first")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Extract")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_account_without_a_tenant_is_told_so(context: BrowserContext, teacher: Teacher, site: Site) -> None:
    site.query("DELETE FROM grader.memberships WHERE account_id = %s", teacher.account)
    teacher.sign_in(context)
    page = context.new_page()
    page.goto("/#jobs")
    expect(page.get_by_text("not a member of a tenant")).to_be_visible()
