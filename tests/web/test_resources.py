"""The resource API: submit, list, look, cancel, retry, delete, export."""

from __future__ import annotations

import datetime
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from rubric_jobs.errors import NoRubricFound, ProviderUnavailable
from rubric_jobs.jobs import claims
from rubric_jobs.models import RubricJob, RubricJobInput
from rubric_jobs.rubric import exports
from tests.conftest import Caller
from tests.web.conftest import DOCX, PDF, RESULT, body_of, docx, enhancement, extraction, pdf

pytestmark = pytest.mark.django_db

JOBS = "/api/rubric-jobs/"
Submit = Callable[..., uuid.UUID]


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = body_of(answer)
    assert (told["status"], told["code"]) == (status, code)
    assert told["type"].endswith(f"#{code}")
    assert told["title"]
    assert told["detail"]
    return told


class TestSubmit:
    @pytest.mark.parametrize(("route", "body"), [("extractions", extraction()), ("enhancements", enhancement())])
    def test_json_makes_a_job_and_says_where_it_is(self, owner: Caller, route: str, body: dict[str, Any]) -> None:
        answer = owner.client.post(JOBS + route, body, format="json")

        assert answer.status_code == 202
        job_id = body_of(answer)["jobId"]
        assert answer["Location"] == f"{JOBS}{job_id}"
        assert answer["Retry-After"] == "2"
        told = body_of(owner.client.get(answer["Location"]))
        assert (told["jobId"], told["status"], told["queuePosition"]) == (job_id, "pending", 1)

    def test_a_form_with_a_file_does_as_well(self, owner: Caller) -> None:
        data = docx()
        file = SimpleUploadedFile("essay.docx", data, content_type=DOCX)

        answer = owner.client.post(JOBS + "extractions", {"file": file, "totalPoints": "50"}, format="multipart")

        assert answer.status_code == 202
        job = RubricJob.objects.get()
        assert (job.file_name, job.file_type) == ("essay.docx", DOCX)
        kept = RubricJobInput.objects.get()
        assert bytes(kept.data or b"") == data
        assert kept.parameters["total_points"] == "50"

    def test_a_forms_fields_go_before_what_its_file_says(self, owner: Caller) -> None:
        file = SimpleUploadedFile("blob", pdf(), content_type="application/octet-stream")

        owner.client.post(
            JOBS + "extractions", {"file": file, "fileName": "mine.pdf", "fileType": PDF}, format="multipart"
        )

        assert RubricJob.objects.get().file_name == "mine.pdf"

    def test_a_form_without_a_file_is_422(self, owner: Caller) -> None:
        told = refused(
            owner.client.post(JOBS + "extractions", {"fileName": "a.pdf"}, format="multipart"), 422, "invalid_field"
        )

        assert list(told["errors"]) == ["file"]

    def test_a_form_with_an_empty_file_is_422(self, owner: Caller) -> None:
        file = SimpleUploadedFile("empty.pdf", b"", content_type=PDF)

        refused(owner.client.post(JOBS + "extractions", {"file": file}, format="multipart"), 422, "empty_document")

    def test_a_form_with_a_file_that_is_too_large_is_413(self, owner: Caller) -> None:
        file = SimpleUploadedFile("large.pdf", pdf(10 * 1024 * 1024 + 1), content_type=PDF)

        refused(owner.client.post(JOBS + "extractions", {"file": file}, format="multipart"), 413, "document_too_large")

    def test_every_invalid_field_is_named(self, owner: Caller) -> None:
        told = refused(
            owner.client.post(JOBS + "enhancements", {"total_points": "x"}, format="json"), 422, "invalid_field"
        )

        assert set(told["errors"]) == {"simple_rules", "total_points"}

    @pytest.mark.parametrize("body", ["[1]", "{", "null", "[" * 100_000])
    def test_a_body_that_is_no_json_object_is_400(self, owner: Caller, body: str) -> None:
        refused(
            owner.client.generic("POST", JOBS + "extractions", body, content_type="application/json"), 400, "malformed"
        )

    def test_no_cache_asks_for_a_fresh_answer(self, owner: Caller) -> None:
        owner.client.post(JOBS + "enhancements", enhancement(), format="json", headers={"Cache-Control": "no-cache"})

        assert RubricJobInput.objects.get().parameters["fresh"] is True


