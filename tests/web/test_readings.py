"""Mending a reading: the plan is replaced and the rubric assembled anew, for its owner alone, and no model is asked."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import docx
import pytest
from django.db import connection

from rubric_jobs import documents, reader
from rubric_jobs.documents import typed_text
from rubric_jobs.jobs import claims, erasure, readings
from rubric_jobs.jobs.claims import Ending
from rubric_jobs.jobs.readings import StoredReading
from rubric_jobs.reader import typed
from rubric_jobs.rubric import enhanced, extracted
from rubric_jobs.rubric.model import Rubric
from tests.conftest import Caller
from tests.web.conftest import METRICS, body_of

pytestmark = pytest.mark.django_db

JOBS = "/api/rubric-jobs/"
ROWS = [
    ["Criterion", "Remarks", "Good", "Poor", "Points"],
    ["Thesis", "see sheet", "A clear claim.", "No claim.", "6"],
    ["Sources", "see sheet", "All are named.", "None is named.", "4"],
    ["Late work", "", "", "", "2"],
]
PLAN = {"parts": [{"at": "0", "shape": "down", "rows": "hccc", "columns": "c-llp"}]}


def document() -> documents.Document:
    written = docx.Document()
    table = written.add_table(rows=0, cols=len(ROWS[0]))
    for row in ROWS:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    packed = io.BytesIO()
    written.save(packed)
    return documents.parse(packed.getvalue())


@pytest.fixture
def read(submit: Callable[..., uuid.UUID], run: Callable[..., claims.Claim]) -> Callable[..., uuid.UUID]:
    """A completed extraction with its reading, as a worker leaves it."""

    def read(*, certain: bool = True, digest: bytes | None = None) -> uuid.UUID:
        job_id = submit()
        claim, found = run(job_id), document()
        rubric = reader.read(found).model_copy(update={"certain": certain})
        stored = StoredReading(document=json.dumps(found.as_json()), plan=PLAN, others=[], is_proposal=False)
        readings.keep([(claim, stored)])
        result = extracted.result_of(extracted.finished(rubric, requested=None)) | {"pagePictures": []}
        assert claims.end([Ending(claim=claim, result=result, metrics=METRICS, digest=digest)])
        return job_id

    return read


def address(job_id: uuid.UUID) -> str:
    return f"{JOBS}{job_id}/reading"


def with_roles(**changed: str) -> dict[str, Any]:
    return {"plan": {"parts": [{**PLAN["parts"][0], **changed}]}}


def query(statement: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def test_a_reading_shows_the_plan_and_the_cells_that_it_is_about(owner: Caller, read: Callable[..., uuid.UUID]) -> None:
    answer = owner.client.get(address(read()))
    told = body_of(answer)
    assert (told["plan"], told["isProposal"]) == (PLAN, False)
    assert (told["blocks"][0]["rows"], told["blocks"][0]["columns"]) == (4, 5)
    assert [cell["text"] for cell in told["blocks"][0]["cells"][:5]] == ROWS[0]
    again = owner.client.get(address(uuid.UUID(told["jobId"])), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again["ETag"]) == (304, answer["ETag"])


def test_a_changed_plan_replaces_the_result_and_what_is_exported(owner: Caller, read: Callable[..., uuid.UUID]) -> None:
    job_id = read()
    known = owner.client.get(address(job_id))["ETag"]
    before = owner.client.get(f"{JOBS}{job_id}")
    body = with_roles(columns="cdllp", rows="hcca")
    answer = owner.client.put(address(job_id), body, format="json", headers={"If-Match": known})
    assert answer.status_code == 200
    assert answer["ETag"] != known
    rubric = body_of(answer)["result"]["rubric"]
    assert [criterion["description"] for criterion in rubric["criteria"]] == ["see sheet", "see sheet"]
    assert [(one["kind"], one["reason"], one["points"]) for one in rubric["adjustments"]] == [
        ("penalty", "Late work", 2)
    ]
    after = owner.client.get(f"{JOBS}{job_id}")
    assert body_of(after)["result"] == body_of(answer)["result"]
    assert "pagePictures" in body_of(after)["result"]
    assert after["ETag"] != before["ETag"]
    assert b"see sheet" in owner.client.get(f"{JOBS}{job_id}/export?format=text").content
    kept = body_of(owner.client.get(address(job_id)))
    assert (kept["plan"], kept["isProposal"]) == (body["plan"], False)


def test_what_a_person_has_said_is_certain_and_carries_no_doubts_of_the_reader(
    owner: Caller, read: Callable[..., uuid.UUID]
) -> None:
    job_id = read(certain=False)
    answer = owner.client.put(address(job_id), with_roles(columns="cellp"), format="json")
    rubric = body_of(answer)["result"]["rubric"]
    assert (rubric["certain"], rubric.get("confidence"), rubric["doubts"]) == (True, None, [])
    assert {text["why"] for text in rubric["unread"]} == {"score to fill in"}


def test_a_reading_that_was_changed_since_is_not_overwritten(owner: Caller, read: Callable[..., uuid.UUID]) -> None:
    job_id = read()
    known = {"If-Match": owner.client.get(address(job_id))["ETag"]}
    assert owner.client.put(address(job_id), with_roles(rows="hcc-"), format="json", headers=known).status_code == 200
    late = owner.client.put(address(job_id), with_roles(rows="hc--"), format="json", headers=known)
    assert (late.status_code, body_of(late)["code"]) == (412, "precondition_failed")
    assert len(body_of(owner.client.get(f"{JOBS}{job_id}"))["result"]["rubric"]["criteria"]) == 2


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (None, "plan_invalid"),
        ({"parts": 3}, "plan_invalid"),
        ({"parts": [{**PLAN["parts"][0], "at": "0-99999"}]}, "plan_invalid"),
        ({"parts": [{**PLAN["parts"][0], "rows": "hc"}]}, "plan_invalid"),
        ({"parts": [{**PLAN["parts"][0], "columns": "c?llp"}]}, "plan_invalid"),
        ({"parts": [PLAN["parts"][0], PLAN["parts"][0]]}, "plan_invalid"),
        ({"parts": [PLAN["parts"][0]] * 101}, "plan_invalid"),
        ({"parts": [{**PLAN["parts"][0], "rows": "----"}]}, "nothing_marked"),
        ({"parts": []}, "nothing_marked"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_in_a_sentence(
    owner: Caller, read: Callable[..., uuid.UUID], plan: Any, code: str
) -> None:
    job_id = read()
    answer = owner.client.put(address(job_id), {"plan": plan}, format="json")
    told = body_of(answer)
    assert (answer.status_code, told["code"]) == (422, code)
    assert told["detail"].endswith(".")
    assert ("plan" in told.get("errors", {})) == (code == "plan_invalid")


def test_where_there_is_no_reading_it_is_a_conflict(
    owner: Caller, submit: Callable[..., uuid.UUID], complete: Callable[..., None]
) -> None:
    without = submit()
    complete(without)
    written = submit(kind="enhance")
    complete(written)
    for job_id in (without, written, submit()):
        for answer in (owner.client.get(address(job_id)), owner.client.put(address(job_id), {}, format="json")):
            assert (answer.status_code, body_of(answer)["code"]) == (409, "conflict")


PASTED = "Method: 30 points\nResults: 10 points\nPresentation: 10 points"


@pytest.fixture
def pasted(submit: Callable[..., uuid.UUID], run: Callable[..., claims.Claim]) -> uuid.UUID:
    """A pasted rubric that was made worth 100 points, with its reading, as a worker leaves it."""
    job_id = submit(kind="enhance")
    claim, found = run(job_id), typed_text.parse(PASTED)
    whole = Rubric.model_validate(typed.read(found).model_dump())
    plan = reader.plans(found)[0].to_json()
    readings.keep(
        [(claim, StoredReading(document=json.dumps(found.as_json()), plan=plan, others=[], is_proposal=False))]
    )
    rubric = enhanced.finished(enhanced.shared_out(whole, Decimal(100), has_wish=True))
    result = enhanced.result_of(rubric) | {"hasReading": True}
    assert claims.end([Ending(claim=claim, result=result, metrics=METRICS)])
    return job_id


def test_a_pasted_text_is_shown_and_mended_as_a_document_and_stays_worth_its_total(
    owner: Caller, pasted: uuid.UUID
) -> None:
    shown = body_of(owner.client.get(address(pasted)))
    assert [block["text"] for block in shown["blocks"]] == PASTED.split("\n")
    part = shown["plan"]["parts"][0]
    assert part["rows"] == "ccc"
    answer = owner.client.put(address(pasted), {"plan": {"parts": [{**part, "rows": "cca"}]}}, format="json")
    result = body_of(answer)["result"]
    assert (answer.status_code, result["total_points"], result["hasReading"]) == (200, 100, True)
    assert [(one["name"], one["points"]) for one in result["rubric"]["criteria"]] == [("Method", 75), ("Results", 25)]
    # 10 of 40 points, scaled once.
    assert [(one["reason"], one["points"]) for one in result["rubric"]["adjustments"]] == [("Presentation", 25)]
    assert "- **Method (75 pts)**:" in result["enhanced_rubric"]
    assert result["rubric"]["certain"] is True
    assert "wish_not_heeded" in {warning["code"] for warning in result["rubric"]["warnings"]}
    assert body_of(owner.client.get(f"{JOBS}{pasted}"))["result"] == result


def test_a_pasted_text_without_a_criterion_or_of_somebody_else_is_not_mended(
    owner: Caller, team_mate: Caller, pasted: uuid.UUID
) -> None:
    part = body_of(owner.client.get(address(pasted)))["plan"]["parts"][0]
    body = {"plan": {"parts": [{**part, "rows": "---"}]}}
    refused = owner.client.put(address(pasted), body, format="json")
    assert (refused.status_code, body_of(refused)["code"]) == (422, "nothing_marked")
    assert team_mate.client.put(address(pasted), body, format="json").status_code == 404


def test_nobody_else_sees_or_mends_a_reading(
    owner: Caller, team_mate: Caller, stranger: Caller, read: Callable[..., uuid.UUID]
) -> None:
    job_id = read()
    for other in (team_mate, stranger, Caller(stranger.tenant_id, owner.user_id)):
        assert other.client.get(address(job_id)).status_code == 404
        assert other.client.put(address(job_id), with_roles(rows="hc--"), format="json").status_code == 404
    assert body_of(owner.client.get(address(job_id)))["plan"] == PLAN


def test_a_certain_reading_that_is_mended_is_counted_once_and_without_content(
    owner: Caller, read: Callable[..., uuid.UUID]
) -> None:
    counted = "SELECT count(*) FROM grader.rubric_job_attempts WHERE is_certain AND mended_at IS NOT NULL"
    job_id, other = read(), read(certain=False)
    owner.client.put(address(job_id), {"plan": PLAN}, format="json")
    assert query(counted) == 0  # nothing was changed
    for rows in ("hcc-", "hc--"):
        assert owner.client.put(address(job_id), with_roles(rows=rows), format="json").status_code == 200
    owner.client.put(address(other), with_roles(rows="hcc-"), format="json")
    assert query(counted) == 1
    assert query("SELECT count(*) FROM grader.rubric_job_attempts WHERE is_certain") == 1


def test_a_mended_result_is_not_handed_to_an_equal_document_but_a_reading_is(
    owner: Caller, read: Callable[..., uuid.UUID], submit: Callable[..., uuid.UUID], run: Callable[..., claims.Claim]
) -> None:
    digest = b"the same"
    job_id = read(digest=digest)
    claim = run(submit())
    readings.copy_of_twin(claim, digest)
    assert readings.of(claim.job_id) is not None
    owner.client.put(address(job_id), with_roles(rows="hcc-"), format="json")
    assert claims.finished_twin(claim, digest) is None


def test_a_reading_goes_with_its_job_and_its_tenant(owner: Caller, read: Callable[..., uuid.UUID]) -> None:
    job_id = read()
    assert owner.client.delete(f"{JOBS}{job_id}").status_code == 204
    assert readings.of(job_id) is None
    kept = read()
    erasure.erase(erasure.Owner(tenant_id=owner.tenant_id))
    assert readings.of(kept) is None


def test_a_late_worker_keeps_nothing(submit: Callable[..., uuid.UUID], run: Callable[..., Any]) -> None:
    claim = run(submit())
    assert claims.end([Ending(claim=claim, result=json.loads("{}"), metrics=METRICS)])
    readings.keep(
        [(claim, StoredReading(document=json.dumps(document().as_json()), plan=PLAN, others=[], is_proposal=True))]
    )
    assert readings.of(claim.job_id) is None
