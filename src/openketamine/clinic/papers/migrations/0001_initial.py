from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("journal", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="Text",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("content", models.JSONField()),
                ("kept_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(
            """
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON papers_text
                FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
