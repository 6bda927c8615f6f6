"""The admin: rows are read-only, and each action needs a permission of its own."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django_q import admin as _django_q_admin  # noqa: F401 - registers its models before they are registered anew here
from django_q.models import Failure, OrmQ, Schedule, Success

from rubric_jobs.jobs import controls
from rubric_jobs.models import FleetControl, Membership, RubricJob, TenantControl
from rubric_jobs.operations import job_actions, job_detail, situation
from rubric_jobs.operations.changelist import (
    AgeFilter,
    ErrorFilter,
    JobChangeList,
    Jobs,
    KindFilter,
    ProviderFilter,
    TenantFilter,
    search,
)
from rubric_jobs.operations.job_actions import CANCEL, PURGE, RETRY, JobAction


# ModelAdmin is not generic at run time.
@admin.register(RubricJob)
class RubricJobAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "created", "short_id", "state", "error_code", "kind", "file_name", "provider", "attempt", "time", "tenant",
        "user",
    )  # fmt: skip
    list_display_links = ("short_id",)
    list_filter = ("status", ErrorFilter, KindFilter, ProviderFilter, AgeFilter, TenantFilter)
    search_fields = ("job_id",)
    search_help_text = "The id of a job, a user or a tenant, or the beginning of a file's name"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    actions = ("retry_jobs", "cancel_jobs", "purge_jobs")
    fieldsets = (
        (None, {"fields": ("job_id", "state", "error_message", "error_code", "retryable", "progress_now")}),
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
        claiming = {"claiming": controls.claiming()}
        return super().changelist_view(request, {**(extra_context or {}), **claiming})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().change_view(request, object_id, form_url, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data is not None:
            job = answer.context_data.get("original")
            answer.context_data["job_actions"] = job_actions.offered(request, job)
        return answer

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RETRY.permission)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CANCEL.permission)

    def has_purge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PURGE.permission)

    @admin.display(description="created")
    def created(self, job: RubricJob) -> str:
        # The row may come from a table that was made with fewer constraints.
        return f"{job.created_at:%Y-%m-%d %H:%M:%S}" if job.created_at else "–"

    @admin.display(description="job")
    def short_id(self, job: RubricJob) -> str:
        return situation.short_id(job.job_id)

    @admin.display(description="status")
    def state(self, job: RubricJob) -> str:
        return format_html('<span class="rubric-status {}">{}</span>', job.status, job.get_status_display())

    @admin.display(description="tenant")
    def tenant(self, job: RubricJob) -> str:
        name = getattr(job, "tenant_name", "") or situation.short_id(job.tenant_id)
        return format_html('<a href="?tenant={0}" title="{0}">{1}</a>', job.tenant_id, name)

    @admin.display(description="user")
    def user(self, job: RubricJob) -> str:
        return format_html('<a href="?q={0}" title="{0}">{1}</a>', job.user_id, situation.short_id(job.user_id))

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
        self._take(request, RETRY, job_actions.limited(jobs))

    @admin.action(description="Cancel jobs that wait or run", permissions=["cancel"])
    def cancel_jobs(self, request: HttpRequest, jobs: Jobs) -> None:
        self._take(request, CANCEL, job_actions.limited(jobs))

    @admin.action(description="Purge finished jobs", permissions=["purge"])
    def purge_jobs(self, request: HttpRequest, jobs: Jobs) -> HttpResponse | None:
        chosen = job_actions.limited(jobs)
        if "confirmed" not in request.POST:
            return self._ask(request, chosen, reverse("admin:rubric_jobs_rubricjob_changelist"))
        self._take(request, PURGE, chosen)
        return None

    def get_urls(self) -> list[URLPattern]:
        act = path("<uuid:job_id>/do/<str:name>/", self.admin_site.admin_view(self.act), name="rubric_jobs_act")
        return [act, *super().get_urls()]

    def act(self, request: HttpRequest, job_id: uuid.UUID, name: str) -> HttpResponse:
        """The buttons of a job's page."""
        action = job_actions.ACTIONS.get(name)
        if action is None:
            raise Http404
        if request.method != "POST" or not request.user.has_perm(action.permission):
            raise PermissionDenied
        chosen = job_actions.limited(RubricJob.objects.filter(job_id=job_id))
        if action.asks and "confirmed" not in request.POST:
            return self._ask(request, chosen, request.path)
        self._take(request, action, chosen)
        is_gone = not RubricJob.objects.filter(job_id=job_id).exists()
        there = "admin:rubric_jobs_rubricjob_changelist" if is_gone else "admin:rubric_jobs_rubricjob_change"
        return redirect(there) if is_gone else redirect(there, job_id)

    def _take(self, request: HttpRequest, action: JobAction, jobs: list[RubricJob]) -> None:
        said = action.take(request, jobs)
        self.message_user(request, said, messages.WARNING if said.startswith("0 ") else messages.SUCCESS)

    def _ask(self, request: HttpRequest, jobs: list[RubricJob], address: str) -> HttpResponse:
        """The page that asks before jobs are purged."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Purge jobs?",
            "opts": self.opts,
            "jobs": jobs,
            "shown": jobs[:20],
            "address": address,
        }
        return TemplateResponse(request, "admin/rubric_jobs/confirm_purge.html", context)


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


class _Levers(forms.ModelForm):  # type: ignore[type-arg]
    """One row of the list; each field's accessible name combines its column and its tenant."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.help_text = ""
            field.widget.attrs["aria-label"] = f"{field.label} of {self.instance}"


@admin.register(TenantControl)
class TenantControlAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """All tenants' limits on one page: the list is an editable form."""

    list_display = ("tenant_id", "name", "is_local_only", "daily_token_cap", "tokens_left_today", "note", "jobs")
    list_editable = ("name", "is_local_only", "daily_token_cap", "note")
    search_fields = ("tenant_id",)
    ordering = ("name", "tenant_id")
    formfield_overrides = {models.TextField: {"widget": forms.TextInput}}

    class Media:
        css = {"all": ("rubric_jobs/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(left_today=controls.tokens_left())

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": _Levers, **kwargs})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("tenant_id",) if obj else ()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        try:
            return (queryset.filter(tenant_id=uuid.UUID(search_term.strip())) if search_term else queryset), False
        except ValueError:
            return queryset.filter(name__istartswith=search_term.strip()), False

    @admin.display(description="tokens left today")
    def tokens_left_today(self, tenant: TenantControl) -> str:
        left = getattr(tenant, "left_today", None)
        return "no cap" if left is None else str(left)

    @admin.display(description="jobs")
    def jobs(self, tenant: TenantControl) -> str:
        address = reverse("admin:rubric_jobs_rubricjob_changelist")
        return format_html('<a href="{}?tenant={}">Jobs of {}</a>', address, tenant.tenant_id, tenant)


class _LookedAtOnly:
    """A schedule or a task may name any function of any module; whoever can write one can run code as the service."""

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
