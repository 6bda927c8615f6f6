"""The rows as operators see them: read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from rubric_jobs.models import Membership, RubricJob


# Django knows no ModelAdmin[…] at run time.
@admin.register(RubricJob)
class RubricJobAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("job_id", "kind", "status", "file_name", "tenant_id", "created_at", "completed_at")
    list_filter = ("status", "kind")
    ordering = ("-created_at",)
    # An exact count of a large table costs a scan of it.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("account", "tenant_id", "user_id")
