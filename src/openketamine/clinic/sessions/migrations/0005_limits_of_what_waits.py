"""A gateway says how full its spool is; what was kept aside long ago goes into files."""

from django.db import migrations, models

# A row may go only while a file is named that holds messages of its time.
_ONLY_FILED = """
DROP TRIGGER append_only ON treatments_quarantinedmessage;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON treatments_quarantinedmessage
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON treatments_quarantinefile
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();

CREATE FUNCTION openketamine_only_filed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM gone g
    WHERE NOT EXISTS (
        SELECT 1 FROM treatments_quarantinefile f
        WHERE g.recorded_at BETWEEN f.first_at AND f.last_at
    ) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'treatments_quarantinedmessage is append-only: DELETE refused. No file holds these messages yet.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER only_filed AFTER DELETE ON treatments_quarantinedmessage
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION openketamine_only_filed();
"""


class Migration(migrations.Migration):
    dependencies = [("treatments", "0004_sites")]

    operations = [
        migrations.AddField(
            model_name="gateway", name="room", field=models.JSONField(default=dict)
        ),
        migrations.CreateModel(
            name="QuarantineFile",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("machine", models.CharField(max_length=200)),
                ("messages", models.PositiveIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("sha256", models.CharField(max_length=64)),
                ("moved_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(_ONLY_FILED, reverse_sql=migrations.RunSQL.noop),
    ]
