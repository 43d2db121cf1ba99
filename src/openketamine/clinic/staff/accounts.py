"""Accounts change by two people: who keeps the machine asks, who answers for the clinic approves.

One stream, `accounts`. Closing an account needs one person only, and at once: a right is given by
two and taken by one.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.permission import can
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.roles import ROLES
from openketamine.clinic.staff.sites import sites_of
from openketamine.core.findings import BadInput

STREAM = "accounts"
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
    found: dict[str, Asked] = {}
    for fact in queries.facts(STREAM):
        body = fact.body
        if fact.kind == "change_asked":
            found[fact.id] = Asked(
                fact.id,
                body["staff"],
                body["role"],
                body["ends"],
                body["reason"],
                fact.by.id,
                fact.by.name,
                fact.at,
                tuple(body.get("sites", ())),
            )
        elif fact.kind in ("change_approved", "change_declined"):
            found.pop(body["asked"], None)
    return list(found.values())


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
    _may(by, "account.ask", now)
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
    return _append("change_asked", body, by, now, "accounts")


def approve(asked_id: str, proof: Proof, now: datetime) -> Staff:
    """The second person; from here on it is so. Raises BadInput."""
    by = _second(proof, now)
    with transaction.atomic():
        journal.lock(STREAM)
        asked = _waiting(asked_id)
        a_second_person(by, asked.by_id, asked.staff_id)
        _own_sites(by, asked.sites)
        whose = Staff.objects.select_for_update().get(pk=asked.staff_id)
        whose.role, whose.is_active = asked.role, True
        whose.ends_at = _midnight_after(date.fromisoformat(asked.ends)) if asked.ends else None
        whose.save(update_fields=["role", "is_active", "ends_at"])
        if asked.sites:
            whose.sites.set(Site.objects.filter(pk__in=asked.sites))
        _append("change_approved", {"asked": asked_id}, by, now, f"proof {proof.method}")
    return whose


def a_second_person(by: Staff, asked_by: str, about: str) -> None:
    """Raises BadInput where who approves is who asked, or who it is about."""
    if str(by.pk) in (asked_by, about):
        raise BadInput("by", "a second person, neither who asked nor who it is about")


def decline(asked_id: str, proof: Proof, now: datetime) -> None:
    """It stays as it is. Raises BadInput."""
    by = _second(proof, now)
    with transaction.atomic():
        journal.lock(STREAM)
        _waiting(asked_id)
        _append("change_declined", {"asked": asked_id}, by, now, f"proof {proof.method}")


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
        _append("account_closed", body, by, now, "accounts")


def _second(proof: Proof, now: datetime) -> Staff:
    _may(proof.staff, "account.approve", now)
    if not proof.is_fresh(now):
        raise BadInput("proof", "a proof of identity given just now, not an earlier one")
    return proof.staff


def _may(by: Staff, task: str, now: datetime) -> None:
    may = can(by, task, at=now)
    if not may:
        raise BadInput("by", f"somebody who may do this. {may.why}")


def _own_sites(by: Staff, given: Sequence[str]) -> None:
    """Nobody lets somebody in where they do not work themselves. Raises BadInput."""
    own = sites_of(by)
    if given and (own is None or not set(given) <= own):
        raise BadInput("sites", "sites where you work yourself", ", ".join(given))


def _waiting(asked_id: str) -> Asked:
    for one in waiting():
        if one.id == asked_id:
            return one
    raise BadInput("asked", "a change that still waits", asked_id)


def _midnight_after(day: date) -> datetime:
    """An account lasts to the end of its last day, in the clinic's own time."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time(0)))


def _append(kind: str, body: Mapping[str, Any], by: Staff, now: datetime, origin: str) -> str:
    entry = journal.Entry(str(uuid.uuid4()), kind, body, now, author_of(by), origin=origin)
    return journal.append(STREAM, [entry], now)[0].id
