"""A person who works here."""

import uuid
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import models

from openketamine.clinic.staff.roles import ROLES


class Staff(AbstractUser):
    """One person, one account, one role; nobody shares an account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(max_length=120)
    role = models.CharField(max_length=32, choices=[(role, name) for role, name in ROLES.items()])
    credentials = models.CharField(max_length=120, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

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

    def get_full_name(self) -> str:
        """The name as it stands in the chart."""
        return self.display_name
