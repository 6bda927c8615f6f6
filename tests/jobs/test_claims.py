"""Claims: one worker each, fenced by their token."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from rubric_jobs.errors import NoRubricFound, ProviderUnavailable
from rubric_jobs.jobs import claims, lifecycle
from rubric_jobs.jobs.claims import Claim, Cost, Ending
from rubric_jobs.models import RubricJob, RubricJobAttempt, RubricJobInput
from tests import claiming

pytestmark = pytest.mark.usefixtures("rows")

Submit = Callable[..., uuid.UUID]


def claim_all(limit: int = 100) -> list[Claim]:
    return claiming.claim(limit=limit)


def lose(claim: Claim) -> None:
    """Let the lease end and the job be given back."""
    RubricJob.objects.filter(job_id=claim.job_id).update(lease_expires_at="2020-01-01T00:00:00Z")
    lifecycle.rescue()


def test_a_claim_tells_all_that_a_worker_needs(submit: Submit) -> None:
    job_id = submit(parameters={"provider": "local"}, timeout_s=100)
    (claim,) = claim_all()
    assert (claim.job_id, claim.kind, claim.attempt, claim.parameters) == (job_id, "extract", 1, {"provider": "local"})
    assert 90 < claim.seconds_left <= 100
    assert claims.document(claim) == b"%PDF-"


@pytest.mark.parametrize("cap", [None, 5])
@pytest.mark.parametrize(("size", "visits"), [(0, 0), (16_000, 0), (16_001, 1), (1_000_000, 1)])
def test_a_short_input_comes_with_its_claim_and_a_long_one_when_it_is_asked_for(
    submit: Submit, django_assert_num_queries: Any, cap: int | None, size: int, visits: int
) -> None:
    submit(data=b"r" * size)
    (claim,) = claiming.claim(limit=1, tenant_cap=cap)
    with django_assert_num_queries(visits):
        assert claims.document(claim) == b"r" * size
        assert claims.kept_reply(claim) is None


def test_a_claimed_job_is_not_claimed_again(submit: Submit) -> None:
    submit()
    assert len(claim_all()) == 1
    assert claim_all() == []


def test_a_claim_takes_no_more_than_it_has_slots_for(submit: Submit) -> None:
    for _ in range(5):
        submit()
    assert [len(claim_all(limit=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_a_tenant_whose_documents_wait_to_be_read_gets_few_more_of_them(submit: Submit) -> None:
    crowd, other = uuid.uuid4(), uuid.uuid4()
    documents = [submit(tenant_id=crowd) for _ in range(30)]
    rules = submit(tenant_id=crowd, kind="enhance")
    plain = [submit(tenant_id=other) for _ in range(12)]
    unread = {crowd: claims.DOCUMENTS_AHEAD - 2}
    claimed = [claim.job_id for claim in claiming.claim(unread=unread)]
    assert set(claimed) == {*documents[:2], rules, *plain[: claims.DOCUMENTS_AHEAD]}
    assert {claim.job_id for claim in claiming.claim(unread={crowd: 40, other: 40})} == set()
    assert len(claim_all()) == 30


def test_concurrent_workers_share_the_jobs_without_waiting_for_each_other(submit: Submit) -> None:
    submitted = {submit() for _ in range(60)}

    def work(_: int) -> list[uuid.UUID]:
        taken: list[uuid.UUID] = []
        while claimed := claim_all(limit=3):
            taken += [claim.job_id for claim in claimed]
        connection.close()
        return taken

    with ThreadPoolExecutor(4) as workers:
        taken = [job_id for share in workers.map(work, range(4)) for job_id in share]
    assert len(taken) == len(submitted)
    assert set(taken) == submitted


def test_jobs_are_claimed_while_another_transaction_holds_some_of_them(submit: Submit) -> None:
    locked, free = submit(), submit()
    with ThreadPoolExecutor(1) as other:

        def lock() -> None:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT 1 FROM grader.rubric_extraction_jobs WHERE job_id = %s FOR UPDATE", [locked])

        def unlock() -> None:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
            connection.close()

        other.submit(lock).result()
        assert [claim.job_id for claim in claim_all()] == [free]
        other.submit(unlock).result()


def test_a_result_lands_with_its_times_and_figures(submit: Submit) -> None:
    submit()
    (claim,) = claim_all()
    ending = Ending(claim=claim, result={"success": True}, metrics={"token_usage": 7, "prompt_tokens": 5})
    assert claims.end([ending]) == {claim.token}
    job = RubricJob.objects.get()
    assert (job.status, job.result) == ("completed", {"success": True})
    assert job.completed_at is not None
    assert job.performance_metrics["token_usage"] == 7
    assert job.performance_metrics["duration_ms"] >= job.performance_metrics["queue_time_ms"] >= 0
    assert (job.performance_metrics["file_size_kb"], job.performance_metrics["attempts"]) == (1, 1)


def test_a_job_that_is_months_old_is_claimed_and_ends_like_any_other(submit: Submit) -> None:
    """An integer has room for 24 days of milliseconds."""
    submit()
    RubricJob.objects.update(created_at="2020-01-01T00:00:00Z", queued_at="2020-01-01T00:00:00Z")
    (claim,) = claim_all()
    assert claims.end([Ending(claim=claim, result={})]) == {claim.token}
    job = RubricJob.objects.get()
    assert (job.status, job.performance_metrics["duration_ms"]) == ("completed", 2**31 - 1)


def test_a_late_workers_result_never_lands(submit: Submit) -> None:
    submit()
    (late,) = claim_all()
    lose(late)
    (current,) = claim_all()
    assert claims.end([Ending(claim=late, result={"whose": "late"})]) == set()
    assert claims.end([Ending(claim=current, result={"whose": "current"})]) == {current.token}
    assert RubricJob.objects.get().result == {"whose": "current"}
    assert set(RubricJobAttempt.objects.values_list("attempt_id", "outcome")) == {
        (late.token, "lost"),
        (current.token, "completed"),
    }


def test_a_result_that_is_sent_twice_lands_once(submit: Submit) -> None:
    submit()
    (claim,) = claim_all()
    assert claims.end([Ending(claim=claim, result={"n": 1})]) == {claim.token}
    assert claims.end([Ending(claim=claim, result={"n": 2})]) == set()
    assert RubricJob.objects.get().result == {"n": 1}


def test_a_failure_says_what_and_whether_a_retry_may_help(submit: Submit) -> None:
    submit()
    (claim,) = claim_all()
    claims.end([Ending(claim=claim, error=NoRubricFound())])
    job = RubricJob.objects.get()
    assert (job.status, job.error_code, job.retryable) == ("failed", "no_rubric_found", False)
    assert job.error_message == "No rubric was found in the document."


@pytest.mark.parametrize(("error", "keeps"), [(NoRubricFound(), False), (ProviderUnavailable(), True)])
def test_a_document_is_kept_only_while_a_retry_needs_it(submit: Submit, error: Exception, keeps: bool) -> None:
    submit()
    (claim,) = claim_all()
    claims.end([Ending(claim=claim, error=error)])
    assert RubricJobInput.objects.exists() is keeps


def test_endings_of_many_jobs_are_written_at_once(submit: Submit) -> None:
    for _ in range(10):
        submit()
    held = claim_all()
    claims.end([Ending(claim=claim, result={"job": str(claim.job_id)}) for claim in held])
    assert all(job.result == {"job": str(job.job_id)} for job in RubricJob.objects.all())


def test_a_heartbeat_tells_which_jobs_are_still_held(submit: Submit) -> None:
    submit()
    submit()
    lost, held = claim_all()
    lose(lost)
    assert claims.heartbeat([lost, held], lease_s=30) == {held.token}


def test_a_heartbeat_renews_the_lease(submit: Submit) -> None:
    submit()
    (claim,) = claiming.claim(limit=1, lease_s=0)
    claims.heartbeat([claim], lease_s=30)
    assert lifecycle.rescue() == 0


def test_released_jobs_are_pending_at_once_and_uncharged(submit: Submit) -> None:
    submit()
    (claim,) = claim_all()
    claims.release([claim])
    (again,) = claim_all()
    assert (again.job_id, again.attempt) == (claim.job_id, 1)


def test_a_retry_waits_and_is_charged(submit: Submit) -> None:
    submit()
    (claim,) = claim_all()
    claims.retry_later(claim, delay_s=60, error=ProviderUnavailable())
    assert RubricJob.objects.get().status == "pending"
    assert claim_all() == []
    RubricJob.objects.update(run_after="2020-01-01T00:00:00Z")
    assert lifecycle.wake_delayed() == 1
    assert [again.attempt for again in claim_all()] == [2]


def test_progress_of_a_lost_job_is_not_shown(submit: Submit) -> None:
    submit()
    (late,) = claim_all()
    lose(late)
    claims.report_progress([(late, {"stage": "late"})])
    assert RubricJob.objects.get().progress is None


def test_a_reply_is_kept_for_the_next_attempt_but_not_from_a_late_worker(submit: Submit) -> None:
    submit()
    (late,) = claim_all()
    claims.keep_replies([(late, Cost(), {"text": "first"})])
    lose(late)
    (current,) = claim_all()
    claims.keep_replies([(late, Cost(), {"text": "late"})])
    assert claims.kept_reply(current) == {"text": "first"}
