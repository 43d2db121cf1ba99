"""Where somebody who works here is told what waits for them while they look at no screen.

Their own e-mail address and telephone; nothing is read into a missing one. Each change is a fact of
`contact:<id>`, made by the person themselves with a fresh proof: whoever could write another number
here would be called in their place.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from openketamine.clinic.journal import queries
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput

# A number with its country: E.164 has 15 digits at most.
_LEAST_DIGITS, _MOST_DIGITS = 8, 15


@dataclass(frozen=True)
class Contact:
    """An address of mail and a number for texts and calls; each empty where nobody gave one."""

    email: str = ""
    phone: str = ""

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """Channel and address, what rings in a pocket first: `text`, then `email`."""
        both = (("text", self.phone), ("email", self.email))
        return tuple((channel, address) for channel, address in both if address)


@dataclass(frozen=True)
class Change:
    """What somebody changed, and when."""

    contact: Contact
    at: datetime
    by: str


def contact_of(person: Staff) -> Contact:
    """Where this person is told now."""
    return Contact(person.email, person.phone)


def changes_of(person: Staff) -> list[Change]:
    """Every contact that this person gave, the newest first."""
    facts = reversed(queries.facts(stream_of(person)))
    return [
        Change(Contact(one.body["email"], one.body["phone"]), one.at, one.by.name) for one in facts
    ]


def set_contact(email: str, phone: str, proof: Proof, now: datetime) -> Contact:
    """The person's own contact from now on; an empty one takes it back.

    Raises BadInput for what is no address or no number with its country, or an old proof.
    """
    proof.must_be_fresh(now, "password")
    given = Contact(_email(email), _phone(phone))
    with transaction.atomic():
        who = Staff.objects.select_for_update().get(pk=proof.staff.pk)
        if given == contact_of(who):
            return given
        who.email, who.phone = given.email, given.phone
        who.save(update_fields=["email", "phone"])
        put_on_record(
            stream_of(who), "contact_changed", asdict(given), who, now, origin=proof.origin
        )
    return given


def stream_of(person: Staff) -> str:
    """Where the changes of this person's contact are."""
    return f"contact:{person.pk}"


def _email(text: str) -> str:
    said = text.strip()
    try:
        if said:
            validate_email(said)
    except ValidationError:
        raise BadInput("email", "an e-mail address, or nothing", said) from None
    return said


def _phone(text: str) -> str:
    """`+1 (520) 555-0123` → `+15205550123`."""
    said = text.strip().translate({ord(sign): None for sign in " ()-./"})
    digits = said.removeprefix("+")
    right = digits.isascii() and digits.isdecimal()
    if said and not (
        said.startswith("+") and right and _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS
    ):
        raise BadInput("phone", "a number with its country, such as +15205550123, or nothing", text)
    return said
