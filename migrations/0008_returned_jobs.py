"""What jobs need that come back: times that fit after months, and their place in the queue (returned_jobs.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0007_caps_and_lanes")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "returned_jobs.sql").read_text(), reverse_sql=(HERE / "returned_jobs_down.sql").read_text()
        )
    ]
