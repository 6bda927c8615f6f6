"""The other pages of the service, under the same policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Site, Teacher, Watch


def test_the_browsable_api_shows_its_operations(context: BrowserContext, teacher: Teacher) -> None:
    teacher.sign_in(context)
    page = context.new_page()
    page.goto("/api/docs/")
    expect(page.get_by_text("/api/rubric-jobs/extractions").first).to_be_visible()


@pytest.mark.parametrize("path", ["/admin/", "/admin/rubric_jobs/rubricjob/"])
def test_the_admin_breaks_no_policy(context: BrowserContext, site: Site, watch: Watch, path: str) -> None:
    staff = site.new_teacher()
    site.query("UPDATE auth_user SET is_staff = true, is_superuser = true WHERE id = %s", staff.account)
    staff.sign_in(context)
    page = context.new_page()
    answer = page.goto(path)
    assert answer
    assert answer.status == 200
    page.wait_for_load_state("networkidle")
    assert watch.faults == []
