"""What the API's tests share: bodies that are right, so that each test says what is wrong with its own."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import socket
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from rubric_jobs.errors import RubricJobError
from rubric_jobs.jobs import claims
from rubric_jobs.jobs.claims import Ending
from tests import claiming, warm

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PREFIXES = ("/api/", "/.netlify/functions/")


def pdf(size: int = 64) -> bytes:
    """Bytes that a glance takes for a whole PDF of that size; whether it can be read shows later, in the job."""
    head, tail = b"%PDF-1.7\n", b"\n%%EOF\n"
    return head + b"%" * (size - len(head) - len(tail)) + tail


def docx(size: int = 1000) -> bytes:
    """A package that a glance takes for a DOCX of about that size."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", "<w:document/>")
        package.writestr("word/media/image1.png", b"\0" * max(size - 500, 0))
    return packed.getvalue()


def as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def extraction(**changed: Any) -> dict[str, Any]:
    """The body of an extraction as the old front end sends it."""
    body = {"file": as_base64(pdf()), "fileName": "rubric.pdf", "fileType": PDF, "totalPoints": 100}
    return {**body, **changed}


def enhancement(**changed: Any) -> dict[str, Any]:
    return {"simple_rules": "Clear thesis, sound evidence.", "rubric_prompt": "", "total_points": 20, **changed}


RESULT: dict[str, Any] = {
    "success": True,
    "rubricText": "**Scoring (4 pts total):**\n- **Thesis (4 pts)**:\n",
    "totalPoints": 4,
    "warning": "The document adds up to 4 points, not to 100.",
    "rubric": {
        "title": "Essay",
        "kind": "point_list",
        "total_points": 4,
        "criteria": [{"name": "Thesis", "points": 4, "levels": []}],
    },
    "raw": {"rubricTitle": "Essay", "totalPossiblePoints": 4, "categories": [{"categoryName": "Thesis", "levels": []}]},
}
METRICS = {"extraction_time_ms": 12, "token_usage": 0, "categories_extracted": 1, "llm_provider": "local"}


@pytest.fixture
def run() -> Callable[[uuid.UUID], claims.Claim]:
    """Claim that job as a worker would."""

    def run(job_id: uuid.UUID) -> claims.Claim:
        taken = claiming.claim(limit=100)
        return next(claim for claim in taken if claim.job_id == job_id)

    return run


@pytest.fixture
def complete(run: Callable[[uuid.UUID], claims.Claim]) -> Callable[..., None]:
    def complete(job_id: uuid.UUID, result: dict[str, Any] = RESULT) -> None:
        assert claims.end([Ending(claim=run(job_id), result=result, metrics=METRICS)])

    return complete


@pytest.fixture
def fail(run: Callable[[uuid.UUID], claims.Claim]) -> Callable[..., None]:
    def fail(job_id: uuid.UUID, error: RubricJobError) -> None:
        assert claims.end([Ending(claim=run(job_id), error=error)])

    return fail


def body_of(response: Any) -> Any:
    return json.loads(response.content)


class Web:
    """A real web process of the service, with the test's database behind it."""

    def __init__(self, logs: Path, *options: str, descriptors: int | None = None, **environ: str) -> None:
        """`options` are uvicorn's; `descriptors` is how many files and connections the process may have open."""
        self.port = _free_port()
        self.log = logs / f"web-{self.port}.log"
        self.process = warm.start(
            "-m", "uvicorn", "grader.asgi:application", f"--port={self.port}",
            "--no-access-log", "--log-level=warning", "--http=grader.web_connections:Connection",
            "--backlog=64", *options,
            environ={**os.environ, **environ}, log=self.log, descriptors=descriptors,
        )  # fmt: skip
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.exitcode is None, self.log.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log.read_text())

    def stop(self) -> None:
        self.process.terminate()
        warm.ended(self.process, within_s=20)

    def ask(self, method: str, path: str, caller: Any = None, **options: Any) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body of one request."""
        with closing(self.open(method, path, caller, **options)) as connection:
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def open(
        self,
        method: str,
        path: str,
        caller: Any = None,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        known = {"Authorization": f"Bearer {caller.token}"} if caller else {}
        if isinstance(body, dict):
            body, known["Content-Type"] = json.dumps(body), "application/json"
        connection.request(method, path, body=body, headers={**known, **(headers or {})})
        return connection


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    given = connection.settings_dict
    password = f":{given['PASSWORD']}" if given.get("PASSWORD") else ""
    return f"postgresql://{given['USER']}{password}@/{given['NAME']}?host={given['HOST']}"


@pytest.fixture(scope="session")
def _web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("web"), DATABASE_URL=database_url())
    yield web
    web.stop()


@pytest.fixture
def web(_web: Web, rows: None) -> Web:
    """The web process, and an empty database."""
    return _web


@pytest.fixture(scope="module")
def _other_webs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Web]]:
    started: dict[Any, Web] = {}

    def start(*options: str, **environ: str) -> Web:
        wanted = options, tuple(sorted(environ.items()))
        if wanted not in started:
            logs = tmp_path_factory.mktemp("web")
            started[wanted] = Web(logs, *options, **{"DATABASE_URL": database_url(), **environ})
        return started[wanted]

    yield start
    for web in started.values():
        web.stop()


@pytest.fixture
def other_web(rows: None, _other_webs: Callable[..., Web]) -> Callable[..., Web]:
    """A web process with other options or settings; the module's tests that want the same ones share it."""
    return _other_webs
