"""The element and the client in front ends that are not ours: TypeScript, themes, another origin."""

from __future__ import annotations

import datetime
import json
import subprocess
from pathlib import Path

import jwt
from playwright.sync_api import Browser, expect

from rubric_jobs import conf
from tests import installed
from tests.browser import steps
from tests.browser.conftest import PATIENCE_MS, OtherOrigin, Site, Teacher

TYPES = Path(__file__).parents[1] / "types"
STRICT = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable"]

THEMED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Another front end</title>
<style>
  :root { --rubric-accent: rgb(120, 10, 90); }
  rubric-extractor::part(table) { border-top: 3px solid rgb(1, 2, 3); }
</style>
<main></main>
<script type="module">
  import { RubricJobsClient } from "SITE/static/rubric_jobs/rubric-jobs.js";
  import "SITE/static/rubric_jobs/rubric-extractor.js";
  const extractor = document.createElement("rubric-extractor");
  extractor.client = new RubricJobsClient({ baseUrl: "SITE/api/", getToken: () => TOKEN });
  document.querySelector("main").append(extractor);
</script>"""


def test_the_types_compile_and_refuse_what_is_wrong() -> None:
    done = subprocess.run(
        [installed.tsc(), *STRICT, "usage.ts"], check=False, cwd=TYPES, capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("", 0)


def token(site: Site, teacher: Teacher) -> str:
    tenant, user = site.query(
        "SELECT tenant_id, user_id FROM grader.memberships WHERE account_id = %s", teacher.account
    )[0]
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    claims = {"sub": str(user), "tenant_id": str(tenant), "exp": until}
    return jwt.encode(claims, conf.jwt().signing_key, algorithm="HS256")


def test_another_origin_themes_the_element_and_calls_the_api_with_a_token(
    browser: Browser, site: Site, teacher: Teacher, other_origin: OtherOrigin
) -> None:
    other_origin.page = THEMED.replace("SITE", site.address).replace("TOKEN", json.dumps(token(site, teacher)))
    context = browser.new_context(locale="en-GB", accept_downloads=True)  # no cookie of the service
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(other_origin.address)
    steps.extract(page, "essay-rubric.pdf", provider="local")
    steps.done(page)
    expect(page.get_by_role("img", name="Page 2 of the document")).to_be_attached()
    expect(page.locator("table.rubric")).to_have_css("border-top-color", "rgb(1, 2, 3)")
    expect(page.locator(".total")).to_have_css("border-top-color", "rgb(120, 10, 90)")
    page.get_by_role("button", name="CSV for Canvas").click()
    expect(page.get_by_text("The levels have no points, and this format needs some.")).to_be_visible()
    # A refusal (422) that the page answers with a question.
    faults = [fault for fault in faults if "422" not in fault]
    with page.expect_download() as download:
        page.get_by_role("button", name="Spread evenly from full points to none").click()
    assert download.value.suggested_filename == "Essay-Rubric.csv"
    assert faults == []
    context.close()
