"""What the fleet knows of each provider and model: whether to leave it alone for a while, and how many calls it has.

A circuit breaker (Nygard, Release It!, 2007) whose state is a row: a fault seen by one worker pauses the lane for all,
a success of the probe opens it for all. Calls in flight are counted from rows, so that a dead worker's are not.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.db import connection

from rubric_jobs.jobs.claims import Claim
from rubric_jobs.llm.providers.faults import LONGEST_WAIT_S

FAULTS_ALLOWED = 5
"""In a row, of a service that is down, before the lane is paused; a busy one is paused at once."""
LONGEST_PAUSE_S = 60.0
"""Where the service does not say how long."""
LONGEST_LOOK_S = 10.0
"""Between two looks whether the probe of a lane has come back."""


class Pass(Enum):
    """Why a call may go ahead."""

    CLEAR = "clear"
    DOUBTFUL = "doubtful"  # there were faults, but not enough to pause the lane
    PROBE = "probe"  # the one call that tries whether a paused lane works again


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
    """A pass for one call, or the seconds to wait before asking again. A probe holds for `probe_s` at the most."""
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
        # Who waits for a probe looks again when it has taken half as long once more: seldom, however long it takes.
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
    """Note a fault of the service's own; the lane is paused when it is busy, on probation, or failed too often."""
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
    """Open the lane. A doubtful call that went ahead before a pause does not: only the probe knows that it is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM grader.provider_lanes WHERE provider = %s AND model = %s AND (paused_until IS NULL OR %s)""",
            [provider, model, passed is Pass.PROBE],
        )


def release_probe(claim: Claim, *, provider: str, model: str) -> None:
    """The call that was to try the lane came to nothing: the next one may, if it was not given up already."""
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
    """This job's call is over, or is not needed: the next job that waits for one is woken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT grader.end_call(%s, %s, %s)", [claim.job_id, claim.token, cap])


# From provider to provider by the index: thousands may wait for each.
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
    """pending → pending for the first jobs that wait for a call, where one is free that nobody was woken for."""
    with connection.cursor() as cursor:
        cursor.execute(_WAKE_CALLERS, [cap])
