"""The reading mended on the document's side: what a column, row or line is; the rubric follows, and edits stay."""

from __future__ import annotations

import io
from typing import Any

import docx
from playwright.sync_api import Locator, Page, expect

from tests import fake_llm as fakes
from tests.browser import steps
from tests.browser.conftest import PHONE

ROWS = [
    ["Criterion", "Remarks", "Good", "Poor", "Points"],
    ["Thesis", "what it sets out to show", "A clear claim.", "No claim.", "6"],
    ["Sources", "what it rests on", "All are named.", "None is named.", "4"],
    ["Language", "how it reads", "Reads well.", "Hard to follow.", "5"],
]
PLAN = {"parts": [{"at": "1", "shape": "down", "rows": "hccc", "columns": "c-llp", "name": "lead"}]}
FOCUSED = "document.querySelector('rubric-extractor').shadowRoot.activeElement"


def remarks_docx() -> bytes:
    document = docx.Document()
    document.add_heading("Term paper")
    table = document.add_table(rows=0, cols=len(ROWS[0]))
    for texts in ROWS:
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("Late papers lose 2 points")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


FILE: Any = {"name": "term.docx", "mimeType": "", "buffer": remarks_docx()}


def opened(page: Page) -> str:
    """The document beside its rubric, read with the remarks left out; the job's id."""
    job: str = page.evaluate(
        """async (bytes) => {
          const { RubricJobsClient, isFinal } = await import("/static/rubric_jobs/rubric-jobs.js");
          const client = new RubricJobsClient();
          const file = new File([Uint8Array.from(bytes)], "term.docx");
          const { jobId } = await client.startRubricExtraction({ file, llmProvider: "local" });
          for await (const job of client.watchJob(jobId)) if (isFinal(job)) break;
          return jobId;
        }""",
        list(FILE["buffer"]),
    )
    put(page, job, PLAN)
    page.evaluate(f"location.hash = 'job={job}'")
    steps.done(page)
    return job


def put(page: Page, job: str, plan: Any) -> None:
    """As another tab would."""
    page.evaluate(
        """async ([job, plan]) => {
          const { RubricJobsClient } = await import("/static/rubric_jobs/rubric-jobs.js");
          await new RubricJobsClient().putReading(job, plan);
        }""",
        [job, plan],
    )


def mend(page: Page) -> Locator:
    page.get_by_role("button", name="Mend the reading").click()
    return page.get_by_role("complementary", name="Document")


def choose(page: Page, handle: str, role: str) -> None:
    page.get_by_role("button", name=handle, exact=True).click()
    page.get_by_role("menuitemradio", name=role, exact=True).click()


def descriptions(page: Page) -> list[str]:
    return [
        text.strip() for text in page.locator('[data-at$=".text"][data-at^="c"]:not([data-at*=".l"])').all_inner_texts()
    ]


def plan_of(page: Page, job: str) -> Any:
    return page.request.get(f"/api/rubric-jobs/{job}/reading").json()["plan"]["parts"][0]


def test_a_word_document_stands_beside_its_rubric_as_it_was_read(page: Page) -> None:
    opened(page)
    document = page.get_by_role("region", name="The document as it was read")
    expect(document.get_by_role("table", name="Table 1").get_by_role("cell", name="A clear claim.")).to_be_visible()
    expect(document).to_contain_text("Late papers lose 2 points")
    page.locator('[data-at="c1.l0.text"]').click()
    expect(document.locator(".here")).to_have_text("All are named.")
    document.get_by_role("cell", name="Hard to follow.").click()
    assert page.evaluate(f"{FOCUSED}.dataset.at") == "c2.l1.text"


def test_a_column_that_is_said_to_be_something_else_changes_the_rubric_at_once(page: Page) -> None:
    job = opened(page)
    mend(page)
    choose(page, "Column 2: Not part of it", "Description")
    expect(page.locator('[data-at="c0.text"]')).to_have_text("what it sets out to show")
    expect(page.get_by_role("button", name="Column 2: Description", exact=True)).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Read anew: 3 criteria.")).to_be_visible()
    choose(page, "Row 4: Criterion", "Penalty or bonus")
    expect(page.get_by_role("textbox", name="Reason of Penalty 1")).to_have_text("Language how it reads")
    expect(page.get_by_role("heading", name="Done. 2 criteria.")).to_be_visible()
    assert plan_of(page, job) == {**PLAN["parts"][0], "columns": "cdllp", "rows": "hcca"}
    page.reload()
    expect(page.get_by_role("textbox", name="Reason of Penalty 1")).to_have_text("Language how it reads")


