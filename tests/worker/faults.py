"""Faults, each a function of a trial and a size: the tests run them small, `make soak` runs them large."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from django.db import connection, transaction

from grader.embedded_postgres import Server
from rubric_jobs.jobs import lifecycle
from tests.fake_llm import FakeLLM
from tests.races import HELD_UP
from tests.worker.clusters import ROLES, Cluster, Supervisor, wait_until
from tests.worker.history import CRASHES_ALLOWED, History
from tests.worker.proxy import Proxy
from tests.worker.trials import Trial

TICK_S = 0.5
SHORT_GRACE_S = 0.5
HEARD_MS = 500
"""A job that waits less was heard of by a notification: polls are a second apart."""
STOP_SLACK_S = 2.0
"""A stop lasts no longer than its grace and this."""
# Nothing but the stop itself may give a job back.
STOPPED_AT_ONCE = {"PUMP_GRACE_SECONDS": str(SHORT_GRACE_S), "PUMP_LEASE_SECONDS": "60", "PUMP_SILENCE_SECONDS": "60"}


@contextmanager
def every_half_second(hurt: Callable[[], object]) -> Iterator[None]:
    """Does `hurt` from a thread for as long as the block lasts."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(TICK_S):
            hurt()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(10)


class Gap:
    """The longest time that something was not there, as seen by somebody who looks now and then."""

    def __init__(self) -> None:
        self.longest_s, self._seen_at = 0.0, time.monotonic()

    def ends(self, *, is_there: bool) -> bool:
        now = time.monotonic()
        self.longest_s = max(self.longest_s, now - self._seen_at)
        if is_there:
            self._seen_at = now
        return is_there


