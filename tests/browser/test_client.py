"""`rubric-jobs.js` in another front end, as the old modal would use it; the element inside a foreign page."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from rubric_jobs.documents import DOCX
from tests import fake_llm as fakes
from tests.browser import steps
from tests.browser.conftest import Site, Teacher, Watch, block_streams

STATIC = Path(__file__).parents[2] / "rubric_jobs" / "static" / "rubric_jobs"
GUIDE = Path(__file__).parents[2] / "docs" / "page.md"


def snippet(name: str) -> str:
    """The JavaScript below `<!-- name -->` in docs/page.md, as readers copy it."""
    found = re.search(rf"<!-- {name} -->\n+```js\n(.*?)\n```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, name
    return found[1]


def foreign_page(context: BrowserContext, site: Site, script: str) -> Page:
    """A page of the same origin that another program serves, its script as a file."""
    page = context.new_page()
    html = """<!doctype html><html lang="en"><title>Other</title>
              <body><main></main><script type="module" src="/other.js"></script>"""
    page.route("**/other", lambda route: route.fulfill(content_type="text/html", body=html))
    page.route("**/other.js", lambda route: route.fulfill(content_type="text/javascript", body=script))
    page.goto(f"{site.address}/other")
    return page


def test_the_old_modal_works_on_the_four_functions(
    context: BrowserContext, site: Site, teacher: Teacher, watch: Watch
) -> None:
    teacher.sign_in(context)
    page = context.new_page()
    page.goto("/")  # the session's CSRF cookie comes with the first page
    page.close()
    modal = """
      class Modal extends HTMLElement {
        connectedCallback() {
          this.innerHTML = "<input type=file aria-label=Rubric><p role=status></p><pre></pre>";
          const [input, status, text] = this.children;
          input.onchange = () => extractInModal(input.files[0], {
            onProgress: (told) => (status.textContent = told),
            onDone: (result) => { status.textContent = "done"; text.textContent = result.rubricText; },
            onError: (sentence) => (status.textContent = `failed: ${sentence}`),
          });
        }
      }
      customElements.define("old-modal", Modal);
      document.querySelector("main").append(new Modal());
    """
    page = foreign_page(context, site, snippet("old modal") + modal)
    page.get_by_label("Rubric").set_input_files(
        {"name": "seminar.docx", "mimeType": DOCX, "buffer": steps.seminar_docx()}
    )
    expect(page.get_by_role("status")).to_have_text("done")
    expect(page.locator("pre")).to_contain_text("- **Thesis (10 pts)**:")
    assert any(request.startswith("GET /api/extract-rubric-status") for request in watch.requests)


def test_a_refused_file_ends_in_the_modals_error(context: BrowserContext, site: Site, teacher: Teacher) -> None:
    teacher.sign_in(context)
    page = context.new_page()
    page.goto("/")
    script = (
        snippet("old modal")
        + """
      extractInModal(new File(["plain"], "a.pdf", {type: "application/pdf"}), {
        onProgress() {}, onDone() {}, onError: (sentence) => (document.title = sentence),
      });
    """
    )
    page = foreign_page(context, site, script)
    expect(page).to_have_title(re.compile("PDF"))


def test_watch_job_stops_when_its_signal_is_aborted(
    context: BrowserContext, site: Site, teacher: Teacher, watch: Watch, fake_llm: fakes.FakeLLM
) -> None:
    fake_llm.behave(latency_s=60)
    block_streams(context)
    teacher.sign_in(context)
    page = context.new_page()
    page.goto("/")
    script = snippet("enhance and watch")
    page = foreign_page(context, site, script)
    expect(page).to_have_title(re.compile("^processing"))
    before = len(watch.requests)
    page.evaluate("window.leave()")
    page.wait_for_timeout(4_500)
    assert len(watch.requests) == before
    expect(page).to_have_title("left")


def test_the_element_works_in_a_page_that_is_not_ours(context: BrowserContext, site: Site, teacher: Teacher) -> None:
    teacher.sign_in(context)
    page = context.new_page()
    page.goto("/")
    page = foreign_page(context, site, snippet("element"))
    steps.extract(page, provider="local")
    steps.done(page)
    expect(page).to_have_title("ready: 4 criteria")


def test_every_export_of_the_client_has_its_type() -> None:
    exported = set(
        re.findall(
            r"^export (?:const|function|class|async function) (\w+)", (STATIC / "rubric-jobs.js").read_text(), re.M
        )
    )
    typed = set(
        re.findall(
            r"^export (?:declare )?(?:const|function|class) (\w+)", (STATIC / "rubric-jobs.d.ts").read_text(), re.M
        )
    )
    assert exported == typed
    methods = r"^  (?:async \*?|\*)?([a-z]\w+)\("
    client = (STATIC / "rubric-jobs.js").read_text().split("export class RubricJobsClient")[1].split("\n}\n")[0]
    declared = (STATIC / "rubric-jobs.d.ts").read_text().split("export class RubricJobsClient")[1].split("\n}\n")[0]
    assert set(re.findall(methods, client, re.M)) == set(re.findall(methods, declared, re.M))
