"""What operators' pages call a tenant (tenant_names.sql)."""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("rubric_jobs", "0012_answer_forms")]
    operations = [
        migrations.RunSQL(
            sql=(HERE / "tenant_names.sql").read_text(),
            reverse_sql=(HERE / "tenant_names_down.sql").read_text(),
            state_operations=[
                migrations.AddField(
                    model_name="tenantcontrol",
                    name="name",
                    field=models.TextField(
                        blank=True, db_default="", help_text="How operators' pages call this tenant."
                    ),
                ),
            ],
        )
    ]
