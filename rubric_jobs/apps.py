"""The app's place in Django."""

from django.apps import AppConfig


class RubricJobsConfig(AppConfig):
    name = "rubric_jobs"
    verbose_name = "Rubric jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from rubric_jobs.web import checks
        from rubric_jobs.worker import checks  # noqa: F401 - registers them
