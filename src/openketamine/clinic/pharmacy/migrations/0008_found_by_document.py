"""Entries that belong to no document are not in the index of documents.

With nearly all of the book in it, it looked to the planner like a cheap way through the book.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0007_a_book_for_each_site")]

    operations = [
        migrations.RunSQL(
            """
            DROP INDEX pharmacy_document;
            CREATE INDEX pharmacy_document ON journal_fact ((body #> '{entry,document}'))
                WHERE stream LIKE 'pharmacy:%' AND (body #>> '{entry,document}') <> '';
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
