"""The admin's list of jobs by keyset pagination: no page counts rows, skips rows or sorts without an index."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Lower, Now
from django.http import HttpRequest

from rubric_jobs.models import Kind, RubricJob, Status
from rubric_jobs.operations import situation
from rubric_jobs.operations.overview import USERS_CODES

BEFORE = "before"
"""The query parameter with the last row of a page; the next page begins after it."""

PROVIDERS = ("local", "gemini", "openai")
UNREAD = ("result", "progress")
"""Large columns that a list does not show."""

Jobs = QuerySet[RubricJob]


class JobChangeList(ChangeList):
    """A page of jobs, newest first, with a link to older ones."""

    older_jobs: str | None = None

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return {name: value for name, value in super().get_filters_params(params).items() if name != BEFORE}

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        return ["-created_at", "-job_id"]

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        jobs = super().get_queryset(request, exclude_parameters)
        named = situation.with_tenant_names(jobs.defer(*UNREAD))
        return named.annotate(provider=KT("performance_metrics__llm_provider"))

    def get_results(self, request: HttpRequest) -> None:
        size = self.list_per_page
        # One row more than shown tells whether there are older ones.
        found = list(_below(self.queryset, request.GET.get(BEFORE))[: size + 1])
        self.result_list = found[:size]
        self.is_first_page = BEFORE not in request.GET
        if len(found) > size:
            last = found[size - 1]
            mark = f"{last.created_at.isoformat()}_{last.job_id}"
            self.older_jobs = self.get_query_string({BEFORE: mark})
        self.newest_jobs = self.get_query_string(remove=[BEFORE])
        # For Django's templates: equal to the page's length, so that they offer no "select all".
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.multi_page = self.can_show_all = False
        self.show_admin_actions = True


def _below(jobs: Jobs, mark: str | None) -> Jobs:
    if mark is None:
        return jobs
    created_at, _, job_id = mark.partition("_")
    try:
        at, last = datetime.datetime.fromisoformat(created_at), uuid.UUID(job_id)
    except ValueError as error:
        raise IncorrectLookupParameters(mark) from error
    return jobs.filter(created_at__lte=at).exclude(created_at=at, job_id__gte=last)


def search(jobs: Jobs, term: str) -> Jobs:
    """Jobs by the id of a job, a user or a tenant, or by the beginning of the file's name."""
    wanted = term.strip()
    try:
        identity = uuid.UUID(wanted)
    except ValueError:
        return jobs.annotate(name=Lower("file_name")).filter(name__startswith=wanted.lower())
    # One of the three by its own index; a condition with OR would be a scan.
    for column in ("job_id", "user_id"):
        if RubricJob.objects.filter(**{column: identity}).exists():
            return jobs.filter(**{column: identity})
    return jobs.filter(tenant_id=identity)


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Kind.choices, ("none", "From before the service")]

    def queryset(self, request: HttpRequest, jobs: Jobs) -> Jobs:
        wanted = self.value()
        if wanted == "none":
            return jobs.filter(kind__isnull=True)
        return jobs.filter(kind=wanted) if wanted else jobs


class ErrorFilter(admin.SimpleListFilter):
    """Failed jobs by reason; the front page links to each code."""

    title = "reason"
    parameter_name = "error"
    _SIDES = {"service": "The service’s failures", "submission": "The submission’s failures"}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = self.used_parameters.get(self.parameter_name, [""])[-1]
        return [*self._SIDES.items(), *([] if chosen in {"", *self._SIDES} else [(chosen, chosen)])]

    def queryset(self, request: HttpRequest, jobs: Jobs) -> Jobs:
        wanted = self.value()
        if not wanted:
            return jobs
        failed = jobs.filter(status=Status.FAILED)
        if wanted == "service":
            return failed.exclude(error_code__in=USERS_CODES)
        return failed.filter(error_code__in=USERS_CODES if wanted == "submission" else [wanted])


class ProviderFilter(admin.SimpleListFilter):
    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name.capitalize()) for name in PROVIDERS]

    def queryset(self, request: HttpRequest, jobs: Jobs) -> Jobs:
        wanted = self.value()
        if not wanted:
            return jobs
        return jobs.annotate(provider=KT("performance_metrics__llm_provider")).filter(provider=wanted)


class AgeFilter(admin.SimpleListFilter):
    title = "age"
    parameter_name = "age"
    _HOURS = {"hour": 1, "day": 24, "week": 7 * 24}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("hour", "Last hour"),
            ("day", "Last 24 hours"),
            ("week", "Last 7 days"),
            ("older", "Older than 7 days"),
        ]

    def queryset(self, request: HttpRequest, jobs: Jobs) -> Jobs:
        wanted = self.value()
        if wanted == "older":
            return jobs.filter(created_at__lt=Now() - datetime.timedelta(days=7))
        if wanted in self._HOURS:
            return jobs.filter(created_at__gte=Now() - datetime.timedelta(hours=self._HOURS[wanted]))
        return jobs


class TenantFilter(admin.SimpleListFilter):
    """A field for a tenant's id: a list of all tenants would be long and need a scan."""

    title = "tenant"
    parameter_name = "tenant"
    template = "admin/rubric_jobs/text_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]  # Django leaves a filter without choices out

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        others = {name: values for name, values in changelist.filter_params.items() if name != self.parameter_name}
        yield {
            "value": self.value() or "",
            "parameter": self.parameter_name,
            "others": [(name, value) for name, values in others.items() if name != BEFORE for value in values],
            "clear": changelist.get_query_string(remove=[self.parameter_name, BEFORE]),
        }

    def queryset(self, request: HttpRequest, jobs: Jobs) -> Jobs:
        wanted = self.value()
        if not wanted:
            return jobs
        try:
            return jobs.filter(tenant_id=uuid.UUID(wanted.strip()))
        except ValueError:
            return jobs.none()
