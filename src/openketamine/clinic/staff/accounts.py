"""Accounts change by two people: who keeps the machine asks, who answers for the clinic approves.

One stream, `accounts`. Closing an account needs one person only, and at once: a right is given by
two and taken by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.permission import can, must
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.roles import ROLES
from openketamine.clinic.staff.sites import sites_of
from openketamine.clinic.staff.two_people import STREAM, Matter
from openketamine.core.findings import BadInput

_CHANGE = Matter("change", "a change that still waits")
AUDITORS_STAY = timedelta(days=30)
LONGEST_AUDIT = timedelta(days=90)


@dataclass(frozen=True)
class Asked:
    """A change that waits for a second person."""

    id: str
    staff_id: str
    role: str
    ends: str
    reason: str
    by_id: str
    by_name: str
    at: datetime
    sites: tuple[str, ...] = ()


def waiting() -> list[Asked]:
    """What was asked and neither approved nor declined, the oldest first."""
    return [_read(fact) for fact in _CHANGE.waiting()]


def _read(fact: StoredFact) -> Asked:
    body, by = fact.body, fact.by
    return Asked(
        fact.id, body["staff"], body["role"], body["ends"], body["reason"], by.id, by.name, fact.at,
        tuple(body.get("sites", ())),
    )  # fmt: skip


def ask(
    whose: Staff,
    role: str,
    ends: date | None,
    reason: str,
    by: Staff,
    now: datetime,
    sites: Sequence[str] = (),
) -> str:
    """Another role, another end, other sites, or an account that was closed opened again. No sites:
    where they work stays as it is. Raises BadInput, also for a site where who asks does not work.
    """
    must(by, "account.ask", now)
    if role not in ROLES:
        raise BadInput("role", f"one of {', '.join(ROLES)}", role)
    if whose.pk == by.pk:
        raise BadInput("person", "somebody else: nobody asks for themselves")
    if len(reason.strip()) < 5:
        raise BadInput("reason", "why, in words")
    _own_sites(by, sites)
    today = timezone.localdate(now)
    if role == "auditor" and (ends is None or ends > today + LONGEST_AUDIT):
        raise BadInput("ends", f"an end within {LONGEST_AUDIT.days} days: an auditor is a guest")
    if ends is not None and ends < today:
        raise BadInput("ends", "today or a day to come", ends.isoformat())
    body: dict[str, Any] = {
        "staff": str(whose.pk),
        "role": role,
        "ends": ends.isoformat() if ends else "",
        "reason": reason.strip(),
    }
    body |= {"sites": sorted(sites)} if sites else {}
    return put_on_record(STREAM, "change_asked", body, by, now, origin="accounts")


def approve(asked_id: str, proof: Proof, now: datetime) -> Staff:
    """The second person; from here on it is so. Raises BadInput."""
    with _CHANGE.approving(asked_id, proof, now) as fact:
        asked = _read(fact)
        _own_sites(proof.staff, asked.sites)
        whose = Staff.objects.select_for_update().get(pk=asked.staff_id)
        whose.role, whose.is_active = asked.role, True
        whose.ends_at = _midnight_after(date.fromisoformat(asked.ends)) if asked.ends else None
        whose.save(update_fields=["role", "is_active", "ends_at"])
        if asked.sites:
            whose.sites.set(Site.objects.filter(pk__in=asked.sites))
    return whose


def decline(asked_id: str, proof: Proof, now: datetime) -> None:
    """It stays as it is. Raises BadInput."""
    _CHANGE.decline(asked_id, proof, now)


def close(whose: Staff, reason: str, by: Staff, now: datetime) -> None:
    """Nobody signs in with this account from here on; who is signed in is not any more."""
    if not (can(by, "account.ask", at=now) or can(by, "account.approve", at=now)):
        raise BadInput("by", "who keeps the machine, or the medical director")
    if whose.pk == by.pk:
        raise BadInput("person", "somebody else: nobody closes their own account")
    if len(reason.strip()) < 5:
        raise BadInput("reason", "why, in words")
    with transaction.atomic():
        whose.is_active = False
        whose.save(update_fields=["is_active"])
        body = {"staff": str(whose.pk), "reason": reason.strip()}
        put_on_record(STREAM, "account_closed", body, by, now, origin="accounts")


def _own_sites(by: Staff, given: Sequence[str]) -> None:
    """Nobody lets somebody in where they do not work themselves. Raises BadInput."""
    own = sites_of(by)
    if given and (own is None or not set(given) <= own):
        raise BadInput("sites", "sites where you work yourself", ", ".join(given))


def _midnight_after(day: date) -> datetime:
    """An account lasts to the end of its last day, in the clinic's own time."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time(0)))
