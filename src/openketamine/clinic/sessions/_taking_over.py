"""What a device said before somebody joined it: nobody's, until a person takes it over by name."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries as journal_queries
from openketamine.clinic.sessions._alarms import finding_entries
from openketamine.clinic.sessions._messages import Message, read_message
from openketamine.clinic.sessions._readings import NOT_JOINED
from openketamine.clinic.sessions._writing import (
    Done,
    append,
    derived_id,
    done_before,
    entry,
    in_line,
    moment,
    text,
)
from openketamine.clinic.sessions.models import Attachment, QuarantinedMessage, Session
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput
from openketamine.core.treatment import facts

_MOST = 20_000


def take_over(session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: datetime) -> Done:
    """Take readings of a joined device from before it was joined into the record of this session.

    `asked`: device_id, since (of receipt), reason, id. Messages that name another person are never
    taken, nor those from before the session. Raises BadInput where nothing is left to take.
    """
    device_id, reason = text(asked, "device_id"), text(asked, "reason")
    since = moment(asked.get("since"), "since")
    fact_id = str(asked.get("id") or uuid.uuid4())
    with transaction.atomic():
        session = in_line(session_id)
        before = done_before(fact_id, session, "readings_taken_over")
        if before is not None:
            return before
        joined = _joined(session, device_id)
        found = _found(session, device_id, max(since, session.created), joined.since)
        if not found:
            raise BadInput("since", "a time since which readings of this person wait", since)
        return _write(session, device_id, reason, fact_id, found, by, now)


def _joined(session: Session, device_id: str) -> Attachment:
    rows = session.attachments.filter(device_id=device_id, until__isnull=True)
    joined = rows.first() if session.closed_at is None else None
    if joined is None:
        raise BadInput("device_id", "a device that is joined to this open session", device_id)
    return joined


def _found(session: Session, device_id: str, since: datetime, until: datetime) -> list[Message]:
    """Only what was nobody's when it was received, and names this person or nobody."""
    rows = QuarantinedMessage.objects.filter(
        device_id=device_id, why=NOT_JOINED, mrn__in=("", session.person.mrn),
        recorded_at__gte=since,
    ).order_by("recorded_at", "key")[:_MOST]  # fmt: skip
    messages = [read_message(row.message) for row in rows]
    mine = [one for one in messages if since <= one.reading.received_at < until]
    known = journal_queries.readings_by_key([one.key for one in mine])
    return [one for one in mine if one.key not in known]


def _write(
    session: Session,
    device_id: str,
    reason: str,
    fact_id: str,
    found: list[Message],
    by: Staff,
    now: datetime,
) -> Done:
    times = [one.reading.received_at for one in found]
    body = facts.ReadingsTakenOver(device_id, len(found), min(times), max(times), reason)
    (taken, *_) = append(session, [entry(body, now, by, fact_id), *map(_reading, found)], now)
    findings = finding_entries(session, now)
    if findings:
        append(session, findings, now)
    return Done(taken.number, taken.id)


def _reading(one: Message) -> journal.Entry:
    body = one.reading
    author, identity = journal.device_author(body.device_id), derived_id("reading", one.key)
    return entry(body, body.measured_at, author, identity, origin="gateway")
