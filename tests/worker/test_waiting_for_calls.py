"""A job that finds all of a provider's calls taken waits as a row: in its place in the queue, and in no slot."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from rubric_jobs.errors import CallLimitReached, ProviderUnavailable
from rubric_jobs.jobs import claims, lifecycle
from rubric_jobs.jobs.claims import Claim, Ending
from rubric_jobs.llm.provider import EnhanceTask, Reply
from rubric_jobs.models import RubricJob, RubricJobAttempt, RubricJobQuerySet
from rubric_jobs.worker import circuit_breaker
from rubric_jobs.worker.guarded_provider import GuardedProvider
from rubric_jobs.worker.job_pump import Pump
from tests import claiming
from tests.worker.test_job_pump import at_once, end_of, pumping, wait_until
from tests.worker.test_plans import steps_of

pytestmark = pytest.mark.usefixtures("rows")

Submit = Callable[..., uuid.UUID]
ASKS = {"provider": "gemini"}
TASK = EnhanceTask(rules="Cite sources.", instruction="", total_points=Decimal(100), rubric=None)
PAST = "2020-01-01T00:00:00Z"


@dataclass
class Service:
    """A model's service, whose calls take `call_s`."""

    call_s: float
    begun: list[uuid.UUID] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    async def call(self, job_id: uuid.UUID) -> None:
        self.begun.append(job_id)
        self.in_flight += 1
        self.most_in_flight = max(self.in_flight, self.most_in_flight)
        await asyncio.sleep(self.call_s)
        self.in_flight -= 1


@dataclass
class Caller:
    """The provider of one job, so that the service knows whose call it is."""

    service: Service
    claim: Claim
    name: str = "gemini"

    async def answer(self, task: Any, *, model: str, timeout_s: float, on_text: Any = None) -> Reply:
        await self.service.call(self.claim.job_id)
        return Reply(text="{}", model=model, prompt_tokens=1, completion_tokens=1)


@contextmanager
def working(service: Service, *, cap: int, **pace: Any) -> Iterator[Pump]:
    """A pump whose jobs call the service where their parameters say so, and else end at once."""
    pumps: list[Pump] = []

    async def run(claim: Claim, report: Any) -> Ending:
        while not pumps:
            await asyncio.sleep(0.001)
        if claim.parameters == ASKS:
            inside: Any = Caller(service, claim)
            guarded = GuardedProvider(inside, claim=claim, writer=pumps[0]._writer, max_calls=cap)
            await guarded.answer(TASK, model="m", timeout_s=30)
        return await at_once(claim, report)

    with pumping(run, call_cap=cap, **pace) as pump:
        pumps.append(pump)
        yield pump


def unfinished() -> RubricJobQuerySet:
    return RubricJob.objects.filter(status__in=["pending", "processing"])


def asking(submit: Submit, count: int) -> list[Claim]:
    """Jobs that are about to ask, as somebody who is no pump holds them."""
    for _ in range(count):
        submit(parameters=ASKS)
    return claiming.claim(limit=count)


def take(claim: Claim, cap: int = 1) -> bool:
    return circuit_breaker.take_call(claim, provider="gemini", cap=cap)


def refused(claim: Claim, cap: int = 1) -> None:
    assert not take(claim, cap)
    claims.retry_later(claim, delay_s=60, error=CallLimitReached("gemini", retry_after_s=60))


def claimable() -> list[uuid.UUID]:
    waking = RubricJob.objects.filter(status="pending", run_after__isnull=True)
    return list(waking.order_by("queue_tag", "created_at").values_list("job_id", flat=True))


def test_calls_are_made_in_the_queues_order_also_when_others_come_meanwhile(submit: Submit) -> None:
    service = Service(call_s=0.2)
    job_ids = [submit(parameters=ASKS) for _ in range(10)]
    with working(service, cap=1):
        wait_until(lambda: not unfinished().filter(calling=None).exists())
        for _ in range(5):
            job_ids.append(submit(parameters=ASKS))
            wait_until(lambda: not unfinished().filter(calling=None).exists())
        wait_until(lambda: not unfinished().exists(), within_s=20)
    assert [job_ids.index(job_id) for job_id in service.begun] == list(range(15))


