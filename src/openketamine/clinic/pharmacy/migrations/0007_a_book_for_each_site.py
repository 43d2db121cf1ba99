"""Each site has a book of its own, and a container is kept where it last arrived."""

from django.db import migrations

# What is asked for by what it is about. The words of each WHERE are those of `_entries.rows`.
_FOUND = {
    "container": ("(body #> '{entry,container}')", "true"),
    "session": ("(body #> '{entry,session}')", "true"),
    "kind": ("kind, at", "kind NOT IN ('transfer')"),
    "at": ("stream, at", "true"),
    "sheet": ("(body -> 'sheet')", "kind = 'count_second'"),
    "case": ("(body -> 'case')", "kind IN ('difference_found', 'case_step')"),
    "document": ("(body #> '{entry,document}')", "kind IN ('transfer', 'handling', 'count')"),
    "corrections": ("number", "kind = 'transfer' AND (body #>> '{entry,corrects}') IS NOT NULL"),
    "losses": ("number", "kind = 'transfer' AND body @> '{\"entry\": {\"destination\": \"lost\"}}'"),
}  # fmt: skip

# `kept_at` follows the entry by which a site receives a container; all else of one stays as it is.
_KEPT = """
    CREATE FUNCTION openketamine_guard_vials() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_trigger_depth() > 1 AND to_jsonb(NEW) - 'kept_at_id' = to_jsonb(OLD) - 'kept_at_id' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'pharmacy_vial is append-only: UPDATE refused. A correction is a new row.'
            USING ERRCODE = 'restrict_violation';
    END $$;

    DROP TRIGGER append_only ON pharmacy_vial;
    CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON pharmacy_vial
        FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
    CREATE TRIGGER guard_vials BEFORE UPDATE ON pharmacy_vial
        FOR EACH ROW EXECUTE FUNCTION openketamine_guard_vials();

    CREATE FUNCTION openketamine_container_arrives() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE pharmacy_vial SET kept_at_id = split_part(NEW.stream, ':', 2)
         WHERE id::text = NEW.body #>> '{entry,container}'
           AND kept_at_id <> split_part(NEW.stream, ':', 2);
        RETURN NULL;
    END $$;

    CREATE TRIGGER container_arrives AFTER INSERT ON journal_fact FOR EACH ROW
        WHEN (NEW.kind = 'transfer' AND NEW.stream LIKE 'pharmacy:%'
              AND NEW.body #>> '{entry,source}' LIKE 'transit:%')
        EXECUTE FUNCTION openketamine_container_arrives();
"""


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0006_sites")]

    operations = [
        *(
            migrations.RunSQL(
                f"""
                DROP INDEX pharmacy_{name};
                CREATE INDEX pharmacy_{name} ON journal_fact ({key})
                    WHERE stream LIKE 'pharmacy:%' AND {about};
                """,
                reverse_sql=migrations.RunSQL.noop,
            )
            for name, (key, about) in _FOUND.items()
        ),
        # Without it nobody knows that next to no entry corrects another, and the book is read.
        migrations.RunSQL(
            "CREATE STATISTICS pharmacy_corrects ON (body #>> '{entry,corrects}') FROM journal_fact;",
            reverse_sql="DROP STATISTICS pharmacy_corrects;",
        ),
        migrations.RunSQL(_KEPT, reverse_sql=migrations.RunSQL.noop),
    ]
