"""A person who works here."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

from openketamine.clinic.staff.roles import ROLES
from openketamine.clinic.staff.sites import MAIN, OfSite, seen


class Site(models.Model):
    """A place with its own people, chairs, cabinets and devices. A house begins with one, `main`.

    `gateway_sha256`: the hash of the token that this site's device gateways carry; the house's own
    token is that of the main site.
    """

    id = models.SlugField(primary_key=True, max_length=20, default=MAIN)
    name = models.CharField(max_length=60)
    gateway_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    address = models.CharField(max_length=200, blank=True, default="", db_default="")
    dea_number = models.CharField(max_length=12, blank=True, default="", db_default="")
    # Such as US-AZ: whose nursing rules count here; and the clock on its wall. Empty: the house's.
    state = models.CharField(max_length=6, blank=True, default="", db_default="")
    time_zone = models.CharField(max_length=60, blank=True, default="", db_default="")
    # Nothing new is made at a closed site; what was is read as before.
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """In the order of a list."""

        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Colleagues(OfSite["Staff"]):
    """Those who work at one of the sites that are seen now, each once."""

    def __init__(self) -> None:
        super().__init__("sites")

    def get_queryset(self) -> models.QuerySet["Staff"]:
        """All where nothing is told apart."""
        everybody, sites = models.Manager.get_queryset(self), seen()
        if sites is None:
            return everybody
        works = Staff.sites.through.objects.filter(site_id__in=sites)
        return everybody.filter(pk__in=works.values("staff_id"))


class Staff(AbstractUser):
    """One person, one account, one role; nobody shares an account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(max_length=120)
    role = models.CharField(max_length=32, choices=[(role, name) for role, name in ROLES.items()])
    credentials = models.CharField(max_length=120, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    # Set while the password is the one that was made for them: until then they choose their own.
    first_password_until = models.DateTimeField(null=True, blank=True)
    # For texts and calls, as `+15205550123` (contact.py); `email` is Django's own column.
    phone = models.CharField(max_length=16, blank=True, default="", db_default="")
    # Where they work. Asked only in a house with several sites.
    sites = models.ManyToManyField(Site, related_name="people", blank=True)

    # Signing in looks at everybody; a page lists those of the own sites.
    objects = UserManager["Staff"]()  # type: ignore[misc]  # an instance, as Django wants it
    colleagues: ClassVar[Colleagues] = Colleagues()

    class Meta:
        """Nobody without a role that the table knows."""

        verbose_name_plural = "staff"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(role__in=list(ROLES)), name="staff_role_is_in_the_table"
            ),
        )

    def __str__(self) -> str:
        return self.display_name

    def has_ended(self, now: datetime) -> bool:
        """Whether the account was opened for a time that is over."""
        return self.ends_at is not None and now >= self.ends_at

    def is_shut_out(self, now: datetime) -> bool:
        """Whether nobody comes in with this account: it ended, or its first password did."""
        first = self.first_password_until
        return self.has_ended(now) or (first is not None and now >= first)

    def get_full_name(self) -> str:
        """The name as it stands in the chart."""
        return self.display_name


class PasskeyWord(models.Model):
    """A word that stands for a person's secret once, at one screen, until a moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=80)
    until = models.DateTimeField()
    used = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return str(self.id)
