"""What the session stream cannot answer by itself: whose session it is, which device speaks for it.

Everything clinical is in the stream `session:<uuid>`; these rows only point at it.
"""

import uuid

from django.conf import settings
from django.db import models

from openketamine.clinic.staff.sites import OfSite, at_a_site


class Session(models.Model):
    """One treatment of one person. Its life is the stream `session:<id>`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey("patients.Person", on_delete=models.PROTECT, related_name="sessions")
    protocol_id = models.CharField(max_length=80)
    created = models.DateTimeField()
    # Whose chair it is now; empty again when the person has left. The log keeps where they sat.
    chair = models.CharField(max_length=40, blank=True)
    nurse = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The board must not fold the whole past of the clinic: closed sessions leave it.
    closed_at = models.DateTimeField(null=True)
    # Where its chair, its nurses and its devices are: where the person is treated.
    site = at_a_site()

    objects = OfSite["Session"]()

    class Meta:
        indexes = (models.Index(fields=["closed_at", "created"], name="treatments_open"),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def stream(self) -> str:
        """The name of this session's stream in the journal."""
        return f"session:{self.id}"

    @staticmethod
    def id_of(stream: str) -> uuid.UUID:
        """Whose stream it is."""
        return uuid.UUID(stream.removeprefix("session:"))


class Attachment(models.Model):
    """From `since` until `until`, this device spoke for this session, because a person said so.

    Periods are kept, so that a message that the gateway held back is charted where it was measured,
    never at the person who sits in the chair now.
    """

    device_id = models.CharField(max_length=80)
    device_kind = models.CharField(max_length=20)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="attachments")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    # A device is looked for everywhere before it is joined; a page lists those of the own sites.
    objects = models.Manager["Attachment"]()
    seen = OfSite["Attachment"]("session__site")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["device_id"],
                condition=models.Q(until__isnull=True),
                name="treatments_one_session_a_device",
            ),
        )
        indexes = (
            # Asked for with every group of readings: those that ended since the oldest of them.
            models.Index(
                fields=["until"],
                name="treatments_attachment_ended",
                condition=models.Q(until__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.device_id} → {self.session_id}"


class QuarantinedMessage(models.Model):
    """A device message that could not be charted, kept whole with the reason. Never changed.

    `id` is made from the key and the content: the same message again is the same row.
    """

    id = models.UUIDField(primary_key=True)
    key = models.CharField(max_length=200, db_index=True)
    gateway = models.CharField(max_length=80)
    device_id = models.CharField(max_length=80, blank=True)
    mrn = models.CharField(max_length=80, blank=True)
    why = models.TextField()
    message = models.JSONField()
    recorded_at = models.DateTimeField()
    site = at_a_site()

    objects = OfSite["QuarantinedMessage"]()

    class Meta:
        indexes = (models.Index(fields=["-recorded_at"], name="treatments_quarantine_new"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.why}"


class QuarantineFile(models.Model):
    """A file in the data folder of one machine with messages that were kept aside long ago.

    `sha256`: of the file as it was written. The file is the clinic's to keep or to remove.
    """

    name = models.CharField(max_length=80, primary_key=True)
    machine = models.CharField(max_length=200)
    messages = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    moved_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Gateway(models.Model):
    """The last word of one device gateway; silence shows by its age."""

    name = models.CharField(max_length=80, primary_key=True)
    heard_at = models.DateTimeField()
    listeners = models.JSONField(default=list)
    spool_waiting = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    # How full its disk is: {used, limit, refused, aside, full}, bytes and counts.
    room = models.JSONField(default=dict)
    # What came from a sender that could not be made out: [{words, count, last}].
    rejected = models.JSONField(default=list)
    site = at_a_site()

    objects = OfSite["Gateway"]()

    def __str__(self) -> str:
        return self.name


class Device(models.Model):
    """What a gateway last told of one device; `health` as its heartbeat has it."""

    device_id = models.CharField(max_length=80, primary_key=True)
    gateway = models.CharField(max_length=80)
    told_at = models.DateTimeField()
    health = models.JSONField(default=dict)
    site = at_a_site()

    objects = OfSite["Device"]()

    def __str__(self) -> str:
        return self.device_id


class UnmappedCode(models.Model):
    """A code that a device sends and no table knows; reported, never guessed."""

    device_id = models.CharField(max_length=80)
    code = models.CharField(max_length=120)
    text = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=80, blank=True)
    seen = models.PositiveBigIntegerField(default=0)
    last_seen = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["device_id", "code"], name="treatments_unmapped_once"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.code}"
