"""What operators need (operations.sql)."""

from pathlib import Path

from django.db import migrations, models
from django.db.models.functions import Now

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0002_job_service")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "operations.sql").read_text(),
            reverse_sql=(HERE / "operations_down.sql").read_text(),
            state_operations=[
                migrations.AddField("rubricjob", "trace_id", models.TextField(null=True)),
                migrations.AddField("rubricjobattempt", "trace_id", models.TextField(null=True)),
                migrations.AlterModelOptions(
                    name="rubricjob",
                    options={
                        "permissions": [
                            ("cancel_rubricjob", "Can cancel rubric jobs"),
                            ("retry_rubricjob", "Can retry rubric jobs"),
                            ("purge_rubricjob", "Can purge finished rubric jobs"),
                        ]
                    },
                ),
                migrations.CreateModel(
                    name="FleetControl",
                    fields=[
                        ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ("is_claiming_paused", models.BooleanField(db_default=False)),
                        ("reason", models.TextField(blank=True, db_default="")),
                        ("changed_by", models.TextField(blank=True, db_default="")),
                        ("changed_at", models.DateTimeField(db_default=Now())),
                    ],
                    options={"db_table": '"grader"."rubric_fleet_controls"'},
                ),
                migrations.CreateModel(
                    name="TenantControl",
                    fields=[
                        ("tenant_id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "is_local_only",
                            models.BooleanField(
                                db_default=False,
                                help_text="Documents never leave for a model's service.",
                                verbose_name="local only",
                            ),
                        ),
                        (
                            "daily_token_cap",
                            models.BigIntegerField(
                                blank=True,
                                help_text="Tokens per UTC day; once they are spent, "
                                "the tenant is local only until midnight.",
                                null=True,
                            ),
                        ),
                        ("note", models.TextField(blank=True, db_default="")),
                    ],
                    options={"db_table": '"grader"."rubric_tenant_controls"'},
                ),
            ],
        ),
    ]