def test_edits_stay_where_they_still_fit_and_undo_covers_both(page: Page) -> None:
    job = opened(page)
    page.get_by_role("textbox", name="Name of criterion 1").fill("Central claim")
    page.get_by_label("Points of Sources").fill("7")
    mend(page)
    choose(page, "Column 2: Not part of it", "Level")
    expect(page.locator(".rubric thead th")).to_have_count(5)
    assert steps.names(page) == ["Central claim", "Sources", "Language"]
    expect(page.get_by_label("Points of Sources")).to_have_value("7")
    choose(page, "Row 2: Criterion", "Not part of it")
    expect(page.get_by_text("1 criterion that you had edited is not in it.")).to_be_visible()
    for columns in (5, 4):
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".rubric thead th")).to_have_count(columns)
        assert steps.names(page) == ["Central claim", "Sources", "Language"]
    expect(page.get_by_role("button", name="Column 2: Not part of it", exact=True)).to_be_visible()
    settled(page, job, PLAN["parts"][0]["columns"])
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_role("button", name="Column 2: Level", exact=True)).to_be_visible()
    settled(page, job, "clllp")
    expect(page.get_by_label("Points of Sources")).to_have_value("7")


def settled(page: Page, job: str, columns: str) -> None:
    """Until the service has the plan of the rubric that the page shows."""
    for _ in range(100):
        if plan_of(page, job)["columns"] == columns:
            return
        page.wait_for_timeout(50)
    raise AssertionError(plan_of(page, job))


