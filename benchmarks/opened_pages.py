"""Open documents in the page of a service of its own, in a real browser, and say what is wrong there.

    python -m benchmarks.opened_pages FOLDER [--most 50] [--pictures FOLDER]

Each document is sent through the form, read by this server alone. A console error, a script error and anything wider
than the window is a fault; the exit status is 1 where there was one. Without a folder, a rubric of 30 criteria with 5
levels each is opened ten times, from the finished job to a painted page, and its reading is mended ten times.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import docx
from django.conf import settings
from playwright.sync_api import Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
django.setup()

from grader.local_service import LocalService
from tests import installed
from tests.browser.conftest import DESKTOP, FLAGS, PHONE

CRITERIA, LEVELS, TIMES = 30, 5, 10
# After the next frame was painted, the clock that the database's times can be compared with.
PAINTED = """addEventListener("rubric-ready", () => {
  const painted = () => setTimeout(() => (window.painted = Date.now()));
  requestAnimationFrame(() => requestAnimationFrame(painted));
})"""
MENDED = """async ([job, times]) => {
  const { RubricJobsClient } = await import("/static/rubric_jobs/rubric-jobs.js");
  const client = new RubricJobsClient();
  let { plan, etag } = await client.getReading(job);
  const took = [];
  for (let turn = 0; turn < times; turn += 1) {
    const [part] = plan.parts;
    const changed = { ...plan, parts: [{ ...part, rows: part.rows.slice(0, -1) + (turn % 2 ? "c" : "-") }] };
    const began = performance.now();
    ({ etag } = await client.putReading(job, changed, { etag }));
    took.push(performance.now() - began);
  }
  return took;
}"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
ENDED = "h2:has-text('Done.'), .failed"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--most", type=int, default=50)
    parser.add_argument("--pictures", type=Path)
    asked = parser.parse_args()
    with ExitStack() as stack:
        page, faults = _page(stack)
        if asked.folder is None:
            return _paint(page)
        files = sorted(path for path in asked.folder.iterdir() if path.suffix in {".pdf", ".docx"})
        told = [_opened(page, path, faults, asked.pictures) for path in files[:: max(1, len(files) // asked.most)]]
    wrong = [line for line in told if line]
    print(f"{len(told)} documents, {len(wrong)} with a fault", *wrong, sep="\n")
    return 1 if wrong else 0


def _page(stack: ExitStack) -> tuple[Page, list[str]]:
    """Signed in, before a new service; and what goes wrong in it."""
    logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    environ = {"GEMINI_API_KEY": "", "OPENAI_API_KEY": ""}
    service = stack.enter_context(LocalService(environ=environ, logs=logs))
    name = f"opened-{os.getpid()}"
    command = [sys.executable, "manage.py", "create_local_user", "--username", name]
    told = subprocess.run(command, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True).stdout
    playwright = stack.enter_context(sync_playwright())
    browser = playwright.chromium.launch(executable_path=installed.chromium(), args=FLAGS)
    stack.callback(browser.close)
    page = browser.new_page(base_url=service.address, viewport=DESKTOP, locale="en-GB")  # type: ignore[arg-type]
    page.add_init_script(PAINTED)
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/sign-in")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(told.rsplit("Password:", 1)[1].strip())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Extract").wait_for()
    return page, faults


def _send(page: Page, file: Any) -> None:
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Read by").select_option("local")
    page.get_by_role("button", name="Extract").click()
    page.locator(ENDED).first.wait_for()


def _opened(page: Page, path: Path, faults: list[str], pictures: Path | None) -> str:
    """What is wrong with this document on the page; an empty text where nothing is."""
    faults.clear()
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    _send(page, path)
    page.wait_for_load_state("networkidle")
    found = list(_too_wide(page, path, pictures))
    page.get_by_role("link", name="New").click()
    page.get_by_role("button", name="Extract").wait_for()
    return f"{path.name}: {'; '.join([*found, *faults])}" if found or faults else ""


def _too_wide(page: Page, path: Path, pictures: Path | None) -> Iterator[str]:
    yield from _looked_at(page, path.stem, "done", pictures)
    mend = page.get_by_role("button", name="Mend the reading")
    if mend.count() and mend.is_visible():
        mend.click()
        page.locator("[data-handle]").first.wait_for()
        yield from _looked_at(page, path.stem, "mending", pictures)


def _looked_at(page: Page, stem: str, state: str, pictures: Path | None) -> Iterator[str]:
    """What is wider than the window; and pictures of both widths, in the light and while it is mended in the dark."""
    for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if (wider := page.evaluate(WIDER)) > 0:
            yield f"{wider} px too wide, {state}, {width}"
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            page.emulate_media(color_scheme="dark" if state == "mending" else "light")
            name = pictures / f"{stem}-{state}-{width}.png"
            page.screenshot(path=name, animations="disabled", full_page=state == "done")
            page.emulate_media(color_scheme="light")


def _paint(page: Page) -> int:
    document = docx.Document()
    table = document.add_table(rows=0, cols=LEVELS + 2)
    rows = [["Criterion", *(f"Level {level}" for level in range(LEVELS, 0, -1)), "Points"]]
    for number in range(CRITERIA):
        texts = [f"Does number {number} as well as level {level} asks." for level in range(LEVELS, 0, -1)]
        rows.append([f"Criterion {number}", *texts, "5"])
    for texts in rows:
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text
    written = io.BytesIO()
    document.save(written)
    took = [_painted(page, {"name": "long.docx", "mimeType": "", "buffer": written.getvalue()}) for _ in range(TIMES)]
    print(f"painted, {CRITERIA} x {LEVELS}: median {statistics.median(took):.0f} ms, slowest {max(took):.0f} ms")
    _send(page, {"name": "long.docx", "mimeType": "", "buffer": written.getvalue()})
    mended = page.evaluate(MENDED, [page.url.partition("#job=")[2], TIMES])
    print(f"mended, request and answer: median {statistics.median(mended):.0f} ms, slowest {max(mended):.0f} ms")
    return 0


def _painted(page: Page, file: Any) -> float:
    _send(page, file)
    job = page.url.partition("#job=")[2]
    painted = 0
    while not painted:
        painted = page.evaluate("() => window.painted ?? 0")
    ended = page.evaluate(
        "async (address) => Date.parse((await (await fetch(address)).json()).completedAt)", f"/api/rubric-jobs/{job}"
    )
    page.evaluate("() => (window.painted = 0)")
    page.get_by_role("link", name="New").click()
    page.get_by_role("button", name="Extract").wait_for()
    return float(painted - ended)


if __name__ == "__main__":
    raise SystemExit(main())
