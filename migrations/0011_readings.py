"""Readings that can be mended, and how often certain ones were (readings.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0010_page_pictures")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "readings.sql").read_text(),
            reverse_sql=(HERE / "readings_down.sql").read_text(),
        )
    ]
