"""A circuit breaker and a cap of calls in flight for each provider, shared by all workers.

The breaker's state (Nygard, Release It!, 2007) is a row of `provider_lanes`: a failure in one worker opens it for all,
a successful probe closes it for all. Calls in flight are counted from rows, so that a dead worker's calls do not count.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.db import connection

from rubric_jobs.jobs.claims import Claim
from rubric_jobs.llm.providers.faults import LONGEST_WAIT_S

FAULTS_ALLOWED = 5
"""Failures in a row before the breaker opens; it opens at once for a busy service."""
LONGEST_PAUSE_S = 60.0
"""The longest pause if the service does not state one."""
LONGEST_LOOK_S = 10.0
"""Seconds until a job that waits for a probe asks again, at most."""


class Pass(Enum):
    """Why a call may proceed."""

    CLEAR = "clear"
    DOUBTFUL = "doubtful"  # there were failures, but too few to open the breaker
    PROBE = "probe"  # the one call that tests an open breaker


_STATE = """
SELECT failures, extract(epoch FROM paused_until - statement_timestamp())::float
FROM grader.provider_lanes WHERE provider = %(provider)s AND model = %(model)s"""

_PROBE = """
UPDATE grader.provider_lanes
SET paused_until = statement_timestamp(), -- how long the probe takes is counted from here
  probe_until = statement_timestamp() + %(probe_s)s * interval '1 second', probe_token = %(token)s
WHERE provider = %(provider)s AND model = %(model)s AND paused_until <= statement_timestamp()
  -- Its own, where the answer was lost and the question is asked again.
  AND (probe_until IS NULL OR probe_until <= statement_timestamp() OR probe_token = %(token)s)"""


def acquire(claim: Claim, *, provider: str, model: str, probe_s: float) -> Pass | float:
    """A pass for one call, or the seconds to wait before asking again. A probe lasts at most `probe_s`."""
    lane: dict[str, Any] = {"provider": provider, "model": model, "probe_s": probe_s, "token": claim.token}
    with connection.cursor() as cursor:
        cursor.execute(_STATE, lane)
        state = cursor.fetchone()
        if state is None:
            return Pass.CLEAR
        failures, pause_s = state
        if pause_s is None:
            return Pass.DOUBTFUL if failures else Pass.CLEAR
        if pause_s > 0:
            return float(pause_s)
        cursor.execute(_PROBE, lane)
        # Ask again after half the time that the probe has taken so far, so that long probes are asked about seldom.
        return Pass.PROBE if cursor.rowcount else min(max(-float(pause_s) / 2, 1.0), LONGEST_LOOK_S)


_FAULT = """
INSERT INTO grader.provider_lanes AS lane (provider, model, failures, paused_until)
VALUES (%(provider)s, %(model)s, 1, CASE WHEN %(is_busy)s THEN
  statement_timestamp() + coalesce(%(retry_after_s)s::float, 1) * interval '1 second' END)
ON CONFLICT (provider, model) DO UPDATE SET
  failures = lane.failures + 1, probe_until = NULL, probe_token = NULL,
  paused_until = CASE WHEN %(is_busy)s OR lane.paused_until IS NOT NULL OR lane.failures + 1 >= %(allowed)s THEN
    statement_timestamp() + interval '1 second'
      * coalesce(%(retry_after_s)s::float, least(%(longest_s)s::float, 2 ^ least(lane.failures - %(free)s, 16))) END
-- A hundred calls that fail together are one fault: while the lane is paused, more of them change nothing.
WHERE lane.paused_until IS NULL OR lane.paused_until <= statement_timestamp()"""


def record_failure(*, provider: str, model: str, is_busy: bool, retry_after_s: float | None) -> None:
    """Record a failure of the service. Opens the breaker if it is busy, was half-open, or failed too often."""
    values: dict[str, Any] = {
        "provider": provider,
        "model": model,
        "is_busy": is_busy,
        "retry_after_s": None if retry_after_s is None else min(retry_after_s, LONGEST_WAIT_S),
        "allowed": FAULTS_ALLOWED,
        "free": 0 if is_busy else FAULTS_ALLOWED - 1,
        "longest_s": LONGEST_PAUSE_S,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FAULT, values)


def record_success(*, provider: str, model: str, passed: Pass) -> None:
    """Close the breaker. A call from before the pause does not close it: only the probe does."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM grader.provider_lanes WHERE provider = %s AND model = %s AND (paused_until IS NULL OR %s)""",
            [provider, model, passed is Pass.PROBE],
        )


def release_probe(claim: Claim, *, provider: str, model: str) -> None:
    """The probe ended without a result; the next call may be the probe."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE grader.provider_lanes SET probe_until = NULL, probe_token = NULL
               WHERE provider = %s AND model = %s AND probe_token = %s""",
            [provider, model, claim.token],
        )


def take_call(claim: Claim, *, provider: str, cap: int) -> bool:
    """Whether this job may call the provider now, while at most `cap` jobs of the fleet do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT grader.take_call(%s, %s, %s, %s)", [claim.job_id, claim.token, provider, cap])
        return bool(cursor.fetchone()[0])


def end_call(claim: Claim, *, cap: int) -> None:
    """This job's call is over or not needed; the next job that waits for one is woken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT grader.end_call(%s, %s, %s)", [claim.job_id, claim.token, cap])


# A loose index scan over the providers, because thousands of jobs may wait for each.
_WAKE_CALLERS = """
WITH RECURSIVE awaited AS (
  SELECT min(calling) AS provider FROM grader.rubric_extraction_jobs
  WHERE status = 'pending' AND calling IS NOT NULL AND run_after IS NOT NULL
  UNION ALL
  SELECT (SELECT min(calling) FROM grader.rubric_extraction_jobs
          WHERE status = 'pending' AND calling > awaited.provider AND run_after IS NOT NULL)
  FROM awaited WHERE awaited.provider IS NOT NULL
)
SELECT grader.wake_callers(provider, %s) FROM awaited WHERE provider IS NOT NULL"""


def wake_callers(*, cap: int) -> None:
    """pending → pending: wake the first jobs that wait for a call while calls are free."""
    with connection.cursor() as cursor:
        cursor.execute(_WAKE_CALLERS, [cap])
