"""The current situation: alarms with links to their jobs, and the newest jobs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

from django.core.cache import cache
from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, Now
from django.urls import reverse

from rubric_jobs.jobs import controls, workers
from rubric_jobs.jobs.controls import Claiming
from rubric_jobs.jobs.workers import Worker
from rubric_jobs.models import ProviderLane, RubricJob, TenantControl
from rubric_jobs.operations import overview
from rubric_jobs.operations.overview import Queue

JOBS_SHOWN = 12
WAITS_TOO_LONG_S = 120.0
"""As in deploy/prometheus-alerts.yaml."""
GOAL_HOURS = 24
LATELY_AGE_S = 15

Jobs = QuerySet[RubricJob]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that an operator should look at. `code` is stable, `href` links to the affected jobs."""

    code: str
    text: str
    href: str
    link: str


def now() -> dict[str, Any]:
    """Alarms, queue, claiming, workers and newest jobs as JSON values."""
    fleet, queue, claiming = workers.known(), overview.queue(), controls.claiming()
    return {
        "alarms": [asdict(alarm) for alarm in _alarms(fleet, queue, claiming)],
        "queue": asdict(queue),
        "claiming": asdict(claiming) | {"at": _when(claiming.at)},
        "workers": [_worker(worker) for worker in fleet],
        "latest": latest(),
    }


def _alarms(fleet: list[Worker], queue: Queue, claiming: Claiming) -> Iterator[Alarm]:
    waiting = _jobs("status__exact=pending"), "Waiting jobs"
    alive = [worker for worker in fleet if worker.is_alive]
    if claiming.is_paused:
        yield _alarm("claiming-paused", "Claiming is paused: jobs wait, and no worker claims them.", waiting)
    if not alive:
        yield _alarm("no-worker", "No worker process is alive: jobs wait until one is started.", waiting)
    if lost := len(fleet) - len(alive):
        text = (
            f"Worker processes lost in the last hour: {lost}. "
            "Other workers claim their jobs; the logs of the lost workers’ hosts say why."
        )
        yield _alarm("workers-lost", text, (_jobs("status__exact=processing"), "Running jobs"))
    if failing := overview.failing_tasks():
        text = f"Scheduled tasks failed within the last quarter of an hour: {', '.join(failing)}."
        yield _alarm("failing-tasks", text, (reverse("admin:django_q_failure_changelist"), "Failed tasks"))
    if not claiming.is_paused and (queue.oldest_pending_s or 0) > WAITS_TOO_LONG_S:
        text = (
            f"A job has been waiting for {queue.oldest_pending_s:.0f} s: start more workers, or look at the providers."
        )
        yield _alarm("waits-too-long", text, waiting)
    for provider, model in ProviderLane.objects.filter(paused_until__gt=Now()).values_list("provider", "model"):
        text = f"{provider.capitalize()} ({model}) is paused after repeated failures."
        yield _alarm("provider-paused", text, waiting)
    lately = _lately()
    counted, readings = lately.success, lately.certainty
    if counted.is_below_goal:
        text = (
            f"Below the goal: {counted.completed} of {counted.completed + counted.failed} jobs that could succeed were "
            f"completed within {GOAL_HOURS} hours, the goal is {overview.GOAL:.0%}."
        )
        yield _alarm("below-goal", text, (_jobs("error=service"), "Failed jobs"))
    if readings.is_too_often_wrong:
        text = (
            "Readings of the last 7 days that were called certain and were mended by a teacher: "
            f"{readings.mended} of {readings.certain}. The reader is too confident about such documents."
        )
        yield _alarm("mended", text, (_jobs("status__exact=completed"), "Completed jobs"))
    if lately.refused_plans:
        told = ", ".join(lately.refused_plans)
        text = (
            f"More than a fifth of a model’s plans did not fit their documents: {told}. Another model may point better."
        )
        yield _alarm("refused-plans", text, (_jobs("status__exact=completed"), "Completed jobs"))


def _alarm(code: str, text: str, way: tuple[str, str]) -> Alarm:
    return Alarm(code=code, text=text, href=way[0], link=way[1])


@dataclass(frozen=True, slots=True)
class _Lately:
    """From the ledger: with a million attempts it takes longer to count than the rest of this module together."""

    success: overview.Success
    certainty: overview.Certainty
    refused_plans: list[str]


def _lately() -> _Lately:
    return cast(_Lately, cache.get_or_set("rubric-jobs-lately", _count_lately, LATELY_AGE_S))


def _count_lately() -> _Lately:
    return _Lately(overview.success(GOAL_HOURS), overview.certainty(), overview.often_refused())


def _jobs(query: str) -> str:
    return f"{reverse('admin:rubric_jobs_rubricjob_changelist')}?{query}"


def _worker(worker: Worker) -> dict[str, Any]:
    return {
        "worker": worker.name,
        "state": "alive" if worker.is_alive else f"no report for {worker.silent_s:.0f} s",
        "since": _when(worker.started_at),
        "running": worker.running if worker.is_alive else "–",
    }


def latest() -> list[dict[str, Any]]:
    """The newest jobs, by the index of the admin's list."""
    jobs = with_tenant_names(RubricJob.objects.order_by("-created_at", "-job_id"))
    columns = ("job_id", "created_at", "status", "kind", "file_name", "tenant_id", "tenant_name", "error_code")
    return [
        {
            "href": reverse("admin:rubric_jobs_rubricjob_change", args=[job["job_id"]]),
            "id": short_id(job["job_id"]),
            "created": _when(job["created_at"]),
            "status": job["status"],
            "kind": job["kind"] or "–",
            "file": job["file_name"],
            "tenant": job["tenant_name"] or short_id(job["tenant_id"]),
            "error": job["error_code"] or "",
        }
        for job in jobs.values(*columns)[:JOBS_SHOWN]
    ]


def with_tenant_names(jobs: Jobs) -> Jobs:
    """Add `tenant_name`, empty if there is none, by key and only for the rows shown."""
    names = TenantControl.objects.filter(tenant_id=OuterRef("tenant_id")).values("name")[:1]
    return jobs.annotate(tenant_name=Coalesce(Subquery(names), Value(""), output_field=TextField()))


def short_id(identity: Any) -> str:
    return str(identity)[:8]


def _when(moment: datetime.datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""
