"""The admin site, whose front page shows current problems."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_POST

from rubric_jobs.jobs import controls
from rubric_jobs.models import FleetControl
from rubric_jobs.operations import overview, situation

MAY_LOOK = "rubric_jobs.view_rubricjob"
MAY_PAUSE = "rubric_jobs.change_fleetcontrol"


class OperatorSite(admin.AdminSite):
    site_title = site_header = "Rubric jobs"
    index_title = "Overview"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        mine: list[URLPattern | URLResolver] = [
            path("rubric_jobs/rubricjob/overview/", self.admin_view(self.overview), name="rubric_jobs_overview"),
            path("rubric_jobs/rubricjob/overview/data", self.admin_view(self.data), name="rubric_jobs_overview_data"),
            path("rubric_jobs/rubricjob/overview/now", self.admin_view(self.now), name="rubric_jobs_overview_now"),
            path("rubric_jobs/claiming", self.admin_view(require_POST(self.claiming)), name="rubric_jobs_claiming"),
        ]
        return [*mine, *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        if request.user.has_perm(MAY_LOOK):
            return self.overview(request)
        return super().index(request, extra_context)

    def overview(self, request: HttpRequest) -> TemplateResponse:
        hours = _window(request)
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "hours": hours,
            "windows": overview.WINDOWS,
            "success": overview.success(hours),
            "goal": overview.GOAL,
            "may_pause": request.user.has_perm(MAY_PAUSE),
            **situation.now(),
        }
        return TemplateResponse(request, "admin/rubric_jobs/overview.html", context)

    def data(self, request: HttpRequest) -> HttpResponse:
        """The figures that are plotted."""
        return JsonResponse(overview.remembered(_window(request)))

    def now(self, request: HttpRequest) -> HttpResponse:
        """What changes from second to second."""
        _look(request)
        return JsonResponse(situation.now())

    def claiming(self, request: HttpRequest) -> HttpResponse:
        """Pause or resume, with a reason."""
        if not request.user.has_perm(MAY_PAUSE):
            raise PermissionDenied
        by, reason = request.user.get_username(), request.POST.get("reason", "").strip()
        is_pause = request.POST.get("do") == "pause"
        (controls.pause if is_pause else controls.resume)(by=by, reason=reason)
        done = f"claiming {'paused' if is_pause else 'resumed'}: {reason or 'no reason given'}"
        LogEntry.objects.log_actions(request.user.pk, FleetControl.objects.filter(pk=1), CHANGE, done)  # type: ignore[arg-type]
        return redirect("admin:index")


def _look(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_LOOK):
        raise PermissionDenied


def _window(request: HttpRequest) -> int:
    _look(request)
    wanted = request.GET.get("hours", "")
    known = {str(hours): hours for hours in overview.WINDOWS.values()}
    return known.get(wanted, next(iter(known.values())))
