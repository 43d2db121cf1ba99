"""A telephone beside the e-mail address, for being told (contact.py)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0004_passkey_words")]

    operations = [
        migrations.AddField(
            model_name="staff",
            name="phone",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
    ]
