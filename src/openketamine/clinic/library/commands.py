"""The only writer of what a clinic makes of the rules: its own limits, and reviews of rules."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.library import queries
from openketamine.clinic.library.catalogue import rule_entries
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.proofs import Proof
from openketamine.clinic.staff.roles import can
from openketamine.core.findings import BadInput
from openketamine.core.screening import HouseLimit, digest_with
from openketamine.knowledge import documents, read_threshold

SHORTEST_REASON = 10
LARGEST = Decimal(1_000_000)  # beyond it a number is a slip of the hand, whatever it measures
VERDICTS: Mapping[str, str] = {
    "stands": "It stands as it is",
    "change": "It should be changed",
}


# What whoever signs says with it, word for word, inside of what is signed (21 CFR 11.50).
MEANINGS: Mapping[str, str] = {
    "limit_tightened": "This limit counts in this clinic from now on, and I answer for it.",
    "limit_returned": "The house value counts in this clinic again, and I answer for it.",
    "rule_reviewed": "I have held this rule against its sources, as it stands here.",
}


@dataclass(frozen=True)
class Seen:
    """What the clinical diff showed to the person who signs, as it is kept with the signature."""

    replayed: int
    changed: int
    not_replayed: int


def tighten(
    limit: HouseLimit, value: Decimal, reason: str, proof: Proof, now: datetime, seen: Seen
) -> None:
    """The clinic's own value of one threshold, from now on, at least as strict as the house's.

    It may be tightened further; it goes back only all the way, to the house value. Raises BadInput,
    in one sentence, for a value that is looser, implausible or no change, for a reason that is too
    short, and for a proof that is not fresh or not of somebody who may.
    """
    _may(proof, "rule.tighten", now)
    _said("reason", reason)
    with transaction.atomic():
        journal.lock(queries.STREAM)
        if why := why_not(limit, value):
            raise BadInput("value", why)
        body = {
            **_key(limit),
            "value": str(value),
            "unit": limit.unit,
            "house": str(limit.value),
            "reason": reason.strip(),
            "seen": vars(seen),
            "knowledge": digest_with(()),
        }
        _append("limit_tightened", body, proof, now)


def return_to_house(
    limit: HouseLimit, reason: str, proof: Proof, now: datetime, seen: Seen
) -> None:
    """The house value counts again. Raises BadInput where the clinic has no own value, and for
    reason and proof as `tighten` does."""
    _may(proof, "rule.tighten", now)
    _said("reason", reason)
    with transaction.atomic():
        journal.lock(queries.STREAM)
        own = queries.own_limit(limit)
        if own is None:
            raise BadInput("value", "a limit that this clinic has tightened")
        body = {
            **_key(limit),
            "from": str(own.value),
            "house": str(limit.value),
            "reason": reason.strip(),
            "seen": vars(seen),
            "knowledge": digest_with(()),
        }
        _append("limit_returned", body, proof, now)


def record_review(
    rule: str, verdict: str, note: str, next_due: date, proof: Proof, now: datetime
) -> None:
    """Somebody read this rule against its sources and says so, until the day it is due again.

    What was read is kept by its hash, so that a later change of the rule shows. Raises BadInput.
    """
    _may(proof, "rule.review", now)
    entry = rule_entries().get(rule)
    if entry is None:
        raise BadInput("rule", "a rule of the knowledge", rule)
    if verdict not in VERDICTS:
        raise BadInput("verdict", " or ".join(VERDICTS), verdict)
    if verdict == "change":
        _said("note", note)
    if next_due <= timezone.localdate(now):
        raise BadInput("next due", "a day after today", next_due.isoformat())
    body = {
        "rule": rule,
        "content": entry.content,
        "verdict": verdict,
        "note": note.strip(),
        "next_due": next_due.isoformat(),
        "knowledge": digest_with(()),
    }
    _append("rule_reviewed", body, proof, now)


def why_not(limit: HouseLimit, value: Decimal) -> str:
    """Why the clinic may not set this value now, in one sentence; empty where it may."""
    if not value.is_finite() or abs(value) >= LARGEST:
        return "A limit is a number that somebody can have."
    if looser := limit.refuses(value):
        return looser
    if value == limit.value:
        return f"{_shown(limit, value)} is the house value: there is nothing to tighten."
    if nonsense := _implausible(limit, value):
        return nonsense
    own = queries.own_limit(limit)
    if own is None:
        return ""
    if value == own.value:
        return f"{_shown(limit, value)} is this clinic’s value already."
    if limit.strictness(value) < limit.strictness(own.value):
        return (
            f"{_shown(limit, value)} would loosen this clinic’s own {_shown(limit, own.value)}: "
            f"return to the house value of {_shown(limit, limit.value)} first, then tighten anew."
        )
    return ""


def _implausible(limit: HouseLimit, value: Decimal) -> str:
    """A limit at a number that nobody has would stop everybody or nobody."""
    if value <= 0:
        return "A limit of zero or less is met by everybody or nobody."
    body = next(file for file in documents("alarms") if file.id == "plausibility").body
    node = body["too_low" if limit.side == "above" else "too_high"].get(limit.signal)
    if node is None or not read_threshold(node).met_by(value):
        return ""
    return f"{_shown(limit, value)} is {node['says']}: a limit there is met by every person."


def _shown(limit: HouseLimit, value: Decimal) -> str:
    return queries.in_words(value, limit.unit)


def _key(limit: HouseLimit) -> dict[str, str]:
    return {
        "rule": limit.rule,
        "action": limit.action,
        "signal": limit.signal,
        "side": limit.side,
    }


def _may(proof: Proof, task: str, now: datetime) -> None:
    may = can(proof.staff, task)
    if not may or not proof.is_fresh(now):
        raise BadInput("proof", may.why or "a proof of identity given just now")


def _said(field: str, words: str) -> None:
    if len(words.strip()) < SHORTEST_REASON:
        raise BadInput(field, f"at least {SHORTEST_REASON} letters, for whoever asks why later")


def _append(kind: str, body: Mapping[str, Any], proof: Proof, now: datetime) -> None:
    by = author_of(proof.staff)
    body = {**body, "meaning": MEANINGS[kind]}
    entry = journal.Entry(str(uuid.uuid4()), kind, body, now, by, origin="library")
    journal.append(queries.STREAM, [entry], now)
