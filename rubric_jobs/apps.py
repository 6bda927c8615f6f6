"""The app's place in Django."""

from django.apps import AppConfig


class RubricJobsConfig(AppConfig):
    name = "rubric_jobs"
    verbose_name = "Rubric jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing them registers them.
        from rubric_jobs.operations import admin  # noqa: F401
        from rubric_jobs.web import checks as web_checks  # noqa: F401
        from rubric_jobs.worker import checks as worker_checks  # noqa: F401