def test_a_pdf_is_mended_on_the_pictures_of_its_pages(page: Page) -> None:
    steps.extract(page, "essay-rubric.pdf", provider="local")
    steps.done(page)
    pane = mend(page)
    handle = pane.get_by_role("button", name="Row 3: Level", exact=True)
    handle.scroll_into_view_if_needed()
    picture = page.get_by_role("img", name="Page 2 of the document").bounding_box()
    box = handle.bounding_box()
    assert picture
    assert box
    assert picture["x"] <= box["x"] <= picture["x"] + picture["width"] / 3
    assert picture["y"] < box["y"] < picture["y"] + picture["height"]
    handle.click()
    page.get_by_role("menuitemradio", name="Not part of it").click()
    expect(page.locator(".rubric thead th")).to_have_count(6)
    expect(page.get_by_role("region", name="Doubtful places")).to_have_count(0)
    page.get_by_role("button", name="As text").click()
    expect(page.get_by_role("button", name="Row 3: Not part of it", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("region", name="Doubtful places")).to_be_visible()
    expect(page.locator(".rubric thead th")).to_have_count(7)


def test_a_models_copy_is_replaced_by_what_is_proposed_once_that_is_taken(page: Page, fake_llm: fakes.FakeLLM) -> None:
    told = [steps.criterion(row[0], float(row[4]), steps.levels(("Good", row[2], float(row[4])))) for row in ROWS[1:3]]
    fake_llm.behave(answer=steps.rubric(*told, total=None, title="Term paper"))
    page.locator("input[type=file]").set_input_files(FILE)
    page.get_by_label("Read by").select_option("gemini")
    page.get_by_role("button", name="Extract").click()
    steps.done(page)
    pane = mend(page)
    expect(pane.get_by_text("The rubric was not read by rows and columns.")).to_be_visible()
    pane.get_by_role("button", name="Read it as marked").click()
    expect(page.get_by_role("heading", name="Done. 3 criteria.")).to_be_visible()
    expect(pane.get_by_role("button", name="Read it as marked")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    assert steps.names(page) == ["Thesis", "Sources"]
    expect(pane.get_by_role("button", name="Read it as marked")).to_be_visible()


def test_lines_and_further_tables_join_and_leave(page: Page) -> None:
    job = opened(page)
    mend(page)
    choose(page, "Not part of it: Late papers lose 2 points", "Penalty or bonus")
    expect(page.get_by_role("textbox", name="Reason of Penalty 1")).to_contain_text("Late papers")
    choose(page, "Table 1: Rows are criteria", "Columns are criteria")
    expect(page.get_by_role("heading", name="Done. 4 criteria.")).to_be_visible()
    choose(page, "Table 1: Columns are criteria", "Not part of it")
    expect(page.get_by_text("Nothing in the document is marked as a criterion")).to_be_visible()
    expect(page.get_by_role("heading", name="Done. 4 criteria.")).to_be_visible()
    choose(page, "Table 1: Not part of it", "Rows are criteria")
    expect(page.get_by_role("heading", name="Done. 3 criteria.")).to_be_visible()
    assert plan_of(page, job)["columns"] == "clllp"


def test_a_reading_that_another_tab_has_mended_is_shown_as_it_is_now(page: Page) -> None:
    job = opened(page)
    mend(page)
    put(page, job, {"parts": [{**PLAN["parts"][0], "rows": "hcc-"}]})
    choose(page, "Column 2: Not part of it", "Description")
    expect(page.get_by_text("The reading was changed since")).to_be_visible()
    expect(page.get_by_role("heading", name="Done. 2 criteria.")).to_be_visible()
    expect(page.get_by_role("button", name="Row 4: Not part of it", exact=True)).to_be_visible()
    choose(page, "Column 2: Not part of it", "Description")
    expect(page.locator('[data-at="c1.text"]')).to_have_text("what it rests on")


PASTED = """Scoring rubric (10 points)

| Criterion | Good | Poor | Points |
|---|---|---|---|
| Thesis | A clear claim. | No claim. | 6 |
| Sources | All are named. | None is named. | 4 |
"""


def write(page: Page, text: str, *, total: str) -> Locator:
    """The document's side of the rubric that a text was made into."""
    page.get_by_text("Some text", exact=True).click()
    page.get_by_label("Rubric or rules").fill(text)
    page.get_by_label("Total points").fill(total)
    page.get_by_label("Written by").select_option("local")
    page.get_by_role("button", name="Write the rubric").click()
    steps.done(page)
    return page.get_by_role("complementary", name="Document")


def test_a_pasted_text_stands_beside_its_rubric_and_is_mended_there(page: Page) -> None:
    pane = write(page, PASTED, total="20")
    for _ in range(2):
        expect(pane.get_by_role("table", name="Table 1").get_by_role("cell", name="A clear claim.")).to_be_visible()
        page.locator('[data-at="c1.l1.text"]').click()
        expect(pane.locator(".here")).to_have_text("None is named.")
        pane.get_by_role("cell", name="Sources").click()
        assert page.evaluate(f"{FOCUSED}.dataset.at") == "c1.text"
        page.reload()
        steps.done(page)
    mend(page)
    choose(page, "Column 2: Level", "Description")
    expect(page.locator('[data-at="c0.text"]')).to_have_text("A clear claim.")
    expect(page.get_by_label("Points of Thesis")).to_have_value("12")


def test_a_text_that_the_service_wrote_stands_beside_its_rubric_as_this_browser_keeps_it(page: Page) -> None:
    pane = write(page, "**Scoring (10 pts total):**\n\n- **Thesis (6 pts)**:\n- **Sources (4 pts)**:", total="20")
    expect(pane).to_contain_text("Sources (4 pts)")
    expect(pane.get_by_role("button", name="Mend the reading")).to_have_count(0)


def test_it_is_mended_on_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    opened(page)
    page.get_by_role("button", name="Show the document").click()
    pane = mend(page)
    choose(page, "Column 2: Not part of it", "Description")
    expect(page.locator('[data-at="c0.text"]')).to_have_text("what it sets out to show")
    expect(pane).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_by_keyboard_alone_from_the_upload_to_the_export(page: Page) -> None:
    def tab_to(locator: Locator, *, most: int = 40) -> None:
        for _ in range(most):
            if locator.evaluate("(it) => it === it.getRootNode().activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{locator} is not reached")

    with page.expect_file_chooser() as opened:  # before the focus moves: the browser learns of it some time later
        tab_to(page.locator("input[type=file]"))
        page.keyboard.press("Enter")
    opened.value.set_files(FILE)
    tab_to(page.get_by_label("Read by"))
    page.keyboard.type("This server")
    tab_to(page.get_by_role("button", name="Extract"))
    page.keyboard.press("Enter")
    steps.done(page)
    tab_to(page.get_by_role("button", name="Mend the reading"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Mend the reading")).to_have_attribute("aria-pressed", "true")
    tab_to(page.locator('[data-handle="0:line"]'))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    column = page.locator('[data-handle="1:columns:1"]')
    expect(column).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Home")
    for _ in range(10):
        if page.evaluate(f"{FOCUSED}.textContent") == "Level":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Read anew: 3 criteria.")).to_be_visible()
    expect(column).to_be_focused()
    expect(page.locator(".rubric thead th")).to_have_count(5)
    tab_to(page.locator('[data-at="c0.name"]'))
    page.keyboard.type("Claim")
    tab_to(page.get_by_role("button", name="JSON"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert b"Claim" in download.value.path().read_bytes()


KEEP = """async ([mine, base, next]) => {
  const { keepEdits } = await import("/static/rubric_jobs/kept-edits.js");
  const { rememberReading } = await import("/static/rubric_jobs/sources.js");
  const { complete } = await import("/static/rubric_jobs/rubric-edit.js");
  const [before, after] = [base, next].map((rubric) => rememberReading(complete(rubric)));
  const edited = structuredClone(before);
  for (const { path, value } of mine) {
    const keys = path.split(".");
    keys.slice(0, -1).reduce((part, key) => part[key], edited)[keys.at(-1)] = value;
  }
  edited.criteria = edited.criteria.filter(Boolean);
  const { rubric, lost } = keepEdits(edited, before, after);
  const told = (field) => rubric.criteria.map((criterion) => criterion[field]);
  return { names: told("name"), points: told("points"), lost, total: rubric.total_points };
}"""


def placed(row: int, name: str, points: float) -> dict[str, Any]:
    return steps.criterion(name, points, [], source={"table": 0, "row": row, "column": 0})


def test_hand_edits_are_matched_by_the_place_that_they_were_read_from(page: Page) -> None:
    base = steps.rubric(placed(1, "Thesis", 5), placed(2, "Sources", 5), placed(3, "Total", 10), total=20)
    read = steps.rubric(placed(1, "Thesis and claim", 6), placed(2, "Sources", 4), placed(4, "Style", 2), total=12)

    def kept(*edits: tuple[str, Any]) -> Any:
        return page.evaluate(KEEP, [[{"path": path, "value": value} for path, value in edits], base, read])

    assert kept() == {"names": ["Thesis and claim", "Sources", "Style"], "points": [6, 4, 2], "lost": 0, "total": 12}
    # A name by hand stays, what was not touched beside it is read anew.
    assert kept(("criteria.0.name", "Claim"))["names"] == ["Claim", "Sources", "Style"]
    assert kept(("criteria.0.name", "Claim"))["points"] == [6, 4, 2]
    assert kept(("criteria.1.points", 9), ("total_points", 25)) == {
        "names": ["Thesis and claim", "Sources", "Style"], "points": [6, 9, 2], "lost": 0, "total": 25
    }  # fmt: skip
    assert kept(("criteria.1", None))["names"] == ["Thesis and claim", "Style"]
    assert kept(("criteria.2.name", "Sum"))["lost"] == 1
    own = {**placed(0, "Own", 3), "source": None, "levels": []}
    assert kept(("criteria.3", own))["names"] == ["Thesis and claim", "Sources", "Style", "Own"]
    swapped = [("criteria.0", moved(2, "Sources")), ("criteria.1", moved(1, "Thesis"))]
    assert kept(*swapped)["names"] == ["Sources", "Thesis and claim", "Style"]


def moved(row: int, name: str) -> dict[str, Any]:
    return {**placed(row, name, 5), "read": {"name": name, "text": "", "points": "5"}}
