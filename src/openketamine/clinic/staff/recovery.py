"""The way back for somebody who forgot a password or lost a factor: two people, and on record.

Who keeps the machine knows the person, says how, and asks; the medical director approves with a
fresh proof. A new first password takes no second factor away, and a factor that is taken away
leaves the password: nobody comes in by one of the two alone.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries
from openketamine.clinic.staff import first_password
from openketamine.clinic.staff.accounts import STREAM, a_second_person
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import PasskeyWord, Staff
from openketamine.clinic.staff.permission import can
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput

WHAT: Mapping[str, str] = {
    "password": "A new first password",
    "factor": "The second factor was lost",
}


@dataclass(frozen=True)
class Recovery:
    """What waits for a second person, and how the first one knew whom they had before them."""

    id: str
    staff_id: str
    what: str
    known_by: str
    by_id: str
    by_name: str
    at: datetime

    @property
    def says(self) -> str:
        """What is asked, in words."""
        return WHAT[self.what]


def waiting() -> list[Recovery]:
    """What was asked and neither approved nor declined, the oldest first."""
    found: dict[str, Recovery] = {}
    for fact in queries.facts(STREAM):
        body, by = fact.body, fact.by
        if fact.kind == "recovery_asked":
            said = (fact.id, body["staff"], body["what"], body["known_by"])
            found[fact.id] = Recovery(*said, by.id, by.name, fact.at)
        elif fact.kind in ("recovery_approved", "recovery_declined"):
            found.pop(body["asked"], None)
    return list(found.values())


def ask(whose: Staff, what: str, known_by: str, by: Staff, now: datetime) -> str:
    """Somebody stands before who asks: `known_by` says how they were known, as on their first day.
    The id of what waits. Raises BadInput."""
    _may(by, "account.ask", now)
    if what not in WHAT:
        raise BadInput("what", f"one of {', '.join(WHAT)}", what)
    if whose.pk == by.pk:
        raise BadInput("person", "somebody else: nobody asks for themselves")
    if not whose.is_active:
        raise BadInput("person", "somebody whose account is open")
    if len(known_by.strip()) < 10:
        raise BadInput("known_by", "how they were known: in person, by which document")
    body = {"staff": str(whose.pk), "what": what, "known_by": known_by.strip()}
    return _append("recovery_asked", body, by, now, "accounts")


def approve(asked_id: str, proof: Proof, now: datetime) -> str:
    """The second person; from here on it is so. A new first password comes back, to be read out
    once; nothing where a factor was taken away. Raises BadInput."""
    by = _second(proof, now)
    with transaction.atomic():
        journal.lock(STREAM)
        asked = _waiting(asked_id)
        a_second_person(by, asked.by_id, asked.staff_id)
        whose = Staff.objects.select_for_update().get(pk=asked.staff_id)
        said = first_password.give(whose, now) if asked.what == "password" else _forget(whose)
        _append("recovery_approved", {"asked": asked_id}, by, now, f"proof {proof.method}")
    return said


def decline(asked_id: str, proof: Proof, now: datetime) -> None:
    """It stays as it is. Raises BadInput."""
    by = _second(proof, now)
    with transaction.atomic():
        journal.lock(STREAM)
        _waiting(asked_id)
        _append("recovery_declined", {"asked": asked_id}, by, now, f"proof {proof.method}")


def by_hand(whose: Staff, reason: str, by: Staff, now: datetime) -> str:
    """A new first password from the command line of the machine, where nobody is left to approve
    one. On record as what it is. Raises BadInput."""
    if len(reason.strip()) < 10:
        raise BadInput("reason", "why nobody could approve it, and how they were known")
    with transaction.atomic():
        password = first_password.give(whose, now)
        body = {"staff": str(whose.pk), "reason": reason.strip()}
        _append("first_password_by_hand", body, by, now, "command-line")
    return password


def _forget(whose: Staff) -> str:
    """No app, no key, no recovery code; and nobody is signed in by one."""
    Authenticator.objects.filter(user=whose).delete()
    PasskeyWord.objects.filter(staff=whose).delete()
    for one in UserSession.objects.filter(user=whose):
        one.end()
    return ""


def _waiting(asked_id: str) -> Recovery:
    for one in waiting():
        if one.id == asked_id:
            return one
    raise BadInput("asked", "something that still waits", asked_id)


def _second(proof: Proof, now: datetime) -> Staff:
    _may(proof.staff, "account.approve", now)
    if not proof.is_fresh(now):
        raise BadInput("proof", "a proof of identity given just now, not an earlier one")
    return proof.staff


def _may(by: Staff, task: str, now: datetime) -> None:
    may = can(by, task, at=now)
    if not may:
        raise BadInput("by", f"somebody who may do this. {may.why}")


def _append(kind: str, body: Mapping[str, Any], by: Staff, now: datetime, origin: str) -> str:
    entry = journal.Entry(str(uuid.uuid4()), kind, body, now, author_of(by), origin=origin)
    return journal.append(STREAM, [entry], now)[0].id
