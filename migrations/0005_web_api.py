"""What the HTTP API keeps (web_api.sql), and row-level security below its reads (row_level_security.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0004_engine")]
    operations = [
        migrations.RunSQL(sql=(HERE / f"{name}.sql").read_text(), reverse_sql=(HERE / f"{name}_down.sql").read_text())
        for name in ("web_api", "row_level_security")
    ]
