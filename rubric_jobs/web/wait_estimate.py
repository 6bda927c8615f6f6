"""The measured speed of the queue, for `estimatedSeconds`."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection

MEASURED_FOR_S = 600
REMEMBERED_S = 5.0

# Only jobs that had to wait show the speed of the service; an idle hour does not.
_MEASURE = """
WITH recent AS (
  SELECT kind, started_at, queue_ms, run_ms, outcome FROM grader.rubric_job_attempts
  WHERE started_at > now() - %(measured_for_s)s * interval '1 second' ORDER BY started_at DESC LIMIT 1000
)
SELECT
  (count(*) FILTER (WHERE queue_ms > 1000) - 1)
    / nullif(extract(epoch FROM max(started_at) FILTER (WHERE queue_ms > 1000)
                              - min(started_at) FILTER (WHERE queue_ms > 1000)), 0)::float,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY run_ms) FILTER (WHERE outcome = 'completed' AND kind = 'extract'),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY run_ms) FILTER (WHERE outcome = 'completed' AND kind = 'enhance')
FROM recent
"""


@dataclass(frozen=True, slots=True)
class WaitEstimate:
    """Job starts a second while jobs were queued (None: no job had to wait), and the median run by kind in ms."""

    starts_per_s: float | None
    run_ms: dict[str, float | None]

    def estimate_s(self, kind: str, place: int) -> float | None:
        """Seconds until the job at that place in the queue ends; None if no job of its kind was measured."""
        run_ms = self.run_ms.get(kind)
        if run_ms is None:
            return None
        wait_s = place / self.starts_per_s if self.starts_per_s else 0.0
        return round(wait_s + run_ms / 1000, 1)


_measured: tuple[float, WaitEstimate] | None = None


def remembered() -> WaitEstimate | None:
    """The last measurement in this process, unless it is too old."""
    if _measured is None or time.monotonic() - _measured[0] > REMEMBERED_S:
        return None
    return _measured[1]


def measure() -> WaitEstimate:
    """The measurement of the last ten minutes, at most every five seconds in a process."""
    global _measured  # noqa: PLW0603 - one value for the process; two threads at worst measure twice
    if known := remembered():
        return known
    with connection.cursor() as cursor:
        cursor.execute(_MEASURE, {"measured_for_s": MEASURED_FOR_S})
        starts_per_s, extract_ms, enhance_ms = cursor.fetchone()
    measured = WaitEstimate(starts_per_s, {"extract": extract_ms, "enhance": enhance_ms})
    _measured = time.monotonic(), measured
    return measured
