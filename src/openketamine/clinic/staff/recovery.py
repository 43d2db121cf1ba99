"""The way back for somebody who forgot a password or lost a factor: two people, and on record.

Who keeps the machine knows the person, says how, and asks; the medical director approves with a
fresh proof. A new first password takes no second factor away, and a factor that is taken away
leaves the password: nobody comes in by one of the two alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from openketamine.clinic.staff import first_password
from openketamine.clinic.staff.models import PasskeyWord, Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.permission import must
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.two_people import STREAM, Matter
from openketamine.core.findings import BadInput

_RECOVERY = Matter("recovery", "something that still waits")
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
    return [
        Recovery(
            one.id, one.body["staff"], one.body["what"], one.body["known_by"], one.by.id,
            one.by.name, one.at,
        )
        for one in _RECOVERY.waiting()
    ]  # fmt: skip


def ask(whose: Staff, what: str, known_by: str, by: Staff, now: datetime) -> str:
    """Somebody stands before who asks: `known_by` says how they were known, as on their first day.
    The id of what waits. Raises BadInput."""
    must(by, "account.ask", now)
    if what not in WHAT:
        raise BadInput("what", f"one of {', '.join(WHAT)}", what)
    if whose.pk == by.pk:
        raise BadInput("person", "somebody else: nobody asks for themselves")
    if not whose.is_active:
        raise BadInput("person", "somebody whose account is open")
    if len(known_by.strip()) < 10:
        raise BadInput("known_by", "how they were known: in person, by which document")
    body = {"staff": str(whose.pk), "what": what, "known_by": known_by.strip()}
    return put_on_record(STREAM, "recovery_asked", body, by, now, origin="accounts")


def approve(asked_id: str, proof: Proof, now: datetime) -> str:
    """The second person; from here on it is so. A new first password comes back, to be read out
    once; nothing where a factor was taken away. Raises BadInput."""
    with _RECOVERY.approving(asked_id, proof, now) as asked:
        whose = Staff.objects.select_for_update().get(pk=asked.body["staff"])
        is_password = asked.body["what"] == "password"
        return first_password.give(whose, now) if is_password else _forget(whose)


def decline(asked_id: str, proof: Proof, now: datetime) -> None:
    """It stays as it is. Raises BadInput."""
    _RECOVERY.decline(asked_id, proof, now)


def by_hand(whose: Staff, reason: str, by: Staff, now: datetime) -> str:
    """A new first password from the command line of the machine, where nobody is left to approve
    one. On record as what it is. Raises BadInput."""
    if len(reason.strip()) < 10:
        raise BadInput("reason", "why nobody could approve it, and how they were known")
    with transaction.atomic():
        password = first_password.give(whose, now)
        body = {"staff": str(whose.pk), "reason": reason.strip()}
        put_on_record(STREAM, "first_password_by_hand", body, by, now, origin="command-line")
    return password


def _forget(whose: Staff) -> str:
    """No app, no key, no recovery code; and nobody is signed in by one."""
    Authenticator.objects.filter(user=whose).delete()
    PasskeyWord.objects.filter(staff=whose).delete()
    for one in UserSession.objects.filter(user=whose):
        one.end()
    return ""