def test_a_crowd_goes_through_a_small_cap_without_a_break_and_with_two_attempts_each(submit: Submit) -> None:
    service = Service(call_s=0.2)
    with ExitStack() as pumps:
        for _ in range(2):
            pumps.enter_context(working(service, cap=2, poll_s=2))  # not by sweeps
        began = time.monotonic()
        for _ in range(40):
            submit(parameters=ASKS)
        wait_until(lambda: not unfinished().exists(), within_s=30)
        took_s = time.monotonic() - began
    assert service.most_in_flight == 2
    assert took_s < 2 * (40 / 2 * service.call_s)
    lines = RubricJobAttempt.objects.values_list("outcome", flat=True)
    assert sorted(set(lines)) == ["completed", "retried"]
    assert len(lines) <= 2 * 40
    assert set(RubricJob.objects.values_list("attempt", "crashes", "calling")) == {(1, 0, None)}


def test_a_job_that_waits_for_a_call_holds_no_slot(submit: Submit) -> None:
    service = Service(call_s=0)
    (other,) = asking(submit, 1)
    assert take(other)
    with working(service, cap=1, concurrency=1, lease_s=60):
        waiting = submit(parameters=ASKS)
        wait_until(lambda: RubricJob.objects.filter(job_id=waiting, status="pending", calling="gemini").exists())
        assert end_of(submit()).status == "completed"
        assert RubricJob.objects.get(job_id=waiting).status == "pending"
        circuit_breaker.end_call(other, cap=1)
        assert end_of(waiting).status == "completed"


def test_a_wake_up_that_was_lost_is_found_by_the_sweep(submit: Submit) -> None:
    caller, waiting = asking(submit, 2)
    assert take(caller)
    refused(waiting)
    claims.end([Ending(claim=caller, result={})])  # as of one that was cut off before its call had ended in the row
    service = Service(call_s=0)
    with working(service, cap=1):
        assert end_of(waiting.job_id).status == "completed"


def test_a_sweep_wakes_those_who_wait_for_each_provider(submit: Submit) -> None:
    for claim, provider in zip(asking(submit, 3), ("a", "b", "c"), strict=True):
        claims.retry_later(claim, delay_s=60, error=CallLimitReached(provider, retry_after_s=60))
    circuit_breaker.wake_callers(cap=1)
    assert len(claimable()) == 3


def test_a_worker_that_dies_in_its_call_frees_it(submit: Submit) -> None:
    caller, waiting = asking(submit, 2)
    assert take(caller)
    refused(waiting)
    RubricJob.objects.filter(job_id=caller.job_id).update(lease_expires_at=PAST)
    lifecycle.rescue()
    circuit_breaker.wake_callers(cap=1)
    took = {claim.job_id: take(claim) for claim in claiming.claim()}
    assert took == {waiting.job_id: True, caller.job_id: False}


def test_the_end_of_a_call_wakes_the_first_who_waits_and_no_more(submit: Submit) -> None:
    first, second, *waiting = asking(submit, 6)
    assert take(first, 2)
    assert take(second, 2)
    for claim in waiting:
        refused(claim, 2)
    circuit_breaker.end_call(first, cap=2)
    assert claimable() == [waiting[0].job_id]
    circuit_breaker.end_call(second, cap=2)
    circuit_breaker.wake_callers(cap=2)
    assert claimable() == [claim.job_id for claim in waiting[:2]]


def test_a_call_is_kept_for_the_job_that_was_woken(submit: Submit) -> None:
    caller, waiting, newcomer = asking(submit, 3)
    assert take(caller)
    refused(waiting)
    circuit_breaker.end_call(caller, cap=1)
    assert not take(newcomer)
    (woken,) = claiming.claim()
    assert not take(newcomer)
    assert take(woken)


def test_a_free_call_goes_to_those_who_wait_and_stand_before_the_one_who_asks(submit: Submit) -> None:
    caller, waiting, newcomer = asking(submit, 3)
    assert take(caller)
    refused(waiting)
    RubricJob.objects.filter(job_id=caller.job_id).update(calling=None)  # a wake-up was lost
    assert not take(newcomer)
    assert claimable() == [waiting.job_id]


def test_a_free_call_goes_to_the_one_who_asks_where_he_stands_before_all_who_wait(submit: Submit) -> None:
    caller, first, waiting = asking(submit, 3)
    assert take(caller)
    refused(waiting)
    RubricJob.objects.filter(job_id=waiting.job_id).update(queue_tag=10)
    RubricJob.objects.filter(job_id=caller.job_id).update(calling=None)
    assert take(first)


