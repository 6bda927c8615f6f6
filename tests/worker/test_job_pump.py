"""The pump: many jobs side by side in one process, whatever becomes of each of them."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from rubric_jobs import conf
from rubric_jobs.errors import NoRubricFound, ProviderBusy, ProviderUnavailable
from rubric_jobs.jobs import claims, controls, lifecycle, workers
from rubric_jobs.jobs.claims import Claim, Ending
from rubric_jobs.models import RubricJob, RubricJobAttempt
from rubric_jobs.worker import job_pump
from rubric_jobs.worker.job_pump import Pump, PumpLimits
from rubric_jobs.worker.writer import Writer
from tests import claiming
from tests.worker.trials import read_only_database

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("rows")]

Submit = Callable[..., uuid.UUID]
Run = Callable[[Claim, Callable[[dict[str, Any]], None]], Any]
LIMITS = PumpLimits(
    concurrency=50, max_attempts=3, lifetime_s=60, poll_s=0.2, lease_s=3, progress_s=0.05, backoff_s=0.05
)


async def at_once(claim: Claim, report: Any) -> Ending:
    return Ending(claim=claim, result={"job": str(claim.job_id)})


@contextmanager
def pumping(run: Run, *, listens: bool = True, hand_over: Any = None, **pace: Any) -> Iterator[Pump]:
    """A pump in a thread of its own, stopped and awaited at the end; what broke it is raised then."""
    settings = {name: getattr(LIMITS, name) for name in LIMITS.__slots__} | pace
    conninfo = conf.database_conninfo()
    started: dict[str, Any] = {}
    is_up = threading.Event()

    async def serve() -> None:
        writer = Writer()
        given = {"conninfo": conninfo, "is_listening": listens} | ({"hand_over": hand_over} if hand_over else {})
        pump = Pump(run=run, writer=writer, limits=PumpLimits(**settings), name="test", **given)
        started.update(pump=pump, loop=asyncio.get_running_loop())
        is_up.set()
        try:
            await pump.run()
        except ExceptionGroup as broken:
            started["broken"] = broken
        started["left_behind"] = asyncio.all_tasks() - {asyncio.current_task()}
        await writer.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert is_up.wait(5)
    try:
        yield started["pump"]
    finally:
        if thread.is_alive():
            started["loop"].call_soon_threadsafe(started["pump"].stop)
        thread.join(15)
        assert not thread.is_alive()
        assert not started["left_behind"]
        if "broken" in started:
            raise started["broken"]


def wait_until(condition: Callable[[], Any], *, within_s: float = 10) -> Any:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.005)
    raise AssertionError(f"not within {within_s} s")


def ended(job_id: uuid.UUID) -> RubricJob | None:
    return RubricJob.objects.filter(job_id=job_id, status__in=["completed", "failed"]).first()


def end_of(job_id: uuid.UUID) -> RubricJob:
    job: RubricJob = wait_until(lambda: ended(job_id))
    return job


def test_jobs_run_side_by_side_each_with_its_own_result(submit: Submit) -> None:
    async def half_a_second(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(0.5)
        return await at_once(claim, report)

    job_ids = [submit() for _ in range(40)]
    began = time.monotonic()
    with pumping(half_a_second):
        wait_until(lambda: RubricJob.objects.filter(status="completed").count() == len(job_ids))
    assert time.monotonic() - began < 3
    assert all(job.result == {"job": str(job.job_id)} for job in RubricJob.objects.all())


@pytest.mark.parametrize(("kind", "sizes", "waits"), [("enhance", [4, 10, 6], 0), ("extract", [4, 4, 4, 4, 4], 5)])
def test_a_full_claim_without_documents_is_followed_at_once_by_a_larger_one(
    submit: Submit, monkeypatch: pytest.MonkeyPatch, kind: str, sizes: list[int], waits: int
) -> None:
    asked: list[int] = []
    waited: list[Writer] = []
    claim_jobs, flush = claims.claim, Writer.flush

    async def noted(writer: Writer) -> None:
        waited.append(writer)
        await flush(writer)

    async def counted(connection: Any, **terms: Any) -> list[Claim]:
        asked.append(terms["limit"])
        return await claim_jobs(connection, **terms)

    async def held(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(60)
        return await at_once(claim, report)

    monkeypatch.setattr(claims, "claim", counted)
    monkeypatch.setattr(Writer, "flush", noted)
    monkeypatch.setattr(job_pump, "CLAIMED_AT_ONCE", 4)
    for _ in range(25):
        submit(kind=kind)
    with pumping(held, concurrency=20, poll_s=30, grace_s=0):
        wait_until(lambda: RubricJob.objects.filter(status="processing").count() == 20)
    assert asked == sizes
    assert len(waited) == waits


def test_an_ending_asks_for_jobs_only_where_a_slot_was_lacking(submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    claim_jobs = claims.claim

    async def counted(connection: Any, **terms: Any) -> list[Claim]:
        asked.append(terms["limit"])
        return await claim_jobs(connection, **terms)

    async def a_moment(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(0.02 * len(begun))
        begun.append(claim)
        return await at_once(claim, report)

    begun: list[Claim] = []
    monkeypatch.setattr(claims, "claim", counted)
    job_ids = [submit() for _ in range(9)]
    with pumping(a_moment, concurrency=20, poll_s=30):
        wait_until(lambda: RubricJob.objects.filter(status="completed").count() == len(job_ids))
    assert asked == [10]


def test_no_more_jobs_than_slots_are_held(submit: Submit) -> None:
    held: list[int] = []

    async def watched(claim: Claim, report: Any) -> Ending:
        held.append(running.change(1))
        await asyncio.sleep(0.05)
        running.change(-1)
        return await at_once(claim, report)

    class Counter:
        now = 0

        def change(self, by: int) -> int:
            self.now += by
            return self.now

    running = Counter()
    for _ in range(20):
        submit()
    with pumping(watched, concurrency=4):
        wait_until(lambda: RubricJob.objects.filter(status="completed").count() == 20)
    assert max(held) == 4


def test_a_submission_is_heard_well_before_the_next_poll(submit: Submit) -> None:
    with pumping(at_once, poll_s=30):
        time.sleep(0.3)
        assert end_of(submit()).performance_metrics["queue_time_ms"] < 500


def test_without_notifications_a_poll_finds_the_job(submit: Submit) -> None:
    with pumping(at_once, listens=False):
        time.sleep(0.3)
        job_id = submit()
        assert end_of(job_id)


def test_a_job_that_breaks_our_code_fails_alone(submit: Submit) -> None:
    broken = submit(parameters={"break": True})

    async def break_some(claim: Claim, report: Any) -> Ending:
        if claim.parameters:
            raise ZeroDivisionError("not in the user's words")
        return await at_once(claim, report)

    with pumping(break_some):
        innocent = submit()
        assert end_of(innocent).status == "completed"
        failed = end_of(broken)
    assert (failed.status, failed.error_code, failed.retryable) == ("failed", "internal_error", True)
    assert "not in the user's words" not in failed.error_message


def test_a_result_that_the_database_refuses_takes_no_other_with_it_and_is_not_quoted_in_the_log(
    submit: Submit, caplog: pytest.LogCaptureFixture
) -> None:
    unstorable = submit(parameters={"nul": True})
    others = [submit() for _ in range(5)]

    async def with_nul(claim: Claim, report: Any) -> Ending:
        result = {"text": "her own words\x00"} if claim.parameters else {}
        return Ending(claim=claim, result=result)

    with pumping(with_nul):
        assert end_of(unstorable).error_code == "internal_error"
        for job_id in others:
            assert end_of(job_id).status == "completed"
    assert "UntranslatableCharacter" in caplog.text
    assert "her own words" not in caplog.text


@contextmanager
def refusing(change: str) -> Iterator[None]:
    """The database refuses a change of a job whose parameters say `poisoned`; `change` is a condition on NEW."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION grader.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF {change} AND EXISTS (SELECT FROM grader.rubric_job_inputs
                    WHERE job_id = NEW.job_id AND parameters->>'poisoned' = 'true')
                  THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'data_exception'; END IF;
                  RETURN NEW; END $$;
                CREATE TRIGGER refusing BEFORE UPDATE ON grader.rubric_extraction_jobs
                  FOR EACH ROW EXECUTE FUNCTION grader.refuse()"""
        )
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION grader.refuse() CASCADE")


def test_progress_that_the_database_refuses_is_not_shown_and_costs_no_job(submit: Submit) -> None:
    go_on = threading.Event()

    async def tell(claim: Claim, report: Any) -> Ending:
        report({"criteriaFound": float("inf") if claim.parameters else 2})
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return await at_once(claim, report)

    job_ids = [submit(), submit(parameters={"poisoned": True}), submit()]
    with pumping(tell):
        wait_until(lambda: RubricJob.objects.filter(progress__criteriaFound=2).count() == 2)
        go_on.set()
        assert {end_of(job_id).status for job_id in job_ids} == {"completed"}
    assert set(RubricJob.objects.values_list("attempt", "crashes")) == {(1, 0)}


@pytest.mark.parametrize(
    ("error", "change"), [(None, "NEW.status <> 'processing'"), (ProviderUnavailable(), "NEW.status = 'pending'")]
)
def test_a_job_of_which_the_database_takes_no_end_is_let_go_alone(submit: Submit, error: Any, change: str) -> None:
    """Its lease ends like that of a job whose worker is gone; the pump and the others go on."""

    async def run(claim: Claim, report: Any) -> Ending:
        return Ending(claim=claim, error=error) if claim.parameters else await at_once(claim, report)

    poisoned, other = submit(parameters={"poisoned": True}), submit()
    with refusing(change), pumping(run, lease_s=60, concurrency=2) as pump:
        assert end_of(other).status == "completed"
        wait_until(lambda: not pump._held)
        assert end_of(submit()).status == "completed"
    assert RubricJob.objects.get(job_id=poisoned).status == "processing"


def test_a_pump_that_breaks_ends_its_jobs_first_and_gives_them_back_uncharged(submit: Submit) -> None:
    """What they work with is closed afterwards; one that still ran would take that for a fault of its provider."""
    begun, broken_off = [], []

    async def endless(claim: Claim, report: Any) -> Ending:
        begun.append(claim.token)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)  # as one who leaves a row behind in order
            broken_off.append(claim.token)
        return await at_once(claim, report)

    job_ids = [submit(), submit(parameters={"poisoned": True}), submit()]
    heartbeat = "OLD.lease_expires_at < NEW.lease_expires_at"
    with refusing(heartbeat), pytest.raises(ExceptionGroup, match="TaskGroup"), pumping(endless, lease_s=1):
        wait_until(lambda: RubricJobAttempt.objects.filter(outcome="released").count() == len(job_ids))
    assert sorted(begun) == sorted(broken_off)
    assert set(RubricJob.objects.values_list("status", "attempt", "crashes")) == {("pending", 0, 0)}


def test_a_fault_that_passes_is_tried_again_with_the_attempt_counted(submit: Submit) -> None:
    async def second_time_lucky(claim: Claim, report: Any) -> Ending:
        if claim.attempt == 1:
            return Ending(claim=claim, error=ProviderUnavailable())
        return await at_once(claim, report)

    with pumping(second_time_lucky):
        job = end_of(submit())
    assert (job.status, job.performance_metrics["attempts"], job.error_code) == ("completed", 2, None)


def test_a_fault_that_does_not_pass_fails_after_the_last_attempt(submit: Submit) -> None:
    async def never(claim: Claim, report: Any) -> Ending:
        return Ending(claim=claim, error=ProviderUnavailable("It is down."))

    with pumping(never):
        job = end_of(submit())
    assert (job.error_code, job.error_message, job.attempt) == ("provider_unavailable", "It is down.", 3)


def test_a_permanent_fault_fails_at_once(submit: Submit) -> None:
    async def none_found(claim: Claim, report: Any) -> Ending:
        raise NoRubricFound

    with pumping(none_found):
        job = end_of(submit())
    assert (job.error_code, job.attempt) == ("no_rubric_found", 1)


def test_waiting_for_a_busy_provider_costs_no_attempt(submit: Submit) -> None:
    seen: list[int] = []

    async def busy_for_a_while(claim: Claim, report: Any) -> Ending:
        seen.append(claim.attempt)
        if len(seen) < 6:
            raise ProviderBusy(retry_after_s=0.01)
        return await at_once(claim, report)

    with pumping(busy_for_a_while):
        job = end_of(submit())
    assert (job.status, set(seen)) == ("completed", {1})


def test_a_retry_is_told_to_wait_as_long_as_the_provider_says(submit: Submit) -> None:
    async def later(claim: Claim, report: Any) -> Ending:
        raise ProviderBusy(retry_after_s=3600)

    with pumping(later):
        patient = submit(timeout_s=7200)
        assert wait_until(lambda: RubricJob.objects.filter(job_id=patient, run_after__isnull=False).exists())
        hurried = end_of(submit(timeout_s=60))
    assert RubricJob.objects.get(job_id=patient).status == "pending"
    assert hurried.error_code == "provider_unavailable"


def test_a_retry_for_which_the_time_that_is_left_is_too_short_is_not_waited_for(submit: Submit) -> None:
    """Three of its five seconds have gone by when the provider asks for four more."""

    async def slow_to_refuse(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(3)
        raise ProviderBusy(retry_after_s=4)

    began = time.monotonic()
    with pumping(slow_to_refuse):
        job = end_of(submit(timeout_s=5))
    assert (job.status, job.error_code) == ("failed", "provider_unavailable")
    assert time.monotonic() - began < 4.5


def test_a_job_ends_at_its_deadline(submit: Submit) -> None:
    async def endless(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(60)
        return await at_once(claim, report)

    with pumping(endless):
        job = end_of(submit(timeout_s=0.5))
    assert (job.error_code, job.retryable) == ("timed_out", True)


def test_a_cancelled_job_is_dropped_at_once(submit: Submit) -> None:
    dropped = threading.Event()

    async def endless(claim: Claim, report: Any) -> Ending:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            dropped.set()
            raise
        return await at_once(claim, report)

    with pumping(endless, lease_s=60):
        job_id = submit()
        wait_until(lambda: RubricJob.objects.filter(status="processing").exists())
        assert lifecycle.cancel(job_id=job_id)
        assert dropped.wait(2)
    assert RubricJob.objects.get().error_code == "cancelled"


def test_a_job_whose_lease_went_to_another_is_dropped(submit: Submit) -> None:
    dropped = threading.Event()

    async def endless_at_first(claim: Claim, report: Any) -> Ending:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            dropped.set()
            raise
        return await at_once(claim, report)

    with pumping(endless_at_first, lease_s=1, concurrency=1):
        submit()
        wait_until(lambda: RubricJob.objects.filter(status="processing").exists())
        RubricJob.objects.update(claim_token=None)
        assert dropped.wait(3)


def test_a_long_job_keeps_its_lease(submit: Submit) -> None:
    async def longer_than_the_lease(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(2.5)
        return await at_once(claim, report)

    with pumping(longer_than_the_lease, lease_s=1):
        job = end_of(submit())
    assert (job.status, job.crashes, RubricJobAttempt.objects.count()) == ("completed", 0, 1)


def test_a_stop_gives_unfinished_jobs_back_uncharged(submit: Submit) -> None:
    async def endless(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(60)
        return await at_once(claim, report)

    for _ in range(5):
        submit()
    with pumping(endless, grace_s=0.3):
        wait_until(lambda: RubricJob.objects.filter(status="processing").count() == 5)
    assert {(job.status, job.attempt) for job in RubricJob.objects.all()} == {("pending", 0)}
    assert set(RubricJobAttempt.objects.values_list("outcome", flat=True)) == {"released"}


def test_a_stop_lets_short_jobs_finish(submit: Submit) -> None:
    async def short(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(0.4)
        return await at_once(claim, report)

    for _ in range(5):
        submit()
    with pumping(short, grace_s=5):
        wait_until(lambda: RubricJob.objects.filter(status="processing").count() == 5)
    assert RubricJob.objects.filter(status="completed").count() == 5


def test_a_pump_at_the_end_of_its_life_finishes_its_jobs_and_claims_no_more(submit: Submit) -> None:
    """However long they take: a call that is cut off is paid for again."""
    go_on = threading.Event()

    async def run(claim: Claim, report: Any) -> Ending:
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return await at_once(claim, report)

    job_ids = [submit() for _ in range(3)]
    with pumping(run, lifetime_s=0.8, grace_s=0, lease_s=1) as pump:
        wait_until(lambda: RubricJob.objects.filter(status="processing").count() == 3)
        wait_until(lambda: pump.is_replaced)
        late = submit()
        began = RubricJob.objects.get(job_id=job_ids[0]).lease_expires_at
        wait_until(lambda: RubricJob.objects.get(job_id=job_ids[0]).lease_expires_at > began + timedelta(seconds=1))
        go_on.set()
        assert {end_of(job_id).status for job_id in job_ids} == {"completed"}
    assert RubricJob.objects.get(job_id=late).status == "pending"
    assert RubricJobAttempt.objects.count() == 3


def test_a_stop_cuts_the_end_of_a_life_short(submit: Submit) -> None:
    async def endless(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(60)
        return await at_once(claim, report)

    submit()
    with pumping(endless, lifetime_s=0.5, grace_s=0.3) as pump:
        wait_until(lambda: pump.is_replaced)
        assert RubricJob.objects.get().status == "processing"
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert (RubricJob.objects.get().status, RubricJob.objects.get().attempt) == ("pending", 0)


def test_a_pump_that_nobody_relieves_works_on(submit: Submit) -> None:
    asked = threading.Event()

    async def nobody_comes() -> None:
        asked.set()
        await asyncio.Event().wait()

    with pumping(at_once, lifetime_s=0.2, hand_over=nobody_comes):
        assert asked.wait(5)
        assert end_of(submit()).status == "completed"


def test_progress_is_shown_while_a_job_runs_and_gone_afterwards(submit: Submit) -> None:
    go_on = threading.Event()

    async def tell(claim: Claim, report: Any) -> Ending:
        report({"stage": "writing", "criteriaFound": 2})
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return await at_once(claim, report)

    with pumping(tell):
        job_id = submit()
        shown = wait_until(lambda: RubricJob.objects.get().progress)
        go_on.set()
        job = end_of(job_id)
    assert shown == {"stage": "writing", "criteriaFound": 2}
    assert job.progress is None


def test_a_tenant_at_its_cap_waits_while_others_run(submit: Submit) -> None:
    async def a_while(claim: Claim, report: Any) -> Ending:
        await asyncio.sleep(0.3)
        return await at_once(claim, report)

    greedy, modest = uuid.UUID(int=1), uuid.UUID(int=2)
    for _ in range(6):
        submit(tenant_id=greedy)
    one = submit(tenant_id=modest)
    most = 0
    with pumping(a_while, tenant_cap=2):
        assert wait_until(lambda: ended(one), within_s=1.5)
        while RubricJob.objects.exclude(status="completed").exists():
            most = max(most, RubricJob.objects.filter(tenant_id=greedy, status="processing").count())
            time.sleep(0.01)
    assert most == 2


def test_claims_with_a_cap_keep_the_fair_order(submit: Submit) -> None:
    first = [submit(tenant_id=uuid.UUID(int=1)) for _ in range(3)]
    second = submit(tenant_id=uuid.UUID(int=2))
    taken = claiming.claim(limit=10, tenant_cap=2)
    assert [claim.job_id for claim in taken] == [first[0], second, first[1]]


def test_a_failover_to_a_server_that_only_reads_is_waited_out(submit: Submit, caplog: pytest.LogCaptureFixture) -> None:
    go_on = threading.Event()

    async def run(claim: Claim, report: Any) -> Ending:
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return await at_once(claim, report)

    job_id = submit()
    with pumping(run, lease_s=30):
        wait_until(lambda: RubricJob.objects.filter(status="processing").exists())
        with read_only_database() as promote:
            wait_until(lambda: "no jobs are claimed: ReadOnlySqlTransaction" in caplog.messages)
            wait_until(lambda: any(message.startswith("database away") for message in caplog.messages))
            go_on.set()
            promote()
        assert end_of(job_id).status == "completed"
        assert end_of(submit()).status == "completed"
    assert set(RubricJobAttempt.objects.values_list("outcome", flat=True)) == {"completed"}


def test_what_a_dead_worker_left_is_given_back_as_soon_as_a_pump_runs(submit: Submit) -> None:
    job_id = submit()
    (lost,) = claiming.claim(limit=1)
    RubricJob.objects.filter(job_id=lost.job_id).update(lease_expires_at="2020-01-01T00:00:00Z")
    with pumping(at_once, poll_s=60):
        assert end_of(job_id).status == "completed"


def test_a_crowd_that_came_too_late_is_swept_without_a_pause(submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "SWEPT_AT_ONCE", 2)
    for _ in range(7):
        submit()
    RubricJob.objects.update(deadline_at="2020-01-01T00:00:00Z")
    controls.pause(by="test")  # else the pump itself would find out
    with pumping(at_once, poll_s=60):
        wait_until(lambda: RubricJob.objects.filter(error_code="timed_out").count() == 7)


def test_a_pump_that_stops_as_it_should_is_not_missed(submit: Submit) -> None:
    with pumping(at_once):
        wait_until(workers.alive)
    assert workers.known() == []
