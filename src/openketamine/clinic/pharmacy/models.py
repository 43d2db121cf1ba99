"""A container as its label says. How much is in it is never stored here: the book knows."""

import uuid

from django.db import models
from django.db.models import Q

from openketamine.clinic.staff.sites import OfSite, at_a_site

SOLUTION = "solution"
FORMS = (SOLUTION, "tablet", "capsule", "troche", "lozenge", "device")


class Vial(models.Model):
    """One container, received once: a vial of solution, or a pack of pieces of one strength. Moves
    and counts are in the book of its site. The database moves `kept_at` with the entry by which
    another site receives it, and lets nobody else change anything."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    drug = models.CharField(max_length=60)
    ndc = models.CharField("NDC as printed", max_length=20)
    lot = models.CharField(max_length=40)
    expiry = models.DateField()
    form = models.CharField(max_length=20, default=SOLUTION)
    concentration_ug_per_ml = models.PositiveIntegerField(default=0)
    volume_ul = models.PositiveIntegerField(default=0)
    unit_ug = models.PositiveIntegerField(default=0)
    units = models.PositiveIntegerField(default=0)
    doses = models.CharField(max_length=10, default="multiple")
    beyond_use_days = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField()
    supplier = models.CharField(max_length=120)
    supplier_address = models.CharField(max_length=200, default="", blank=True)
    supplier_dea = models.CharField(max_length=20, default="", blank=True)
    invoice = models.CharField(max_length=60, default="", blank=True)
    site = models.CharField(max_length=60, default="", blank=True)
    cabinet = models.CharField(max_length=60, default="", blank=True)
    # Whose stock it is, in a house with several sites; `site` above is what the delivery said.
    kept_at = at_a_site()

    objects = OfSite["Vial"]("kept_at")
    # For what the book of a site names: a container may have left it since.
    everywhere = models.Manager["Vial"]()

    class Meta:
        """First to expire, first to use."""

        ordering = (
            "expiry",
            "received_at",
            "id",
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(form=SOLUTION, concentration_ug_per_ml__gt=0, volume_ul__gt=0, units=0)
                | (~Q(form=SOLUTION) & Q(unit_ug__gt=0, units__gt=0, volume_ul=0)),
                name="pharmacy_vial_holds_something",
            ),
        )

    def __str__(self) -> str:
        return f"{self.drug} {self.lot}"

    @property
    def is_pack(self) -> bool:
        """Whether it holds pieces that are counted."""
        return self.form != SOLUTION

    @property
    def account(self) -> str:
        """Its account in the book."""
        return f"{'pack' if self.is_pack else 'vial'}:{self.pk}"

    @property
    def mass_ug(self) -> int:
        """What a full one holds."""
        return self.units * self.unit_ug or self.volume_ul * self.concentration_ug_per_ml // 1000


class Account(models.Model):
    """What an account of the book holds now. The database keeps it with each transfer, and lets
    nobody else write it; `queries.accounts_off` proves it against the book."""

    account = models.TextField(primary_key=True)
    kind = models.TextField()
    mass_ug = models.BigIntegerField()
    volume_ul = models.BigIntegerField()
    units = models.BigIntegerField()

    class Meta:
        """Of a hundred thousand trays, a few hold something."""

        indexes = (
            models.Index(fields=["kind"], name="pharmacy_not_empty", condition=~Q(mass_ug=0)),
        )

    def __str__(self) -> str:
        return f"{self.account} {self.mass_ug} µg"
