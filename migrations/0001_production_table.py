"""The production table: made where it is missing, adopted with its rows where it stands."""

import uuid
from pathlib import Path

from django.db import migrations, models
from django.db.models.functions import Now

STATUSES = [(status, status.capitalize()) for status in ("pending", "processing", "completed", "failed")]


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            sql=Path(__file__).with_name("add_rubric_jobs.sql").read_text(),
            # Going back leaves the table alone: it belongs to other programs too, and may be older than this service.
            reverse_sql=migrations.RunSQL.noop,
            state_operations=[
                migrations.CreateModel(
                    name="RubricJob",
                    fields=[
                        ("job_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                        ("tenant_id", models.UUIDField()),
                        ("user_id", models.UUIDField()),
                        ("file_name", models.TextField()),
                        ("file_type", models.TextField()),
                        ("file_size_kb", models.IntegerField(null=True)),
                        ("status", models.TextField(choices=STATUSES)),
                        ("result", models.JSONField(null=True)),
                        ("error_message", models.TextField(null=True)),
                        ("performance_metrics", models.JSONField(null=True)),
                        ("created_at", models.DateTimeField(db_default=Now())),
                        ("updated_at", models.DateTimeField(db_default=Now())),
                        ("completed_at", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": '"grader"."rubric_extraction_jobs"'},
                ),
            ],
        ),
    ]
