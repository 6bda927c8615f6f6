"""Faults, each a function of a trial and a size: the tests run them small, `make soak` runs them large."""

from __future__ import annotations

import itertools
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rubric_jobs import lifecycle
from tests.engine.clusters import ROLES, Cluster, Supervisor, wait_until
from tests.engine.history import History
from tests.engine.trials import Trial
from tests.fake_llm import FakeLLM

TICK_S = 0.5
SHORT_GRACE_S = 0.5
STOP_SLACK_S = 2.0
"""A stop lasts no longer than its grace and this."""


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


def submit_mixed(trial: Trial, jobs: int) -> None:
    """Half of the jobs take milliseconds, half of them a model's call of a third of a second."""
    trial.submit(jobs // 2)
    trial.submit(jobs - jobs // 2, provider="gemini", say="[[fake latency_s=0.3]]")


def kill_processes(trial: Trial, *, jobs: int, kills: int, seed: int | None = None) -> tuple[History, Counter[str]]:
    """kill -9 of one process every half second, of each kind in turn, while a supervisor restarts what has ended.

    Returns the history and how many processes of each kind were killed.
    """
    chance, killed = random.Random(seed), Counter[str]()
    roles = itertools.chain.from_iterable(chance.sample(ROLES, len(ROLES)) for _ in itertools.count())

    def kill(cluster: Cluster) -> None:
        # A cluster that is only starting runs no jobs; killing it over and over would prove nothing.
        if killed.total() < kills and cluster.pids("busy"):
            role = next(roles)
            if cluster.kill(role, choose=chance.choice):
                killed[role] += 1

    with trial.cluster() as cluster, Supervisor(cluster):
        cluster.wait_for_pumps()
        with every_half_second(lambda: kill(cluster)):
            while killed.total() < kills or len(trial.marks) < jobs:
                # Work comes in for as long as processes die.
                submit_mixed(trial, max(min(jobs // kills, jobs - len(trial.marks)), 1))
                time.sleep(TICK_S / 2 if len(trial.marks) < jobs else TICK_S * 2)
        trial.wait_for_ends(within_s=60)
        retried = retry_crashed(trial)
        trial.wait_for_ends(within_s=30)
    told = trial.verify()
    trial.say("kill -9", told, killed=dict(killed), restarts=len(cluster.exit_codes), retried=retried)
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


def stop_again_and_again(trial: Trial, llm: FakeLLM, *, way: str, rounds: int, jobs: int) -> History:
    """Clusters one after the other take up all jobs and are stopped while they run; the last one may finish them."""
    trial.environ["PUMP_GRACE_SECONDS"] = str(SHORT_GRACE_S)
    llm.behave(latency_s=30)
    trial.submit(jobs, provider="gemini", say="stop")
    lasted = []
    for _ in range(rounds):
        with trial.cluster() as cluster:
            trial.wait_for_processing(jobs)
            began = time.monotonic()
            STOPS[way](cluster)
            assert cluster.ended(within_s=30) == 0
            lasted.append(time.monotonic() - began)
            assert (trial.count("processing"), trial.count("pending")) == (0, jobs)
            assert cluster.everyone() == []
    assert max(lasted) <= SHORT_GRACE_S + STOP_SLACK_S, f"a stop took {max(lasted):.1f} s"
    llm.behave(latency_s=0)
    with trial.cluster():
        trial.wait_for_ends(within_s=30)
    told = trial.verify()
    trial.say(f"stopped by {way}", told, longest_stop_s=round(max(lasted), 2), rounds=rounds)
    return told


def lose_a_leader(trial: Trial, llm: FakeLLM, *, role: str, jobs: int) -> tuple[History, list[int]]:
    """kill -9 of main or sentinel: the cluster ends with an error, nobody outlives it, its jobs go to the next one."""
    trial.environ["PUMP_GRACE_SECONDS"] = str(SHORT_GRACE_S)
    llm.behave(latency_s=30)
    trial.submit(jobs, provider="gemini", say="leader")
    with trial.cluster() as cluster:
        trial.wait_for_processing(jobs)
        began = time.monotonic()
        cluster.kill(role, choose=min)
        cluster.ended(within_s=SHORT_GRACE_S + STOP_SLACK_S)
        wait_until(lambda: not cluster.everyone(), within_s=SHORT_GRACE_S + STOP_SLACK_S, what="the end of all orphans")
        lasted, codes = time.monotonic() - began, cluster.exit_codes
    llm.behave(latency_s=0)
    with trial.cluster():
        trial.wait_for_ends(within_s=30)
    told = trial.verify()
    trial.say(f"{role} killed", told, all_gone_after_s=round(lasted, 2))
    return told, codes
