"""How models answered, in the ledger (answer_forms.sql)."""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0011_readings")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "answer_forms.sql").read_text(),
            reverse_sql=(HERE / "answer_forms_down.sql").read_text(),
            state_operations=[
                migrations.AddField("rubricjobattempt", "answer_form", models.TextField(null=True)),
                migrations.AddField("rubricjobattempt", "plans_answered", models.IntegerField(null=True)),
                migrations.AddField("rubricjobattempt", "plans_refused", models.IntegerField(null=True)),
            ],
        )
    ]
