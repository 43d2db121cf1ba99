"""The words that were shown and signed, kept letter for letter under their hash."""

from django.db import models


class Text(models.Model):
    """One text as it was read, by the SHA-256 that signatures name. The database refuses to change
    it, so what was signed can be read for as long as the record is kept."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=20)
    content = models.JSONField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"


class Bookmark(models.Model):
    """How far somebody has read a consent: no record, and gone after a day.

    `name`: the link by which it is read, or who handed the tablet over, to whom, and for what.
    `given`: each choice so far with its question.
    """

    name = models.CharField(max_length=200, primary_key=True)
    person = models.ForeignKey("patients.Person", on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64)
    given = models.JSONField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
