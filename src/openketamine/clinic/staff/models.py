"""A person who works here."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models

from openketamine.clinic.staff.roles import ROLES


class Staff(AbstractUser):
    """One person, one account, one role; nobody shares an account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(max_length=120)
    role = models.CharField(max_length=32, choices=[(role, name) for role, name in ROLES.items()])
    credentials = models.CharField(max_length=120, blank=True)

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

    def get_full_name(self) -> str:
        """The name as it stands in the chart."""
        return self.display_name
