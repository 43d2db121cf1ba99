"""A rule asks where it was used: decisions are found among millions of readings."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]

    operations = [
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(
                    ("kind__in", ["evaluation_recorded", "finding_overridden", "plan_signed"])
                ),
                fields=["at"],
                name="journal_decisions",
            ),
        )
    ]
