"""A letter that came back: which message it was, and that nothing more goes to that address.

Reads what mail servers send (RFC 3464): a `message/delivery-status` part with `Action: failed`, and
the Message-ID of ours in the part that quotes it. What is no such report, or of no message of ours,
is said and changes nothing. A delay is not a failure.
"""

import email
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage, Message
from uuid import UUID

from django.db import transaction

from openketamine.clinic.checkins import post
from openketamine.clinic.checkins.planning import KIND
from openketamine.clinic.outcomes.commands import CLOCK, record
from openketamine.core.course import facts
from openketamine.core.course.check_ins import derived_id
from openketamine.core.findings import BadInput

_QUOTED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")


@dataclass(frozen=True)
class Returned:
    """What a report says. `status` as RFC 3463, such as 5.1.1."""

    message: str
    failed: bool
    status: str
    why: str


def read_report(raw: bytes) -> Returned:
    """The report out of a letter. Raises BadInput where it is none."""
    letter = email.message_from_bytes(raw, policy=policy.default)
    fields = _fields(letter)
    identity = _quoted_id(letter)
    if not fields or not identity:
        raise BadInput("letter", "a report of a delivery (RFC 3464) that quotes a message of ours")
    return Returned(
        message=identity,
        failed=fields.get("action", "").strip().lower() == "failed",
        status=fields.get("status", "").strip(),
        why=fields.get("diagnostic-code", "").strip(),
    )


def take_back(raw: bytes, now: datetime) -> str:
    """Write down that a message came back; in one word what was done: bounced, delayed, known."""
    found = read_report(raw)
    with transaction.atomic():
        row = post.held(found.message)
        if row is None:
            raise BadInput("letter", "a message that left this house", found.message)
        if not found.failed:
            return "delayed"
        if row.state == "failed":
            return "known"
        row.state, row.why = "failed", f"came back: {found.status} {found.why}"[:300]
        row.save(update_fields=["state", "why"])
        if row.kind == KIND:
            body = facts.CheckInUndelivered(row.about, "bounced", found.status, row.attempt)
            name = derived_id(row.about, "bounced", str(row.attempt))
            record(row.person, body, CLOCK, now, id=name)
    return "bounced"


def _fields(letter: EmailMessage) -> dict[str, str]:
    """The fields of the one recipient that a message of ours has."""
    for part in letter.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            if isinstance(blocks, list):
                return {
                    name.lower(): str(value)
                    for block in blocks
                    if isinstance(block, Message)
                    for name, value in block.items()
                }
    return {}


def _quoted_id(letter: EmailMessage) -> str:
    for part in letter.walk():
        if part.get_content_type() in _QUOTED:
            inner = part.get_payload()
            quoted = inner[0] if isinstance(inner, list) and inner else inner
            headers = (
                quoted if isinstance(quoted, Message) else email.message_from_string(str(quoted))
            )
            if identity := _uuid(str(headers.get("Message-ID", ""))):
                return identity
    return ""


def _uuid(message_id: str) -> str:
    try:
        return str(UUID(message_id.strip("<> \t").partition("@")[0]))
    except ValueError:
        return ""
