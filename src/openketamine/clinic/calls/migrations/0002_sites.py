"""A wall hangs at a site."""

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
    dependencies = [("calls", "0001_initial"), ("staff", "0003_sites")]

    operations = [
        migrations.AddField(model_name="wall", name="site", field=_site()),
    ]
