"""Rows that are written once. The database itself refuses to change or remove them."""

from django.db import models


class Fact(models.Model):
    """One entry of one stream: `session:<uuid>`, `person:<uuid>`, `pharmacy:<site>`, `staff`.

    `number` is the place in the stream, from 1, without gaps, in commit order. `hash` covers the
    content and the hash before it, so that a changed row is found and named.
    """

    id = models.UUIDField(primary_key=True)
    stream = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=60)
    body = models.JSONField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by_id = models.CharField(max_length=80)
    by_name = models.CharField(max_length=120)
    by_role = models.CharField(max_length=60)
    origin = models.CharField(max_length=60)
    content_hash = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        """A number is given once in a stream."""

        constraints = (
            models.UniqueConstraint(fields=["stream", "number"], name="journal_number_once"),
        )
        indexes = (
            models.Index(fields=["stream", "kind", "number"], name="journal_stream_kind"),
            # A few thousand among many million readings: asked for across all people and sessions.
            models.Index(
                fields=["at"],
                name="journal_decisions",
                condition=models.Q(
                    kind__in=["evaluation_recorded", "finding_overridden", "plan_signed"]
                ),
            ),
            # Findings of the last hours, asked for once a second (sessions/_calls.py).
            models.Index(
                fields=["recorded_at"],
                name="journal_calls",
                condition=models.Q(
                    kind__in=[
                        "finding_raised",
                        "finding_cleared",
                        "finding_acknowledged",
                        "person_called",
                        "call_answered",
                    ]
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.stream} {self.number} {self.kind}"


class Head(models.Model):
    """The last number and hash of a stream; its row is the lock that puts writers in line."""

    stream = models.CharField(max_length=80, primary_key=True)
    number = models.PositiveIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"{self.stream} {self.number}"


class Voice(models.Model):
    """One device that speaks in one stream, and what the keys of its messages begin with.

    `key_width`: so many digits follow, zeros before them included; 0 where none is filled up.
    """

    id = models.AutoField(primary_key=True)
    stream = models.CharField(max_length=80)
    device_id = models.CharField(max_length=80)
    key_start = models.CharField(max_length=200)
    key_width = models.SmallIntegerField()

    class Meta:
        """Each is written once."""

        constraints = (
            models.UniqueConstraint(
                fields=["stream", "device_id", "key_start", "key_width"], name="journal_voice_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.device_id} in {self.stream}"


class Reading(models.Model):
    """A fact of kind `reading_taken` in its small form; see `_readings`. Written in groups.

    The order of the columns wastes no byte: this is the table that grows by a row a second and bed.
    `key_hash` is of the whole message key; what follows the key's beginning in the voice is
    `key_number`, or the text `key` where it is no number (then `key_number` is -1). `witness` is
    the beginning of the chain's hash here.
    """

    pk = models.CompositePrimaryKey("voice", "number")
    received = models.BigIntegerField()
    key_hash = models.IntegerField()
    key_number = models.IntegerField()
    voice = models.IntegerField()
    number = models.IntegerField()
    measured = models.IntegerField()
    recorded = models.IntegerField()
    witness = models.IntegerField()
    heart_rate = models.SmallIntegerField()
    pulse_rate = models.SmallIntegerField()
    systolic = models.SmallIntegerField()
    diastolic = models.SmallIntegerField()
    mean_pressure = models.SmallIntegerField()
    spo2 = models.SmallIntegerField()
    respiratory_rate = models.SmallIntegerField()
    etco2 = models.SmallIntegerField()
    temperature = models.SmallIntegerField()
    key = models.TextField()
    doubts = models.TextField()

    class Meta:
        """A message key is looked for in all streams."""

        indexes = (models.Index(fields=["key_hash"], name="journal_reading_key"),)

    def __str__(self) -> str:
        return f"{self.voice} {self.number}"


class Chunk(models.Model):
    """Readings of a closed session, packed; see `_chunks`. They keep their numbers and their chain.

    `first` and `last` are the numbers of the first and the last; facts of other kinds lie between.
    """

    pk = models.CompositePrimaryKey("stream", "first")
    stream = models.CharField(max_length=80)
    first = models.IntegerField()
    last = models.IntegerField()
    readings = models.IntegerField()
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.stream} {self.first}–{self.last}"


class Access(models.Model):
    """Somebody read a person's record, used a task, or was refused."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    by_id = models.CharField(max_length=80, blank=True)
    by_name = models.CharField(max_length=120, blank=True)
    by_role = models.CharField(max_length=60, blank=True)
    person_id = models.UUIDField(null=True)
    what = models.CharField(max_length=200)
    refused = models.BooleanField(default=False)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        """Asked by person, by who looked, and by source of failed proofs."""

        indexes = (
            models.Index(fields=["person_id", "at"], name="journal_access_person"),
            models.Index(fields=["by_id", "at"], name="journal_access_by"),
            models.Index(fields=["source", "at"], name="journal_access_source"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.by_name} {self.what}"
