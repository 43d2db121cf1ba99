"""The words of a message. No name, no score, no diagnosis, no drug: whoever reads over a shoulder
learns that somebody has a clinic."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from openketamine.clinic.checkins.carriers import Ready
from openketamine.clinic.checkins.models import Message
from openketamine.core.course import facts

_SUBJECT = "A few questions from your clinic"
_REMINDER = "Your clinic still has a few questions"
_FOOT = (
    "Nobody reads answers to this message. In danger, call the emergency number of your country.\n"
    "No more messages: {stop}\n"
)


def invitation(identity: str, contact: facts.ContactSet, address: str, row: Message) -> Ready:
    """A link to a check-in."""
    until = f"{_local(row.give_up_at, contact.zone):%d-%b-%Y %H:%M}"
    subject = _SUBJECT if row.attempt == 1 else _REMINDER
    if contact.channel == "text":
        return Ready(
            identity, "text", contact.address, subject, f"{subject}: {address} (until {until})"
        )
    body = (
        f"{subject}, one at a time. Open them on the phone or computer that you want to use:\n\n"
        f"{address}\n\n"
        f"The link is for you alone and works until {until}.\n\n"
    )
    stop = f"{address}stop/"
    return Ready(identity, "email", contact.address, subject, body + _FOOT.format(stop=stop), stop)


def own_page(identity: str, contact: facts.ContactSet, address: str) -> Ready:
    """A link to the person's own page."""
    subject = "Your own page at your clinic"
    body = f"{subject}, for one day. It asks for your date of birth:\n\n{address}\n"
    return Ready(identity, contact.channel, contact.address, subject, body)


def page(
    identity: str, contact: facts.ContactSet, address: str, subject: str, until: datetime
) -> Ready:
    """A link to a page of another app. The subject names no drug, no illness and nobody."""
    by = f"{_local(until, contact.zone):%d-%b-%Y}"
    body = (
        f"{subject}. Open it on the phone or computer that you want to use:\n\n{address}\n\n"
        f"The link is for you alone and works until {by}.\n"
    )
    return Ready(identity, contact.channel, contact.address, subject, body)


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
