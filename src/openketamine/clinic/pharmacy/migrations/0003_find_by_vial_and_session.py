from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0002_append_only"), ("journal", "0002_append_only")]

    # The check of one move reads the entries of one vial or one session, not the whole book.
    operations = [
        migrations.RunSQL(
            f"""
            CREATE INDEX pharmacy_{key} ON journal_fact ((body #> '{{entry,{key}}}'))
                WHERE stream = 'pharmacy:main';
            """,
            reverse_sql=f"DROP INDEX pharmacy_{key};",
        )
        for key in ("container", "session")
    ]
