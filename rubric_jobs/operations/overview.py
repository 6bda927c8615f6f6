"""Figures for the front page and alarms: the ledger, which outlives the jobs, and the current queue."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from typing import Any, cast

from django.core.cache import cache
from django.db import connection

from rubric_jobs import errors
from rubric_jobs.jobs import controls

GOAL = 0.95
"""Target share of completed jobs, not counting those that were cancelled or could not succeed."""
USERS_CODES = sorted(code for code, error in errors.by_code().items() if error.lies_with_submission)
"""Failures caused by the submission, such as a document without a rubric. They do not count towards the goal."""

WINDOWS = {"24 hours": 24, "7 days": 7 * 24, "30 days": 30 * 24}
FAILING_WINDOW = datetime.timedelta(minutes=15)
"""Three runs of the purge, the least frequent scheduled task."""
MENDED_WINDOW_H = 7 * 24
MENDED_BOUND = 0.05
"""Allowed share of certain readings that teachers mend; the fit chose the certainty threshold for it."""
FEWEST_CERTAIN = 20
"""With fewer certain readings, no share is reported."""
TENANTS_SHOWN = 10
_SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """Jobs that ended in a window; the rate is None if there are none. `users` failed because of the submission."""

    completed: int
    failed: int
    users: int

    @property
    def rate(self) -> float | None:
        ended = self.completed + self.failed
        return self.completed / ended if ended else None

    @property
    def is_below_goal(self) -> bool:
        return self.rate is not None and self.rate < GOAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """Readings of the last week that were called certain, and those of them that a teacher mended afterwards."""

    certain: int
    mended: int

    @property
    def share_mended(self) -> float | None:
        return self.mended / self.certain if self.certain else None

    @property
    def is_too_often_wrong(self) -> bool:
        return self.certain >= FEWEST_CERTAIN and self.mended / self.certain > MENDED_BOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The current queue; `oldest_pending_s` is None if nothing waits."""

    pending: int
    processing: int
    oldest_pending_s: float | None
    is_claiming_paused: bool


def success(hours: int) -> Success:
    completed, failed, users = _rows(
        """SELECT count(*) FILTER (WHERE outcome = 'completed'),
             count(*) FILTER (WHERE outcome = 'failed' AND NOT coalesce(error_code, '') = ANY(%(users)s)),
             count(*) FILTER (WHERE outcome = 'failed' AND error_code = ANY(%(users)s))
           FROM grader.rubric_job_attempts WHERE ended_at >= statement_timestamp() - %(hours)s * interval '1 hour'""",
        {"hours": hours, "users": USERS_CODES},
    )[0]
    return Success(completed=completed, failed=failed, users=users)


def certainty() -> Certainty:
    certain, mended = _rows(
        """SELECT count(*), count(mended_at) FROM grader.rubric_job_attempts
           WHERE is_certain AND ended_at >= statement_timestamp() - %(hours)s * interval '1 hour'""",
        {"hours": MENDED_WINDOW_H},
    )[0]
    return Certainty(certain=certain, mended=mended)


def queue() -> Queue:
    pending, processing, oldest_s = _rows(
        """SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'processing'),
             extract(epoch FROM statement_timestamp() - min(queued_at) FILTER (WHERE status = 'pending'))::float
           FROM grader.rubric_extraction_jobs WHERE status IN ('pending', 'processing') AND kind IS NOT NULL""",
        {},
    )[0]
    return Queue(
        pending=pending,
        processing=processing,
        oldest_pending_s=oldest_s,
        is_claiming_paused=controls.claiming().is_paused,
    )


def failing_tasks() -> list[str]:
    """The service's own scheduled tasks that failed within the last quarter of an hour, by name."""
    rows = _rows(
        """SELECT DISTINCT func FROM django_q_task
           WHERE NOT success AND func LIKE 'rubric\\_jobs.%%' AND stopped > statement_timestamp() - %(window)s
           ORDER BY func""",
        {"window": FAILING_WINDOW},
    )
    return [name.rpartition(".")[2] for (name,) in rows]


