"""Rows that are written once. The database itself refuses to change or remove them."""

from django.db import models


class Fact(models.Model):
    """One entry of one stream: `session:<uuid>`, `person:<uuid>`, `pharmacy:main`, `staff`.

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
