"""What somebody gets for a touch of their key: one word, once."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0003_sites")]

    operations = [
        migrations.CreateModel(
            name="PasskeyWord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source", models.CharField(max_length=80)),
                ("until", models.DateTimeField()),
                ("used", models.BooleanField(default=False)),
                ("sha256", models.CharField(max_length=64, unique=True)),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