MOST_REFUSED = 0.2
"""Allowed share of a model's plans that do not fit their documents."""
FEWEST_PLANS = 10
"""With fewer plans, no share is reported."""


def often_refused(hours: int = 24) -> list[str]:
    """Models with a share of unusable plans above MOST_REFUSED, with both counts."""
    rows = _rows(
        """SELECT llm_model, sum(plans_refused), sum(plans_answered) FROM grader.rubric_job_attempts
           WHERE ended_at >= statement_timestamp() - %(hours)s * interval '1 hour' AND plans_answered > 0
           GROUP BY 1 HAVING sum(plans_answered) >= %(fewest)s AND sum(plans_refused) > %(most)s * sum(plans_answered)
           ORDER BY 1""",
        {"hours": hours, "fewest": FEWEST_PLANS, "most": MOST_REFUSED},
    )
    return [f"{model}: {refused} of {answered}" for model, refused, answered in rows]


def remembered(hours: int) -> dict[str, Any]:
    """`read`, cached: a longer window takes longer to compute and changes less in a minute."""
    key, age_s = f"rubric-jobs-overview-{hours}", min(hours / 2, 300)
    return cast(dict[str, Any], cache.get_or_set(key, lambda: read(hours), age_s))


def read(hours: int) -> dict[str, Any]:
    """Everything that the page plots as JSON values: times in seconds, a list entry for each hour."""
    began = _rows(
        "SELECT date_trunc('hour', statement_timestamp()) - (%(hours)s - 1) * interval '1 hour'", {"hours": hours}
    )
    since: datetime.datetime = began[0][0]
    window = {"since": since, "users": USERS_CODES}
    counted = success(hours)
    return {
        "hours": [int(since.timestamp()) + hour * 3600 for hour in range(hours)],
        "goal": GOAL,
        "success": {**asdict(counted), "rate": counted.rate, "isBelowGoal": counted.is_below_goal},
        "jobs": _hourly(_rows(_JOBS, window), since, hours, ("completed", "failed", "users", "cancelled"), missing=0),
        "failures": _named(_rows(_FAILURES, window), ("code", "jobs", "isUsers")),
        "queueTime": _hourly(_rows(_QUEUE_TIME, window), since, hours, ("p50", "p95", "p99"), missing=None),
        "totalTime": _hourly(_rows(_TOTAL_TIME, window), since, hours, ("p50", "p95", "p99"), missing=None),
        "depth": _depth(since, hours),
        "tokensByProvider": _named(_rows(_TOKENS_BY_PROVIDER, window), ("provider", "model", "attempts", "tokens")),
        "tokensByTenant": _named(
            _rows(_TOKENS_BY_TENANT, {**window, "limit": TENANTS_SHOWN}), ("tenant", "name", "attempts", "tokens")
        ),
    }


_JOBS = """
SELECT date_trunc('hour', ended_at), count(*) FILTER (WHERE outcome = 'completed'),
  count(*) FILTER (WHERE outcome = 'failed' AND NOT coalesce(error_code, '') = ANY(%(users)s)),
  count(*) FILTER (WHERE outcome = 'failed' AND error_code = ANY(%(users)s)),
  count(*) FILTER (WHERE outcome = 'cancelled')
FROM grader.rubric_job_attempts WHERE ended_at >= %(since)s GROUP BY 1"""

_FAILURES = """
SELECT coalesce(error_code, 'unknown'), count(*), coalesce(error_code, '') = ANY(%(users)s)
FROM grader.rubric_job_attempts WHERE ended_at >= %(since)s AND outcome = 'failed'
GROUP BY 1, 3 ORDER BY 3, 2 DESC, 1"""

_PERCENTILES = ", ".join(
    f"percentile_cont({share}) WITHIN GROUP (ORDER BY seconds)::float AS p{round(share * 100)}" for share in _SHARES
)

_QUEUE_TIME = f"""
SELECT hour, {_PERCENTILES} FROM (
  SELECT date_trunc('hour', ended_at) AS hour, queue_ms / 1000.0::float AS seconds
  FROM grader.rubric_job_attempts WHERE ended_at >= %(since)s AND queue_ms IS NOT NULL
) AS waits GROUP BY 1"""  # noqa: S608 - put together from constants

