"""Caps that no frozen client can hold up, and whose probe it is that tries a paused lane (caps_and_lanes.sql)."""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0006_workers")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "caps_and_lanes.sql").read_text(),
            reverse_sql=(HERE / "caps_and_lanes_down.sql").read_text(),
            state_operations=[migrations.AddField("providerlane", "probe_token", models.BigIntegerField(null=True))],
        )
    ]
