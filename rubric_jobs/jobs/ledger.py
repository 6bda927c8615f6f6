"""Totals over the ledger that never fall, although old lines are purged.

Lines that ended before a watermark are rolled up into `rubric_ledger_totals` once; younger lines are summed on demand.
One statement reads both, so that every line counts exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

BOUNDS_MS = (10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000)
"""Upper bounds of the duration buckets; one more bucket has everything above."""

LONGEST_NAME = 200
"""Characters of a model's name: what an index over it takes. Lines from before this bound may have longer ones."""

SETTLED = "interval '10 minutes'"
"""Lines older than this are complete: no transaction of this service lasts that long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Attempts with the same kind, outcome, error, provider and model; a name is "" where the ledger has none."""

    kind: str
    outcome: str
    error_code: str
    llm_provider: str
    llm_model: str
    attempts: int
    prompt_tokens: int
    completion_tokens: int
    plans_answered: int
    plans_refused: int
    queue_ms: int
    run_ms: int
    queue_buckets: list[int]
    run_buckets: list[int]


_KEYS = ("kind", "outcome", "error_code", "llm_provider", "llm_model")
_SUMS = (
    "attempts", "prompt_tokens", "completion_tokens", "plans_answered", "plans_refused", "queue_ms", "run_ms",
)  # fmt: skip
_ARRAYS = ("queue_buckets", "run_buckets")
_COLUMNS = ", ".join((*_KEYS, *_SUMS, *_ARRAYS))


def _buckets(column: str) -> str:
    # A bucket includes its upper bound, as in Prometheus; width_bucket excludes it.
    bounds = ", ".join(map(str, BOUNDS_MS))
    counts = (
        f"count(*) FILTER (WHERE width_bucket({column} - 1, ARRAY[{bounds}]) = {place})"
        for place in range(len(BOUNDS_MS) + 1)
    )
    return f"ARRAY[{', '.join(counts)}]"


def _summed(condition: str) -> str:
    return f"""
    SELECT kind, coalesce(outcome, '') AS outcome, coalesce(error_code, '') AS error_code,
      coalesce(llm_provider, '') AS llm_provider, left(coalesce(llm_model, ''), {LONGEST_NAME}) AS llm_model,
      count(*) AS attempts,
      coalesce(sum(prompt_tokens), 0)::bigint AS prompt_tokens,
      coalesce(sum(completion_tokens), 0)::bigint AS completion_tokens,
      coalesce(sum(plans_answered), 0)::bigint AS plans_answered,
      coalesce(sum(plans_refused), 0)::bigint AS plans_refused,
      coalesce(sum(queue_ms), 0)::bigint AS queue_ms, coalesce(sum(run_ms), 0)::bigint AS run_ms,
      {_buckets("queue_ms")} AS queue_buckets, {_buckets("run_ms")} AS run_buckets
    FROM grader.rubric_job_attempts WHERE {condition} GROUP BY 1, 2, 3, 4, 5
    """  # noqa: S608 - put together from constants


_COUNTED_UNTIL = "coalesce((SELECT counted_until FROM grader.rubric_ledger_watermark), '-infinity')"

_ROLL_UP = f"""
INSERT INTO grader.rubric_ledger_totals AS total ({_COLUMNS})
{_summed("ended_at > %(counted_until)s AND ended_at <= %(until)s")}
ON CONFLICT ({", ".join(_KEYS)}) DO UPDATE SET
  {", ".join(f"{name} = total.{name} + excluded.{name}" for name in _SUMS)},
  {
    ", ".join(
        f"{name} = ARRAY(SELECT a + b FROM unnest(total.{name}, excluded.{name}) WITH ORDINALITY AS both_(a, b, place)"
        " ORDER BY place)"
        for name in _ARRAYS
    )
}
"""  # noqa: S608 - put together from constants


def roll_up(*, settled: str = SETTLED) -> int:
    """Add the settled lines to the lasting totals. Returns how many totals changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO grader.rubric_ledger_watermark (counted_until) VALUES ('-infinity') ON CONFLICT DO NOTHING"
        )
        # A second roll-up waits here and finds nothing to do, so that no line is counted twice.
        cursor.execute(
            f"SELECT counted_until::text, (statement_timestamp() - {settled})::text "  # noqa: S608 - a constant
            "FROM grader.rubric_ledger_watermark FOR UPDATE"
        )
        counted_until, until = cursor.fetchone()
        cursor.execute(_ROLL_UP, {"counted_until": counted_until, "until": until})
        changed = int(cursor.rowcount)
        cursor.execute(
            "UPDATE grader.rubric_ledger_watermark SET counted_until = greatest(counted_until, %s::timestamptz)",
            [until],
        )
    return changed


_TOTALS = f"""
SELECT {_COLUMNS} FROM grader.rubric_ledger_totals
UNION ALL
{_summed(f"ended_at > {_COUNTED_UNTIL}")}
"""  # noqa: S608 - put together from constants


def totals() -> list[Sum]:
    """All attempts that ever ended, summed; a key may occur twice, rolled up and young."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS)
        names = [column.name for column in cursor.description]
        return [Sum(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
