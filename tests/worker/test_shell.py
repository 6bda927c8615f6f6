"""The shell around django-q2: it knows when it is broken, leaves nobody behind, and needs no message to arrive."""

from __future__ import annotations

import signal
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from rubric_jobs.worker import cluster as entry_points
from tests.fake_llm import FakeLLM
from tests.worker import faults
from tests.worker.clusters import wait_until
from tests.worker.trials import WITHOUT_MODELS, Trial

pytestmark = pytest.mark.long


def test_a_cluster_whose_sentinel_or_main_process_died_ends_with_an_error_and_leaves_no_process(
    trial: Trial, fake_llm: FakeLLM
) -> None:
    told, codes = faults.lose_leaders(trial, fake_llm, roles=["sentinel", "main"], jobs=20)
    assert codes == [1, -signal.SIGKILL]
    assert told.outcomes["released"] == 2 * 20


def test_a_cluster_that_can_start_no_pump_any_more_ends_with_an_error(trial: Trial) -> None:
    """A sentinel that stands still looks alive for ever, and starts no process in the place of one that died."""
    with trial.cluster(**WITHOUT_MODELS, PUMP_SILENCE_SECONDS="3") as cluster:
        cluster.wait_for_pumps()
        wait_until(lambda: cluster.pids("idle"), within_s=10, what="an idle worker")
        cluster.kill("sentinel", signal.SIGSTOP, choose=min)
        cluster.kill("idle", choose=min)
        trial.submit(10)
        trial.wait_for_ends(within_s=10)
        cluster.kill("busy", choose=min)
        began = time.monotonic()
        assert cluster.ended(within_s=20) == 1
        trial.say("wedged", trial.verify(), noticed_after_s=round(time.monotonic() - began, 1))


def test_a_new_process_becomes_a_pump_though_no_message_can_be_taken_any_more(trial: Trial) -> None:
    """An idle django-q2 worker that is killed takes the lock of the queue with it: its tasks reach nobody."""
    with trial.cluster(**WITHOUT_MODELS, PUMP_SILENCE_SECONDS="5") as cluster:
        pumps = set(cluster.wait_for_pumps().pids("busy"))
        wait_until(lambda: cluster.pids("idle"), within_s=10, what="an idle worker")
        time.sleep(1)
        cluster.kill("idle", choose=min)
        cluster.kill("busy", choose=min)
        wait_until(lambda: len(set(cluster.pids("busy")) - pumps) == 1, within_s=5, what="another pump")
        trial.submit(10)
        trial.wait_for_ends(within_s=10)
        mains = trial.query("SELECT DISTINCT split_part(cluster, ':', 2) FROM grader.rubric_workers")
        assert mains == [(str(cluster.pid),)]
        cluster.signal(signal.SIGTERM)
        assert cluster.ended(within_s=30) == 0
    trial.verify()


def test_a_pump_that_the_database_refused_gives_its_jobs_back_and_another_one_comes(
    trial: Trial, fake_llm: FakeLLM
) -> None:
    fake_llm.behave(latency_s=60)
    with trial.cluster(PUMP_SILENCE_SECONDS="8") as cluster:
        cluster.wait_for_pumps()
        trial.submit(10, provider="gemini", say="refused")
        trial.wait_for_processing(10)
        fake_llm.behave(latency_s=0)
        trial.change("ALTER TABLE grader.rubric_workers RENAME TO rubric_workers_away")
        wait_until(lambda: not cluster.pids("busy"), within_s=10, what="the end of both pumps")
        trial.change("ALTER TABLE grader.rubric_workers_away RENAME TO rubric_workers")
        trial.wait_for_ends(within_s=15)
        cluster.wait_for_pumps(within_s=10)
        assert cluster.log.read_text().count("a pump failed") >= 2
        cluster.signal(signal.SIGTERM)
        assert cluster.ended(within_s=30) == 0
    told = trial.verify()
    assert told.outcomes["lost"] == 0


