"""An operator's afternoon: PostgreSQL 15, two workers, one is killed in the middle of its jobs, the dashboard tells."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command

from grader.local_service import LocalService
from rubric_jobs.documents import PDF
from rubric_jobs.web import auth
from tests import fake_llm as fakes
from tests import installed, servers, warm
from tests.warm import WarmService

pytestmark = pytest.mark.long

SAMPLE = settings.BASE_DIR / "samples" / "essay-rubric.pdf"
PATIENCE_S = 60.0
PASSWORD = "for-this-test-alone-1"


@dataclass(frozen=True)
class Installation:
    service: LocalService
    environ: dict[str, str]
    second_pid: int

    def metric(self, name: str) -> float:
        told = urllib.request.urlopen(f"{self.service.address}/metrics", timeout=30).read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", told, re.MULTILINE))

    def manage(self, *arguments: str) -> str:
        """What the command writes. In this process: another one would take two seconds of CPU to start."""
        written = io.StringIO()
        with servers.aimed_at(self.environ["DATABASE_URL"]), suppress(SystemExit):
            call_command(*arguments, stdout=written)
        return written.getvalue()

    def submit(self) -> str:
        token = auth.issue(tenant_id=uuid.uuid4(), user_id=uuid.uuid4(), minutes=10)
        body = {"file": base64.b64encode(SAMPLE.read_bytes()).decode(), "fileName": SAMPLE.name, "fileType": PDF}
        request = urllib.request.Request(
            f"{self.service.address}/api/extract-rubric-trigger",
            data=json.dumps({**body, "llmProvider": "openai"}).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        return str(json.load(urllib.request.urlopen(request, timeout=30))["jobId"])


@pytest.fixture
def installation(
    debian_server: str, fake_llm: fakes.FakeLLM, tmp_path: Path, django_db_blocker: Any
) -> Iterator[Installation]:
    fake_llm.behave(latency_s=4.0)
    with django_db_blocker.unblock(), servers.fresh_database(debian_server) as url:
        servers.migrate(url)
        environ = {
            "DATABASE_URL": url,
            "WORKER_PROCESSES": "1",
            "PUMP_LEASE_SECONDS": "3",
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": fake_llm.openai_url,
        }
        with WarmService(environ=environ, logs=tmp_path, is_migrated=True) as service:
            second = warm.start("manage.py", "qcluster", environ={**os.environ, **environ}, log=tmp_path / "second.log")
            assert second.pid is not None
            try:
                yield Installation(service, environ, second.pid)
            finally:
                kill_all(second.pid)
                warm.ended(second, within_s=10)


def kill_all(pid: int) -> None:
    """SIGKILL to a process and all below it, as when a host goes away."""
    if psutil.pid_exists(pid):
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            process.kill()


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.5)
    return found


def test_a_killed_worker_costs_no_job_and_the_dashboard_tells(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playwright.sync_api import sync_playwright

    chromium = installed.chromium()
    wait_for(lambda: installation.metric("rubric_jobs_workers") >= 2)
    assert "2 processes" in installation.manage("doctor", "--offline")
    for _ in range(12):  # enough that both have some
        installation.submit()
    wait_for(lambda: installation.metric("rubric_jobs_running") >= 12)
    kill_all(installation.second_pid)
    wait_for(lambda: installation.metric("rubric_jobs_ended_total") >= 12)
    assert installation.metric("rubric_jobs_rescues_total") >= 1
    assert installation.metric("rubric_jobs_failures_total") == 0
    wait_for(lambda: installation.metric("rubric_jobs_workers") == 1)
    assert installation.metric("rubric_jobs_workers_lost") == 1
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    installation.manage("createsuperuser", "--noinput", "--username=operator", "--email=operator@example.org")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        page.goto(f"{installation.service.address}/admin/login/?next=/admin/rubric_jobs/rubricjob/overview/")
        page.fill("#id_username", "operator")
        page.fill("#id_password", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_selector("#rubric-overview[data-shown]")
        assert page.locator(".rubric-plots canvas").count() == 5
        assert page.locator("#success-rate").inner_text() == "100.0 %"
        assert "openai" in page.locator("#tokens-by-provider").inner_text()
        assert page.locator("#workers tbody tr").count() == 2
        assert "no report for" in page.locator("#workers").inner_text()
        assert "lost in the last hour: 1." in page.locator("#workers-lost").inner_text()
        page.goto(f"{installation.service.address}/admin/rubric_jobs/rubricjob/")
        assert page.locator("#result_list tbody tr").count() == 12
        assert page.locator("#result_list").inner_text().count("Completed") >= 12
        browser.close()
        assert faults == []
