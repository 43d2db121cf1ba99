from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("treatments", "0002_append_only")]

    operations = [
        migrations.AddField(
            model_name="gateway", name="rejected", field=models.JSONField(default=list)
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "device_id",
                    models.CharField(max_length=80, primary_key=True, serialize=False),
                ),
                ("gateway", models.CharField(max_length=80)),
                ("told_at", models.DateTimeField()),
                ("health", models.JSONField(default=dict)),
            ],
        ),
    ]
