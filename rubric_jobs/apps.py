"""The app's place in Django."""

from django.apps import AppConfig


class RubricJobsConfig(AppConfig):
    name = "rubric_jobs"
    verbose_name = "Rubric jobs"
    default_auto_field = "django.db.models.BigAutoField"
