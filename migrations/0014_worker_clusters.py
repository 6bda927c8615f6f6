"""Which cluster a worker belongs to (worker_clusters.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0013_tenant_names")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "worker_clusters.sql").read_text(),
            reverse_sql=(HERE / "worker_clusters_down.sql").read_text(),
        )
    ]
