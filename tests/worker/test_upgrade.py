"""A database that the release before the rooms (dff3492) has worked on: its schedules, messages and jobs go on."""

from __future__ import annotations

import uuid

import pytest
from django.utils.module_loading import import_string
from django_q.signing import SignedPackage

from tests.worker.clusters import wait_until
from tests.worker.trials import WITHOUT_MODELS, Trial

pytestmark = pytest.mark.long

# As that release wrote them. Not made by today's code: a change there must not change this.
SCHEDULES = """
INSERT INTO public.django_q_schedule (name, func, kwargs, schedule_type, minutes, repeats, next_run) VALUES
  ('rubric jobs: start missing pumps', 'rubric_jobs.worker.pump', 'q_options={''timeout'': -1}', 'I', 1, -1,
   now() - interval '1 second'),
  ('rubric jobs: purge', 'rubric_jobs.worker.purge', '', 'I', 5, -1, now() + interval '1 hour')"""
MESSAGE = """
INSERT INTO public.django_q_ormq (key, payload, lock) VALUES ('rubric-jobs', %s, now() - interval '1 s') RETURNING id"""
JOB = """
INSERT INTO grader.rubric_extraction_jobs (job_id, tenant_id, user_id, file_name, file_type, file_size_kb, status, kind,
  created_at, updated_at, queued_at, deadline_at, queue_tag, completed_at)
VALUES (%s, gen_random_uuid(), gen_random_uuid(), 'rules.txt', 'text/plain', 1, %s, 'enhance',
  now() - interval '3 hours', now() - interval '3 hours', now() - interval '3 hours', now() + interval '1 hour', %s,
  %s::timestamptz) RETURNING job_id"""
INPUT = """
INSERT INTO grader.rubric_job_inputs (job_id, parameters, data)
VALUES (%s, '{"provider": "local", "models": {}, "total_points": "100", "instruction": ""}', %s) RETURNING job_id"""
CLAIMED = """
WITH opened AS (
  INSERT INTO grader.rubric_job_attempts (job_id, tenant_id, user_id, kind, worker, started_at, queue_ms)
  SELECT job_id, tenant_id, user_id, kind, 'old:1', now() - interval '1 minute', 0
  FROM grader.rubric_extraction_jobs WHERE job_id = %s RETURNING attempt_id, job_id
)
UPDATE grader.rubric_extraction_jobs job SET status = 'processing', attempt = 1, claim_token = opened.attempt_id,
  claimed_at = now() - interval '1 minute', lease_expires_at = now() + interval '2 seconds'
FROM opened WHERE job.job_id = opened.job_id RETURNING job.job_id"""
# The local reader was a provider then, and an enhancement kept its reply as any other one's.
LOCAL_REPLY = """
INSERT INTO grader.rubric_job_replies (job_id, reply) VALUES (%s, '{"text": "{}", "model": "", "prompt_tokens": 0,
  "completion_tokens": 0, "provider": "local"}') RETURNING job_id"""
RUBRIC = b"- **Thesis (10 pts)**:\n- **Evidence (20 pts)**:\n- **Style (10 pts)**:"
SCHEDULED = "SELECT id, name, func, kwargs FROM public.django_q_schedule ORDER BY id"


def job(trial: Trial, tag: int, *, status: str = "pending", completed_at: str | None = None) -> uuid.UUID:
    ((job_id,),) = trial.query(JOB, uuid.uuid4(), status, tag, completed_at)
    trial.query(INPUT, job_id, RUBRIC)
    return uuid.UUID(str(job_id))


@pytest.mark.parametrize("name", ["rubric_jobs.worker.pump", "rubric_jobs.worker.purge"])
def test_the_names_in_schedules_and_messages_still_resolve(name: str) -> None:
    assert callable(import_string(name))


def test_nothing_of_a_deployed_database_is_lost(trial: Trial) -> None:
    trial.change("DELETE FROM public.django_q_schedule")
    trial.change(SCHEDULES)
    scheduled = trial.query(SCHEDULED)
    waiting = [job(trial, tag) for tag in range(5)]
    running = [job(trial, tag) for tag in range(5, 8)]
    for job_id in running:
        trial.query(CLAIMED, job_id)
    trial.query(LOCAL_REPLY, running[0])
    due = job(trial, 9, status="completed", completed_at="2020-01-01")
    task = {"id": "old", "name": "old", "func": "rubric_jobs.worker.purge", "args": (), "kwargs": {}, "started": None}
    trial.query(MESSAGE, SignedPackage.dumps(task))

    with trial.cluster(**WITHOUT_MODELS):
        trial.wait_for_ends(within_s=40)
        purged = "SELECT FROM grader.rubric_extraction_jobs WHERE job_id = %s"
        wait_until(lambda: not trial.query(purged, due), within_s=20, what="the purge of an old message")

    ended = dict(trial.query("SELECT job_id, status FROM grader.rubric_extraction_jobs"))
    assert ended == dict.fromkeys([*waiting, *running], "completed")
    attempts = trial.query(
        "SELECT outcome FROM grader.rubric_job_attempts WHERE job_id = ANY(%s) ORDER BY attempt_id", running
    )
    assert [outcome for (outcome,) in attempts] == ["lost"] * 3 + ["completed"] * 3
    assert trial.query(SCHEDULED) == scheduled
