"""Health, system checks, other origins, and what must never be told."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import uuid
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from rubric_jobs.jobs import workers
from rubric_jobs.web import base_views, checks, health, isolation, problems
from tests.conftest import Caller
from tests.web.conftest import PREFIXES, Web, body_of, enhancement, extraction

JOBS = "/api/rubric-jobs/"


@pytest.mark.django_db
class TestHealth:
    def test_alive_is_alive_without_looking_at_anything(self, client: Client, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            assert client.get("/healthz").status_code == 200

    def test_ready_is_who_has_database_migrations_and_a_worker(self, client: Client) -> None:
        workers.note(worker="here:1", running=0)

        answer = client.get("/readyz")

        assert (answer.status_code, answer.json()) == (200, {"database": "ok", "migrations": "ok", "worker": "ok"})

    def test_without_a_worker_nobody_is_ready(self, client: Client) -> None:
        answer = client.get("/readyz")

        assert (answer.status_code, answer.json()["worker"]) == (503, "none")
        assert answer["Retry-After"] == "5"

    def test_with_a_migration_missing_nobody_is_ready(self, client: Client) -> None:
        workers.note(worker="here:1", running=0)
        health._is_migrated.cache_clear()
        with connection.cursor() as cursor:
            cursor.execute(
                """DELETE FROM django_migrations WHERE app = 'rubric_jobs' AND name =
                   (SELECT max(name) FROM django_migrations WHERE app = 'rubric_jobs')"""
            )

        assert client.get("/readyz").json()["migrations"] == "missing"


def test_without_a_database_nobody_is_ready(other_web: Any) -> None:
    web: Web = other_web(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")

    status, _, body = web.ask("GET", "/readyz")

    assert status == 503
    assert b'"database": "away"' in body


class TestChecks:
    @pytest.mark.django_db
    def test_row_level_security_that_is_on_is_no_news(self) -> None:
        assert checks.check_row_level_security(databases=["default"]) == []

    @pytest.mark.django_db
    def test_row_level_security_that_is_off_is_said_with_what_to_do(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP POLICY web_requests ON grader.rubric_extraction_jobs")
        isolation.is_on.cache_clear()
        try:
            (said,) = checks.check_row_level_security(databases=["default"])
        finally:
            isolation.is_on.cache_clear()

        assert said.id == "rubric_jobs.W101"
        assert "row_level_security.sql" in str(said.hint)

    @pytest.mark.parametrize("rate", ["often", "5", "5/", "x/minute"])
    def test_a_rate_that_is_none_is_an_error(self, settings: Any, rate: str) -> None:
        settings.RUBRIC_THROTTLE_USER = rate

        assert [said.id for said in checks.check_rates()] == ["rubric_jobs.E102"]

    @pytest.mark.parametrize(("form", "count"), [("auto", 0), ("plan", 0), ("copy", 0), ("plans", 1), ("", 1)])
    def test_an_unknown_form_of_answers_is_an_error(self, settings: Any, form: str, count: int) -> None:
        settings.RUBRIC_ANSWER_FORM = form

        assert [said.id for said in checks.check_answer_form()] == ["rubric_jobs.E106"] * count

    def test_a_short_signing_key_is_an_error(self, settings: Any) -> None:
        settings.JWT_JWKS_URL, settings.JWT_SIGNING_KEY = None, "secret"

        assert [said.id for said in checks.check_signing_key()] == ["rubric_jobs.E104"]

    def test_keys_of_an_identity_provider_need_an_audience(self, settings: Any) -> None:
        settings.JWT_JWKS_URL, settings.JWT_AUDIENCE = "https://identity.example/keys", None

        (said,) = checks.check_audience()

        assert said.id == "rubric_jobs.E105"
        assert "JWT_AUDIENCE" in str(said.hint)
        settings.JWT_AUDIENCE = "rubrics"
        assert checks.check_audience() == []

    @pytest.mark.parametrize("module", ["grader.asgi", "grader.wsgi"])
    def test_a_web_process_without_the_audience_does_not_start(self, module: str) -> None:
        environ = {**os.environ, "JWT_JWKS_URL": "https://identity.example/keys", "JWT_AUDIENCE": ""}
        start = [sys.executable, "-c", f"import {module}"]

        refused = subprocess.run(start, env=environ, capture_output=True, text=True, check=False)

        assert refused.returncode != 0
        assert "Set JWT_AUDIENCE" in refused.stderr

    def test_without_any_key_tokens_are_said_to_be_out(self, settings: Any) -> None:
        settings.JWT_JWKS_URL = settings.JWT_SIGNING_KEY = None

        assert [said.id for said in checks.check_signing_key()] == ["rubric_jobs.W103"]

    def test_the_deployment_check_is_clean_with_debug_off(self) -> None:
        environ = {
            "DJANGO_DEBUG": "false",
            "DJANGO_SECRET_KEY": uuid.uuid4().hex * 3 + "-!AbC",
            "DJANGO_ALLOWED_HOSTS": "rubrics.example",
            "JWT_SIGNING_KEY": uuid.uuid4().hex * 2,
        }

        done = subprocess.run(
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            cwd=project.BASE_DIR, env={**os.environ, **environ}, capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert done.returncode == 0, done.stderr
        assert "no issues" in done.stdout


@pytest.mark.django_db
class TestOtherOrigins:
    ORIGIN = "https://school.example"

    @pytest.fixture(autouse=True)
    def allowed(self, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = [self.ORIGIN]

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_an_allowed_page_may_send_and_read_what_it_needs(self, client: Client, prefix: str) -> None:
        asked = "authorization,content-type,idempotency-key,if-match,if-none-match,last-event-id"
        answer = client.options(
            prefix + "extract-rubric-trigger",
            headers={
                "Origin": self.ORIGIN,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": asked,
            },
        )

        assert answer["Access-Control-Allow-Origin"] == self.ORIGIN
        assert set(asked.split(",")) <= set(answer["Access-Control-Allow-Headers"].split(", "))
        assert {"GET", "POST", "PUT", "DELETE"} <= set(answer["Access-Control-Allow-Methods"].split(", "))

    def test_where_to_look_and_when_can_be_read(self, owner: Caller) -> None:
        answer = owner.client.post(JOBS + "enhancements", enhancement(), format="json", headers={"Origin": self.ORIGIN})

        exposed = answer["Access-Control-Expose-Headers"]
        assert all(name in exposed for name in ("Location", "Retry-After", "ETag"))

    def test_a_refusal_before_django_can_be_read(self) -> None:
        headers = [(b"origin", self.ORIGIN.encode()), (b"content-length", b"99999999")]
        scope = {"type": "http", "method": "POST", "path": JOBS + "extractions", "headers": headers}

        status, answered, body = base_views.too_large(scope)

        assert (b"access-control-allow-origin", self.ORIGIN.encode()) in answered
        assert (status, json.loads(body)["code"]) == (413, "document_too_large")

    def test_a_refusal_before_django_comes_whatever_else_is_wrong(self) -> None:
        headers = [(b"content-type", b"application/json; charset*=bogus''x"), (b"content-length", b"99999999")]
        scope = {"type": "http", "method": "POST", "path": JOBS, "query_string": b"\xff", "headers": headers}

        assert json.loads(base_views.too_large(scope)[2])["code"] == "document_too_large"

    def test_another_page_may_not(self, owner: Caller) -> None:
        answer = owner.client.get(JOBS, headers={"Origin": "https://elsewhere.example"})

        assert not answer.has_header("Access-Control-Allow-Origin")

    def test_the_page_itself_is_for_its_own_origin(self, client: Client) -> None:
        answer = client.get("/admin/login/", headers={"Origin": self.ORIGIN})

        assert not answer.has_header("Access-Control-Allow-Origin")


@pytest.mark.django_db
class TestNothingIsTold:
    SECRET = "The-Thesis-Of-Anna-K"

    def test_an_error_of_the_database_is_logged_without_its_words(
        self, owner: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        with connection.cursor() as cursor:  # as a constraint that a row may break: PostgreSQL quotes the row
            cursor.execute(
                "ALTER TABLE grader.rubric_extraction_jobs ADD CONSTRAINT never CHECK (file_name <> 'rubric.pdf')"
            )
        sent = extraction(extractionPrompt=self.SECRET)
        with caplog.at_level(logging.DEBUG):
            answer = owner.client.post("/api/extract-rubric-trigger", sent, format="json")

        assert answer.status_code == 500
        assert body_of(answer)["errorCode"] == "internal_error"
        told = caplog.text + answer.content.decode()
        assert "IntegrityError" in caplog.text
        for secret in (self.SECRET, "rubric.pdf", "Failing row", owner.token, sent["file"]):
            assert secret not in told.replace(answer.content.decode(), "")
            assert secret not in answer.content.decode()

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_tokens_and_documents_reach_no_log(
        self, owner: Caller, prefix: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        token = owner.token
        client = APIClient(headers={"Authorization": f"Bearer {token}"})
        with caplog.at_level(logging.DEBUG):
            client.post(prefix + "enhance-rubric-trigger", enhancement(simple_rules=self.SECRET), format="json")
            client.post(prefix + "enhance-rubric-trigger", {"simple_rules": self.SECRET}, format="json")
            APIClient(headers={"Authorization": f"Bearer {token}x"}).get(prefix + "enhance-rubric-status?jobId=1")

        lines = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("django.db"))
        assert token not in lines
        assert self.SECRET not in lines

    def test_an_unforeseen_fault_tells_neither_code_nor_place(self) -> None:
        try:
            raise KeyError(self.SECRET)
        except KeyError as error:
            problem = problems.describe(error)

        for answer in (problems.as_problem_details(problem), problems.as_old_front_end(problem)):
            assert answer.status_code == 500
            assert not re.search(rf"{self.SECRET}|KeyError|Traceback|\.py", answer.content.decode())


@pytest.mark.django_db
def test_migrations_and_models_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
