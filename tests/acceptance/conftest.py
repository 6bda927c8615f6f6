"""The whole service as users meet it: real processes, real HTTP, real PostgreSQL; only the language model is fake."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from grader.local_service import LocalService
from rubric_jobs.documents import PDF
from rubric_jobs.web import auth
from tests import fake_llm as fakes
from tests import servers

SAMPLE = Path(__file__).parents[2] / "samples" / "essay-rubric.pdf"
WHOLE_RUBRIC = "- **Thesis (10 pts)**:\n- **Evidence (20 pts)**:\n- **Style (10 pts)**:"


@dataclass(frozen=True)
class Service:
    """A running service, its database, and one of its users."""

    address: str
    database: str
    llm: fakes.FakeLLM
    tenant_id: uuid.UUID = field(default_factory=uuid.uuid4)
    user_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def call(self, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        token = auth.issue(tenant_id=self.tenant_id, user_id=self.user_id, minutes=60)
        request = urllib.request.Request(
            f"{self.address}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def extract(self, data: bytes | None = None, *, file_type: str = PDF, **wanted: Any) -> str:
        """The id of a new extraction; of the sample document, if none is given."""
        body = {
            "file": base64.b64encode(SAMPLE.read_bytes() if data is None else data).decode(),
            "fileName": "rubric",
            "fileType": file_type,
            **wanted,
        }
        return self._accepted("/api/extract-rubric-trigger", body)

    def enhance(self, rules: str = WHOLE_RUBRIC, *, prompt: str = "", total: float = 100, **wanted: Any) -> str:
        """The id of a new enhancement."""
        body = {"simple_rules": rules, "rubric_prompt": prompt, "total_points": total, **wanted}
        return self._accepted("/api/enhance-rubric-trigger", body)

    def _accepted(self, path: str, body: dict[str, Any]) -> str:
        status, answer = self.call(path, body)
        assert status == 202, answer
        return str(answer["jobId"])

    def status(self, job_id: str) -> dict[str, Any]:
        """What a poller is told, whichever kind of job it is."""
        for route in ("extract", "enhance"):
            code, answer = self.call(f"/api/{route}-rubric-status?jobId={job_id}")
            if code == 200:
                return answer
        raise AssertionError(f"no job {job_id}")

    def ended(self, job_id: str, *, within_s: float = 30) -> dict[str, Any]:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            answer = self.status(job_id)
            if answer["status"] in {"completed", "failed"}:
                return answer
            time.sleep(0.05)
        raise AssertionError(f"job {job_id} did not end within {within_s} s: {answer}")

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def service_settings() -> dict[str, str]:
    """What a module of tests sets for its service."""
    return {}


@pytest.fixture(scope="module")
def service_kind() -> type[LocalService]:
    """How a module's service starts: as from the command line, or warm, if the start matters nothing to its tests."""
    return LocalService


@pytest.fixture(scope="module")
def service(
    embedded_server: str,
    migrated_database: str,
    _fake_llm_server: fakes.FakeLLM,
    service_settings: dict[str, str],
    service_kind: type[LocalService],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    llm = _fake_llm_server
    with servers.fresh_database(embedded_server, like=migrated_database) as database:
        environ = {
            "DATABASE_URL": database,
            "GEMINI_API_KEY": "gemini-test-key",
            "GEMINI_BASE_URL": llm.url,
            "OPENAI_API_KEY": "openai-test-key",
            "OPENAI_BASE_URL": llm.openai_url,
            **service_settings,
        }
        with service_kind(environ=environ, logs=tmp_path_factory.mktemp("logs"), is_migrated=True) as running:
            yield Service(running.address, database, llm)


@pytest.fixture(autouse=True)
def _well_behaved(fake_llm: fakes.FakeLLM) -> None:
    """Each test begins and ends with a fake that answers well."""
