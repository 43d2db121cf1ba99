"""What the journal must not hold: the hashes of links, and where a message is on its way.

What was asked, answered, sent and not delivered are facts of `course:<person id>`.
"""

import uuid

from django.db import models


class Link(models.Model):
    """One way in without a password, for one person and one purpose, on one device.

    Of the token in the message and of the key of the device only the hashes are kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_sha256 = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey("patients.Person", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=120, db_index=True)
    issued_at = models.DateTimeField()
    until = models.DateTimeField()
    device_sha256 = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # The second thing that the person knows: how often it was wrong, and until when it counts.
    wrong_answers = models.PositiveSmallIntegerField(default=0)
    known_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"


class Message(models.Model):
    """One message to one person, on its way exactly once.

    `id` is derived from what it is for and which attempt it is, so that nothing is sent twice.
    waiting → taken (a worker has it in hand) → sent, failed, or unknown: the worker ended between
    taking it and hearing what became of it. What is unknown is not sent again, except where twice
    does no harm: then it waits again, and `may_have_left` says that an earlier try is not known.
    """

    STATES = ("waiting", "taken", "sent", "failed", "unknown", "dropped")

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey("patients.Person", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    about = models.CharField(max_length=80, db_index=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    detail = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="waiting")
    tries = models.PositiveSmallIntegerField(default=0)
    may_have_left = models.BooleanField(default=False)
    not_before = models.DateTimeField()
    give_up_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        """The worker looks for what waits."""

        indexes = (models.Index(fields=["state", "not_before"], name="checkins_waiting"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.about} {self.attempt} {self.state}"


class Watched(models.Model):
    """When the planner must look at a person's course again; what it saw when it last did."""

    person = models.OneToOneField("patients.Person", on_delete=models.PROTECT, primary_key=True)
    head = models.PositiveIntegerField(default=0)
    looked_at = models.DateTimeField()
    next_at = models.DateTimeField()

    class Meta:
        """Named for what it is."""

        verbose_name_plural = "watched"

    def __str__(self) -> str:
        return str(self.person_id)
