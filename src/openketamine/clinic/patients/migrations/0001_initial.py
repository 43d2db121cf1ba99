import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "mrn",
                    models.CharField(
                        max_length=80, unique=True, verbose_name="medical record number"
                    ),
                ),
                ("family", models.CharField(max_length=120)),
                ("given", models.CharField(max_length=120)),
                ("birth_date", models.DateField(null=True)),
                ("sex", models.CharField(default="unknown", max_length=10)),
                ("created", models.DateTimeField()),
            ],
            options={"ordering": ("family", "given", "mrn")},
        ),
        migrations.CreateModel(
            name="BundleImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("bundle", models.TextField()),
                ("report", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="imports",
                        to="patients.person",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person", "-at"], name="patients_newest_bundle")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "sha256"), name="patients_bundle_once"
                    )
                ],
            },
        ),
    ]