def submit_mixed(trial: Trial, jobs: int) -> None:
    """Half of the jobs take milliseconds, half of them a model's call of a third of a second."""
    trial.submit(jobs // 2)
    trial.submit(jobs - jobs // 2, provider="gemini", say="[[fake latency_s=0.3]]")


def kill_processes(
    trial: Trial, *, jobs: int, kills: int, kinds: Sequence[str] = ROLES, beside: bool = False
) -> tuple[History, Counter[str]]:
    """kill -9 of one process every half second, of each kind in turn, while a supervisor restarts what has ended.

    With `beside`, a second cluster works on the same database undisturbed. Returns the history and how many processes
    of each kind were killed.
    """
    chance, killed, nobody_there = random.Random(), Counter[str](), Gap()
    roles = itertools.chain.from_iterable(chance.sample(kinds, len(kinds)) for _ in itertools.count())

    role = next(roles)

    def kill(cluster: Cluster) -> None:
        nonlocal role
        # A cluster that is only starting runs no jobs; killing it over and over would prove nothing.
        may_kill = nobody_there.ends(is_there=bool(cluster.pids("busy"))) and killed.total() < kills
        # Right after a start there may be no process of this kind yet: its turn comes half a second later.
        if may_kill and cluster.kill(role, choose=chance.choice):
            killed[role] += 1
            role = next(roles)

    with trial.cluster() as cluster, Supervisor(cluster), ExitStack() as healthy:
        if beside:
            healthy.enter_context(trial.cluster(PUMP_SILENCE_SECONDS="60")).wait_for_pumps()
        cluster.wait_for_pumps()
        with every_half_second(lambda: kill(cluster)):
            while killed.total() < kills or len(trial.marks) < jobs:
                # Work comes in for as long as processes die.
                submit_mixed(trial, max(min(jobs // kills, jobs - len(trial.marks)), 1))
                time.sleep(TICK_S / 2 if len(trial.marks) < jobs else TICK_S * 2)
            trial.wait_for_ends(within_s=60 + jobs / 20)
        retried = retry_crashed(trial)
        trial.wait_for_ends(within_s=30)
    gap_s = 0.0 if beside else nobody_there.longest_s
    told = trial.verify(nobody_there_s=gap_s)
    figures = {"killed": dict(killed), "restarts": len(cluster.exit_codes), "retried": retried}
    trial.say("kill -9", told, **figures, nobody_there_s=round(gap_s, 1))
    return told, killed


def retry_crashed(trial: Trial) -> int:
    """What a user does with jobs that were in flight in three crashes; how many there were."""
    crashed = trial.query(
        "SELECT job_id, tenant_id FROM grader.rubric_extraction_jobs WHERE error_code = 'crashed_worker'"
    )
    for job_id, tenant_id in crashed:
        assert lifecycle.retry(job_id=job_id, tenant_id=tenant_id, timeout_s=280)
    return len(crashed)


def _twice(cluster: Cluster) -> None:
    cluster.signal(signal.SIGTERM)
    time.sleep(0.01)
    cluster.signal(signal.SIGTERM)


STOPS: dict[str, Callable[[Cluster], None]] = {
    "SIGTERM": lambda cluster: cluster.signal(signal.SIGTERM),
    "two SIGTERMs": _twice,
    "SIGINT to the group": lambda cluster: cluster.signal_group(signal.SIGINT),
    "SIGTERM to the group": lambda cluster: cluster.signal_group(signal.SIGTERM),
}


def stop_again_and_again(trial: Trial, llm: FakeLLM, *, ways: Sequence[str], jobs: int) -> History:
    """One cluster after another claims all jobs and is stopped, each in the next way; the last one may finish them."""
    trial.environ |= STOPPED_AT_ONCE
    llm.behave(latency_s=30)
    trial.submit(jobs, provider="gemini", say="stop")
    lasted = []
    for way in ways:
        with trial.cluster() as cluster:
            cluster.wait_for_pumps()
            wait_until(lambda: llm.in_flight >= jobs, within_s=30, what=f"{jobs} running calls")
            began = time.monotonic()
            STOPS[way](cluster)
            assert cluster.ended(within_s=30) == 0, way
            lasted.append(time.monotonic() - began)
            assert (trial.count("processing"), trial.count("pending")) == (0, jobs), way
            assert cluster.everyone() == [], way
        llm.reset()  # the calls that nobody waits for any more
        llm.behave(latency_s=30)
        wait_until(lambda: llm.in_flight == 0, within_s=5, what="the end of all calls")
    too_long = {way: s for way, s in zip(ways, lasted, strict=True) if s > SHORT_GRACE_S + STOP_SLACK_S}
    assert not too_long, f"stops took {too_long} s"
    llm.behave(latency_s=0)
    with trial.cluster() as cluster:
        cluster.wait_for_pumps()
        trial.wait_for_ends(within_s=30)
    told = trial.verify()
    trial.say(f"stopped by {', '.join(set(ways))}", told, longest_stop_s=round(max(lasted), 2), stops=len(ways))
    return told


def lose_leaders(trial: Trial, llm: FakeLLM, *, roles: Sequence[str], jobs: int) -> tuple[History, list[int]]:
    """kill -9 of main or sentinel, in one cluster after another: each ends, nobody outlives it, the next has its jobs.

    Returns the history and the exit code of each cluster.
    """
    trial.environ |= STOPPED_AT_ONCE
    llm.behave(latency_s=30)
    trial.submit(jobs, provider="gemini", say="leader")
    codes = []
    for role in roles:
        with trial.cluster() as cluster:
            cluster.wait_for_pumps()
            wait_until(lambda: llm.in_flight >= jobs, within_s=30, what=f"{jobs} running calls")
            cluster.kill(role, choose=min)
            codes.append(cluster.ended(within_s=SHORT_GRACE_S + STOP_SLACK_S))
            gone = SHORT_GRACE_S + STOP_SLACK_S
            wait_until(lambda here=cluster: not here.everyone(), within_s=gone, what=f"the end of all without {role}")
        llm.reset()  # the calls that nobody waits for any more
        llm.behave(latency_s=30)
        wait_until(lambda: llm.in_flight == 0, within_s=5, what="the end of all calls")
    llm.behave(latency_s=0)
    with trial.cluster() as cluster:
        cluster.wait_for_pumps()
        trial.wait_for_ends(within_s=30)
    told = trial.verify()
    trial.say(f"{', '.join(roles)} killed", told)
    return told, codes


def crash_three_times(trial: Trial, llm: FakeLLM, *, innocents: int) -> tuple[History, uuid.UUID]:
    """All pumps are killed three times; one job is in flight each time, each of the others once."""
    trial.environ |= {"PUMP_LEASE_SECONDS": "2", "PUMP_SILENCE_SECONDS": "30"}
    (guilty,) = trial.submit(1, provider="gemini", say="[[fake latency_s=30]]")
    with trial.cluster() as cluster:
        cluster.wait_for_pumps()
        for crash in range(CRASHES_ALLOWED):
            llm.behave(latency_s=30)
            trial.submit(innocents // CRASHES_ALLOWED, provider="gemini", say="beside")
            trial.wait_for_processing(1 + innocents // CRASHES_ALLOWED)
            for pid in cluster.pids("busy"):
                os.kill(pid, signal.SIGKILL)
            llm.behave(latency_s=0)
            done = (crash + 1) * (innocents // CRASHES_ALLOWED)
            wait_until(lambda done=done: trial.count("completed") == done, within_s=20, what=f"{done} jobs completed")
        trial.wait_for_ends(within_s=10)
    told = trial.verify(may_end_as=("completed", "crashed_worker"))
    trial.say("three crashes", told)
    return told, guilty


def die_with_an_answer(trial: Trial, llm: FakeLLM) -> History:
    """kill -9 of a worker whose job has been answered, the answer stored, and the job not ended.

    To end a job is to delete its document: whoever has that locked holds the worker up just there.
    """
    trial.submit(1, provider="gemini", say="answer")
    with trial.cluster(WORKER_PROCESSES="1") as cluster, psycopg.connect(trial.url) as holder:
        holder.execute("SELECT FROM grader.rubric_job_inputs FOR UPDATE")
        stored = f"SELECT FROM grader.rubric_job_replies WHERE EXISTS (SELECT {HELD_UP})"
        wait_until(lambda: trial.query(stored), within_s=30, what="a stored answer of a job that does not end")
        cluster.kill("busy", choose=min)
        # The server would still carry out what it was asked for, though nobody hears of it.
        trial.query(f"SELECT pg_terminate_backend(pid) {HELD_UP}")
        holder.rollback()
        trial.wait_for_ends(within_s=30)
    told = trial.verify()
    trial.say("killed with an answer", told, calls=len(llm.history))
    return told


def kill_with_calls_in_flight(trial: Trial, llm: FakeLLM, *, calls: int) -> tuple[int, int]:
    """The whole cluster is killed while some of its calls are answered and others are not.

    Returns how many were in flight, and how many were made, and paid, twice.
    """
    stored = "SELECT count(*) FROM grader.rubric_job_attempts WHERE prompt_tokens IS NOT NULL"
    llm.behave(latency_s=2)
    cluster = trial.cluster()
    cluster.start()
    cluster.wait_for_pumps()
    for _ in range(calls - 1):
        trial.submit(1, provider="gemini", say="in flight")
        time.sleep(3 / calls)
    wait_until(lambda: trial.query(stored)[0][0], within_s=30, what="a first stored answer")
    llm.behave(latency_s=30)
    trial.submit(1, provider="gemini", say="in flight")
    wait_until(lambda: len(llm.history) == calls, within_s=30, what="a last call")
    cluster.kill_all()
    in_flight = len(llm.history) - trial.query(stored)[0][0]
    llm.behave(latency_s=0)
    cluster.start()
    trial.wait_for_ends(within_s=60)
    twice = len(llm.history) - calls
    trial.say("killed with calls in flight", trial.history(), calls=calls, in_flight=in_flight, paid_twice=twice)
    return in_flight, twice


def crash_database(trial: Trial, server: Server, *, jobs: int, crashes: int) -> History:
    """`pg_ctl restart -m immediate` while jobs run: every connection breaks, the server recovers from its log."""
    trial.environ |= {"PUMP_SILENCE_SECONDS": "30"}
    submit_mixed(trial, jobs // 2)
    with trial.cluster() as cluster:
        cluster.wait_for_pumps()
        began = time.monotonic()
        for _ in range(crashes):
            connection.close()  # ours, before it is broken
            server._run("pg_ctl", "restart", "--silent", "--mode=immediate", f"--pgdata={server.data}")
            submit_mixed(trial, jobs // 2 // crashes)
            time.sleep(TICK_S)
        troubled_s = time.monotonic() - began
        trial.wait_for_ends(within_s=60 + jobs / 20)
        stays_up(trial, cluster)
    told = trial.verify(nobody_there_s=troubled_s)
    trial.say("database restarted", told, restarts=crashes, within_s=round(troubled_s, 1))
    return told


def work_behind_a_pooler(trial: Trial, server: Server, *, jobs: int) -> History:
    """Every connection is a pooler's, which gives each transaction another one; then the server behind it crashes."""
    trial.environ |= {"PUMP_SILENCE_SECONDS": "30"}
    with trial.cluster() as cluster:
        cluster.wait_for_pumps()
        submit_mixed(trial, jobs)
        (unwanted,) = trial.submit(1, provider="gemini", say="[[fake latency_s=30]]")
        wait_until(lambda: _is_processing(trial, unwanted), within_s=10, what="the job that is cancelled")
        assert lifecycle.cancel(job_id=unwanted)
        trial.wait_for_ends(within_s=10)
        polled_s = time.monotonic() - trial.began
        trial.submit(jobs, provider="gemini", say="[[fake latency_s=1]]")
        trial.wait_for_processing(jobs // 2)
        began = time.monotonic()
        server._run("pg_ctl", "restart", "--silent", "--mode=immediate", f"--pgdata={server.data}")
        trial.wait_for_ends(within_s=20)
        troubled_s = time.monotonic() - began
        assert cluster.process is not None
        assert cluster.process.exitcode is None, "the pumps did not recover by themselves"
    told = trial.verify(may_end_as=("completed", "cancelled"), nobody_there_s=troubled_s)
    trial.say("behind a pooler", told, polled_s=round(polled_s, 1), ended_after_crash_s=round(troubled_s, 1))
    return told


def _is_processing(trial: Trial, job_id: uuid.UUID) -> bool:
    statement = "SELECT 1 FROM grader.rubric_extraction_jobs WHERE job_id = %s AND status = 'processing'"
    return bool(trial.query(statement, job_id))


def stays_up(trial: Trial, cluster: Cluster) -> None:
    """The same cluster, not one that was started anew, hears of the next job at once."""
    assert cluster.process is not None
    assert cluster.process.exitcode is None
    wait_until(lambda: _heard(trial), within_s=20, what="hearing of a job before the next poll")


def _heard(trial: Trial) -> bool:
    (job_id,) = trial.submit(1)
    wait_until(trial.all_ended, within_s=10, what="one more job")
    ((queue_ms,),) = trial.query("SELECT queue_ms FROM grader.rubric_job_attempts WHERE job_id = %s", job_id)
    return bool(queue_ms < HEARD_MS)


def freeze_connections(trial: Trial, proxy: Proxy, *, jobs: int) -> History:
    """All connections of the workers become half-open at once; new ones work."""
    trial.environ |= {"PUMP_SILENCE_SECONDS": "20"}
    with trial.cluster() as cluster:
        cluster.wait_for_pumps()
        submit_mixed(trial, jobs // 2)
        trial.wait_for_processing(1)
        frozen, began = proxy.freeze(), time.monotonic()
        trial.submit(jobs - jobs // 2)
        trial.wait_for_ends(within_s=40 + jobs / 20)
        lasted = time.monotonic() - began
        assert cluster.process is not None
        assert cluster.process.exitcode is None, "the pumps did not recover by themselves"
    told = trial.verify()
    trial.say("half-open connections", told, frozen=frozen, all_ended_after_s=round(lasted, 1))
    return told


def freeze_a_pump(trial: Trial, llm: FakeLLM, *, jobs: int) -> History:
    """SIGSTOP of one pump for longer than its lease, then SIGCONT: its jobs have been done by others meanwhile."""
    trial.environ |= {"PUMP_SILENCE_SECONDS": "60", "PUMP_LEASE_SECONDS": "2"}
    llm.behave(latency_s=4)
    with trial.cluster(WORKER_CONCURRENCY=str(jobs // 2)) as cluster:
        cluster.wait_for_pumps()
        # In one transaction, so that both pumps are full before the first call ends.
        with transaction.atomic():
            trial.submit(jobs, provider="gemini", say="freeze")
        trial.wait_for_processing(jobs)
        frozen = min(cluster.pids("busy"))
        os.kill(frozen, signal.SIGSTOP)
        llm.behave(latency_s=0)
        trial.wait_for_ends(within_s=20)
        before = trial.history()
        os.kill(frozen, signal.SIGCONT)
        # Answers that arrived while it slept are handled first; then it works again as if nothing had been.
        trial.submit(jobs)
        trial.wait_for_ends(within_s=10)
        wait_until(lambda: _works(trial, frozen), within_s=10, what="the frozen pump's next job")
    told = trial.verify()
    late = [change for change in told.changes[len(before.changes) :] if change.job_id in set(list(trial.marks)[:jobs])]
    assert not late, f"a late worker changed {late[:3]}"
    closed = {attempt.attempt_id: attempt for attempt in before.attempts if attempt.outcome == "lost"}
    assert closed == {each.attempt_id: each for each in told.attempts if each.attempt_id in closed}
    trial.say("frozen pump", told, came_back_with=len(closed))
    return told


def _works(trial: Trial, pid: int) -> bool:
    trial.submit(20)
    wait_until(trial.all_ended, within_s=10, what="more jobs")
    ((last,),) = trial.query(
        "SELECT count(*) FROM (SELECT worker FROM grader.rubric_job_attempts ORDER BY attempt_id DESC LIMIT 20) AS last"
        " WHERE worker LIKE %s",
        f"%:{pid}",
    )
    return bool(last)


def shift_clocks(trial: Trial, *, hours: Sequence[int], jobs: int) -> History:
    """Clusters on one database, each with a clock that is wrong by so many hours; 0 is right."""
    trial.environ |= {"PUMP_LEASE_SECONDS": "30", "PUMP_SILENCE_SECONDS": "20"}
    with ExitStack() as running:
        shifted = {each: running.enter_context(trial.cluster(**_clock(each))) for each in hours}
        for cluster in shifted.values():
            cluster.wait_for_pumps()
        submit_mixed(trial, jobs)
        trial.wait_for_ends(within_s=30 + jobs / 20)
        clocks = {pid: f"{each:+} h" for each, cluster in shifted.items() for pid in cluster.pids("busy")}
    told = trial.verify()
    shares = Counter(clocks[int(attempt.worker.rpartition(":")[2])] for attempt in told.attempts)
    assert set(shares) == set(clocks.values()), f"only these did anything: {shares}"
    ((negative,),) = trial.query(
        "SELECT count(*) FROM grader.rubric_job_attempts WHERE queue_ms < 0 OR run_ms < 0 OR queue_ms > 60000"
    )
    assert negative == 0
    trial.say("clocks that differ", told, **shares)
    return told


def _clock(hours: int) -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parent / "shifted_clock"), "CLOCK_SHIFT_S": str(hours * 3600)}
