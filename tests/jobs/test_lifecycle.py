"""Changes that callers and the sweep make: from which state to which, and what goes with them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from rubric_jobs.errors import (
    AnswerInvalid,
    AnswerTruncated,
    CrashedWorker,
    InternalError,
    NoRubricFound,
    ProviderUnavailable,
    RubricJobError,
    TimedOut,
)
from rubric_jobs.jobs import claims, lifecycle
from rubric_jobs.jobs.claims import Claim, Cost, Ending
from rubric_jobs.models import RubricJob, RubricJobAttempt, RubricJobInput, RubricJobReply
from tests import claiming
from tests.races import waited_for

pytestmark = pytest.mark.usefixtures("rows")

Submit = Callable[..., uuid.UUID]

LONG_AGO = "2020-01-01T00:00:00Z"


def claim_one() -> Claim:
    (claim,) = claiming.claim(limit=1)
    return claim


def claim_all(limit: int = 100) -> list[Claim]:
    return claiming.claim(limit=limit)


def end_lease(claim: Claim) -> None:
    RubricJob.objects.filter(job_id=claim.job_id).update(lease_expires_at=LONG_AGO)


def job(job_id: uuid.UUID) -> RubricJob:
    return RubricJob.objects.get(job_id=job_id)


def test_a_submitted_job_is_pending_with_its_document(submit: Submit) -> None:
    job_id = submit(data=b"%PDF-1.7 bytes", parameters={"instruction": "x"})
    assert job(job_id).status == "pending"
    assert job(job_id).file_size_kb == 1
    kept = RubricJobInput.objects.get(job_id=job_id)
    assert bytes(kept.data) == b"%PDF-1.7 bytes"
    assert kept.parameters == {"instruction": "x"}


def test_row_and_document_are_written_together_or_not_at_all(submit: Submit) -> None:
    with pytest.raises(IntegrityError):
        submit(parameters=None, file_name=None)
    assert not RubricJob.objects.exists()
    assert not RubricJobInput.objects.exists()


def test_times_are_the_databases_own(submit: Submit) -> None:
    job_id = submit(timeout_s=100)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT deadline_at - created_at BETWEEN '99 s' AND '101 s', now() - created_at < '10 s'
               FROM grader.rubric_extraction_jobs WHERE job_id = %s""",
            [job_id],
        )
        assert cursor.fetchone() == (True, True)


def test_a_tenant_with_one_job_does_not_wait_behind_one_with_many(submit: Submit) -> None:
    many = [submit(tenant_id=uuid.UUID(int=1)) for _ in range(20)]
    one = submit(tenant_id=uuid.UUID(int=2))
    order = [claim.job_id for claim in claim_all()]
    assert order.index(one) == 1
    assert [job_id for job_id in order if job_id != one] == many


def test_a_cancelled_job_has_failed_and_its_document_is_gone(submit: Submit) -> None:
    job_id = submit()
    assert lifecycle.cancel(job_id=job_id)
    assert (job(job_id).status, job(job_id).error_code, job(job_id).retryable) == ("failed", "cancelled", False)
    assert not RubricJobInput.objects.exists()


def test_a_running_job_can_be_cancelled_and_its_result_never_lands(submit: Submit) -> None:
    submit()
    claim = claim_one()
    assert lifecycle.cancel(job_id=claim.job_id)
    assert claims.end([Ending(claim=claim, result={"late": True})]) == set()
    assert (job(claim.job_id).error_code, job(claim.job_id).result) == ("cancelled", None)
    assert RubricJobAttempt.objects.get().outcome == "cancelled"


def test_a_cancel_that_waited_for_a_claim_closes_the_claims_own_attempt(submit: Submit) -> None:
    job_id = submit()
    waited_for(claim_one, lambda: lifecycle.cancel(job_id=job_id))
    assert job(job_id).error_code == "cancelled"
    assert RubricJobAttempt.objects.get().outcome == "cancelled"


def test_a_cancel_that_waited_for_a_reply_to_be_stored_deletes_it(submit: Submit) -> None:
    submit()
    claim = claim_one()
    waited_for(
        lambda: claims.keep_replies([(claim, Cost(llm_provider="gemini"), {"text": "{}"})]),
        lambda: lifecycle.cancel(job_id=claim.job_id),
    )
    assert job(claim.job_id).error_code == "cancelled"
    assert not RubricJobReply.objects.exists()


def test_a_finished_job_cannot_be_cancelled(submit: Submit) -> None:
    submit()
    claim = claim_one()
    claims.end([Ending(claim=claim, result={"success": True})])
    assert not lifecycle.cancel(job_id=claim.job_id)
    assert job(claim.job_id).status == "completed"


