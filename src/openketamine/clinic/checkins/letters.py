"""The words of a message. No name, no score, no diagnosis, no drug: whoever reads over a shoulder
learns that somebody has a clinic. In the person's language, by `speech.speaking` around it; to
staff in English."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from openketamine.clinic.checkins import speech
from openketamine.clinic.checkins.carriers import Ready
from openketamine.clinic.checkins.models import Message
from openketamine.core.course import facts


def invitation(identity: str, contact: facts.ContactSet, address: str, row: Message) -> Ready:
    """A link to a check-in."""
    first, until = row.attempt == 1, _local(row.give_up_at, contact.zone)
    said = {
        "subject": _("A few questions from your clinic")
        if first
        else _("Your clinic still has a few questions"),
        "address": address,
        "until": speech.short_moment(until),
        "stop": f"{address}stop/",
    }
    if contact.channel == "text":
        text = _("%(subject)s: %(address)s (until %(until)s)") % said
        return Ready(identity, "text", contact.address, said["subject"], text)
    body = _(
        "%(subject)s, one at a time. Open them on the phone or computer that you want to use:\n\n"
        "%(address)s\n\n"
        "The link is for you alone and works until %(until)s.\n\n"
        "Nobody reads answers to this message. "
        "In danger, call the emergency number of your country.\n"
        "No more messages: %(stop)s\n"
    )
    return Ready(identity, "email", contact.address, said["subject"], body % said, said["stop"])


def own_page(identity: str, contact: facts.ContactSet, address: str) -> Ready:
    """A link to the person's own page."""
    said = {"subject": _("Your own page at your clinic"), "address": address}
    body = _("%(subject)s, for one day. It asks for your date of birth:\n\n%(address)s\n")
    return Ready(identity, contact.channel, contact.address, said["subject"], body % said)


def page(
    identity: str, contact: facts.ContactSet, address: str, subject: str, until: datetime
) -> Ready:
    """A link to a page of another app. The subject names no drug, no illness and nobody; it comes
    in English, and leaves in the person's language where the catalogue has it."""
    by = speech.day(_local(until, contact.zone))
    said = {"subject": gettext(subject), "address": address, "until": by}
    body = _(
        "%(subject)s. Open it on the phone or computer that you want to use:\n\n%(address)s\n\n"
        "The link is for you alone and works until %(until)s.\n"
    )
    return Ready(identity, contact.channel, contact.address, said["subject"], body % said)


def task(identity: str, address: str, due_at: datetime) -> Ready:
    """To somebody who works here: that a task waits, and by when. Which one stands in the clinic's
    own pages."""
    due = f"{timezone.localtime(due_at):%d-%b-%Y %H:%M}"
    body = (
        "A task about a person in treatment waits for you. "
        f"Somebody must have it in hand by {due}.\n\n"
        f"{settings.OPENKETAMINE_PUBLIC_URL}/\n\n"
        "It stands on your screen as well, and goes to the next when nobody takes it.\n"
    )
    return Ready(identity, "email", address, "OpenKetamine: a task waits for you", body)


def _local(moment: datetime, zone: str) -> datetime:
    """On the person's own clock; the clinic's where they named no zone."""
    return timezone.localtime(moment, ZoneInfo(zone) if zone else None)
