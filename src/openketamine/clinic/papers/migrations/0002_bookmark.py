import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("papers", "0001_initial"), ("patients", "0004_sites")]

    operations = [
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                ("name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("sha256", models.CharField(max_length=64)),
                ("given", models.JSONField()),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.person",
                    ),
                ),
            ],
        ),
    ]
