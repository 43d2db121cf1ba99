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
