"""What stands on the papers of a site, which rules and which clock are its own, and its end."""

from typing import Any

from django.db import migrations, models


def _words(length: int) -> Any:
    return models.CharField(blank=True, db_default="", default="", max_length=length)


class Migration(migrations.Migration):
    dependencies = [("staff", "0005_contact")]

    operations = [
        migrations.AddField(model_name="site", name="address", field=_words(200)),
        migrations.AddField(model_name="site", name="dea_number", field=_words(12)),
        migrations.AddField(model_name="site", name="state", field=_words(6)),
        migrations.AddField(model_name="site", name="time_zone", field=_words(60)),
        migrations.AddField(
            model_name="site",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
