"""The admin: rows are read-only, and each action needs a permission of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django_q import admin as _django_q_admin  # noqa: F401 - registers its models before they are registered anew here
from django_q.models import Failure, OrmQ, Schedule, Success

from rubric_jobs import conf
from rubric_jobs.jobs import controls, lifecycle, purge
from rubric_jobs.models import FleetControl, Membership, RubricJob, TenantControl
from rubric_jobs.operations import job_detail, overview
from rubric_jobs.operations.changelist import AgeFilter, JobChangeList, KindFilter, ProviderFilter, TenantFilter, search

ACTED_ON_AT_ONCE = 1000
"""The most jobs of one action; the purge command takes more."""

Jobs = QuerySet[RubricJob]


# ModelAdmin is not generic at run time.
@admin.register(RubricJob)
class RubricJobAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "job_id", "kind", "status", "error_code", "file_name", "provider", "attempt", "time", "tenant_id", "user_id",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", KindFilter, ProviderFilter, AgeFilter, TenantFilter)
    search_fields = ("job_id",)
    search_help_text = "The id of a job, a user or a tenant, or the beginning of a file's name"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    actions = ("retry_jobs", "cancel_jobs", "purge_jobs")
    fieldsets = (
        (None, {"fields": ("job_id", "status", "error_message", "error_code", "retryable", "progress_now")}),
        ("Result", {"fields": ("rubric",)}),
        ("Attempts", {"fields": ("timeline",)}),
        ("Figures", {"fields": ("figures",)}),
        ("File", {"fields": ("kind", "file_name", "file_type", "file_size_kb")}),
        ("Owner", {"fields": ("tenant_id", "user_id", "trace_id")}),
        (
            "Times",
            {"fields": ("created_at", "updated_at", "completed_at", "queued_at", "claimed_at", "deadline_at",
                        "run_after", "lease_expires_at", "attempt", "crashes")},
        ),
    )  # fmt: skip

    class Media:
        css = {"all": ("rubric_jobs/admin.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[JobChangeList]:
        return JobChangeList

    def get_search_results(self, request: HttpRequest, queryset: Jobs, search_term: str) -> tuple[Jobs, bool]:
        return (search(queryset, search_term) if search_term.strip() else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        paused = {"is_claiming_paused": controls.is_paused()}
        return super().changelist_view(request, {**(extra_context or {}), **paused})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rubric_jobs.retry_rubricjob")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rubric_jobs.cancel_rubricjob")

    def has_purge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rubric_jobs.purge_rubricjob")

    @admin.display(description="provider")
    def provider(self, job: RubricJob) -> str:
        return getattr(job, "provider", None) or "–"

    @admin.display(description="time")
    def time(self, job: RubricJob) -> str:
        ms = (job.performance_metrics or {}).get("duration_ms")
        return "–" if ms is None else f"{ms / 1000:.1f} s"

    @admin.display(description="rubric")
    def rubric(self, job: RubricJob) -> str:
        return job_detail.rubric(job.result)

    @admin.display(description="timeline")
    def timeline(self, job: RubricJob) -> str:
        return job_detail.timeline(job)

    @admin.display(description="figures")
    def figures(self, job: RubricJob) -> str:
        return job_detail.figures(job.performance_metrics)

    @admin.display(description="progress")
    def progress_now(self, job: RubricJob) -> str:
        return job_detail.as_json(job.progress) if job.progress else "–"

    @admin.action(description="Retry failed jobs", permissions=["retry"])
    def retry_jobs(self, request: HttpRequest, jobs: Jobs) -> None:
        def again(job: RubricJob) -> bool:
            return lifecycle.retry(job_id=job.job_id, tenant_id=job.tenant_id, timeout_s=conf.job_timeout_s())

        self._act(request, jobs, again, "retried", "only failed jobs that a retry can mend are retried")

    @admin.action(description="Cancel jobs that wait or run", permissions=["cancel"])
    def cancel_jobs(self, request: HttpRequest, jobs: Jobs) -> None:
        self._act(request, jobs, lambda job: lifecycle.cancel(job_id=job.job_id), "cancelled", "the others had ended")

    @admin.action(description="Purge finished jobs", permissions=["purge"])
    def purge_jobs(self, request: HttpRequest, jobs: Jobs) -> None:
        self._act(
            request, jobs, lambda job: purge.purge_ids([job.job_id]) > 0, "purged", "only finished jobs are purged"
        )

    def _act(
        self, request: HttpRequest, jobs: Jobs, act: Callable[[RubricJob], bool], done: str, else_because: str
    ) -> None:
        chosen = list(jobs.only("job_id", "tenant_id", "kind", "status")[:ACTED_ON_AT_ONCE])
        changed = [job for job in chosen if act(job)]
        if changed:
            LogEntry.objects.log_actions(cast(int, request.user.pk), changed, CHANGE, done)
        left = len(chosen) - len(changed)
        because = f"; {left} left alone: {else_because}" if left else ""
        text = f"{len(changed)} job{'' if len(changed) == 1 else 's'} {done}{because}."
        self.message_user(request, text, messages.SUCCESS if changed else messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        mine = [
            path("overview/", self.admin_site.admin_view(self.overview), name="rubric_jobs_overview"),
            path("overview/data", self.admin_site.admin_view(self.overview_data), name="rubric_jobs_overview_data"),
        ]
        return [*mine, *super().get_urls()]

    def overview(self, request: HttpRequest) -> HttpResponse:
        hours = self._window(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Overview",
            "opts": self.opts,
            "hours": hours,
            "windows": overview.WINDOWS,
            "success": overview.success(hours),
            "goal": overview.GOAL,
            **overview.now(),
        }
        return TemplateResponse(request, "admin/rubric_jobs/overview.html", context)

    def overview_data(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(overview.remembered(self._window(request)) | overview.now())

    def _window(self, request: HttpRequest) -> int:
        if not self.has_view_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("hours", "")
        known = {str(hours): hours for hours in overview.WINDOWS.values()}
        return known.get(wanted, next(iter(known.values())))


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("account", "tenant_id", "user_id")
    list_select_related = ("account",)


@admin.register(FleetControl)
class FleetControlAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One row, created on first use."""

    list_display = ("__str__", "reason", "changed_by", "changed_at")
    fields = ("is_claiming_paused", "reason")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not FleetControl.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: FleetControl, form: Any, change: bool) -> None:
        by = request.user.get_username()
        if obj.is_claiming_paused:
            controls.pause(by=by, reason=obj.reason)
        else:
            controls.resume(by=by)


@admin.register(TenantControl)
class TenantControlAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("tenant_id", "is_local_only", "daily_token_cap", "tokens_left_today", "note")
    search_fields = ("tenant_id",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("tenant_id",) if obj else ()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        try:
            return (queryset.filter(tenant_id=uuid.UUID(search_term.strip())) if search_term else queryset), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description="tokens left today")
    def tokens_left_today(self, tenant: TenantControl) -> str:
        left = controls.allowance(tenant.tenant_id).tokens_left
        return "no cap" if left is None else str(left)


class _LookedAtOnly:
    """A schedule or a task names any function of any module: whoever writes one runs code as the service."""

    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


for _model in (Schedule, Success, Failure, OrmQ):
    _theirs = type(admin.site.get_model_admin(_model))
    admin.site.unregister(_model)
    admin.site.register(_model, type(f"LookedAtOnly{_theirs.__name__}", (_LookedAtOnly, _theirs), {}))