_TOTAL_PERCENTILES = ", ".join(
    f"extract(epoch FROM percentile_cont({share}) WITHIN GROUP (ORDER BY took))::float" for share in _SHARES
)

# From the first queueing of a job until the end of its last attempt. Only jobs with an attempt that did not complete
# can have several. To group all of a million attempts by their job would take longer than all other figures together.
_TOTAL_TIME = f"""
WITH troubled AS MATERIALIZED (
  SELECT DISTINCT job_id FROM grader.rubric_job_attempts
  WHERE ended_at >= %(since)s AND outcome IS DISTINCT FROM 'completed'
), jobs AS (
  SELECT ended_at, ended_at - started_at + queue_ms * interval '1 millisecond' AS took
  FROM grader.rubric_job_attempts
  WHERE ended_at >= %(since)s AND outcome = 'completed' AND job_id NOT IN (SELECT job_id FROM troubled)
  UNION ALL
  SELECT max(ended_at), max(ended_at) - min(started_at - queue_ms * interval '1 millisecond')
  FROM grader.rubric_job_attempts JOIN troubled USING (job_id) WHERE ended_at >= %(since)s
  GROUP BY job_id HAVING bool_or(outcome IN ('completed', 'failed'))
)
SELECT date_trunc('hour', ended_at), {_TOTAL_PERCENTILES} FROM jobs GROUP BY 1"""  # noqa: S608 - constants

_TOKENS_BY_PROVIDER = """
SELECT coalesce(llm_provider, 'none'), coalesce(llm_model, ''), count(*),
  coalesce(sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)), 0)::bigint
FROM grader.rubric_job_attempts WHERE ended_at >= %(since)s GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2"""

_TOKENS_BY_TENANT = """
SELECT tenant_id::text, coalesce(control.name, ''), attempts, tokens FROM (
  SELECT tenant_id, count(*) AS attempts,
    coalesce(sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)), 0)::bigint AS tokens
  FROM grader.rubric_job_attempts WHERE ended_at >= %(since)s GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT %(limit)s
) AS busiest LEFT JOIN grader.rubric_tenant_controls control USING (tenant_id) ORDER BY tokens DESC, tenant_id"""

# Arrivals and claims by hour; the hour before the window counts the jobs that waited then.
_ARRIVALS = """
SELECT greatest(date_trunc('hour', queued_at), %(since)s::timestamptz - interval '1 hour'),
  count(*) FROM (
    SELECT started_at - coalesce(queue_ms, 0) * interval '1 millisecond' AS queued_at
    FROM grader.rubric_job_attempts WHERE started_at >= %(since)s
    UNION ALL
    SELECT queued_at FROM grader.rubric_extraction_jobs
    WHERE status = 'pending' AND kind IS NOT NULL AND queued_at IS NOT NULL
  ) AS arrivals GROUP BY 1"""

_DEPARTURES = """
SELECT date_trunc('hour', started_at), count(*) FROM grader.rubric_job_attempts
WHERE started_at >= %(since)s GROUP BY 1"""


def _depth(since: datetime.datetime, hours: int) -> list[int]:
    """How many jobs waited at the end of each hour; the last entry is now."""
    arrivals = dict(_rows(_ARRIVALS, {"since": since}))
    departures = dict(_rows(_DEPARTURES, {"since": since}))
    hour = datetime.timedelta(hours=1)
    waiting, depth = arrivals.get(since - hour, 0), []
    for place in range(hours):
        moment = since + place * hour
        waiting += arrivals.get(moment, 0) - departures.get(moment, 0)
        depth.append(waiting)
    return depth


def _hourly(
    rows: list[tuple[Any, ...]], since: datetime.datetime, hours: int, names: tuple[str, ...], *, missing: Any
) -> dict[str, list[Any]]:
    found = {hour: values for hour, *values in rows}
    by_hour = [found.get(since + datetime.timedelta(hours=place), [missing] * len(names)) for place in range(hours)]
    return {name: [values[place] for values in by_hour] for place, name in enumerate(names)}


def _named(rows: list[tuple[Any, ...]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
