"""Breaking the glass: what a role does not open, opened in an emergency, in front of everybody.

A reason in words, one person's record, one hour, a banner while it lasts, word to those who review,
and a review by somebody else within 72 hours. One stream, `glass`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from django.db import transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.permission import can, must
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.whose import is_here
from openketamine.core.findings import BadInput

STREAM = "glass"
LASTS = timedelta(minutes=60)
REVIEW_WITHIN = timedelta(hours=72)
SHORTEST = 20
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "danger": "Danger to life or health, now",
        "treating": "Needed for this treatment today, and who wrote it cannot be reached",
        "law": "A duty by law, such as to warn",
    }
)
VERDICTS: Mapping[str, str] = MappingProxyType(
    {"right": "It was right", "wrong": "It was not: to be followed up"}
)


@dataclass(frozen=True)
class Grant:
    """One opening: whose record, by whom, why, and what came of the review."""

    id: str
    person_id: UUID
    by_id: str
    by_name: str
    by_role: str
    at: datetime
    reason: str
    words: str
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    verdict: str = ""
    note: str = ""

    @property
    def until(self) -> datetime:
        """When it closes by itself."""
        return self.at + LASTS

    @property
    def due(self) -> datetime:
        """Until when somebody else must have looked at it."""
        return self.at + REVIEW_WITHIN

    def is_open(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.at <= now < self.until


# Every page asks, and hardly ever is one written: what was read is known by the hash of the last.
_known: dict[tuple[int, str], tuple[Grant, ...]] = {}


def grants() -> list[Grant]:
    """Every opening there ever was, the newest first."""
    mark = queries.mark(STREAM)
    known = _known.get(mark)
    if known is None:
        known = _read()
        _known.clear()
        _known[mark] = known
    return list(known)


def _read() -> tuple[Grant, ...]:
    found: dict[str, Grant] = {}
    for fact in queries.facts(STREAM):
        body = fact.body
        if fact.kind == "glass_broken":
            found[fact.id] = Grant(
                fact.id,
                UUID(body["person"]),
                fact.by.id,
                fact.by.name,
                fact.by.role,
                fact.at,
                body["reason"],
                body["words"],
            )
        elif body.get("grant") in found:
            found[body["grant"]] = replace(
                found[body["grant"]],
                reviewed_by=fact.by.name,
                reviewed_at=fact.at,
                verdict=body["verdict"],
                note=body["note"],
            )
    return tuple(reversed(found.values()))


def open_for(who: Staff, person_id: UUID, now: datetime) -> Grant | None:
    """The opening by which this person may read now, if there is one."""
    mine = (one for one in mine_open(who, now) if one.person_id == person_id)
    return next(mine, None)


def mine_open(who: Staff, now: datetime) -> list[Grant]:
    """What this person holds open now."""
    return [one for one in grants() if one.by_id == str(who.pk) and one.is_open(now)]


def to_review(who: Staff) -> list[Grant]:
    """What waits for this person's eyes: never their own, and first who is due first."""
    waiting = [
        one
        for one in grants()
        if not one.reviewed_at and not _why_not(who, one) and is_here("person", str(one.person_id))
    ]
    return sorted(waiting, key=lambda one: one.due)


def break_glass(proof: Proof, person_id: UUID, reason: str, words: str, now: datetime) -> Grant:
    """Open one person's notes for an hour. Raises BadInput."""
    must(proof.staff, "glass.break", at=now)
    proof.must_be_fresh(now)
    if reason not in REASONS:
        raise BadInput("reason", " or ".join(REASONS), reason)
    if len(words.strip()) < SHORTEST:
        raise BadInput("words", f"why, in at least {SHORTEST} signs: somebody will read it")
    with transaction.atomic():
        journal.lock(STREAM)
        if already := open_for(proof.staff, person_id, now):
            return already
        body = {"person": str(person_id), "reason": reason, "words": words.strip()}
        put_on_record(STREAM, "glass_broken", body, proof.staff, now, origin=proof.origin)
        opened = open_for(proof.staff, person_id, now)
    assert opened is not None  # noqa: S101  (written two lines above)
    return opened


def review(grant_id: str, verdict: str, note: str, proof: Proof, now: datetime) -> None:
    """Somebody else says whether it was right. Raises BadInput."""
    if verdict not in VERDICTS:
        raise BadInput("verdict", " or ".join(VERDICTS), verdict)
    if verdict == "wrong" and len(note.strip()) < SHORTEST:
        raise BadInput("note", "what follows from it, in words")
    proof.must_be_fresh(now)
    with transaction.atomic():
        journal.lock(STREAM)
        grant = next((one for one in grants() if one.id == grant_id), None)
        if grant is None or grant.reviewed_at:
            raise BadInput("grant", "an opening that nobody has reviewed yet", grant_id)
        if why := _why_not(proof.staff, grant):
            raise BadInput("by", why)
        body = {"grant": grant_id, "verdict": verdict, "note": note.strip()}
        put_on_record(STREAM, "glass_reviewed", body, proof.staff, now, origin=proof.origin)


def _why_not(who: Staff, grant: Grant) -> str:
    """Why this person may not review this one. A prescriber stands in for a director only."""
    if not can(who, "glass.review"):
        return "somebody who reviews"
    if grant.by_id == str(who.pk):
        return "somebody else: nobody reviews their own"
    if who.role != "medical_director" and grant.by_role != "medical_director":
        return "the medical director"
    return ""
