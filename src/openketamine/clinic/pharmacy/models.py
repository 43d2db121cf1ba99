"""A vial as its label says. How much is in it is never stored here: the book knows."""

import uuid

from django.db import models


class Vial(models.Model):
    """One container, received once. Moves and counts are in the stream `pharmacy:main`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    drug = models.CharField(max_length=60)
    ndc = models.CharField("NDC as printed", max_length=20)
    lot = models.CharField(max_length=40)
    expiry = models.DateField()
    concentration_ug_per_ml = models.PositiveIntegerField()
    volume_ul = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    supplier = models.CharField(max_length=120)

    class Meta:
        """First to expire, first to use."""

        ordering = (
            "expiry",
            "received_at",
            "id",
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(concentration_ug_per_ml__gt=0, volume_ul__gt=0),
                name="pharmacy_vial_holds_something",
            ),
        )

    def __str__(self) -> str:
        return f"{self.drug} {self.lot}"

    @property
    def mass_ug(self) -> int:
        """What a full vial holds."""
        return self.volume_ul * self.concentration_ug_per_ml // 1000