def test_a_failed_job_is_retried_with_fresh_attempts(submit: Submit) -> None:
    submit()
    claim = claim_one()
    claims.end([Ending(claim=claim, error=AnswerInvalid())])
    assert lifecycle.retry(job_id=claim.job_id, tenant_id=claim.tenant_id, timeout_s=280)
    again = claim_one()
    assert (again.job_id, again.attempt) == (claim.job_id, 1)
    assert claims.document(again) == b"%PDF-"


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [
        (AnswerInvalid(), False),
        (AnswerTruncated(), False),
        (InternalError(), False),
        (TimedOut(), True),
        (CrashedWorker(), True),
        (ProviderUnavailable(), True),
    ],
    ids=lambda given: getattr(given, "code", given),
)
def test_a_retry_goes_on_from_a_stored_reply_unless_that_was_the_fault(
    submit: Submit, error: RubricJobError, is_kept: bool
) -> None:
    submit()
    claim = claim_one()
    claims.keep_replies([(claim, Cost(), {"text": "paid"})])
    claims.end([Ending(claim=claim, error=error)])
    assert lifecycle.retry(job_id=claim.job_id, tenant_id=claim.tenant_id, timeout_s=280)
    assert claims.kept_reply(claim_one()) == ({"text": "paid"} if is_kept else None)


def test_a_job_whose_time_is_over_says_what_cost_it_the_attempt_before(submit: Submit) -> None:
    submit()
    claims.retry_later(claim_one(), delay_s=0, error=ProviderUnavailable())
    claim = claim_one()
    claims.end([Ending(claim=claim, error=TimedOut())])
    late = job(claim.job_id)
    assert (late.status, late.error_code, late.error_message, late.retryable) == (
        "failed",
        "provider_unavailable",
        str(ProviderUnavailable()),
        True,
    )
    assert RubricJobAttempt.objects.get(attempt_id=claim.token).error_code == "timed_out"


def test_a_job_whose_time_is_over_in_its_first_attempt_says_so(submit: Submit) -> None:
    submit()
    claim = claim_one()
    claims.end([Ending(claim=claim, error=TimedOut())])
    assert (job(claim.job_id).error_code, job(claim.job_id).error_message) == ("timed_out", str(TimedOut()))


def test_any_other_fault_is_told_whatever_the_attempt_before_failed_with(submit: Submit) -> None:
    submit()
    claims.retry_later(claim_one(), delay_s=0, error=ProviderUnavailable())
    claim = claim_one()
    claims.end([Ending(claim=claim, error=NoRubricFound())])
    assert (job(claim.job_id).error_code, job(claim.job_id).error_message) == (NoRubricFound.code, str(NoRubricFound()))


def test_a_job_that_is_completed_in_the_end_tells_of_no_fault(submit: Submit) -> None:
    submit()
    claims.retry_later(claim_one(), delay_s=0, error=ProviderUnavailable())
    claim = claim_one()
    claims.end([Ending(claim=claim, result={"success": True})])
    assert (job(claim.job_id).error_code, job(claim.job_id).error_message) == (None, None)


def test_a_retry_that_waited_for_an_ending_does_not_see_the_reply_that_was_the_fault(submit: Submit) -> None:
    job_id = submit()
    claim = claim_one()

    def fail() -> None:
        claims.keep_replies([(claim, Cost(), {"text": "useless"})])
        claims.end([Ending(claim=claim, error=AnswerInvalid())])

    waited_for(fail, lambda: lifecycle.retry(job_id=job_id, tenant_id=claim.tenant_id, timeout_s=280))
    assert job(job_id).status == "pending"
    assert not RubricJobReply.objects.exists()


def test_a_retry_of_a_running_job_leaves_its_stored_reply_alone(submit: Submit) -> None:
    submit()
    claim = claim_one()
    claims.keep_replies([(claim, Cost(), {"text": "paid"})])
    assert not lifecycle.retry(job_id=claim.job_id, tenant_id=claim.tenant_id, timeout_s=280)
    assert claims.kept_reply(replace(claim, is_answered=True)) == {"text": "paid"}


def test_a_job_that_no_retry_can_mend_is_not_retried(submit: Submit) -> None:
    submit()
    claim = claim_one()
    claims.end([Ending(claim=claim, error=NoRubricFound())])
    assert not lifecycle.retry(job_id=claim.job_id, tenant_id=claim.tenant_id, timeout_s=280)
    assert job(claim.job_id).status == "failed"


def test_deleting_a_finished_job_leaves_only_the_ledger(submit: Submit) -> None:
    submit()
    claim = claim_one()
    claims.end([Ending(claim=claim, result={"success": True})])
    assert lifecycle.delete(job_id=claim.job_id)
    assert not RubricJob.objects.exists()
    assert RubricJobAttempt.objects.get().outcome == "completed"


def test_a_job_that_is_not_finished_is_not_deleted(submit: Submit) -> None:
    assert not lifecycle.delete(job_id=submit())
    assert RubricJob.objects.count() == 1


