"""How models answered, in the ledger (answer_forms.sql)."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0010_page_pictures")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "answer_forms.sql").read_text(),
            reverse_sql=(HERE / "answer_forms_down.sql").read_text(),
        )
    ]
