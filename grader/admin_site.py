"""Django's admin with the operators' first page."""

from django.contrib.admin.apps import AdminConfig


class OperatorsAdmin(AdminConfig):
    default_site = "rubric_jobs.operations.site.OperatorSite"
