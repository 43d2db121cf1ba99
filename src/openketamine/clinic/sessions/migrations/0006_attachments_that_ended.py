"""Whose a message was is asked for every group: attachments that ended lately are found at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("treatments", "0005_limits_of_what_waits")]

    operations = [
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                fields=["until"],
                name="treatments_attachment_ended",
                condition=models.Q(until__isnull=False),
            ),
        ),
    ]
