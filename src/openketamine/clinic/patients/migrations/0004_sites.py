"""People belong to a site, and so do the numbers of their records."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def _site() -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        db_constraint=False,
        db_default="main",
        default="main",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="staff.site",
    )


class Migration(migrations.Migration):
    dependencies = [("patients", "0003_a_record_may_go_back"), ("staff", "0003_sites")]

    operations = [
        migrations.AddField(model_name="person", name="site", field=_site()),
        migrations.AlterField(
            model_name="person",
            name="mrn",
            field=models.CharField(max_length=80, verbose_name="medical record number"),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(
                fields=("mrn", "site"), name="patients_number_once_a_site"
            ),
        ),
    ]
