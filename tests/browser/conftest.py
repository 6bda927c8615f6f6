"""The page in a real browser (Debian's Chromium), before the whole service in real processes."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Route,
    WebError,
    expect,
    sync_playwright,
)

from tests import fake_llm as fakes
from tests import installed, servers
from tests.warm import WarmService

SAMPLE = Path(__file__).parents[2] / "samples" / "essay-rubric.pdf"
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--renderer-process-limit=1",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)
BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@dataclass(frozen=True)
class Site:
    """A running service and its database."""

    address: str
    database: str
    password: str

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def new_teacher(self) -> Teacher:
        name = f"teacher-{uuid.uuid4().hex[:8]}"
        account, password_hash = self.query(
            """INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email, is_staff,
                                      is_active, date_joined)
               SELECT %s, password, false, '', '', '', false, true, now() FROM auth_user WHERE username = 'first'
               RETURNING id, password""",
            name,
        )[0]
        identity = uuid.uuid4(), uuid.uuid4()
        self.query(
            "INSERT INTO grader.memberships (account_id, tenant_id, user_id) VALUES (%s, %s, %s)", account, *identity
        )
        return Teacher(self, name, account, password_hash)


@dataclass(frozen=True)
class Teacher:
    """A user of the page. Sessions are made as rows: hashing a password takes longer than many a test."""

    site: Site
    name: str
    account: int
    password_hash: str = field(repr=False)

    def new_session(self) -> str:
        key = uuid.uuid4().hex
        user = User(pk=self.account, password=self.password_hash)
        held = {
            "_auth_user_id": str(self.account),
            "_auth_user_backend": BACKEND,
            "_auth_user_hash": user.get_session_auth_hash(),
        }
        until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        self.site.query(
            "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)",
            key, SessionStore().encode(held), until,
        )  # fmt: skip
        return key

    def sign_in(self, context: BrowserContext) -> None:
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.new_session(), "url": self.site.address}
        context.add_cookies([cookie])  # type: ignore[list-item]

    def end_sessions(self) -> None:
        self.site.query("DELETE FROM django_session")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Not for the session: while Playwright is started, its event loop runs in this thread, and no other can.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=installed.chromium(), args=FLAGS)
        yield running
        running.close()


@dataclass
class OtherOrigin:
    """Another program's web server: one page, which loads the service's modules and calls its API."""

    address: str
    page: str = ""


@pytest.fixture(scope="session")
def other_origin() -> Iterator[OtherOrigin]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(served.page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = OtherOrigin(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield served
        server.shutdown()


@pytest.fixture(scope="session")
def site(
    other_origin: OtherOrigin,
    embedded_server: str,
    migrated_database: str,
    _fake_llm_server: fakes.FakeLLM,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    installed.chromium()
    with servers.fresh_database(embedded_server, like=migrated_database) as database:
        environ = {
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "tests.browser.site_settings",
            "GEMINI_API_KEY": "gemini-test-key",
            "GEMINI_BASE_URL": _fake_llm_server.url,
            "OPENAI_API_KEY": "",
            "CORS_ALLOWED_ORIGINS": other_origin.address,
            # What the page shows while a long answer is written; a plan is there at once.
            "RUBRIC_ANSWER_FORM": "copy",
            "RUBRIC_JOB_MAX_ATTEMPTS": "1",
            "WORKER_PROCESSES": "1",
            "WORKER_READERS": "1",
        }
        with WarmService(environ=environ, logs=tmp_path_factory.mktemp("logs"), is_migrated=True) as running:
            password = _first_account({**os.environ, **environ})
            yield Site(running.address, database, password)


def _first_account(environ: dict[str, str]) -> str:
    """Made as a newcomer makes theirs; the other accounts of the tests are copies of it."""
    command = [sys.executable, "manage.py", "create_local_user", "--username", "first"]
    told = subprocess.run(command, cwd=settings.BASE_DIR, env=environ, check=True, capture_output=True, text=True)
    return told.stdout.rsplit("Password:", 1)[1].strip()


@pytest.fixture(autouse=True)
def _well_behaved(request: pytest.FixtureRequest, fake_llm: fakes.FakeLLM) -> Iterator[None]:
    """Each test begins and ends with a fake that answers well, and with no provider left alone for another's faults."""
    yield
    if "site" in request.fixturenames:
        request.getfixturevalue("site").query("DELETE FROM grader.provider_lanes")


@pytest.fixture
def teacher(site: Site) -> Teacher:
    return site.new_teacher()


@dataclass
class Watch:
    """What a page asked for, and what it must never do."""

    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def on(self, context: BrowserContext, address: str) -> Callable[[], None]:
        """Watch all pages of the context; what is returned ends it."""
        host = urlsplit(address).netloc

        def asked(request: Request) -> None:
            self.requests.append(f"{request.method} {urlsplit(request.url).path}")
            if urlsplit(request.url).scheme in {"http", "https"} and urlsplit(request.url).netloc != host:
                self.faults.append(f"asked another host: {request.url}")

        def failed(error: WebError) -> None:
            self.faults.append(f"script error: {error.error}")

        def opened(dialog: Dialog) -> None:
            self.faults.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        def said(line: ConsoleMessage) -> None:
            self._heard(line.text)

        watched: dict[Any, Any] = {"request": asked, "weberror": failed, "console": said, "dialog": opened}
        for event, listener in watched.items():
            context.on(event, listener)
        return lambda: [context.remove_listener(*each) for each in watched.items()] and None

    def _heard(self, line: str) -> None:
        if "Content Security Policy" in line or "Content-Security-Policy" in line:
            self.faults.append(line)

    def polls(self, job_id: str) -> int:
        """Requests for this job, streams and polls."""
        return sum(f"/api/rubric-jobs/{job_id}" in request for request in self.requests)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="package")
def _profile(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """One profile for all tests, so that the page's files are loaded and compiled once."""
    opened = browser.new_context(
        base_url=site.address,
        viewport=DESKTOP,
        locale="en-GB",
        timezone_id="UTC",
        accept_downloads=True,  # type: ignore[arg-type]
    )
    opened.set_default_timeout(PATIENCE_MS)
    # It keeps the process of the site's pages alive.
    opened.new_page().goto("/static/rubric_jobs/icon.svg")
    yield opened
    opened.close()


@pytest.fixture
def context(_profile: BrowserContext, site: Site, watch: Watch) -> Iterator[BrowserContext]:
    """The profile, as a new one would be: no page, no cookie, nothing stored, no permission, no route."""
    unwatch = watch.on(_profile, site.address)
    yield _profile
    keeper, *pages = _profile.pages
    for page in pages:
        page.close()
    unwatch()
    _profile.unroute_all(behavior="ignoreErrors")
    _profile.set_offline(False)
    _profile.clear_permissions()
    _profile.clear_cookies()
    keeper.evaluate("localStorage.clear()")
    assert watch.faults == []


@pytest.fixture
def page(context: BrowserContext, teacher: Teacher) -> Page:
    """The page at `/`, signed in."""
    teacher.sign_in(context)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Extract").wait_for()
    return page


def block_streams(context: BrowserContext) -> None:
    """Events do not get through: what is left is polling."""

    def refuse(route: Route) -> None:
        with suppress(Exception):  # the page may have gone
            route.abort()

    context.route("**/api/rubric-jobs/*/events", refuse)
