"""The routes that the old front end was written against: same fields, same casing, under both prefixes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from rubric_jobs.errors import NoRubricFound, ProviderUnavailable
from rubric_jobs.jobs import claims
from rubric_jobs.models import Membership, RubricJob, RubricJobInput
from tests.conftest import Caller
from tests.web.conftest import DOCX, PDF, PREFIXES, RESULT, as_base64, body_of, docx, enhancement, extraction, pdf

pytestmark = pytest.mark.django_db

TEN_MB = 10 * 1024 * 1024
TRIGGERS = [("extract-rubric-trigger", extraction), ("enhance-rubric-trigger", enhancement)]
both_prefixes = pytest.mark.parametrize("prefix", PREFIXES)
both_triggers = pytest.mark.parametrize(("route", "body"), TRIGGERS)


@both_prefixes
@both_triggers
def test_a_trigger_answers_202_with_the_job_and_where_to_ask_for_it(
    owner: Caller, prefix: str, route: str, body: Callable[[], dict[str, Any]]
) -> None:
    answer = owner.client.post(prefix + route, body(), format="json")

    assert answer.status_code == 202
    told = body_of(answer)
    assert told["status"] == "pending"
    assert told["success"] is True
    assert told["message"]
    assert answer["Retry-After"] == "2"
    assert answer["Location"] == f"{prefix}{route.replace('trigger', 'status')}?jobId={told['jobId']}"
    assert body_of(owner.client.get(answer["Location"]))["status"] == "pending"


def test_the_row_holds_what_was_sent(owner: Caller) -> None:
    sent = extraction(extractionPrompt="Only page 2.", geminiModel="gemini-3.5-flash", llmProvider="local")
    job_id = body_of(owner.client.post("/api/extract-rubric-trigger", sent, format="json"))["jobId"]

    job = RubricJob.objects.get(job_id=job_id)
    assert (job.tenant_id, job.user_id) == (owner.tenant_id, owner.user_id)
    assert (job.kind, job.file_name, job.file_type, job.file_size_kb) == ("extract", "rubric.pdf", PDF, 1)
    kept = RubricJobInput.objects.get(job_id=job_id)
    assert bytes(kept.data or b"") == pdf()
    assert kept.parameters == {
        "total_points": "100",
        "instruction": "Only page 2.",
        "provider": "local",
        "models": {"gemini": "gemini-3.5-flash"},
    }


def test_an_enhancement_is_a_text_file_named_rules(owner: Caller) -> None:
    job_id = body_of(owner.client.post("/api/enhance-rubric-trigger", enhancement(), format="json"))["jobId"]

    job = RubricJob.objects.get(job_id=job_id)
    assert (job.kind, job.file_name, job.file_type) == ("enhance", "rules.txt", "text/plain")


@pytest.mark.parametrize(
    "file", [f"data:{PDF};base64,{as_base64(pdf())}", as_base64(pdf())[:40] + "\r\n" + as_base64(pdf())[40:]]
)
def test_a_data_url_and_wrapped_base64_are_read(owner: Caller, file: str) -> None:
    answer = owner.client.post("/api/extract-rubric-trigger", extraction(file=file), format="json")

    assert answer.status_code == 202
    assert bytes(RubricJobInput.objects.get().data or b"") == pdf()


@both_prefixes
def test_a_running_job_tells_its_progress(
    owner: Caller, prefix: str, submit: Callable[..., uuid.UUID], run: Callable[[uuid.UUID], claims.Claim]
) -> None:
    job_id = submit()
    claims.report_progress([(run(job_id), {"stage": "reading", "criteriaFound": 2, "partialRubric": None})])

    told = body_of(owner.client.get(f"{prefix}extract-rubric-status?jobId={job_id}"))

    assert told["status"] == "processing"
    assert told["progress"] == {"stage": "reading", "criteriaFound": 2, "partialRubric": None}
    assert not {"result", "error", "errorCode", "performance"} & set(told)


@both_prefixes
def test_a_completed_job_tells_every_field_that_the_old_front_end_reads(
    owner: Caller, prefix: str, submit: Callable[..., uuid.UUID], complete: Callable[..., None]
) -> None:
    job_id = submit()
    complete(job_id)

    told = body_of(owner.client.get(f"{prefix}extract-rubric-status?jobId={job_id}"))

    assert told["success"] is True
    assert told["status"] == "completed"
    assert told["result"] == RESULT
    assert "error" not in told
    assert told["createdAt"] <= told["completedAt"] <= told["updatedAt"] < told["expiresAt"]
    assert told["createdAt"] > 1_700_000_000_000
    figures = (
        "duration_ms",
        "queue_time_ms",
        "extraction_time_ms",
        "file_size_kb",
        "token_usage",
        "categories_extracted",
    )
    assert all(isinstance(told["performance"][name], int) for name in figures)


@pytest.mark.parametrize(("error", "retryable"), [(NoRubricFound(), False), (ProviderUnavailable(), True)])
def test_a_failed_job_tells_one_sentence_and_a_code(
    owner: Caller, submit: Callable[..., uuid.UUID], fail: Callable[..., None], error: Any, retryable: bool
) -> None:
    job_id = submit()
    fail(job_id, error)

    answer = owner.client.get(f"/api/extract-rubric-status?jobId={job_id}")

    told = body_of(answer)
    assert answer.status_code == 200
    assert (told["success"], told["status"], told["error"]) == (False, "failed", str(error))
    assert (told["errorCode"], told["retryable"], told["message"]) == (error.code, retryable, str(error))
    assert "result" not in told


@both_prefixes
@pytest.mark.parametrize("kind", ["extract", "enhance"])
def test_a_status_route_answers_jobs_of_its_own_kind_alone(
    owner: Caller, submit: Callable[..., uuid.UUID], prefix: str, kind: str
) -> None:
    job_id = submit(kind=kind)
    other = {"extract": "enhance", "enhance": "extract"}[kind]

    assert owner.client.get(f"{prefix}{kind}-rubric-status?jobId={job_id}").status_code == 200
    assert owner.client.get(f"{prefix}{other}-rubric-status?jobId={job_id}").status_code == 404


@both_prefixes
@pytest.mark.parametrize("kind", ["extract", "enhance"])
def test_somebody_elses_job_is_byte_for_byte_a_job_that_never_was(
    team_mate: Caller, stranger: Caller, submit: Callable[..., uuid.UUID], prefix: str, kind: str
) -> None:
    job_id = submit(kind=kind)
    for caller in (team_mate, stranger):
        foreign = caller.client.get(f"{prefix}{kind}-rubric-status?jobId={job_id}")
        unknown = caller.client.get(f"{prefix}{kind}-rubric-status?jobId={uuid.uuid4()}")

        assert foreign.status_code == unknown.status_code == 404
        assert foreign.content == unknown.content
        traces = ("X-Request-ID",)
        assert {name: value for name, value in foreign.items() if name not in traces} == {
            name: value for name, value in unknown.items() if name not in traces
        }


@pytest.mark.parametrize("job_id", ["", "no-uuid", "%00", "1" * 5000])
def test_a_job_id_that_is_none_is_refused_in_the_old_shape(owner: Caller, job_id: str) -> None:
    answer = owner.client.get(f"/api/extract-rubric-status?jobId={job_id}")

    assert answer.status_code in {404, 422}
    assert body_of(answer)["status"] == "failed"


def test_a_row_of_another_program_is_not_shown(owner: Caller, submit: Callable[..., uuid.UUID]) -> None:
    job_id = submit()
    RubricJob.objects.filter(job_id=job_id).update(kind=None)

    assert owner.client.get(f"/api/extract-rubric-status?jobId={job_id}").status_code == 404


@both_prefixes
@pytest.mark.parametrize("route", ["extract-rubric-background", "enhance-rubric-background"])
def test_the_background_routes_are_gone(owner: Caller, prefix: str, route: str) -> None:
    answer = owner.client.post(prefix + route, extraction(), format="json")

    assert answer.status_code == 404
    assert body_of(answer)["status"] == "failed"


@both_prefixes
def test_whoever_says_not_who_they_are_gets_401_in_the_old_shape(prefix: str) -> None:
    for answer in (
        APIClient().post(prefix + "extract-rubric-trigger", extraction(), format="json"),
        APIClient().get(f"{prefix}extract-rubric-status?jobId={uuid.uuid4()}"),
    ):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        told = body_of(answer)
        assert (told["success"], told["status"], told["errorCode"]) == (False, "failed", "not_authenticated")
        assert told["error"] == told["message"]


class TestSession:
    @pytest.fixture
    def browser(self, owner: Caller) -> APIClient:
        account = get_user_model().objects.create_user("teacher", password="a long one")
        Membership.objects.create(account=account, tenant_id=owner.tenant_id, user_id=owner.user_id)
        browser = APIClient(enforce_csrf_checks=True)
        assert browser.login(username="teacher", password="a long one")
        return browser

    @staticmethod
    def csrf_token(browser: APIClient) -> str:
        browser.get("/admin/login/")
        return browser.cookies["csrftoken"].value

    @both_prefixes
    def test_a_signed_in_member_submits_with_a_csrf_token_and_polls(self, browser: APIClient, prefix: str) -> None:
        answer = browser.post(
            prefix + "enhance-rubric-trigger",
            enhancement(),
            format="json",
            headers={"X-CSRFToken": self.csrf_token(browser)},
        )

        assert answer.status_code == 202
        assert browser.get(answer["Location"]).status_code == 200

    @both_prefixes
    @pytest.mark.parametrize(
        ("route", "body"), [("extract-rubric-from-document", extraction()), ("enhance-rubric", enhancement())]
    )
    def test_a_synchronous_route_takes_a_signed_in_member_with_a_csrf_token_alone(
        self, browser: APIClient, settings: Any, prefix: str, route: str, body: dict[str, Any]
    ) -> None:
        settings.RUBRIC_SYNC_ENDPOINTS = True

        token = self.csrf_token(browser)
        refused = browser.post(prefix + route, body, format="json")
        answer = browser.post(prefix + route, body, format="json", headers={"X-CSRFToken": token})

        assert (refused.status_code, body_of(refused)["errorCode"]) == (403, "forbidden")
        assert (answer.status_code, body_of(answer)["status"]) == (202, "pending")
        assert RubricJob.objects.count() == 1

    @both_prefixes
    def test_a_post_without_the_csrf_token_is_refused(self, browser: APIClient, prefix: str) -> None:
        answer = browser.post(prefix + "enhance-rubric-trigger", enhancement(), format="json")

        assert answer.status_code == 403
        assert body_of(answer)["status"] == "failed"
        assert not RubricJob.objects.exists()

    def test_session_and_token_of_the_same_user_see_the_same_jobs(
        self, browser: APIClient, submit: Callable[..., uuid.UUID]
    ) -> None:
        assert browser.get(f"/api/extract-rubric-status?jobId={submit()}").status_code == 200

    def test_an_account_without_membership_is_told_so(self) -> None:
        get_user_model().objects.create_user("visitor", password="a long one")
        visitor = APIClient()
        visitor.login(username="visitor", password="a long one")

        answer = visitor.get(f"/api/extract-rubric-status?jobId={uuid.uuid4()}")

        assert answer.status_code == 403
        assert body_of(answer)["errorCode"] == "no_membership"

    def test_a_token_goes_before_the_session(
        self, browser: APIClient, stranger: Caller, submit: Callable[..., uuid.UUID]
    ) -> None:
        answer = browser.get(
            f"/api/extract-rubric-status?jobId={submit()}", headers={"Authorization": f"Bearer {stranger.token}"}
        )

        assert answer.status_code == 404


@pytest.mark.parametrize(("data", "file_type"), [(pdf(TEN_MB), PDF), (docx(TEN_MB), DOCX)], ids=["PDF", "DOCX"])
def test_a_file_of_ten_megabytes_goes_through(owner: Caller, data: bytes, file_type: str) -> None:
    sent = extraction(file=as_base64(data), fileType=file_type)

    assert owner.client.post("/api/extract-rubric-trigger", sent, format="json").status_code == 202


def test_a_file_just_above_djangos_default_limit_is_no_error(owner: Caller) -> None:
    sent = extraction(file=as_base64(pdf(int(1.9 * 1024 * 1024))))

    assert owner.client.post("/api/extract-rubric-trigger", sent, format="json").status_code == 202
