"""Licences and certificates of those who work here: append-only facts, and what they come to.

A stream for each person, `credentials:<id>`. Nothing is edited: a renewed card is a new fact, one
entered by mistake is withdrawn by a fact that points at it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from openketamine.clinic.journal import queries
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.roles import can
from openketamine.core.findings import BadInput
from openketamine.knowledge import document

MOST_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class Type:
    """A kind of certificate: what the form asks besides the days, and what it proposes."""

    id: str
    name: str
    asks: tuple[str, ...]
    renewal_months: int | None


@dataclass(frozen=True)
class Credential:
    """One card, as handed in; `checked_*` once somebody else held it against who issued it."""

    id: str
    type: str
    issuer: str
    number: str
    state: str
    issued: date
    expires: date | None
    document_sha256: str
    checked_by: str = ""
    checked_at: datetime | None = None
    checked_where: str = ""
    withdrawn: str = ""

    def covers(self, day: date) -> bool:
        """Whether it is good on this day, its last one included."""
        ended = self.expires is not None and day > self.expires
        return self.issued <= day and not ended and not self.withdrawn


@dataclass(frozen=True)
class Card:
    """What somebody copies off a certificate."""

    type: str
    issuer: str
    number: str
    state: str
    issued: date
    expires: date | None
    document: bytes = b""


@cache
def types() -> Mapping[str, Type]:
    """Every type that the clinic keeps, by id (knowledge/credentials/types)."""
    return {
        one["id"]: Type(
            one["id"], one["name"], tuple(one["asks"]), (one["renewal_months"] or {}).get("value")
        )
        for one in document("credentials", "types").body["types"]
    }


def warn_days() -> tuple[int, ...]:
    """How many days before the end somebody is told, the longest first."""
    return tuple(document("credentials", "types").body["warn_days"]["value"])


def stream_of(who: Staff) -> str:
    """Where this person's cards are."""
    return f"credentials:{who.pk}"


def held(who: Staff, at: datetime | None = None) -> tuple[Credential, ...]:
    """Everything that was handed in for this person up to then, the newest first."""
    found: dict[str, Credential] = {}
    for fact in queries.facts(stream_of(who)):
        if at is None or fact.recorded_at <= at:
            _fold(found, fact)
    return tuple(reversed(found.values()))


def _fold(found: dict[str, Credential], fact: queries.StoredFact) -> None:
    body = fact.body
    if fact.kind == "credential_recorded":
        found[fact.id] = Credential(
            fact.id,
            body["type"],
            body["issuer"],
            body["number"],
            body["state"],
            date.fromisoformat(body["issued"]),
            date.fromisoformat(body["expires"]) if body["expires"] else None,
            body["document_sha256"],
        )
    elif fact.kind == "credential_checked" and body["credential"] in found:
        found[body["credential"]] = replace(
            found[body["credential"]],
            checked_by=fact.by.name,
            checked_at=fact.at,
            checked_where=body["where"],
        )
    elif fact.kind == "credential_withdrawn" and body["credential"] in found:
        found[body["credential"]] = replace(found[body["credential"]], withdrawn=body["reason"])


def record(whose: Staff, card: Card, by: Staff, now: datetime) -> str:
    """Hand in a certificate; the id of the fact comes back. One's own, or as who keeps them.

    Raises BadInput for an unknown type, an end before its beginning, or what the type asks for.
    """
    if whose.pk != by.pk and not can(by, "credentials.check"):
        raise BadInput("by", "the person themselves, or somebody who keeps credentials")
    _checked_card(card)
    body = {
        "type": card.type,
        "issuer": card.issuer.strip(),
        "number": card.number.strip(),
        "state": card.state.strip().upper(),
        "issued": card.issued.isoformat(),
        "expires": card.expires.isoformat() if card.expires else "",
        "document_sha256": hashlib.sha256(card.document).hexdigest() if card.document else "",
    }
    return _append(whose, "credential_recorded", body, by, now)


def _checked_card(card: Card) -> None:
    if card.type not in types():
        raise BadInput("type", f"one of {', '.join(types())}", card.type)
    if not card.issuer.strip():
        raise BadInput("issuer", "who issued it")
    for asked in types()[card.type].asks:
        if asked in ("state", "number") and not getattr(card, asked).strip():
            raise BadInput(asked, f"the {asked} that is printed on it")
    if card.expires is not None and card.expires < card.issued:
        raise BadInput("expires", "a day after the day of issue", card.expires.isoformat())
    if card.expires is None and types()[card.type].renewal_months:
        raise BadInput("expires", "the last day that is printed on it")


def check(whose: Staff, credential: str, where: str, by: Staff, now: datetime) -> None:
    """Somebody asked who issued it, not the card: `where` says how. Never one's own."""
    expected = "where it was checked, such as the register of the state board"
    _judge(whose, credential, "credential_checked", ("where", where, expected), by, now)


def withdraw(whose: Staff, credential: str, reason: str, by: Staff, now: datetime) -> None:
    """It does not count any more: entered by mistake, suspended, revoked. Never one's own."""
    expected = "why it does not count any more"
    _judge(whose, credential, "credential_withdrawn", ("reason", reason, expected), by, now)


def _judge(
    whose: Staff,
    credential: str,
    kind: str,
    said: tuple[str, str, str],
    by: Staff,
    now: datetime,
) -> None:
    """What somebody else found of a card. `said`: field, words, and what is expected of them."""
    name, words, expected = said
    if whose.pk == by.pk:
        raise BadInput("by", "somebody else: nobody judges their own credential")
    may = can(by, "credentials.check")
    if not may:
        raise BadInput("by", f"somebody who may do this. {may.why}")
    if len(words.strip()) < 5:
        raise BadInput(name, expected)
    _known(whose, credential)
    _append(whose, kind, {"credential": credential, name: words.strip()}, by, now)


def _known(whose: Staff, credential: str) -> Credential:
    for one in held(whose):
        if one.id == credential:
            return one
    raise BadInput("credential", "one that this person handed in", credential)


def _append(whose: Staff, kind: str, body: Mapping[str, Any], by: Staff, now: datetime) -> str:
    return put_on_record(stream_of(whose), kind, body, by, now, origin="staff")
