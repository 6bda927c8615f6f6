"""What a teacher's day does to a connection: slow networks, sessions that end, tabs that are left and found again."""

from __future__ import annotations

import re
import time

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests import fake_llm as fakes
from tests.browser import steps
from tests.browser.conftest import Teacher, Watch, block_streams

SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
QUIET_MS = 4_500


def test_polling_stops_on_completion(page: Page, context: BrowserContext, watch: Watch) -> None:
    block_streams(context)
    steps.extract(page, provider="local")
    steps.done(page)
    before = watch.polls(steps.job_id(page))
    page.wait_for_timeout(QUIET_MS)
    assert watch.polls(steps.job_id(page)) == before > 0


def test_polling_stops_on_unmount(page: Page, context: BrowserContext, watch: Watch, fake_llm: fakes.FakeLLM) -> None:
    block_streams(context)
    fake_llm.behave(latency_s=60)
    steps.extract(page, provider="gemini")
    expect(page.get_by_role("heading", name="Asking the language model")).to_be_visible()
    job_id = steps.job_id(page)
    page.evaluate("window.kept = document.querySelector('rubric-extractor'); window.kept.remove()")
    before = watch.polls(job_id)
    page.wait_for_timeout(QUIET_MS)
    assert watch.polls(job_id) == before
    page.evaluate("document.querySelector('main').append(window.kept)")
    expect(page.get_by_role("heading", name="Asking the language model")).to_be_visible()
    page.wait_for_timeout(500)
    assert watch.polls(job_id) > before


def test_slow_network(page: Page, context: BrowserContext, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(answer=steps.SEMINAR, latency_s=0.5)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_3G)
    steps.extract(page, provider="gemini")
    expect(page.get_by_role("heading", name=re.compile("Sending the file|Waiting|Reading"))).to_be_visible()
    steps.done(page)
    assert steps.names(page) == ["Thesis", "Evidence", "Structure", "Language"]


def test_a_network_that_goes_away_and_comes_back(page: Page, context: BrowserContext, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(answer=steps.SEMINAR, latency_s=2)
    steps.extract(page, provider="gemini")
    expect(page.get_by_role("heading", name="Asking the language model")).to_be_visible()
    context.set_offline(True)
    page.wait_for_timeout(2_500)
    context.set_offline(False)
    steps.done(page)


def test_a_lost_answer_to_a_submission_makes_no_second_job(page: Page, watch: Watch) -> None:
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        # A browser whose requests are routed sends this by itself, but not in here.
        answer = route.fetch(headers={**route.request.headers, "cache-control": "no-cache"})
        lost.append(answer.json()["jobId"])
        route.abort()

    page.route("**/api/extract-rubric-trigger", lose_first)
    steps.extract(page, provider="local")
    steps.done(page)
    assert lost == [steps.job_id(page)]
    assert watch.requests.count("POST /api/extract-rubric-trigger") == 2


def test_user_navigates_away(page: Page, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(answer=steps.SEMINAR, latency_s=2)
    steps.extract(page, provider="gemini")
    job_id = steps.job_id(page)
    page.goto("/healthz")
    page.wait_for_timeout(2_500)
    page.goto("/#jobs")
    row = page.locator(f'tr[data-job="{job_id}"]')
    expect(row).to_contain_text("Done")
    row.get_by_role("button", name="Open").click()
    steps.done(page)
    assert steps.names(page)[0] == "Thesis"
    page.go_back()
    expect(page.get_by_role("heading", name="My jobs")).to_be_visible()


def test_browser_refresh_during_extraction_resumes(page: Page, watch: Watch, fake_llm: fakes.FakeLLM) -> None:
    fake_llm.behave(answer=steps.SEMINAR, latency_s=3)
    steps.extract(page, provider="gemini")
    job_id = steps.job_id(page)
    expect(page.get_by_role("heading", name="Asking the language model")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Asking the language model")).to_be_visible()
    steps.done(page)
    assert steps.job_id(page) == job_id
    assert watch.requests.count("POST /api/extract-rubric-trigger") == 1


def test_session_expiry_during_extraction(
    page: Page, context: BrowserContext, teacher: Teacher, watch: Watch, fake_llm: fakes.FakeLLM
) -> None:
    block_streams(context)  # a stream that is open outlives the session; the next poll does not
    fake_llm.behave(answer=steps.SEMINAR, latency_s=3)
    steps.extract(page, provider="gemini")
    job_id = steps.job_id(page)
    teacher.end_sessions()
    asking = page.get_by_role("dialog", name="Your session has ended")
    expect(asking).to_be_visible()
    assert asking.get_by_role("link", name="Sign in again").get_attribute("target") == "_blank"
    page.get_by_role("button", name="go on").click()
    expect(asking).to_be_visible()  # nobody has signed in yet
    teacher.sign_in(context)
    other = context.new_page()
    other.goto("/sign-in?next=/signed-in")
    expect(other.get_by_role("heading", name="You are signed in again")).to_be_visible()
    steps.done(page)
    expect(asking).to_be_hidden()
    assert steps.job_id(page) == job_id
    assert watch.requests.count("POST /api/extract-rubric-trigger") == 1


def test_a_session_that_ends_before_an_enhancement_loses_no_edit(
    page: Page, context: BrowserContext, teacher: Teacher
) -> None:
    steps.extract(page, provider="local")
    steps.done(page)
    page.get_by_role("textbox", name="Name of criterion 1").fill("Central claim")
    teacher.end_sessions()
    page.get_by_label("New total").fill("60")
    page.get_by_role("button", name="Enhance").click()
    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    teacher.sign_in(context)
    page.get_by_role("button", name="go on").click()
    expect(page.get_by_role("heading", name="Before and after")).to_be_visible()
    assert steps.names(page)[0] == "Central claim"


def test_my_jobs_retries_and_cancels(page: Page, fake_llm: fakes.FakeLLM, teacher: Teacher) -> None:
    fake_llm.behave(mode="cut_off")
    steps.extract(page, "first.docx", provider="gemini")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.get_by_role("link", name="My jobs").click()
    fake_llm.behave(mode="ok", latency_s=60)
    page.get_by_role("button", name="Try first.docx again").click()
    expect(page.locator(".badge")).to_have_text(re.compile("Waiting|Running"))
    page.get_by_role("button", name="Cancel first.docx").click()
    expect(page.locator(".badge")).to_have_text("Failed")
    expect(page.locator(".jobs")).to_contain_text("The job was cancelled.")


def test_nobody_sees_anothers_job(page: Page, teacher: Teacher, context: BrowserContext) -> None:
    steps.extract(page, provider="local")
    steps.done(page)
    job = steps.job_id(page)
    context.clear_cookies()
    teacher.site.new_teacher().sign_in(context)
    page.goto(f"/?other#job={job}")
    expect(page.locator(".failed")).to_contain_text("This job does not exist, or it has expired")
    began = time.monotonic()
    expect(page.get_by_role("button", name="Back")).to_be_visible()
    assert time.monotonic() - began < 1
