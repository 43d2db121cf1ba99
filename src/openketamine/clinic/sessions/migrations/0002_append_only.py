from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("treatments", "0001_initial"), ("journal", "0002_append_only")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE
                ON treatments_quarantinedmessage
                FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
