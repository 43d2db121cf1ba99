import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("journal", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="Sealed",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("token", models.TextField()),
            ],
            options={"verbose_name_plural": "sealed"},
        ),
        migrations.RunSQL(
            """
            CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON notes_sealed
                FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
            CREATE FUNCTION openketamine_guard_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.id IS DISTINCT FROM OLD.id THEN
                    RAISE EXCEPTION 'notes_sealed: only the seal is renewed'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER guard_sealed BEFORE UPDATE ON notes_sealed
                FOR EACH ROW EXECUTE FUNCTION openketamine_guard_sealed();
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
