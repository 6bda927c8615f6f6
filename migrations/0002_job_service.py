"""What the service keeps beyond the production table (job_service.sql)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

KINDS = [("extract", "Extract"), ("enhance", "Enhance")]
OUTCOMES = [
    (outcome, outcome.capitalize()) for outcome in ("completed", "failed", "retried", "released", "lost", "cancelled")
]
HERE = Path(__file__).parent


def added_columns() -> list[migrations.AddField]:
    columns: dict[str, models.Field[Any, Any]] = {
        "kind": models.TextField(choices=KINDS, null=True),
        "error_code": models.TextField(null=True),
        "retryable": models.BooleanField(null=True),
        "progress": models.JSONField(null=True),
        "deadline_at": models.DateTimeField(null=True),
        "queued_at": models.DateTimeField(null=True),
        "queue_tag": models.BigIntegerField(null=True),
        "run_after": models.DateTimeField(null=True),
        "attempt": models.IntegerField(db_default=0),
        "crashes": models.IntegerField(db_default=0),
        "claim_token": models.BigIntegerField(null=True),
        "claimed_at": models.DateTimeField(null=True),
        "lease_expires_at": models.DateTimeField(null=True),
    }
    return [migrations.AddField("rubricjob", name, column) for name, column in columns.items()]


def job_key(related_name: str) -> models.OneToOneField[Any, Any]:
    return models.OneToOneField(
        "rubric_jobs.rubricjob", models.CASCADE, primary_key=True, related_name=related_name, serialize=False
    )


class Migration(migrations.Migration):
    dependencies = [
        ("rubric_jobs", "0001_production_table"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "job_service.sql").read_text(),
            reverse_sql=(HERE / "job_service_down.sql").read_text(),
            state_operations=[
                *added_columns(),
                migrations.CreateModel(
                    name="RubricJobInput",
                    fields=[
                        ("job", job_key("input")),
                        ("parameters", models.JSONField()),
                        ("data", models.BinaryField(null=True)),
                    ],
                    options={"db_table": '"grader"."rubric_job_inputs"'},
                ),
                migrations.CreateModel(
                    name="RubricJobReply",
                    fields=[("job", job_key("reply")), ("reply", models.JSONField())],
                    options={"db_table": '"grader"."rubric_job_replies"'},
                ),
                migrations.CreateModel(
                    name="RubricJobAttempt",
                    fields=[
                        ("attempt_id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("job_id", models.UUIDField()),
                        ("tenant_id", models.UUIDField()),
                        ("user_id", models.UUIDField()),
                        ("kind", models.TextField(choices=KINDS)),
                        ("worker", models.TextField()),
                        ("started_at", models.DateTimeField(db_default=Now())),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("queue_ms", models.IntegerField(null=True)),
                        ("run_ms", models.IntegerField(null=True)),
                        ("outcome", models.TextField(choices=OUTCOMES, null=True)),
                        ("error_code", models.TextField(null=True)),
                        ("llm_provider", models.TextField(null=True)),
                        ("llm_model", models.TextField(null=True)),
                        ("prompt_tokens", models.IntegerField(null=True)),
                        ("completion_tokens", models.IntegerField(null=True)),
                    ],
                    options={"db_table": '"grader"."rubric_job_attempts"'},
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                primary_key=True, serialize=False, auto_created=True, verbose_name="ID"
                            ),
                        ),
                        ("tenant_id", models.UUIDField()),
                        ("user_id", models.UUIDField()),
                        (
                            "account",
                            models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="membership"),
                        ),
                    ],
                    options={"db_table": '"grader"."memberships"'},
                ),
            ],
        ),
    ]
