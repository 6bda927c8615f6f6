"""The operators' pages in a real browser: in the dark, on a phone, accessible, and without a reload."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Site, Watch
from tests.browser.test_screens import _picture, violations

LIST = "/admin/rubric_jobs/rubricjob/"
PICTURED = {"front", "list"}
LUMINANCE = """(selector) => {
  const of = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(document.querySelector(selector));
  const figure = getComputedStyle(document.querySelector(".rubric-plots figure"));
  const [light, dark] = [of(style.color), of(figure.backgroundColor)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}"""


@pytest.fixture(scope="module")
def day(site: Site) -> None:
    """A made-up day of jobs."""
    environ = {**os.environ, "DATABASE_URL": site.database}
    command = [sys.executable, "manage.py", "demo_data"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environ, check=True, capture_output=True)


@pytest.fixture
def operator(context: BrowserContext, site: Site, day: None) -> Page:
    staff = site.new_teacher()
    site.query("UPDATE auth_user SET is_staff = true, is_superuser = true WHERE id = %s", staff.account)
    staff.sign_in(context)
    return context.new_page()


def check(page: Page, watch: Watch, name: str) -> None:
    """Accessible and no wider than the screen, on a desktop in the light and on a phone in the dark."""
    assert watch.faults == []
    for width, size, scheme in (("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert "\n".join(violations(page)) == "", f"{name}, {width}, {scheme}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name}: {overflow} px too wide at {size['width']} px"
        if name in PICTURED:
            _picture(page, f"operators-{name}-{width}")
    watch.faults.clear()  # axe-core and pictures set styles of their own, which the policy refuses


def test_the_front_page_is_accessible_in_the_dark_and_on_a_phone(operator: Page, watch: Watch) -> None:
    operator.goto("/admin/")
    operator.locator("#rubric-overview[data-shown][data-asked]").wait_for()
    expect(operator.locator("#failures")).to_contain_text("no_rubric_found")
    expect(operator.locator("#latest tbody tr")).to_have_count(12)
    check(operator, watch, "front")
    # In the dark after `check`: legends and axes were black on black.
    assert operator.evaluate(LUMINANCE, ".u-legend") > 4.5
    assert operator.locator(".rubric-plots canvas").count() == 5


@pytest.mark.parametrize(
    ("path", "name"),
    [(LIST, "list"), (f"{LIST}?error=service", "failed"), ("/admin/rubric_jobs/tenantcontrol/", "tenants")],
)
def test_a_list_is_accessible_in_the_dark_and_on_a_phone(operator: Page, watch: Watch, path: str, name: str) -> None:
    operator.goto(path)
    expect(operator.locator("#result_list tbody tr").first).to_be_visible()
    check(operator, watch, name)


def test_a_job_is_purged_from_its_page_after_a_question(operator: Page, watch: Watch) -> None:
    operator.goto(f"{LIST}?status__exact=failed")
    operator.locator("#result_list tbody th a").first.click()
    operator.wait_for_url(re.compile(r"/change/"))
    check(operator, watch, "job")
    operator.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    operator.get_by_role("button", name="Purge …").click()
    expect(operator.get_by_text("will be deleted for good")).to_be_visible()
    check(operator, watch, "purge")
    operator.get_by_role("button", name="Purge for good").click()
    expect(operator.get_by_text("1 job purged.")).to_be_visible()


def test_the_front_page_tells_of_a_pause_without_a_reload(operator: Page, context: BrowserContext) -> None:
    operator.goto("/admin/")
    operator.locator("#rubric-overview[data-asked]").wait_for()
    other = context.new_page()
    other.goto("/admin/")
    other.get_by_label("Why").fill("maintenance")
    other.get_by_role("button", name="Pause claiming").click()
    expect(other.locator("#claiming")).to_contain_text("maintenance")
    expect(operator.locator("#claiming-paused a")).to_have_text("Waiting jobs")
    other.get_by_role("button", name="Resume claiming").click()
    expect(operator.locator("#claiming-paused")).to_have_count(0)
