"""Fair order among tenants, also when jobs come back: virtual time runs forward for everybody."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from itertools import groupby

import pytest
from django.db import connection

from rubric_jobs.errors import ProviderUnavailable
from rubric_jobs.jobs import claims, lifecycle
from rubric_jobs.jobs.claims import Claim, Ending
from rubric_jobs.models import RubricJob
from tests import claiming
from tests.worker.test_plans import steps_of

pytestmark = pytest.mark.usefixtures("rows")

Submit = Callable[..., uuid.UUID]
FIRST, SECOND, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))
PAST = "2020-01-01T00:00:00Z"


def release(held: Sequence[Claim]) -> None:
    claims.release(held)


def release_one_by_one(held: Sequence[Claim]) -> None:
    for claim in held:
        claims.release([claim])


def retry_when_due(held: Sequence[Claim]) -> None:
    for claim in held:
        claims.retry_later(claim, delay_s=60, error=ProviderUnavailable())
    RubricJob.objects.filter(status="pending", run_after__isnull=False).update(run_after=PAST)
    assert lifecycle.wake_delayed() == len(held)


def rescue(held: Sequence[Claim]) -> None:
    RubricJob.objects.filter(job_id__in=[claim.job_id for claim in held]).update(lease_expires_at=PAST)
    assert lifecycle.rescue() == len(held)


GIVES_BACK = pytest.mark.parametrize(
    "give_back",
    [release, release_one_by_one, retry_when_due, rescue],
    ids=lambda way: way.__name__,
)
GiveBack = Callable[[Sequence[Claim]], None]


def whose_turn(count: int = 1000) -> list[int]:
    """The tenants' numbers in the order in which their jobs are claimed."""
    return [claim.tenant_id.int for claim in claiming.claim(limit=count)]


@GIVES_BACK
def test_a_job_that_is_given_back_is_not_put_behind_those_that_came_later(submit: Submit, give_back: GiveBack) -> None:
    for _ in range(30):
        submit(tenant_id=FIRST)
    held = claiming.claim(limit=30)  # nobody waits: virtual time begins anew
    for _ in range(30):
        submit(tenant_id=SECOND)
    give_back(held[-1:])
    assert whose_turn(2) == [1, 2]


@GIVES_BACK
def test_a_crowd_that_is_given_back_takes_turns_with_those_who_wait(submit: Submit, give_back: GiveBack) -> None:
    for _ in range(20):
        submit(tenant_id=FIRST)
    held = claiming.claim(limit=20)
    for _ in range(20):
        submit(tenant_id=SECOND)
    give_back(held)
    assert whose_turn() == [1, 2] * 20


def test_in_whatever_order_a_crowd_comes_back_others_wait_for_two_of_it_at_the_most(submit: Submit) -> None:
    for _ in range(20):
        submit(tenant_id=FIRST)
    held = claiming.claim(limit=20)
    random.shuffle(held)
    for _ in range(20):
        submit(tenant_id=SECOND)
    release_one_by_one(held)
    runs = [len(list(run)) for tenant, run in groupby(whose_turn()[:20]) if tenant == 1]
    assert max(runs) <= 2, held


@GIVES_BACK
def test_a_newcomer_does_not_wait_for_a_crowd_that_is_given_back(submit: Submit, give_back: GiveBack) -> None:
    for _ in range(20):
        submit(tenant_id=FIRST)
    give_back(claiming.claim(limit=20))
    submit(tenant_id=SECOND)
    assert whose_turn(2) == [1, 2]


@GIVES_BACK
def test_a_job_from_long_ago_that_is_given_back_lets_no_newcomer_pass(submit: Submit, give_back: GiveBack) -> None:
    submit(tenant_id=FIRST)
    old = claiming.claim(limit=1)
    for _ in range(30):
        submit(tenant_id=SECOND)
    claiming.claim(limit=20)
    give_back(old)
    for _ in range(10):
        submit(tenant_id=THIRD)
    assert whose_turn() == [1, *[2, 3] * 10]


@GIVES_BACK
def test_a_tenants_next_job_takes_turns_with_its_own_that_are_given_back(submit: Submit, give_back: GiveBack) -> None:
    for _ in range(20):
        submit(tenant_id=FIRST)
    held = claiming.claim(limit=20)
    submit(tenant_id=SECOND)
    give_back(held[-1:])
    newest = submit(tenant_id=FIRST)
    order = [claim.job_id for claim in claiming.claim(limit=10)]
    assert order[0] == held[-1].job_id
    assert order[-1] == newest


def test_a_job_that_its_user_retries_is_not_put_behind_those_of_others(submit: Submit) -> None:
    for _ in range(10):
        submit(tenant_id=FIRST)
    failed = claiming.claim(limit=10)[-1]
    claims.end([Ending(claim=failed, error=ProviderUnavailable())])
    for _ in range(10):
        submit(tenant_id=SECOND)
    lifecycle.retry(job_id=failed.job_id, tenant_id=FIRST, timeout_s=280)
    assert whose_turn(2) == [1, 2]


def test_among_many_who_wait_a_place_is_found_by_indexes(submit: Submit) -> None:
    submit(tenant_id=FIRST)
    (claim,) = claiming.claim(limit=1)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.rubric_extraction_jobs
                 (tenant_id, user_id, file_name, file_type, status, kind, queue_tag, queued_at, deadline_at)
               SELECT %s, %s, 'rules.txt', 'text/plain', 'pending', 'enhance', n - 5000, now(), now() + interval '1 day'
               FROM generate_series(1, 5000) n""",
            [FIRST, FIRST],
        )
        cursor.execute("ANALYZE grader.rubric_extraction_jobs")
        given = {"uncharged": 1, "delay_s": 0, "outcome": "released", "channel": "none"}
        unsaid = dict.fromkeys(("code", "message", "provider", "model", "awaited"))
        cursor.execute(f"EXPLAIN (FORMAT JSON) {claims._GIVE_BACK}", {**given, **unsaid, **claims._keys([claim])})
        ((explained,),) = cursor.fetchone()
    of_jobs = [step for step in steps_of(explained["Plan"]) if step.get("Relation Name") == "rubric_extraction_jobs"]
    assert "Seq Scan" not in {step["Node Type"] for step in of_jobs}, of_jobs
    assert {"idx_rubric_jobs_returned", "idx_rubric_jobs_claimable"} <= {step.get("Index Name") for step in of_jobs}
