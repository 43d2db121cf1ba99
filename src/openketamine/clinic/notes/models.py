"""The sealed text of a note. What was written, by whom and when is a fact of the journal."""

import uuid

from django.db import models


class Sealed(models.Model):
    """One text under the clinic's keys. The database lets nobody change anything but the seal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.TextField()

    class Meta:
        """Named for what it is."""

        verbose_name_plural = "sealed"

    def __str__(self) -> str:
        return str(self.id)
