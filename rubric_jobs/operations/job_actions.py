"""What operators do with jobs: retry, cancel, purge. Each action needs its own permission and is logged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest

from rubric_jobs import conf
from rubric_jobs.jobs import lifecycle, purge
from rubric_jobs.models import RubricJob, Status

AT_ONCE = 1000
"""The most jobs of one action; the purge command takes more."""


def _retry(job: RubricJob) -> bool:
    return lifecycle.retry(job_id=job.job_id, tenant_id=job.tenant_id, timeout_s=conf.job_timeout_s())


def _cancel(job: RubricJob) -> bool:
    return lifecycle.cancel(job_id=job.job_id)


def _purge(job: RubricJob) -> bool:
    return purge.purge_ids([job.job_id]) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAction:
    """`act` returns False for a job that it skips, `otherwise` is the reason; `asks` for confirmation first."""

    name: str
    label: str
    done: str
    otherwise: str
    statuses: tuple[str, ...]
    act: Callable[[RubricJob], bool]
    asks: bool = False

    @property
    def permission(self) -> str:
        return f"rubric_jobs.{self.name}_rubricjob"

    def is_offered_for(self, job: RubricJob) -> bool:
        return job.kind is not None and job.status in self.statuses and (self.name != "retry" or bool(job.retryable))

    def take(self, request: HttpRequest, jobs: Iterable[RubricJob]) -> str:
        """Act on the jobs and say how many were changed, and why others were not."""
        chosen = list(jobs)
        changed = [job for job in chosen if self.act(job)]
        if changed:
            LogEntry.objects.log_actions(request.user.pk, changed, CHANGE, self.done)  # type: ignore[arg-type]
        left = len(chosen) - len(changed)
        because = f"; {left} left alone: {self.otherwise}" if left else ""
        return f"{len(changed)} job{'' if len(changed) == 1 else 's'} {self.done}{because}."


RETRY = JobAction(
    name="retry",
    label="Retry",
    done="retried",
    otherwise="only failed jobs that can be retried are",
    statuses=(Status.FAILED,),
    act=_retry,
)
CANCEL = JobAction(
    name="cancel",
    label="Cancel",
    done="cancelled",
    otherwise="the others had ended",
    statuses=(Status.PENDING, Status.PROCESSING),
    act=_cancel,
)
PURGE = JobAction(
    name="purge",
    label="Purge",
    done="purged",
    otherwise="only finished jobs are purged",
    statuses=(Status.COMPLETED, Status.FAILED),
    act=_purge,
    asks=True,
)
ACTIONS = {action.name: action for action in (RETRY, CANCEL, PURGE)}


def offered(request: HttpRequest, job: RubricJob | None) -> list[JobAction]:
    """The actions that this operator may take on this job now."""
    if job is None:
        return []
    return [
        action for action in ACTIONS.values() if request.user.has_perm(action.permission) and action.is_offered_for(job)
    ]


def limited(jobs: QuerySet[RubricJob]) -> list[RubricJob]:
    """The chosen jobs without their results, at most as many as one action takes."""
    return list(jobs.only("job_id", "tenant_id", "kind", "status", "retryable")[:AT_ONCE])