def test_a_call_that_is_kept_for_a_job_that_nobody_claims_goes_to_the_next_one(submit: Submit) -> None:
    caller, *waiting = asking(submit, 3)
    assert take(caller)
    for claim in waiting:
        refused(claim)
    circuit_breaker.end_call(caller, cap=1)
    RubricJob.objects.filter(job_id=waiting[0].job_id).update(updated_at=PAST)
    circuit_breaker.wake_callers(cap=1)
    took = {claim.job_id: take(claim) for claim in claiming.claim()}
    assert took == {waiting[0].job_id: False, waiting[1].job_id: True}


def test_a_cancelled_job_waits_no_more_and_the_next_one_gets_the_call(submit: Submit) -> None:
    caller, cancelled, waiting = asking(submit, 3)
    assert take(caller)
    refused(cancelled)
    refused(waiting)
    assert lifecycle.cancel(job_id=cancelled.job_id)
    circuit_breaker.end_call(caller, cap=1)
    assert claimable() == [waiting.job_id]
    gone = RubricJob.objects.get(job_id=cancelled.job_id)
    assert (gone.error_code, gone.calling) == ("cancelled", None)


def test_a_job_that_waits_for_a_call_until_its_deadline_fails(submit: Submit) -> None:
    caller, waiting = asking(submit, 2)
    assert take(caller)
    refused(waiting)
    RubricJob.objects.filter(job_id=waiting.job_id).update(deadline_at=PAST)
    assert lifecycle.expire() == 1
    late = RubricJob.objects.get(job_id=waiting.job_id)
    assert (late.status, late.error_code, late.retryable, late.calling) == (
        "failed",
        "provider_unavailable",
        True,
        None,
    )


def test_a_job_that_was_not_woken_asks_again_and_no_call_is_kept_for_it(submit: Submit) -> None:
    caller, waiting = asking(submit, 2)
    assert take(caller)
    refused(waiting)
    RubricJob.objects.filter(job_id=waiting.job_id).update(run_after=PAST)
    assert lifecycle.wake_delayed() == 1
    (again,) = claiming.claim()
    assert not take(again)


@pytest.mark.parametrize("leave", ["release", "retry_later", "rescue"])
def test_a_job_that_is_given_back_keeps_no_call(submit: Submit, leave: str) -> None:
    (caller,) = asking(submit, 1)
    assert take(caller)
    if leave == "release":
        claims.release([caller])
    elif leave == "retry_later":
        claims.retry_later(caller, delay_s=0, error=ProviderUnavailable())
    else:
        RubricJob.objects.update(lease_expires_at=PAST)
        lifecycle.rescue()
    assert RubricJob.objects.get().calling is None


def test_a_newcomer_takes_turns_with_those_who_wait(submit: Submit) -> None:
    """Who waits for a call stands in the queue: virtual time does not begin anew."""
    first, second = uuid.UUID(int=1), uuid.UUID(int=2)
    for _ in range(20):
        submit(tenant_id=first)
    claims.end([Ending(claim=claim, result={}) for claim in claiming.claim(limit=10)])
    while claimed := claiming.claim(limit=1):
        claims.retry_later(claimed[0], delay_s=60, error=CallLimitReached("gemini", retry_after_s=60))
    for _ in range(10):
        submit(tenant_id=second)
    circuit_breaker.wake_callers(cap=100)
    assert [claim.tenant_id.int for claim in claiming.claim(limit=20)] == [1, 2] * 10


def test_where_nobody_waits_for_a_call_a_sweep_looks_into_an_index_alone(submit: Submit) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.rubric_extraction_jobs
                 (tenant_id, user_id, file_name, file_type, status, kind, queue_tag, queued_at, deadline_at)
               SELECT gen_random_uuid(), gen_random_uuid(), 'rules.txt', 'text/plain', 'pending', 'enhance', n, now(),
                 now() + interval '1 day'
               FROM generate_series(1, 5000) n"""
        )
        cursor.execute("ANALYZE grader.rubric_extraction_jobs")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {circuit_breaker._WAKE_CALLERS}", [1])
        ((explained,),) = cursor.fetchone()
    of_jobs = [step for step in steps_of(explained["Plan"]) if step.get("Relation Name") == "rubric_extraction_jobs"]
    assert {step.get("Index Name") for step in of_jobs} <= {"idx_rubric_jobs_waiting", "idx_rubric_jobs_waiting_tag"}
