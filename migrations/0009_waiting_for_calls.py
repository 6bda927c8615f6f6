"""Jobs that wait for a call of a provider stand in the queue until it is their turn (waiting_for_calls.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0008_returned_jobs")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "waiting_for_calls.sql").read_text(),
            reverse_sql=(HERE / "waiting_for_calls_down.sql").read_text(),
        )
    ]
