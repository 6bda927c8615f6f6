"""What a teacher does on the page, as tests say it."""

from __future__ import annotations

import io
import json
import re
import time
import uuid
from typing import Any

import docx
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE_MS, SAMPLE

DONE = re.compile(r"^Done\. ")


def levels(*told: tuple[str, str, float]) -> list[dict[str, Any]]:
    return [
        {"name": name, "description": text, "points": points, "points_min": None, "points_max": None}
        for name, text, points in told
    ]


def criterion(name: str, points: float | None, found: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "description": None,
        "section": None,
        "points": points,
        "weight": None,
        "levels": found,
        **more,
    }


def rubric(
    *criteria: dict[str, Any], total: float | None, title: str | None = "Seminar paper", **more: Any
) -> dict[str, Any]:
    return {
        "title": title,
        "kind": "analytic",
        "total_points": total,
        "criteria": list(criteria),
        "adjustments": [],
        **more,
    }


SEMINAR = rubric(
    criterion(
        "Thesis",
        10,
        levels(
            ("Strong", "States a claim that can be argued with.", 10),
            ("Fair", "States a topic.", 6),
            ("Weak", "Cannot be found.", 2),
        ),
        description="What the paper sets out to show.",
    ),
    criterion(
        "Evidence",
        10,
        levels(
            ("Strong", "Every claim rests on a source.", 10), ("Fair", "Some claims do.", 5), ("Weak", "None does.", 0)
        ),
    ),
    criterion(
        "Structure",
        5,
        levels(
            ("Strong", "One thought leads to the next.", 5),
            ("Fair", "Paragraphs stand alone.", 3),
            ("Weak", "No order.", 1),
        ),
    ),
    criterion(
        "Language",
        5,
        levels(("Strong", "Reads well.", 5), ("Fair", "Some errors.", 3), ("Weak", "Hard to follow.", 1)),
    ),
    total=30,
)


def seminar_docx() -> bytes:
    """SEMINAR as a teacher would have typed it."""
    document = docx.Document()
    document.add_heading(SEMINAR["title"])
    titles = [level["name"] for level in SEMINAR["criteria"][0]["levels"]]
    table = document.add_table(rows=0, cols=len(titles) + 2)
    rows = [["Criterion", *titles, "Points"]]
    for found in SEMINAR["criteria"]:
        told = [f"{level['points']} points\n{level['description']}" for level in found["levels"]]
        rows.append(["\n".join(filter(None, (found["name"], found["description"]))), *told, str(found["points"])])
    for texts in rows:
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("Total: 30 points")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def choose(page: Page, name: str = "seminar.docx", *, provider: str | None = None, instruction: str = "") -> None:
    data = seminar_docx() if name.endswith(".docx") else SAMPLE.read_bytes()
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": data})  # type: ignore[arg-type]
    if provider:
        page.get_by_label("Read by").select_option(provider)
    if instruction:
        page.get_by_label("Instruction").fill(instruction)


def extract(page: Page, name: str = "seminar.docx", **wanted: Any) -> None:
    choose(page, name, **wanted)
    page.get_by_role("button", name="Extract").click()


def job_id(page: Page) -> str:
    """The id of the job that the page shows."""
    page.wait_for_url(re.compile("#job="))
    return page.url.partition("#job=")[2]


def done(page: Page) -> Locator:
    """The rubric of a job that has ended well."""
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    return page.get_by_role("grid")


def show(page: Page, found: dict[str, Any], **more: Any) -> None:
    """A rubric as the result of a job, through the element itself: the service's answer is replaced on its way."""
    job = {
        "jobId": str(uuid.uuid4()),
        "kind": "extract",
        "status": "completed",
        "fileName": "shown.docx",
        "createdAt": "2026-11-30T12:00:00Z",
        "result": {"success": True, "warning": None, "rubric": found},
        **more,
    }
    body = f"event: status\ndata: {json.dumps(job)}\n\n"
    events = f"**/api/rubric-jobs/{job['jobId']}/events"
    page.route(events, lambda route: route.fulfill(content_type="text/event-stream", body=body))
    page.evaluate(f"document.querySelector('rubric-extractor').openJob('{job['jobId']}')")
    expect(page.get_by_role("grid")).to_have_count(1)


def choose_action(page: Page, name: str, action: str) -> None:
    """One of the actions behind the three dots of a criterion or a level."""
    page.get_by_role("button", name=f"Actions for {name}", exact=True).locator("visible=true").first.click()
    page.get_by_role("menuitem", name=action).click()


def names(page: Page) -> list[str]:
    """The criteria's names, in the table's order."""
    return [text.strip() for text in page.locator("tbody th .name").all_inner_texts()]


def until(page: Page, expression: str) -> None:
    """Until the expression holds; Playwright's own wait evaluates text, which the page's policy refuses."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(f"() => {expression}"):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)
