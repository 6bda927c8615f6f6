"""The app's place in Django."""

from django.apps import AppConfig


class RubricJobsConfig(AppConfig):
    name = "rubric_jobs"
    verbose_name = "Rubric jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        # Importing them registers them.
        from rubric_jobs.operations import admin, rights  # noqa: F401
        from rubric_jobs.web import checks as web_checks
        from rubric_jobs.worker import checks as worker_checks  # noqa: F401

        pre_migrate.connect(rights.refuse_to_migrate_without, sender=self)
        post_migrate.connect(web_checks.tell_of_missing_isolation, sender=self)
