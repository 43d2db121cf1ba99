"""Who must be told of a finding is asked once a second, among many million rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_readings")]

    operations = [
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "finding_raised",
                            "finding_cleared",
                            "finding_acknowledged",
                            "person_called",
                            "call_answered",
                        ],
                    )
                ),
                fields=["recorded_at"],
                name="journal_calls",
            ),
        )
    ]
