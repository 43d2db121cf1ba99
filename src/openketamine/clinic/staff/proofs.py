"""A fresh proof of identity: for a signature, for a witness, for a second person at the pump."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.commands import record_access
from openketamine.clinic.staff import attempts
from openketamine.clinic.staff.models import PasskeyWord, Staff
from openketamine.core.findings import BadInput

FRESH_FOR = timedelta(minutes=2)
FAILED = "proof of identity failed"
PASSKEY = "passkey:"


@dataclass(frozen=True)
class Proof:
    """This person was here at this moment and gave their own secret."""

    staff: Staff
    at: datetime
    method: str

    def is_fresh(self, now: datetime) -> bool:
        """Whether it still counts as "now"."""
        return timedelta(0) <= now - self.at <= FRESH_FOR

    @property
    def origin(self) -> str:
        """How it stands beside a fact in the journal: `proof password`."""
        return f"proof {self.method}"

    def must_be_fresh(self, now: datetime, field: str = "proof") -> None:
        """Raises BadInput for an old one, said beside this field of the form."""
        if not self.is_fresh(now):
            raise BadInput(field, "a proof of identity given just now, not an earlier one")


def prove(
    username: str,
    password: str = "",
    otp: str | None = None,
    *,
    source: str = "",
    now: datetime | None = None,
) -> Proof:
    """The person whose secret this is, by password or by the code of their second factor.

    Raises BadInput, the same words for an unknown name as for a wrong secret. `source` is where the
    attempt comes from (the session key or address): from the fifth failure on, that name waits at
    that source only, longer each time (`attempts`), so that nobody can lock a colleague out at
    another bedside. Call it outside a transaction,
    or a rollback forgets the failure.
    """
    now = now or clock.now()
    until = attempts.waits_until(FAILED, _key(username, source), now)
    if until is not None:
        at = f"{timezone.localtime(until):%H:%M:%S}"
        raise BadInput("proof", f"a pause: too many wrong attempts here, try again at {at}")
    # A secret of somebody of another site proves nothing at this bedside.
    staff = Staff.colleagues.filter(username=username, is_active=True).first()
    if staff is not None and staff.has_ended(now):
        staff = None
    method = _method(staff, password, otp, source, now)
    if staff is None or method is None:
        record_access(staff, None, FAILED, now, refused=True, source=_key(username, source))
        raise BadInput("proof", "the name and the own password or code of a person who works here")
    return Proof(staff, now, method)


def _method(
    staff: Staff | None, password: str, otp: str | None, source: str, now: datetime
) -> str | None:
    """How the person proved it, or None. An unknown name costs as much time as a wrong secret."""
    if password.startswith(PASSKEY):
        return (
            "passkey" if staff is not None and _word_is_good(staff, password, source, now) else None
        )
    if otp:
        return "code" if staff is not None and _code_is_right(staff, otp) else None
    if staff is None:
        make_password(password)
        return None
    is_right = check_password(password, staff.password)
    # A first password is known to whoever read it out: it proves nothing.
    return "password" if is_right and staff.first_password_until is None else None


def _word_is_good(staff: Staff, word: str, source: str, now: datetime) -> bool:
    """Once, at the screen where it was given. Of two at once, the database takes one."""
    words = PasskeyWord.objects.filter(
        sha256=hashlib.sha256(word.encode()).hexdigest(),
        staff=staff,
        source=source[:80],
        until__gte=now,
        used=False,
    )
    return words.update(used=True) == 1


def _code_is_right(staff: Staff, otp: str) -> bool:
    factor = Authenticator.objects.filter(user=staff, type=Authenticator.Type.TOTP).first()
    return factor is not None and bool(TOTP(factor).validate_code(otp))


def _key(username: str, source: str) -> str:
    return f"{username}@{source}"[:200]
