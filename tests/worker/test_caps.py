"""Caps hold over many connections at once, and nobody who froze in the middle holds the others up."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from rubric_jobs import conf
from rubric_jobs.jobs import claim_queries, claims
from rubric_jobs.jobs.claims import Claim
from rubric_jobs.models import RubricJob
from rubric_jobs.worker import circuit_breaker
from tests import claiming

pytestmark = pytest.mark.usefixtures("rows")

Submit = Callable[..., uuid.UUID]
CONNECTIONS = 6
CAP = 3
TENANTS_LOCK = "SELECT pg_advisory_xact_lock(hashtext('rubric jobs: tenants'))"
CALLS_LOCK = "SELECT pg_advisory_xact_lock(hashtext('rubric jobs: calls'), hashtext('gemini'))"


@pytest.fixture(autouse=True)
def _fail_instead_of_waiting(rows: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '3s'")


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What `work` returns on so many connections, all of which begin at the same moment."""
    start = threading.Barrier(CONNECTIONS)

    def run(number: int) -> Any:
        connection.ensure_connection()
        start.wait(5)
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as workers:
        return list(workers.map(run, range(CONNECTIONS)))


@contextmanager
def locked(statement: str) -> Iterator[None]:
    """Somebody else keeps a lock."""
    with psycopg.connect(conf.database_conninfo()) as other:
        other.execute(statement)
        yield


def submit_for_tenants(submit: Submit, *, tenants: int, jobs: int) -> None:
    for tenant in range(tenants):
        for _ in range(jobs):
            submit(tenant_id=uuid.UUID(int=tenant))


def test_no_tenant_runs_more_than_its_cap_however_many_claim_at_once(submit: Submit) -> None:
    submit_for_tenants(submit, tenants=3, jobs=2 * CAP)

    def claim_some(_: int) -> list[Claim]:
        return [claim for _ in range(4) for claim in claiming.claim(limit=2, tenant_cap=CAP)]

    for _ in range(5):
        claimed = [claim for share in at_once(claim_some) for claim in share]
        assert Counter(claim.tenant_id.int for claim in claimed) == {0: CAP, 1: CAP, 2: CAP}
        claims.release(claimed)


def test_no_more_calls_are_in_flight_than_the_cap_however_many_ask_at_once(submit: Submit) -> None:
    for _ in range(2 * CONNECTIONS):
        submit()
    held = claiming.claim(limit=2 * CONNECTIONS)

    def take(number: int) -> int:
        mine = held[number::CONNECTIONS]
        return sum(circuit_breaker.take_call(claim, provider="gemini", cap=CAP) for claim in mine for _ in range(3))

    for _ in range(5):
        at_once(take)
        assert RubricJob.objects.filter(calling="gemini").count() == CAP
        for claim in held:
            circuit_breaker.end_call(claim, cap=CAP)


def test_a_tenant_at_its_cap_does_not_hide_the_others_behind_it(submit: Submit) -> None:
    submit_for_tenants(submit, tenants=1, jobs=CAP)
    assert len(claiming.claim(tenant_cap=CAP)) == CAP
    with connection.cursor() as cursor:  # a long backlog of its own, and somebody who comes late
        cursor.execute(
            """WITH job AS (
                 INSERT INTO grader.rubric_extraction_jobs
                   (tenant_id, user_id, file_name, file_type, status, kind, queue_tag, queued_at, deadline_at)
                 SELECT lpad(CASE WHEN n <= 1000 THEN '0' ELSE '1' END, 32, '0')::uuid, gen_random_uuid(), 'r.txt',
                   'text/plain', 'pending', 'enhance', n, now(), now() + interval '1 day'
                 FROM generate_series(1, 1005) n RETURNING job_id)
               INSERT INTO grader.rubric_job_inputs (job_id, parameters, data) SELECT job_id, '{}', 'x' FROM job"""
        )
    assert [claim.tenant_id.int for claim in claiming.claim(tenant_cap=CAP)] == [1] * CAP


def test_capped_claims_come_in_the_queues_order_with_their_parameters(submit: Submit) -> None:
    job_ids = [submit(parameters={"number": number}) for number in range(CAP)]
    claimed = claiming.claim(tenant_cap=CAP + 1)
    assert [claim.job_id for claim in claimed] == job_ids
    assert [claim.parameters for claim in claimed] == [{"number": number} for number in range(CAP)]


