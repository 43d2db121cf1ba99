from django.db import migrations, models
from django.db.models import Q

# A transfer of the book moves both of its accounts in the statement that writes it down, so that
# the shelf is read and not added up. Nothing else may write here. What is kept can be proved:
# `queries.accounts_off` adds the book up and names every account that is not what is kept.
_KEPT = """
    CREATE FUNCTION openketamine_move_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        entry jsonb := NEW.body -> 'entry';
    BEGIN
        INSERT INTO pharmacy_account AS held (account, kind, mass_ug, volume_ul, units)
        SELECT half.account, split_part(half.account, ':', 1),
               sum(sign * (entry ->> 'mass_ug')::bigint),
               sum(sign * (entry ->> 'volume_ul')::bigint),
               sum(sign * coalesce((entry ->> 'units')::bigint, 0))
          FROM (VALUES (entry ->> 'source', -1), (entry ->> 'destination', 1)) AS half (account, sign)
         GROUP BY half.account ORDER BY half.account
        ON CONFLICT (account) DO UPDATE
           SET mass_ug = held.mass_ug + excluded.mass_ug,
               volume_ul = held.volume_ul + excluded.volume_ul,
               units = held.units + excluded.units;
        RETURN NULL;
    END $$;

    CREATE TRIGGER move_accounts AFTER INSERT ON journal_fact FOR EACH ROW
        WHEN (NEW.kind = 'transfer' AND NEW.stream LIKE 'pharmacy:%')
        EXECUTE FUNCTION openketamine_move_accounts();

    INSERT INTO pharmacy_account (account, kind, mass_ug, volume_ul, units)
    SELECT account, split_part(account, ':', 1), sum(mass), sum(volume), sum(units) FROM (
        SELECT body #>> '{entry,destination}' AS account,
               (body #>> '{entry,mass_ug}')::bigint AS mass,
               (body #>> '{entry,volume_ul}')::bigint AS volume,
               coalesce((body #>> '{entry,units}')::bigint, 0) AS units
          FROM journal_fact WHERE stream LIKE 'pharmacy:%' AND kind = 'transfer'
        UNION ALL
        SELECT body #>> '{entry,source}', -(body #>> '{entry,mass_ug}')::bigint,
               -(body #>> '{entry,volume_ul}')::bigint,
               -coalesce((body #>> '{entry,units}')::bigint, 0)
          FROM journal_fact WHERE stream LIKE 'pharmacy:%' AND kind = 'transfer'
    ) AS halves GROUP BY account;

    CREATE FUNCTION openketamine_guard_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_trigger_depth() > 1 AND TG_OP <> 'DELETE' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'pharmacy_account is moved by the book only: % refused', TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$;

    CREATE TRIGGER guard_accounts BEFORE INSERT OR UPDATE OR DELETE ON pharmacy_account
        FOR EACH ROW EXECUTE FUNCTION openketamine_guard_accounts();
    CREATE TRIGGER append_only BEFORE TRUNCATE ON pharmacy_account
        FOR EACH STATEMENT EXECUTE FUNCTION openketamine_refuse_change();
"""
# What is asked for by what it is about: a count of a sheet, a step of a case, what answers a paper,
# what takes another entry back, and what a tray lost.
_FOUND = {
    "sheet": ("(body -> 'sheet')", "kind = 'count_second'"),
    "case": ("(body -> 'case')", "kind IN ('difference_found', 'case_step')"),
    "document": ("(body #> '{entry,document}')", "kind IN ('transfer', 'handling', 'count')"),
    "at": ("at", "kind = 'transfer'"),
    "corrections": ("number", "kind = 'transfer' AND body #>> '{entry,corrects}' IS NOT NULL"),
    "losses": ("number", "kind = 'transfer' AND body @> '{\"entry\": {\"destination\": \"lost\"}}'"),
}  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("pharmacy", "0004_packs_and_places"),
        ("journal", "0005_calls_are_found"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("account", models.TextField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("mass_ug", models.BigIntegerField()),
                ("volume_ul", models.BigIntegerField()),
                ("units", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["kind"], name="pharmacy_not_empty", condition=~Q(mass_ug=0)
                    )
                ],
            },
        ),
        migrations.RunSQL(
            _KEPT,
            reverse_sql="""
                DROP TRIGGER move_accounts ON journal_fact;
                DROP FUNCTION openketamine_move_accounts() CASCADE;
                DROP FUNCTION openketamine_guard_accounts() CASCADE;
            """,
        ),
        *(
            migrations.RunSQL(
                f"""
                CREATE INDEX pharmacy_{name} ON journal_fact ({key})
                    WHERE stream = 'pharmacy:main' AND {about};
                """,
                reverse_sql=f"DROP INDEX pharmacy_{name};",
            )
            for name, (key, about) in _FOUND.items()
        ),
        # The same words as in `packet._DRUG_TASKS`: of many million looks, those at drug.
        migrations.RunSQL(
            r"""
            CREATE INDEX pharmacy_access ON journal_access (at) WHERE what::text ~
              '^(vials\.|drug\.|stock\.|packet\.|waste\.|patterns\.|loss\.|proof of)';
            CREATE INDEX pharmacy_overrides ON journal_fact (at)
                WHERE kind IN ('override_signed', 'finding_overridden');
            """,
            reverse_sql="DROP INDEX pharmacy_access; DROP INDEX pharmacy_overrides;",
        ),
    ]
