"""A person, and every version of the record that came in for them."""

import uuid

from django.conf import settings
from django.db import models

from openketamine.clinic.staff.sites import OfSite, at_a_site


class Person(models.Model):
    """Who is treated. What was asked and found is in the stream `person:<id>`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Another site may have given the same number to somebody else.
    mrn = models.CharField("medical record number", max_length=80)
    site = at_a_site()
    family = models.CharField(max_length=120)
    given = models.CharField(max_length=120)
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=10, default="unknown")
    created = models.DateTimeField()

    objects = OfSite["Person"]()

    class Meta:
        """In the order of a list at the desk."""

        constraints = (
            models.UniqueConstraint(fields=["mrn", "site"], name="patients_number_once_a_site"),
        )

        ordering = (
            "family",
            "given",
            "mrn",
        )

    def __str__(self) -> str:
        return f"{self.family}, {self.given}"

    @property
    def stream(self) -> str:
        """The name of this person's stream in the journal."""
        return f"person:{self.id}"


class BundleImport(models.Model):
    """One FHIR bundle, letter for letter as it came in, with what was and was not understood.

    The database refuses to change it, so what was read of it once need not be read again.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="imports")
    bundle = models.TextField()
    report = models.JSONField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """The newest version is asked for most."""

        indexes = (models.Index(fields=["person", "-at"], name="patients_newest_bundle"),)

    def __str__(self) -> str:
        return f"{self.person} {self.at:%Y-%m-%d}"