class TestIdempotency:
    def post(self, caller: Caller, key: str, route: str = JOBS + "enhancements", **changed: Any) -> Any:
        return caller.client.post(route, enhancement(**changed), format="json", headers={"Idempotency-Key": key})

    def test_the_same_key_and_body_is_the_same_job(self, owner: Caller) -> None:
        first, again = self.post(owner, "a"), self.post(owner, "a")

        assert (first.status_code, first.content) == (again.status_code, again.content)
        assert first["Location"] == again["Location"]
        assert RubricJob.objects.count() == 1

    def test_the_same_key_and_another_body_is_422(self, owner: Caller) -> None:
        self.post(owner, "a")

        refused(self.post(owner, "a", total_points=30), 422, "idempotency_key_reused")
        assert RubricJob.objects.count() == 1

    def test_another_key_is_another_job(self, owner: Caller) -> None:
        assert body_of(self.post(owner, "a"))["jobId"] != body_of(self.post(owner, "b"))["jobId"]

    def test_a_key_belongs_to_its_user_and_its_route(self, owner: Caller, team_mate: Caller) -> None:
        answers = [
            self.post(owner, "a"),
            self.post(team_mate, "a"),
            self.post(owner, "a", route="/api/enhance-rubric-trigger"),
        ]

        assert len({body_of(answer)["jobId"] for answer in answers}) == 3

    def test_both_prefixes_of_an_old_route_are_one_route(self, owner: Caller) -> None:
        answers = [
            self.post(owner, "a", route=prefix + "enhance-rubric-trigger")
            for prefix in ("/api/", "/.netlify/functions/")
        ]

        assert len({body_of(answer)["jobId"] for answer in answers}) == 1

    def test_a_form_sent_again_is_the_same_body(self, owner: Caller) -> None:
        answers = [
            owner.client.post(
                JOBS + "extractions",
                {"file": SimpleUploadedFile("a.pdf", pdf(), content_type=PDF)},
                format="multipart",
                headers={"Idempotency-Key": "a"},
            )
            for _ in range(2)
        ]

        assert answers[0].content == answers[1].content

    def test_a_refused_request_leaves_its_key_free(self, owner: Caller) -> None:
        refused(self.post(owner, "a", total_points=-1), 422, "invalid_field")

        assert self.post(owner, "a").status_code == 202

    @pytest.mark.parametrize("key", ["", "a" * 256, "a b", "ä"])
    def test_a_key_that_is_none_is_400(self, owner: Caller, key: str) -> None:
        refused(self.post(owner, key), 400, "malformed")

    def test_a_key_goes_with_its_job(self, owner: Caller, complete: Callable[..., None]) -> None:
        first = body_of(self.post(owner, "a"))["jobId"]
        complete(uuid.UUID(first))
        owner.client.delete(JOBS + first)

        assert body_of(self.post(owner, "a"))["jobId"] != first


