"""The API tells itself as OpenAPI 3.1, keeps to what it tells, and a typed client comes out of it."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from rubric_jobs.errors import NoRubricFound
from rubric_jobs.jobs import claims
from rubric_jobs.jobs.claims import Ending
from tests import claiming
from tests.conftest import Caller
from tests.web.conftest import RESULT, Web

pytestmark = pytest.mark.long

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def schema_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("schema") / "openapi.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(file))
    return file


@pytest.fixture(scope="module")
def schema(schema_file: Path) -> dict[str, Any]:
    return dict(json.loads(schema_file.read_text()))


def test_the_schema_is_openapi_3_1_without_a_warning(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")


def test_every_operation_names_its_refusals_and_what_it_is_for(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            assert operation["responses"]["default"]["content"], path


def test_every_route_is_told(schema: dict[str, Any]) -> None:
    told = set(schema["paths"])

    assert len(told) == 18
    assert {"/api/rubric-jobs/", "/api/rubric-jobs/{job_id}/events", "/api/extract-rubric-trigger"} <= told


def test_the_docs_page_asks_no_other_host(client: Any, db: None) -> None:
    page = client.get("/api/docs/")

    assert page.status_code == 200
    text = page.content.decode()
    assert "http://" not in text
    assert "https://" not in text
    assert "/static/drf_spectacular_sidecar/" in text


@pytest.fixture
def diligent_worker(rows: None) -> Iterator[None]:
    """Ends every job at once, so that nobody waits for one: extractions fail, enhancements come out."""
    is_over = threading.Event()

    def work() -> None:
        try:
            while not is_over.wait(0.02):
                taken = claiming.claim(limit=100)
                if taken:
                    claims.end(
                        [
                            Ending(claim=claim, error=NoRubricFound())
                            if claim.kind == "extract"
                            else Ending(claim=claim, result=RESULT)
                            for claim in taken
                        ]
                    )
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join()


@override_settings(RUBRIC_SYNC_ENDPOINTS=True)
def test_without_a_token_every_operation_answers_as_the_schema_tells(
    schema: dict[str, Any], client: Any, db: None
) -> None:
    for path, operations in schema["paths"].items():
        address = path.replace("{job_id}", str(uuid.uuid4())).replace("{page}", "1")
        for method, operation in operations.items():
            answer = client.generic(method.upper(), address)
            is_open = "security" not in operation
            assert answer.status_code == (200 if is_open else 401), (method, path)
            told = operation["responses"]["200" if is_open else "default"]["content"]
            body = told[answer["Content-Type"].partition(";")[0]]["schema"]
            jsonschema.validate(answer.json(), {**body, "components": schema["components"]})


PHASES = os.environ.get("SCHEMA_PHASES", "examples,fuzzing")
"""`make fuzz` adds `coverage`: thousands of requests with boundary values."""


@pytest.mark.usefixtures("diligent_worker")
def test_every_operation_keeps_to_the_schema(other_web: Callable[..., Web], owner: Caller, tmp_path: Path) -> None:
    web = other_web(RUBRIC_SYNC_ENDPOINTS="true")
    command = [
        BIN / "schemathesis", "--config-file", settings.BASE_DIR / "tests/web/schemathesis.toml",
        "run", f"http://127.0.0.1:{web.port}/api/schema/", "--max-examples", "4",
        "--phases", PHASES, "--generation-deterministic", "--no-color",
        "--header", f"Authorization: Bearer {owner.token}",
    ]  # fmt: skip

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)

    assert done.returncode == 0, done.stdout[-6000:]
    assert "Traceback" not in web.log.read_text()


def test_a_typed_client_is_generated_and_works(schema_file: Path, web: Web, owner: Caller, tmp_path: Path) -> None:
    # It knows OpenAPI's 3.1 by its first two numbers, and its formatter is the project's own.
    subprocess.run(
        [BIN / "openapi-python-client", "generate", "--path", schema_file, "--output-path", tmp_path / "generated",
         "--meta", "none", "--fail-on-warning", "--config", settings.BASE_DIR / "tests/web/client_generator.yaml"],
        check=True, capture_output=True, env={"PATH": str(BIN)},
    )  # fmt: skip
    shutil.move(tmp_path / "generated", tmp_path / "rubric_client")
    sys.path.insert(0, str(tmp_path))
    try:
        client = importlib.import_module("rubric_client").AuthenticatedClient(
            base_url=f"http://127.0.0.1:{web.port}", token=owner.token
        )
        submit = importlib.import_module("rubric_client.api.rubric_jobs.submit_enhancement")
        get = importlib.import_module("rubric_client.api.rubric_jobs.get_job")
        request = importlib.import_module("rubric_client.models").EnhancementRequest(
            simple_rules="Clear thesis.", total_points=20
        )
        with client:
            accepted = submit.sync(client=client, body=request)
            job = get.sync(accepted.job_id, client=client)
    finally:
        sys.path.remove(str(tmp_path))

    assert (job.job_id, job.status.value) == (accepted.job_id, "pending")
