"""A model in plain Python of what a job's row may do, beside the real thing on PostgreSQL, driven at random.

Time moves by editing leases, waits and deadlines in rows. After every step the rows are what the model says.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from rubric_jobs.errors import AnswerInvalid, CallLimitReached, NoRubricFound, ProviderBusy, ProviderUnavailable
from rubric_jobs.jobs import claims, lifecycle
from rubric_jobs.jobs.claims import Claim, Cost, Ending
from rubric_jobs.jobs.lifecycle import CRASHES_ALLOWED, FAULTS_OF_ANSWERS
from rubric_jobs.models import RubricJob, RubricJobAttempt, RubricJobInput, RubricJobReply
from rubric_jobs.worker import circuit_breaker
from tests import claiming

PAST, FUTURE = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
TENANTS = [uuid.UUID(int=number) for number in (1, 2)]


@dataclass
class Modelled:
    """What the model knows of one job."""

    tenant_id: uuid.UUID
    status: str = "pending"
    attempt: int = 0
    crashes: int = 0
    token: int | None = None
    result: dict[str, Any] | None = None
    code: str | None = None
    retryable: bool | None = None
    calling: str | None = None
    is_passed_over: bool = False
    is_waiting: bool = False
    is_wait_over: bool = False
    is_lease_over: bool = False
    is_late: bool = False
    has_input: bool = True
    has_reply: bool = False
    paid: set[int] = field(default_factory=set)
    outcomes: dict[int, str | None] = field(default_factory=dict)
    unclaimed: int = 0

    @property
    def is_woken(self) -> bool:
        return self.status == "pending" and self.calling is not None and not self.is_waiting

    def owns(self, claim: Claim) -> bool:
        return self.status == "processing" and self.token == claim.token

    def leave(self, outcome: str, status: str) -> None:
        assert self.token is not None
        self.outcomes[self.token] = outcome
        self.status, self.is_lease_over, self.calling = status, False, None
        if status == "pending":
            self.token = None

    def end(self, *, code: str | None, retryable: bool | None) -> None:
        self.code, self.retryable = code, retryable
        self.has_input = bool(retryable)
        self.has_reply = self.has_reply and self.has_input


class Jobs(RuleBasedStateMachine):
    """Rules are what callers, workers and sweeps do, in any order, late ones too."""

    submitted = Bundle("submitted")
    held = Bundle("held")

    @initialize()
    def begin(self) -> None:
        self.jobs: dict[uuid.UUID, Modelled] = {}

    def teardown(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE grader.rubric_extraction_jobs, grader.rubric_job_attempts CASCADE")

    def move(self, job_id: uuid.UUID, **times: Any) -> None:
        RubricJob.objects.filter(job_id=job_id).update(**times)

    @rule(target=submitted, tenant_id=st.sampled_from(TENANTS))
    def submit(self, tenant_id: uuid.UUID) -> uuid.UUID:
        job_id = lifecycle.submit(
            tenant_id=tenant_id,
            user_id=tenant_id,
            kind="enhance",
            file_name="rules.txt",
            file_type="text/plain",
            parameters={},
            data=b"x",
            timeout_s=1000,
        )
        self.jobs[job_id] = Modelled(tenant_id)
        return job_id

    @rule(target=held, limit=st.integers(1, 3), cap=st.sampled_from([None, 1, 2]))
    def claim(self, limit: int, cap: int | None) -> Any:
        claimable = {job_id for job_id, job in self.jobs.items() if job.status == "pending" and not job.is_waiting}
        running = {tenant: self._running(tenant) for tenant in TENANTS}
        claimed = claiming.claim(limit=limit, lease_s=1000, tenant_cap=cap)
        assert {claim.job_id for claim in claimed} <= claimable
        room = {tenant: len(claimable) if cap is None else max(cap - running[tenant], 0) for tenant in TENANTS}
        free = {tenant: sum(self.jobs[job_id].tenant_id == tenant for job_id in claimable) for tenant in TENANTS}
        assert len(claimed) == min(limit, sum(min(room[tenant], free[tenant]) for tenant in TENANTS))
        for claim in claimed:
            job = self.jobs[claim.job_id]
            job.status, job.token, job.attempt = "processing", claim.token, job.attempt + 1
            job.outcomes[claim.token] = None
            assert claim.attempt == job.attempt
        assert all(cap is None or self._running(tenant) <= max(cap, running[tenant]) for tenant in TENANTS)
        return multiple(*claimed)

    def _running(self, tenant_id: uuid.UUID) -> int:
        return sum(job.status == "processing" and job.tenant_id == tenant_id for job in self.jobs.values())

    @rule(claim=held)
    def heartbeat(self, claim: Claim) -> None:
        job = self.jobs[claim.job_id]
        assert claims.heartbeat([claim], lease_s=1000) == ({claim.token} if job.owns(claim) else set())
        if job.owns(claim):
            job.is_lease_over = False

    @rule(claim=held)
    def answer(self, claim: Claim) -> None:
        """Also of providers that were asked by workers who lost the job meanwhile: these are paid all the same."""
        job = self.jobs[claim.job_id]
        claims.keep_replies([(claim, Cost(llm_provider="gemini", prompt_tokens=1), {"text": "{}"})])
        job.has_reply = job.has_reply or job.owns(claim)
        job.paid.add(claim.token)

    @rule(claim=held)
    def complete(self, claim: Claim) -> None:
        """Also with claims that were lost long ago, or have ended already."""
        job, result = self.jobs[claim.job_id], {"token": claim.token}
        landed = claims.end([Ending(claim=claim, result=result)])
        assert landed == ({claim.token} if job.owns(claim) else set())
        if landed:
            job.leave("completed", "completed")
            job.result = result
            job.end(code=None, retryable=None)

    @rule(claim=held, error=st.sampled_from([NoRubricFound(), ProviderUnavailable(), AnswerInvalid()]))
    def fail(self, claim: Claim, error: Any) -> None:
        job = self.jobs[claim.job_id]
        landed = claims.end([Ending(claim=claim, error=error)])
        assert landed == ({claim.token} if job.owns(claim) else set())
        if landed:
            job.leave("failed", "failed")
            job.end(code=error.code, retryable=error.retryable)

    @rule(claim=consumes(held))
    def release(self, claim: Claim) -> None:
        job = self.jobs[claim.job_id]
        claims.release([claim])
        if job.owns(claim):
            job.leave("released", "pending")
            job.attempt -= 1
            job.code = None

    @rule(
        claim=held,
        error=st.sampled_from([ProviderUnavailable(), ProviderBusy(), CallLimitReached("gemini", retry_after_s=1)]),
        delay_s=st.sampled_from([0, 500]),
    )
    def retry_later(self, claim: Claim, error: Any, delay_s: float) -> None:
        job = self.jobs[claim.job_id]
        claims.retry_later(claim, delay_s=delay_s, error=error)
        if job.owns(claim):
            job.leave("retried", "pending")
            job.attempt -= not error.charged
            job.is_waiting, job.code = delay_s > 0, error.code
            job.calling = error.awaited_provider if job.is_waiting else None

    def _calls(self) -> int:
        jobs = self.jobs.values()
        return sum(job.calling is not None and not job.is_waiting for job in jobs)

    def _note_woken(self, cap: int) -> None:
        """Who was woken stands in the rows; how many must be stands here."""
        for job in self.jobs.values():
            if job.is_woken and job.is_passed_over:
                job.calling = None
        waiting = {job_id for job_id, job in self.jobs.items() if job.calling and job.is_waiting}
        woken = RubricJob.objects.filter(job_id__in=waiting, run_after=None)
        assert len(woken) == min(len(waiting), max(cap - self._calls(), 0))
        for row in woken:
            job = self.jobs[row.job_id]
            job.is_waiting = job.is_wait_over = job.is_passed_over = False
            self.move(row.job_id, updated_at=FUTURE)

    @rule(job_id=submitted)
    def pass_over(self, job_id: uuid.UUID) -> None:
        """Nobody claims a job that was woken."""
        if self.jobs[job_id].is_woken:
            self.jobs[job_id].is_passed_over = True
            self.move(job_id, updated_at=PAST)

    @rule(cap=st.sampled_from([1, 2]))
    def wake_callers(self, cap: int) -> None:
        circuit_breaker.wake_callers(cap=cap)
        self._note_woken(cap)

    @rule(claim=held, cap=st.sampled_from([1, 2]))
    def take_call(self, claim: Claim, cap: int) -> None:
        job, calls = self.jobs[claim.job_id], self._calls()
        if circuit_breaker.take_call(claim, provider="gemini", cap=cap):
            assert job.owns(claim)
            assert job.calling or calls < cap
            job.calling = "gemini"
        else:
            assert not (job.owns(claim) and job.calling)
            self._note_woken(cap)

    @rule(claim=held, cap=st.sampled_from([1, 2]))
    def end_call(self, claim: Claim, cap: int) -> None:
        job = self.jobs[claim.job_id]
        circuit_breaker.end_call(claim, cap=cap)
        if job.owns(claim) and job.calling:
            job.calling = None
            self._note_woken(cap)

    @rule(job_id=submitted)
    def end_the_lease(self, job_id: uuid.UUID) -> None:
        if self.jobs[job_id].status == "processing":
            self.jobs[job_id].is_lease_over = True
            self.move(job_id, lease_expires_at=PAST)

    @rule(job_id=submitted)
    def end_the_wait(self, job_id: uuid.UUID) -> None:
        if self.jobs[job_id].is_waiting:
            self.jobs[job_id].is_wait_over = True
            self.move(job_id, run_after=PAST)

    @rule(job_id=submitted)
    def pass_the_deadline(self, job_id: uuid.UUID) -> None:
        if self.jobs[job_id].status in {"pending", "processing"}:
            self.jobs[job_id].is_late = True
            self.move(job_id, deadline_at=PAST)

    @rule()
    def rescue(self) -> None:
        expired = [job for job in self.jobs.values() if job.is_lease_over]
        assert lifecycle.rescue() == len(expired)
        for job in expired:
            job.crashes, job.attempt = job.crashes + 1, job.attempt - 1
            is_hopeless = job.crashes >= CRASHES_ALLOWED
            job.leave("failed" if is_hopeless else "lost", "failed" if is_hopeless else "pending")
            job.token = None
            if is_hopeless:
                job.end(code="crashed_worker", retryable=True)

    @rule()
    def expire(self) -> None:
        late = [job for job in self.jobs.values() if job.status == "pending" and job.is_late]
        assert lifecycle.expire() == len(late)
        for job in late:
            job.status, job.is_waiting, job.is_wait_over, job.calling = "failed", False, False, None
            job.unclaimed += 1
            job.end(code=job.code or "timed_out", retryable=True)

    @rule()
    def wake_delayed(self) -> None:
        due = [job for job in self.jobs.values() if job.status == "pending" and job.is_wait_over]
        assert lifecycle.wake_delayed() == len(due)
        for job in due:
            job.is_waiting, job.is_wait_over, job.calling = False, False, None

    @rule(job_id=submitted)
    def cancel(self, job_id: uuid.UUID) -> None:
        job = self.jobs[job_id]
        is_running = job.status in {"pending", "processing"}
        assert lifecycle.cancel(job_id=job_id) is is_running
        if is_running:
            if job.status == "processing":
                job.leave("cancelled", "failed")
            job.status, job.is_waiting, job.is_wait_over, job.calling = "failed", False, False, None
            job.end(code="cancelled", retryable=False)

    @rule(job_id=submitted)
    def retry(self, job_id: uuid.UUID) -> None:
        job = self.jobs[job_id]
        may = job.status == "failed" and bool(job.retryable)
        assert lifecycle.retry(job_id=job_id, tenant_id=job.tenant_id, timeout_s=1000) is may
        if may:
            has_reply = job.has_reply and job.code not in FAULTS_OF_ANSWERS
            kept = {"outcomes": job.outcomes, "unclaimed": job.unclaimed, "paid": job.paid, "has_reply": has_reply}
            self.jobs[job_id] = Modelled(job.tenant_id, **kept)

    @invariant()
    def the_rows_are_what_the_model_says(self) -> None:
        rows = {row.job_id: row for row in RubricJob.objects.all()}
        inputs = set(RubricJobInput.objects.values_list("job_id", flat=True))
        replies = set(RubricJobReply.objects.values_list("job_id", flat=True))
        assert replies == {job_id for job_id, job in self.jobs.items() if job.has_reply}
        assert rows.keys() == self.jobs.keys()
        for job_id, job in self.jobs.items():
            row = rows[job_id]
            assert (row.status, row.attempt, row.crashes, row.result, row.error_code, row.retryable) == (
                (job.status, job.attempt, job.crashes, job.result, job.code, job.retryable)
            )
            assert (row.run_after is not None, job_id in inputs) == (job.is_waiting, job.has_input)
            assert (row.claim_token, row.calling) == (job.token, job.calling)
            assert (row.lease_expires_at is not None) == (job.status == "processing")
            assert (row.completed_at is not None) == (job.status in {"completed", "failed"})

    @invariant()
    def the_ledger_is_what_the_model_says(self) -> None:
        lines = list(RubricJobAttempt.objects.values_list("job_id", "attempt_id", "worker", "outcome"))
        claimed = {(job_id, token, outcome) for job_id, token, worker, outcome in lines if worker}
        assert claimed == {
            (job_id, token, outcome) for job_id, job in self.jobs.items() for token, outcome in job.outcomes.items()
        }
        assert set(RubricJobAttempt.objects.filter(prompt_tokens=1).values_list("attempt_id", flat=True)) == {
            token for job in self.jobs.values() for token in job.paid
        }
        assert len(lines) - len(claimed) == sum(job.unclaimed for job in self.jobs.values())


@pytest.mark.usefixtures("rows")
def test_rows_do_what_the_model_says_in_any_order() -> None:
    quick = settings(
        max_examples=15,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    run_state_machine_as_test(Jobs, settings=quick)
