"""Pictures of the pages that hold a rubric, beside the job (page_pictures.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0009_waiting_for_calls")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "page_pictures.sql").read_text(),
            reverse_sql=(HERE / "page_pictures_down.sql").read_text(),
        )
    ]
