import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0001_initial"), ("patients", "0004_sites")]

    operations = [
        migrations.CreateModel(
            name="Reviewed",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="patients.person",
                    ),
                ),
                ("head", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={"verbose_name_plural": "reviewed"},
        ),
    ]