class FreezingCursor(psycopg.AsyncCursor[Any]):
    """Its process freezes once the given number of statements have been carried out: nothing more is said or read."""

    statements_left = 0

    async def execute(self, *statement: Any, **how: Any) -> Any:
        await super().execute(*statement, **how)
        FreezingCursor.statements_left -= 1
        if FreezingCursor.statements_left == 0:
            await asyncio.Event().wait()
        return self


@pytest.mark.parametrize("statements", [1, 2])
def test_a_claimer_that_froze_in_the_middle_does_not_stop_the_others(submit: Submit, statements: int) -> None:
    submit_for_tenants(submit, tenants=1, jobs=2 * CAP)
    FreezingCursor.statements_left = statements
    conninfo = conf.database_conninfo()

    async def freeze() -> list[Claim]:
        terms: Any = {"limit": 1, "worker": "test", "lease_s": 30, "tenant_cap": CAP}
        async with await connect(conninfo) as freezing, await connect(conninfo) as other:
            freezing.cursor_factory = FreezingCursor
            frozen = asyncio.create_task(claims.claim(freezing, **terms))
            while FreezingCursor.statements_left > 0:
                await asyncio.sleep(0.01)
            async with asyncio.timeout(2):
                claimed = await claims.claim(other, **terms)
            frozen.cancel()
            return claimed

    assert len(asyncio.run(freeze())) == 1


def connect(conninfo: str) -> Any:
    return psycopg.AsyncConnection.connect(conninfo, autocommit=True)


def test_a_claimer_that_never_reads_its_answer_does_not_stop_the_others(submit: Submit) -> None:
    for tenant in range(50):
        submit(tenant_id=uuid.UUID(int=tenant), parameters={"instruction": "so much text " * 1500})
    submit(tenant_id=uuid.UUID(int=50))
    with psycopg.connect(conf.database_conninfo(), autocommit=True) as frozen:
        values = {"limit": 50, "worker": "frozen", "lease_s": 30, "tenant_cap": 1}
        frozen.pgconn.send_query(psycopg.ClientCursor(frozen).mogrify(claim_queries.CLAIM_CAPPED, values).encode())
        deadline = time.monotonic() + 5
        while RubricJob.objects.filter(status="processing").count() < 50:
            assert time.monotonic() < deadline, "the frozen claim is not committed"
        assert len(claiming.claim(tenant_cap=1)) == 1
        frozen.pgconn.finish()


def test_a_job_that_froze_while_it_took_a_call_does_not_stop_the_others(submit: Submit) -> None:
    submit_for_tenants(submit, tenants=1, jobs=2)
    first, second = claiming.claim(limit=2)
    is_frozen, thaw = threading.Event(), threading.Event()

    def freeze(execute: Any, *statement: Any) -> Any:
        answer = execute(*statement)
        is_frozen.set()
        assert thaw.wait(10)
        return answer

    def take() -> None:
        with connection.execute_wrapper(freeze):
            circuit_breaker.take_call(first, provider="gemini", cap=CAP)
        connection.close()

    with ThreadPoolExecutor(1) as other, ExitStack() as stack:
        stack.callback(thaw.set)
        taken = other.submit(take)
        assert is_frozen.wait(5)
        began = time.monotonic()
        assert circuit_breaker.take_call(second, provider="gemini", cap=CAP)
        assert time.monotonic() - began < 1
        thaw.set()
        taken.result(5)


def test_a_lock_that_somebody_keeps_is_not_waited_for_long(submit: Submit) -> None:
    """A worker of an older version may: until it lets go nothing is claimed, but heartbeats go on."""
    submit_for_tenants(submit, tenants=1, jobs=2)
    (held,) = claiming.claim(limit=1)
    began = time.monotonic()
    with locked(TENANTS_LOCK):
        assert claiming.claim(tenant_cap=CAP) == []
    with locked(CALLS_LOCK):
        assert not circuit_breaker.take_call(held, provider="gemini", cap=CAP)
    assert time.monotonic() - began < 2
    assert len(claiming.claim(tenant_cap=CAP)) == 1
    assert circuit_breaker.take_call(held, provider="gemini", cap=CAP)
