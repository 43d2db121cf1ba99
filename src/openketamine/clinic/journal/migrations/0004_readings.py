"""Readings get a small form beside the facts. Those that were written before stay as they are."""

from pathlib import Path

from django.db import migrations, models


_SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_decisions_are_found"),
    ]

    operations = [
        migrations.CreateModel(
            name="Chunk",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream",
                        "first",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("stream", models.CharField(max_length=80)),
                ("first", models.IntegerField()),
                ("last", models.IntegerField()),
                ("readings", models.IntegerField()),
                ("packed", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "voice",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("received", models.BigIntegerField()),
                ("key_hash", models.IntegerField()),
                ("key_number", models.IntegerField()),
                ("voice", models.IntegerField()),
                ("number", models.IntegerField()),
                ("measured", models.IntegerField()),
                ("recorded", models.IntegerField()),
                ("witness", models.IntegerField()),
                ("heart_rate", models.SmallIntegerField()),
                ("pulse_rate", models.SmallIntegerField()),
                ("systolic", models.SmallIntegerField()),
                ("diastolic", models.SmallIntegerField()),
                ("mean_pressure", models.SmallIntegerField()),
                ("spo2", models.SmallIntegerField()),
                ("respiratory_rate", models.SmallIntegerField()),
                ("etco2", models.SmallIntegerField()),
                ("temperature", models.SmallIntegerField()),
                ("key", models.TextField()),
                ("doubts", models.TextField()),
            ],
            options={
                "indexes": [models.Index(fields=["key_hash"], name="journal_reading_key")],
            },
        ),
        migrations.CreateModel(
            name="Voice",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("stream", models.CharField(max_length=80)),
                ("device_id", models.CharField(max_length=80)),
                ("key_start", models.CharField(max_length=200)),
                ("key_width", models.SmallIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stream", "device_id", "key_start", "key_width"),
                        name="journal_voice_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            (_SQL / "readings.sql").read_text(encoding="utf-8"),
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
