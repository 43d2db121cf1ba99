from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0003_find_by_vial_and_session")]

    operations = [
        migrations.RemoveConstraint("vial", "pharmacy_vial_holds_something"),
        migrations.AddField("vial", "form", models.CharField(max_length=20, default="solution")),
        migrations.AlterField(
            "vial", "concentration_ug_per_ml", models.PositiveIntegerField(default=0)
        ),
        migrations.AlterField("vial", "volume_ul", models.PositiveIntegerField(default=0)),
        migrations.AddField("vial", "unit_ug", models.PositiveIntegerField(default=0)),
        migrations.AddField("vial", "units", models.PositiveIntegerField(default=0)),
        migrations.AddField("vial", "doses", models.CharField(max_length=10, default="multiple")),
        migrations.AddField("vial", "beyond_use_days", models.PositiveIntegerField(default=0)),
        *(
            migrations.AddField(
                "vial", name, models.CharField(max_length=length, default="", blank=True)
            )
            for name, length in (
                ("supplier_address", 200),
                ("supplier_dea", 20),
                ("invoice", 60),
                ("site", 60),
                ("cabinet", 60),
            )
        ),
        migrations.AddConstraint(
            "vial",
            models.CheckConstraint(
                condition=Q(
                    form="solution", concentration_ug_per_ml__gt=0, volume_ul__gt=0, units=0
                )
                | (~Q(form="solution") & Q(unit_ug__gt=0, units__gt=0, volume_ul=0)),
                name="pharmacy_vial_holds_something",
            ),
        ),
        # A case, a count and a form are found by what they are about, not by reading the book.
        migrations.RunSQL(
            """
            CREATE INDEX pharmacy_kind ON journal_fact (kind, at)
                WHERE stream = 'pharmacy:main' AND kind NOT IN ('transfer');
            """,
            reverse_sql="DROP INDEX pharmacy_kind;",
        ),
    ]
