"""A house with several sites. The one that there is becomes `main`, and everybody works there."""

from typing import Any

from django.db import migrations, models


def one_site(apps: Any, _schema_editor: Any) -> None:
    site = apps.get_model("staff", "Site").objects.create(id="main", name="Main site")
    site.people.set(apps.get_model("staff", "Staff").objects.all())


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_accounts_that_end")]

    operations = [
        migrations.CreateModel(
            name="Site",
            fields=[
                (
                    "id",
                    models.SlugField(
                        default="main", max_length=20, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("gateway_sha256", models.CharField(blank=True, db_index=True, max_length=64)),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.AddField(
            model_name="staff",
            name="sites",
            field=models.ManyToManyField(blank=True, related_name="people", to="staff.site"),
        ),
        migrations.RunPython(one_site, migrations.RunPython.noop, elidable=False),
    ]