def test_messages_of_django_q2_are_neither_needed_nor_harmful(trial: Trial) -> None:
    with trial.cluster(**WITHOUT_MODELS, PUMP_SILENCE_SECONDS="30") as cluster:
        cluster.wait_for_pumps()
        pumps = cluster.pids("busy")
        for _ in range(30):
            async_task(entry_points.PUMP, entry_points.TRIES, q_options={"timeout": -1})
        trial.submit(50)
        trial.wait_for_ends(within_s=10)
        assert cluster.pids("busy") == pumps
        OrmQ.objects.all().delete()
        trial.submit(50)
        trial.wait_for_ends(within_s=10)
        assert cluster.process is not None
        assert cluster.process.exitcode is None
    trial.verify()


def test_pumps_at_the_end_of_their_life_hand_over_without_a_pause(trial: Trial) -> None:
    with trial.cluster(**WITHOUT_MODELS, PUMP_LIFETIME_SECONDS="2", PUMP_LEASE_SECONDS="60") as cluster:
        cluster.wait_for_pumps()
        for _ in range(9):
            trial.submit(5)
            time.sleep(0.5)
        trial.wait_for_ends(within_s=10)
        assert cluster.process is not None
        assert cluster.process.exitcode is None, "the watchdog took a change of pumps for a fault"
    told = trial.verify()
    assert told.outcomes["lost"] == 0
    longest_ms = max(trial.query("SELECT max(queue_ms) FROM grader.rubric_job_attempts"))[0]
    assert longest_ms < 5_000


RETIRING = {"PUMP_LIFETIME_SECONDS": "2", "PUMP_LEASE_SECONDS": "60"}


def test_calls_longer_than_the_grace_outlive_the_life_of_their_pump_and_are_asked_once(
    trial: Trial, fake_llm: FakeLLM
) -> None:
    """Both pumps grow old at the same time, and one process is free: the second one works on until it is relieved."""
    fake_llm.behave(latency_s=3)
    with trial.cluster(**RETIRING, PUMP_GRACE_SECONDS="0.2") as cluster:
        cluster.wait_for_pumps()
        for _ in range(16):
            trial.submit(5, provider="gemini", say="old")
            time.sleep(0.4)
        trial.wait_for_ends(within_s=20)
        assert cluster.process is not None
        assert cluster.process.exitcode is None, "the watchdog took a change of pumps for a fault"
    told = trial.verify()
    assert told.outcomes == {"completed": len(trial.marks)}
    assert len(fake_llm.history) == len(trial.marks)
    assert len({attempt.worker for attempt in told.attempts}) == 3, "no process took over"
    longest_ms = max(trial.query("SELECT max(queue_ms) FROM grader.rubric_job_attempts"))[0]
    assert longest_ms < 2_000


def test_a_stop_while_a_pump_finishes_its_last_jobs_gives_them_all_back(trial: Trial, fake_llm: FakeLLM) -> None:
    fake_llm.behave(latency_s=60)
    trial.submit(20, provider="gemini", say="last")
    with trial.cluster(**RETIRING, PUMP_GRACE_SECONDS="0.5") as cluster:
        trial.wait_for_processing(20)
        wait_until(lambda: len(cluster.pids("busy")) == 3, within_s=20, what="a successor beside its predecessor")
        began = time.monotonic()
        cluster.signal(signal.SIGTERM)
        assert cluster.ended(within_s=30) == 0
        assert time.monotonic() - began <= 0.5 + faults.STOP_SLACK_S
    assert trial.history().outcomes == {"released": 20}


def test_a_process_that_gave_its_jobs_back_at_a_stop_takes_none_up_again(trial: Trial, fake_llm: FakeLLM) -> None:
    fake_llm.behave(latency_s=60)
    trial.submit(40, provider="gemini", say="again")
    with trial.cluster(**RETIRING, WORKER_CONCURRENCY="10", PUMP_GRACE_SECONDS="3") as cluster:
        wait_until(lambda: len(cluster.pids("busy")) == 3, within_s=30, what="a successor beside its predecessor")
        trial.wait_for_processing(30)
        async_task(entry_points.PUMP, 1, q_options={"timeout": -1})
        soon = timezone.now() + timedelta(seconds=5)
        wait_until(lambda: OrmQ.objects.filter(lock__gt=soon).exists(), within_s=20, what="a message that was fetched")
        cluster.signal(signal.SIGTERM)
        assert cluster.ended(within_s=30) == 0
    assert trial.count("processing") == 0
    assert set(trial.history().outcomes) == {"released"}
