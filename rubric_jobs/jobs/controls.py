"""Operators' controls: pause all workers, and limit what a tenant may send to language models."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from django.db import connection
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from rubric_jobs.jobs.lifecycle import PENDING_CHANNEL
from rubric_jobs.models import FleetControl


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a tenant may send now; `tokens_left` is None without a cap."""

    is_local_only: bool = False
    tokens_left: int | None = None

    @property
    def forbids_models(self) -> bool:
        return self.is_local_only or self.tokens_left == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claiming:
    """Whether workers claim jobs, and who changed that last, when and why."""

    is_paused: bool = False
    by: str = ""
    at: datetime.datetime | None = None
    reason: str = ""


def pause(*, by: str, reason: str = "") -> None:
    """Workers finish the jobs that they run and claim nothing more."""
    _set(is_claiming_paused=True, by=by, reason=reason)


def resume(*, by: str, reason: str = "") -> None:
    """Workers claim jobs again, at once."""
    _set(is_claiming_paused=False, by=by, reason=reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [PENDING_CHANNEL])


def _set(*, is_claiming_paused: bool, by: str, reason: str) -> None:
    FleetControl.objects.update_or_create(
        id=1,
        defaults={
            "is_claiming_paused": is_claiming_paused,
            "reason": reason,
            "changed_by": by,
            "changed_at": Now(),
        },
    )


def claiming() -> Claiming:
    control = FleetControl.objects.first()
    if control is None:
        return Claiming()
    return Claiming(
        is_paused=control.is_claiming_paused, by=control.changed_by, at=control.changed_at, reason=control.reason
    )


def is_paused() -> bool:
    return claiming().is_paused


# Of one row of `rubric_tenant_controls`; today's tokens (UTC) are summed from the ledger, never kept in a counter.
_LEFT = """CASE WHEN daily_token_cap IS NOT NULL THEN greatest(0, daily_token_cap - (
    SELECT coalesce(sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)), 0)
    FROM grader.rubric_job_attempts attempt WHERE attempt.tenant_id = rubric_tenant_controls.tenant_id
      AND attempt.started_at >= date_trunc('day', statement_timestamp(), 'UTC'))) END"""

_ALLOWANCE = f"SELECT is_local_only, {_LEFT} FROM grader.rubric_tenant_controls WHERE tenant_id = %s"  # noqa: S608


def tokens_left() -> RawSQL:
    """For a query over TenantControl: what each tenant has left today, null without a cap."""
    return RawSQL(_LEFT, [])  # noqa: S611  # nosec B611 - a constant


def allowance(tenant_id: uuid.UUID) -> Allowance:
    """The tenant's limits; today's tokens (UTC) are summed from the ledger, never kept in a counter."""
    with connection.cursor() as cursor:
        cursor.execute(_ALLOWANCE, [tenant_id])
        row = cursor.fetchone()
    if row is None:
        return Allowance()
    return Allowance(is_local_only=row[0], tokens_left=None if row[1] is None else int(row[1]))
