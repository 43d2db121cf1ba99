"""Which tasks are open, so that nobody has to read every course to know. The log is the truth."""

import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone

from openketamine.clinic.staff.sites import OfSite


class Task(models.Model):
    """The facts of one task of a course, as they stand there; made again whenever one is written.

    `look_at`: when the next person is to be told; empty where nobody is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("patients.Person", on_delete=models.PROTECT, related_name="+")
    task_id = models.CharField(max_length=200)
    facts = models.JSONField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)

    objects = OfSite["Task"]("person__site")

    class Meta:
        """Asked for every few seconds: what is open, and whose time has come."""

        constraints = (
            models.UniqueConstraint(fields=["person", "task_id"], name="outcomes_task_once"),
        )
        indexes = (
            models.Index(fields=["closed_at", "due_at"], name="outcomes_open"),
            models.Index(fields=["look_at"], name="outcomes_look"),
        )

    def __str__(self) -> str:
        return self.task_id


class Reviewed(models.Model):
    """When a person's course was last read for the tasks that it asks for, and how far it went."""

    person = models.OneToOneField("patients.Person", on_delete=models.PROTECT, primary_key=True)
    head = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        """Named for what it is."""

        verbose_name_plural = "reviewed"

    def __str__(self) -> str:
        return str(self.person_id)

    def still_holds(self, head: int, in_session: bool, now: datetime) -> bool:  # noqa: FBT001
        """Whether nothing that a review reads can have changed: no fact, no session, no new day."""
        same_day = timezone.localdate(self.at) == timezone.localdate(now)
        return self.head == head and same_day and not in_session
