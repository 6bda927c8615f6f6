"""What the engine keeps: lanes of providers, calls in flight, digests of inputs (engine.sql)."""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0003_operations")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "engine.sql").read_text(),
            reverse_sql=(HERE / "engine_down.sql").read_text(),
            state_operations=[
                migrations.AddField("rubricjob", "calling", models.TextField(null=True)),
                migrations.AddField("rubricjob", "input_digest", models.BinaryField(null=True)),
                migrations.CreateModel(
                    name="ProviderLane",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "provider", "model", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("provider", models.TextField()),
                        ("model", models.TextField()),
                        ("failures", models.IntegerField(db_default=0)),
                        ("paused_until", models.DateTimeField(null=True)),
                        ("probe_until", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": '"grader"."provider_lanes"'},
                ),
            ],
        ),
    ]