class TestList:
    def test_it_holds_ones_own_jobs_newest_first_without_results(
        self, owner: Caller, team_mate: Caller, submit: Submit, complete: Callable[..., None]
    ) -> None:
        first, second = submit(), submit(kind="enhance")
        submit(tenant_id=team_mate.tenant_id, user_id=team_mate.user_id)
        # In the one transaction of a test, all rows are made at the same moment.
        RubricJob.objects.filter(job_id=first).update(created_at=F("created_at") - datetime.timedelta(seconds=1))
        complete(first)

        told = body_of(owner.client.get(JOBS))

        assert [job["jobId"] for job in told["results"]] == [str(second), str(first)]
        assert [job["status"] for job in told["results"]] == ["processing", "completed"]
        assert not any({"result", "progress", "performance"} & set(job) for job in told["results"])
        assert told["results"][1]["expiresAt"]
        assert (told["next"], told["previous"]) == (None, None)

    def test_pages_lead_through_all_jobs_once(self, owner: Caller, submit: Submit) -> None:
        made = {str(submit()) for _ in range(5)}
        seen: list[str] = []
        page = JOBS + "?limit=2"
        while page:
            told = body_of(owner.client.get(page))
            assert len(told["results"]) <= 2
            seen += [job["jobId"] for job in told["results"]]
            page = told["next"]

        assert len(seen) == 5
        assert set(seen) == made

    def test_it_can_be_narrowed(self, owner: Caller, submit: Submit, complete: Callable[..., None]) -> None:
        done, _ = submit(), submit(kind="enhance")
        complete(done)

        def found(query: str) -> list[str]:
            return [job["jobId"] for job in body_of(owner.client.get(f"{JOBS}?{query}"))["results"]]

        assert found("status=completed") == [str(done)]
        assert found("kind=extract") == [str(done)]
        assert found("kind=enhance&status=completed") == []

    def test_a_form_of_too_many_fields_is_400(self, owner: Caller) -> None:
        fields = {f"field{number}": "x" for number in range(1_001)}
        refused(owner.client.post(f"{JOBS}extractions", fields, format="multipart"), 400, "malformed")

    @pytest.mark.parametrize("query", ["status=done", "kind=guess", "cursor=abc", "cursor=cD1hYmM="])
    def test_a_question_that_is_none_is_422(self, owner: Caller, query: str) -> None:
        refused(owner.client.get(f"{JOBS}?{query}"), 422, "invalid_field")

    def test_it_takes_one_query_for_its_rows(
        self, owner: Caller, submit: Submit, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(10):
            submit()
        with django_assert_max_num_queries(9):  # rates, the transaction and its role, one SELECT
            owner.client.get(JOBS)


class TestDetail:
    def test_it_holds_the_result_and_when_it_expires(
        self, owner: Caller, submit: Submit, complete: Callable[..., None]
    ) -> None:
        job_id = submit()
        complete(job_id)

        told = body_of(owner.client.get(f"{JOBS}{job_id}"))

        assert told["result"] == RESULT
        assert told["performance"]["attempts"] == 1
        assert told["completedAt"].endswith("Z")
        assert told["completedAt"] < told["expiresAt"]

    def test_polling_with_an_etag_costs_no_body_until_something_changes(
        self, owner: Caller, submit: Submit, run: Callable[..., claims.Claim]
    ) -> None:
        job_id = submit()
        first = owner.client.get(f"{JOBS}{job_id}")
        again = owner.client.get(f"{JOBS}{job_id}", headers={"If-None-Match": first["ETag"]})
        run(job_id)
        later = owner.client.get(f"{JOBS}{job_id}", headers={"If-None-Match": first["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert later.status_code == 200
        assert later["ETag"] != first["ETag"]

    def test_the_queue_is_told_while_it_waits(self, owner: Caller, stranger: Caller, submit: Submit) -> None:
        submit(tenant_id=stranger.tenant_id, user_id=stranger.user_id)
        submit()
        last = submit()

        assert body_of(owner.client.get(f"{JOBS}{last}"))["queuePosition"] == 3

    @pytest.mark.parametrize("wait", ["-1", "26", "soon", "nan", "inf"])
    def test_a_wait_that_is_none_is_422(self, owner: Caller, submit: Submit, wait: str) -> None:
        refused(owner.client.get(f"{JOBS}{submit()}?wait={wait}"), 422, "invalid_field")


class TestChanges:
    def test_a_waiting_job_is_cancelled(self, owner: Caller, submit: Submit) -> None:
        job_id = submit()

        answer = owner.client.post(f"{JOBS}{job_id}/cancel")

        assert answer.status_code == 200
        assert (body_of(answer)["status"], body_of(answer)["errorCode"]) == ("failed", "cancelled")
        assert not RubricJobInput.objects.exists()
        refused(owner.client.post(f"{JOBS}{job_id}/cancel"), 409, "conflict")

    def test_a_failed_job_is_retried_under_its_id(
        self, owner: Caller, submit: Submit, fail: Callable[..., None]
    ) -> None:
        job_id = submit()
        fail(job_id, ProviderUnavailable())

        answer = owner.client.post(f"{JOBS}{job_id}/retry")

        assert answer.status_code == 202
        assert (body_of(answer)["jobId"], body_of(answer)["status"]) == (str(job_id), "pending")
        refused(owner.client.post(f"{JOBS}{job_id}/retry"), 409, "conflict")

    def test_a_failure_that_will_not_pass_is_not_retried(
        self, owner: Caller, submit: Submit, fail: Callable[..., None]
    ) -> None:
        job_id = submit()
        fail(job_id, NoRubricFound())

        refused(owner.client.post(f"{JOBS}{job_id}/retry"), 409, "conflict")

    def test_a_finished_job_is_deleted_with_its_data(
        self, owner: Caller, submit: Submit, fail: Callable[..., None]
    ) -> None:
        job_id = submit()
        refused(owner.client.delete(f"{JOBS}{job_id}"), 409, "conflict")
        fail(job_id, ProviderUnavailable())

        assert owner.client.delete(f"{JOBS}{job_id}").status_code == 204
        assert not RubricJobInput.objects.exists()
        refused(owner.client.get(f"{JOBS}{job_id}"), 404, "not_found")
        refused(owner.client.delete(f"{JOBS}{job_id}"), 404, "not_found")


class TestExport:
    @pytest.mark.parametrize("wanted", ["json", "text", "markdown", "canvas-csv", "csv"])
    def test_a_completed_jobs_rubric_comes_in_every_format(
        self, owner: Caller, submit: Submit, complete: Callable[..., None], wanted: str
    ) -> None:
        job_id = submit()
        complete(job_id)

        answer = owner.client.get(f"{JOBS}{job_id}/export?format={wanted}")

        assert answer.status_code == 200
        assert b"Thesis" in answer.content
        assert "attachment" in answer["Content-Disposition"]
        assert isinstance(json.loads(answer["X-Export-Losses"]), list)

    @pytest.mark.parametrize("wanted", exports.FORMATS)
    def test_each_formats_own_type_may_be_asked_for(
        self, owner: Caller, submit: Submit, complete: Callable[..., None], wanted: str
    ) -> None:
        job_id = submit()
        complete(job_id)
        told = owner.client.get(f"{JOBS}{job_id}/export?format={wanted}")["Content-Type"]
        for accepted in (told, told.partition(";")[0], "application/json", "*/*"):
            headers = {"Accept": accepted}
            of_job = owner.client.get(f"{JOBS}{job_id}/export?format={wanted}", headers=headers)
            of_body = owner.client.post(
                f"{JOBS}exports?format={wanted}", RESULT["rubric"], format="json", headers=headers
            )

            assert (of_job.status_code, of_job["Content-Type"]) == (200, told)
            assert (of_body.status_code, of_body["Content-Type"]) == (200, told)

    def test_a_type_that_no_format_has_is_406(self, owner: Caller) -> None:
        headers = {"Accept": "image/png"}
        answer = owner.client.post(JOBS + "exports", RESULT["rubric"], format="json", headers=headers)

        refused(answer, 406, "not_acceptable")

    def test_a_job_without_a_rubric_is_409(self, owner: Caller, submit: Submit) -> None:
        refused(owner.client.get(f"{JOBS}{submit()}/export"), 409, "conflict")

    @pytest.mark.parametrize("body", [RESULT["rubric"], {"rubric": RESULT["rubric"]}])
    def test_an_edited_rubric_in_the_body_is_exported(self, owner: Caller, body: dict[str, Any]) -> None:
        answer = owner.client.post(JOBS + "exports?format=canvas-csv", body, format="json")

        assert answer.status_code == 200
        assert answer.content.decode().startswith("Rubric Name,Criteria Name")

    def test_a_body_that_is_no_rubric_names_what_is_wrong(self, owner: Caller) -> None:
        body = {"criteria": [{"name": 1}, {}]}

        told = refused(owner.client.post(JOBS + "exports", body, format="json"), 422, "invalid_field")

        assert set(told["errors"]) == {"criteria.0.name", "criteria.1.name"}

    def losses_of(self, caller: Caller, criteria: list[dict[str, Any]]) -> list[str]:
        answer = caller.client.post(f"{JOBS}exports?format=canvas-csv", {"criteria": criteria}, format="json")
        header = answer["X-Export-Losses"]
        assert len(header) < 2_048
        losses: list[str] = json.loads(header)
        return losses

    def test_few_losses_are_told_one_by_one(self, owner: Caller) -> None:
        losses = self.losses_of(
            owner, [{"name": "Thesis", "section": "A", "levels": [{"name": "Good", "points": 1}]}] * 2
        )

        assert [loss.split(": ")[0] for loss in losses] == [
            "title",
            *(f"criteria[{index}].section" for index in range(2)),
        ]

    def test_losses_too_many_for_a_header_are_told_once_for_equal_ones(self, owner: Caller) -> None:
        levels = [{"name": f"Level {worth}", "points": worth, "description": "=1+1"} for worth in range(5, 0, -1)]

        losses = self.losses_of(owner, [{"name": "Thesis", "section": "A", "levels": levels}] * 12)

        assert losses == [
            "title: Canvas needs a name; “Rubric” was written.",
            "criteria[0].levels[0].description and 59 more: an apostrophe stands before “=”, "
            "so that no spreadsheet takes it for a formula.",
            "criteria[0].section and 11 more: this format holds no sections.",
        ]

    def test_losses_that_all_differ_are_told_until_the_header_is_full_and_the_rest_is_counted(
        self, owner: Caller
    ) -> None:
        losses = self.losses_of(owner, [{"name": "", "points": 1, "levels": []} for _ in range(100)])

        assert losses[0] == "title: Canvas needs a name; “Rubric” was written."
        assert losses[1].startswith("criteria[0].levels and 99 more: ")
        assert all(f"“Criterion {number}” was written." in loss for number, loss in enumerate(losses[2:-1], start=1))
        assert losses[-1] == f"and {100 - len(losses[2:-1])} more."
        assert len(losses) > 10

    @pytest.mark.parametrize("name", ["criteria", "levels", "adjustments", "warnings"])
    @pytest.mark.parametrize("is_field", [False, True])
    def test_a_rubric_of_too_many_parts_is_422_before_anything_is_made_of_them(
        self, owner: Caller, name: str, is_field: bool
    ) -> None:
        parts: dict[str, Any] = {
            "criteria": {"criteria": [{"name": "x"}] * 501},
            "levels": {"criteria": [{"name": "x", "levels": [{}] * 5_001}] * 2},
            "adjustments": {"criteria": [], "adjustments": [{}] * 1_001},
            "warnings": {"criteria": [], "warnings": [0] * 1_001},
        }
        body = {"rubric": parts[name]} if is_field else parts[name]

        told = refused(owner.client.post(JOBS + "exports", body, format="json"), 422, "invalid_field")

        assert list(told["errors"]) == [name]
        assert "at most" in told["detail"]

    def test_a_rubric_of_more_than_two_megabytes_is_413(self, owner: Caller) -> None:
        body = {"title": "x" * 2 * 1024 * 1024, "criteria": []}

        told = refused(owner.client.post(JOBS + "exports", body, format="json"), 413, "document_too_large")

        assert "2 MB" in told["detail"]

    @pytest.mark.parametrize("wanted", ["json", "text", "markdown", "canvas-csv", "csv"])
    def test_the_largest_rubric_takes_no_longer_than_its_parts(self, owner: Caller, wanted: str) -> None:
        levels = [{"name": f"Level {worth}", "points": worth} for worth in range(10_000)]
        body = {"criteria": [{"name": "Thesis", "levels": levels}]}
        began = time.monotonic()

        assert owner.client.post(f"{JOBS}exports?format={wanted}", body, format="json").status_code == 200
        assert time.monotonic() - began < 5

    def test_an_unknown_format_is_422(self, owner: Caller) -> None:
        refused(owner.client.post(JOBS + "exports?format=odt", RESULT["rubric"], format="json"), 422, "invalid_field")

    def test_an_unknown_choice_of_level_points_is_422(self, owner: Caller) -> None:
        told = refused(
            owner.client.post(JOBS + "exports?levelPoints=all", RESULT["rubric"], format="json"), 422, "invalid_field"
        )

        assert set(told["errors"]) == {"levelPoints"}

    def test_levels_without_points_are_422_until_the_caller_chooses(self, owner: Caller) -> None:
        body = {"criteria": [{"name": "Thesis", "points": 4, "levels": [{"name": "Good"}, {"name": "Poor"}]}]}
        route = JOBS + "exports?format=canvas-csv"

        told = refused(owner.client.post(route, body, format="json"), 422, "level_points_needed")
        chosen = [
            owner.client.post(f"{route}&levelPoints={choice}", body, format="json").content.decode().splitlines()[1]
            for choice in exports.CHOICES
        ]

        assert "“spread”" in told["detail"]
        assert "“full_marks”" in told["detail"]
        assert chosen == [
            "Rubric,Thesis,,false,Good,,4,Poor,,0",
            'Rubric,Thesis,"Good',
        ]

    def test_a_total_that_canvas_would_change_is_422(self, owner: Caller) -> None:
        body = {"total_points": 10, "criteria": [{"name": "Thesis", "points": 4}]}

        refused(owner.client.post(JOBS + "exports?format=canvas-csv", body, format="json"), 422, "not_exportable")

    def test_a_file_is_named_after_the_rubric(self, owner: Caller) -> None:
        body = {"title": "Aufsatz: Übung", "criteria": [{"name": "Thesis", "points": 4}]}

        answer = owner.client.post(JOBS + "exports?format=docx", body, format="json")

        assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Aufsatz%20%C3%9Cbung.docx"
        assert answer.content.startswith(b"PK")


def test_the_error_codes_are_told_to_everybody(client: Any) -> None:
    told = client.get("/api/error-codes").json()["codes"]

    codes = {entry["code"] for entry in told}
    assert {"no_rubric_found", "provider_timeout", "not_found", "throttled"} <= codes
    assert len(codes) == len(told)
    assert all(entry["message"].endswith((".", "!")) for entry in told)


def test_an_unknown_resource_is_a_problem(owner: Caller) -> None:
    refused(owner.client.get(JOBS + "nothing"), 404, "no_such_route")


@pytest.mark.parametrize("method", ["put", "patch", "options", "head", "trace"])
def test_a_wrong_method_is_405_and_says_which_are_right(owner: Caller, submit: Submit, method: str) -> None:
    answer = getattr(owner.client, method)(f"{JOBS}{submit()}")

    assert (answer.status_code == 200) if method == "head" else (answer["Allow"] == "GET, DELETE")