def test_a_job_whose_worker_died_is_given_back_uncharged(submit: Submit) -> None:
    submit()
    end_lease(claim_one())
    assert lifecycle.rescue() == 1
    again = claim_one()
    assert again.attempt == 1
    assert job(again.job_id).crashes == 1
    assert sorted(RubricJobAttempt.objects.values_list("outcome", flat=True), key=str) == [None, "lost"]


def test_a_job_that_was_in_flight_in_three_crashes_fails(submit: Submit) -> None:
    job_id = submit()
    for _ in range(lifecycle.CRASHES_ALLOWED):
        end_lease(claim_one())
        lifecycle.rescue()
    assert (job(job_id).status, job(job_id).error_code, job(job_id).retryable) == ("failed", "crashed_worker", True)


def test_a_job_with_a_live_lease_is_left_alone(submit: Submit) -> None:
    submit()
    claim_one()
    assert lifecycle.rescue() == 0


def test_a_job_that_nobody_took_up_in_time_fails(submit: Submit) -> None:
    job_id = submit(timeout_s=-1)
    assert lifecycle.expire() == 1
    assert (job(job_id).status, job(job_id).error_code) == ("failed", "timed_out")


@pytest.mark.parametrize(
    ("state", "sweep"),
    [
        ({"deadline_at": LONG_AGO}, lifecycle.expire),
        ({"run_after": LONG_AGO}, lifecycle.wake_delayed),
        ({"status": "processing", "lease_expires_at": LONG_AGO}, lifecycle.rescue),
    ],
    ids=["late", "delayed", "without a lease"],
)
def test_a_crowd_is_swept_in_parts(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], sweep: Callable[[], int]
) -> None:
    monkeypatch.setattr(lifecycle, "SWEPT_AT_ONCE", 2)
    for _ in range(5):
        submit()
    RubricJob.objects.update(**state)
    assert [sweep() for _ in range(4)] == [2, 2, 1, 0]


def test_rows_from_before_the_service_are_never_touched() -> None:
    for status in ("pending", "processing"):
        RubricJob.objects.create(
            tenant_id=uuid.uuid4(), user_id=uuid.uuid4(), file_name="old", file_type="x", status=status
        )
    before = list(RubricJob.objects.order_by("job_id").values())
    lifecycle.sweep()
    assert claim_all() == []
    assert list(RubricJob.objects.order_by("job_id").values()) == before


@pytest.mark.parametrize("sql", ["status = 'pending'", "status = 'processing'", "status = 'failed'"])
def test_the_database_itself_refuses_to_reopen_a_completed_job(submit: Submit, sql: str) -> None:
    submit()
    claims.end([Ending(claim=claim_one(), result={})])
    with pytest.raises(IntegrityError, match="cannot go from completed"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE grader.rubric_extraction_jobs SET {sql}")


def test_a_pending_job_cannot_be_completed_without_a_claim(submit: Submit) -> None:
    submit()
    with pytest.raises(IntegrityError, match="cannot go from pending to completed"):
        RubricJob.objects.update(status="completed")


def test_replies_and_documents_go_with_the_result(submit: Submit) -> None:
    submit()
    claim = claim_one()
    claims.keep_replies([(claim, Cost(), {"text": "{}"})])
    claims.end([Ending(claim=claim, result={})])
    assert not RubricJobInput.objects.exists()
    assert not RubricJobReply.objects.exists()


def notified(channel: str, change: Callable[[], Any]) -> list[str]:
    """What a listener on `channel` hears of a change."""
    import psycopg

    from rubric_jobs import conf

    with psycopg.connect(conf.database_conninfo(), autocommit=True) as listener:
        listener.execute(f"LISTEN {channel}")
        change()
        return [heard.payload for heard in listener.notifies(timeout=0.2)]


def test_a_submission_wakes_the_workers(submit: Submit) -> None:
    assert notified(lifecycle.PENDING_CHANNEL, submit) == [""]


def test_a_crowd_wakes_the_workers_once(submit: Submit) -> None:
    def crowd() -> None:
        with transaction.atomic():
            for _ in range(20):
                submit()

    assert notified(lifecycle.PENDING_CHANNEL, crowd) == [""]
    held = claim_all()
    assert notified(lifecycle.PENDING_CHANNEL, lambda: claims.release(held)) == [""]
    for claim in claim_all():
        end_lease(claim)
    assert notified(lifecycle.PENDING_CHANNEL, lifecycle.rescue) == [""]


def test_an_ending_is_heard_by_those_who_wait(submit: Submit) -> None:
    submit()
    claim = claim_one()
    heard = notified(lifecycle.CHANGED_CHANNEL, lambda: claims.end([Ending(claim=claim, result={})]))
    assert heard == [str(claim.job_id)]
