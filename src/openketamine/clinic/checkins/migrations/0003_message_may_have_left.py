from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checkins", "0002_watched"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="may_have_left",
            field=models.BooleanField(default=False),
        ),
    ]
