"""A screen on a wall: who let it show the board, and until when."""

import uuid

from django.conf import settings
from django.db import models

from openketamine.clinic.staff.sites import OfSite, at_a_site


class Wall(models.Model):
    """One permission to show the board without a sign-in, for hours and not for ever.

    Of the code that is typed into the wall's browser once, and of the key that it gets for it, only
    the hashes are kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.CharField(max_length=60)
    code_sha256 = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField()
    key_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    site = at_a_site()

    # A wall is known by its key, and nobody signs in there; a page lists those of the own sites.
    objects = models.Manager["Wall"]()
    seen = OfSite["Wall"]()

    def __str__(self) -> str:
        return self.place


class InSight(models.Model):
    """When a page of this person last asked for their calls while somebody could see it.

    No record: it only says whether a screen has a chance to find them.
    """

    staff = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.staff_id} {self.at:%H:%M:%S}"
