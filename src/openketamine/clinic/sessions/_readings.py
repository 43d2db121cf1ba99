"""What a gateway delivers: charted where a person joined the device, kept aside everywhere else.

Messages of one delivery are written in one transaction, whatever sessions they belong to: group
commit is what lets a small machine keep up with many bedsides.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries as journal_queries
from openketamine.clinic.sessions._alarms import finding_entries
from openketamine.clinic.sessions._devices import note_unmapped
from openketamine.clinic.sessions._fold import extended, folded
from openketamine.clinic.sessions._writing import body_of, derived_id, entry
from openketamine.clinic.sessions.models import Attachment, QuarantinedMessage, Session
from openketamine.core.findings import BadInput
from openketamine.core.monitoring import assess_reading
from openketamine.core.treatment import Author, Fact, facts

_NOT_JOINED = "the device was not joined to a session when this was received"
_OTHER_PERSON = "the monitor names another person than the one whose session it is joined to"
_KEY_REUSED = "a message with the same key and other content came before"


@dataclass(frozen=True)
class Outcome:
    """What became of one message: charted, duplicate or quarantined (and why)."""

    key: str
    outcome: str
    why: str = ""

    def as_json(self) -> dict[str, str]:
        """As the gateway is answered."""
        return asdict(self)


@dataclass(frozen=True)
class _Message:
    key: str
    mrn: str
    reading: facts.ReadingTaken
    raw: Mapping[str, Any]

    @property
    def fact_id(self) -> str:
        return derived_id("reading", self.key)


@transaction.atomic
def record_readings(gateway: str, messages: Sequence[object], now: datetime) -> tuple[Outcome, ...]:
    """Chart each message, or keep it aside with the reason. Same key: no second row."""
    arrived = [_arrived(raw) for raw in messages]
    # All locks at once and in order: two gateways must never wait for each other crosswise.
    streams = {one.session.stream for one in arrived if one.session is not None}
    if streams:
        journal.lock(*streams)
    delivery = _Delivery(gateway, now)
    return tuple(delivery.take(one) for one in arrived)


@dataclass(frozen=True)
class _Arrived:
    """A message as it came, what could be read of it, and whose it is."""

    raw: object
    message: _Message | None
    session: Session | None
    why: str = ""


def _arrived(raw: object) -> _Arrived:
    try:
        message = _read(raw)
    except BadInput as error:
        return _Arrived(raw, None, None, str(error))
    session = _whose(message.reading)
    if session is None:
        return _Arrived(raw, message, None, _NOT_JOINED)
    if message.mrn and message.mrn != session.person.mrn:
        return _Arrived(raw, message, session, _OTHER_PERSON)
    return _Arrived(raw, message, session)


def _whose(reading: facts.ReadingTaken) -> Session | None:
    """The session that the device was joined to when the gateway received the message.

    Not the one it is joined to now: a message that waited in the spool belongs to whoever sat in
    the chair then.
    """
    at = reading.received_at
    joined = Attachment.objects.filter(
        Q(until__isnull=True) | Q(until__gt=at), device_id=reading.device_id, since__lte=at
    )
    found = joined.order_by("-since").select_related("session__person").first()
    return None if found is None else found.session


class _Delivery:
    """The messages of one post on their way into the journal."""

    def __init__(self, gateway: str, now: datetime) -> None:
        self._gateway = gateway
        self._now = now

    def take(self, one: _Arrived) -> Outcome:
        message = one.message
        before = None if message is None else journal_queries.fact(message.fact_id)
        if message is not None and before is not None:
            same = body_of(before.kind, before.body) == message.reading
            return Outcome(message.key, "duplicate") if same else self._keep_aside(one, _KEY_REUSED)
        if message is None or one.session is None or one.why:
            return self._keep_aside(one, one.why)
        self._chart(one.session, message)
        note_unmapped(message.reading.device_id, message.raw.get("unmapped"), self._now)
        return Outcome(message.key, "charted")

    def _chart(self, session: Session, message: _Message) -> None:
        """The reading and what the rules say to it, in one append."""
        by = Author(message.reading.device_id, f"Monitor {message.reading.device_id}", "device")
        at = message.reading.measured_at
        reading = entry(message.reading, at, by, message.fact_id, origin="gateway")
        known = folded(session.stream)
        fact = Fact(reading.id, at, by, message.reading, self._now, known.number + 1)
        findings = finding_entries(session, extended(known, (fact,)), self._now)
        journal.append(session.stream, [reading, *findings], self._now)

    def _keep_aside(self, one: _Arrived, why: str) -> Outcome:
        content = one.raw if isinstance(one.raw, Mapping) else {"message": repr(one.raw)}
        key = str(content.get("key") or "")[:200]
        _, fresh = QuarantinedMessage.objects.get_or_create(
            id=derived_id("quarantine", key, json.dumps(content, sort_keys=True, default=str)),
            defaults={
                "key": key,
                "gateway": self._gateway[:80],
                "device_id": str(content.get("device_id") or "")[:80],
                "mrn": str(content.get("mrn") or "")[:80],
                "why": why,
                "message": content,
                "recorded_at": self._now,
            },
        )
        return Outcome(key, "quarantined" if fresh else "duplicate", why)


def _read(raw: object) -> _Message:
    if not isinstance(raw, Mapping):
        raise BadInput("message", "an object", raw)
    key, mrn = raw.get("key"), raw.get("mrn")
    if not isinstance(key, str) or not key:
        raise BadInput("key", "the sender and control id of the message", key)
    if mrn is not None and not isinstance(mrn, str):
        raise BadInput("mrn", "text or null", mrn)
    return _Message(key, mrn or "", _reading(raw), raw)


def _reading(raw: Mapping[str, Any]) -> facts.ReadingTaken:
    """The message as a fact, with the server's own doubts beside those of the gateway."""
    names = ("device_id", "measured_at", "received_at", "values")
    given = {name: raw[name] for name in names if name in raw}
    doubts = raw.get("doubts") or {}
    body = body_of("reading_taken", {**given, "doubts": doubts, "message_key": raw["key"]})
    assert isinstance(body, facts.ReadingTaken)  # noqa: S101  (a body is what its kind names)
    ours = assess_reading(body.values, body.measured_at, body.received_at)
    return facts.ReadingTaken(
        body.device_id,
        body.measured_at,
        body.received_at,
        body.values,
        {**ours, **body.doubts},
        body.message_key,
    )
