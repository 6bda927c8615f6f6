"""Which workers are alive, for readiness, metrics and the doctor (workers.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0005_web_api")]
    operations = [
        migrations.RunSQL(sql=(HERE / "workers.sql").read_text(), reverse_sql=(HERE / "workers_down.sql").read_text())
    ]
