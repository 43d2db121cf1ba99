"""The guards of readings and heads look rows up by their index, whatever the size of the tables."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent.parent / "sql" / "cheap_guards.sql"


class Migration(migrations.Migration):
    """Functions and triggers only; what was written before is not touched."""

    dependencies = [("journal", "0005_calls_are_found")]

    operations = [
        migrations.RunSQL(_SQL.read_text(encoding="utf-8"), reverse_sql=migrations.RunSQL.noop),
    ]
