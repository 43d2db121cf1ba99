"""How a session is written to: one at a time, and only through here."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries as journal_queries
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput
from openketamine.core.treatment import Author, Fact, decode_fact, encode_fact, facts

# The rules speak for themselves: no person raises or clears a finding by hand.
RULES = Author("rules", "OpenKetamine rules", "system")
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_NAMES = uuid.UUID("6f0e3d52-5b0e-4a7c-9d53-5a1f0c3f8a11")


@dataclass(frozen=True)
class Done:
    """Written, or found written already: the number of the last fact of this request."""

    number: int
    fact_id: str = ""


def in_line(session_id: uuid.UUID) -> Session:
    """The session, locked until the end of the transaction.

    Every command that writes to a session waits here, so that what `may` decided on is still true
    when the fact is appended: of two nurses who press start at once, one starts.
    """
    journal.lock(f"session:{session_id}")
    return Session.objects.select_related("person").get(pk=session_id)


def derived_id(*words: str) -> str:
    """The same words, the same id: what is written twice is there once."""
    return str(uuid.uuid5(_NAMES, "|".join(words)))


def entry(
    body: facts.Body,
    at: datetime,
    by: Staff | Author,
    fact_id: object = None,
    origin: str = "console",
) -> journal.Entry:
    """A fact ready for the journal. Without a client's id it gets one of its own."""
    author = by if isinstance(by, Author) else author_of(by)
    identity = client_id(fact_id) if fact_id else str(uuid.uuid4())
    encoded = encode_fact(Fact(identity, at, author, body))
    return journal.Entry(identity, encoded["kind"], encoded["body"], at, author, origin)


def body_of(kind: object, raw: object) -> facts.Body:
    """The body of a fact from JSON. Raises BadInput naming the field."""
    return fact_of(journal.Entry("", str(kind), raw, _ANY_TIME, RULES)).body  # type: ignore[arg-type]


def fact_of(one: journal.Entry | StoredFact) -> Fact:
    """What the journal keeps, as a fact of the core."""
    by = {"id": one.by.id, "name": one.by.name, "role": one.by.role}
    raw = {"id": one.id, "kind": one.kind, "at": one.at, "by": by, "body": one.body}
    if isinstance(one, StoredFact):
        raw |= {"number": one.number, "recorded_at": one.recorded_at, "device_at": one.device_at}
    return decode_fact(raw)


def append(session: Session, entries: Iterable[journal.Entry], now: datetime) -> list[StoredFact]:
    """To the end of the session's stream, in one piece."""
    return journal.append(session.stream, list(entries), now)


def done(stored: list[StoredFact]) -> Done:
    """What the caller is told."""
    return Done(stored[-1].number, stored[-1].id)


def done_before(fact_id: str, session: Session, *kinds: str) -> Done | None:
    """What this request wrote when it came the first time; None where it is new.

    Raises KeyReused where the id stands for something else: "done" would be a lie.
    """
    known = journal_queries.fact(fact_id)
    if known is None:
        return None
    if known.stream != session.stream or known.kind not in kinds:
        raise journal.KeyReused("id", "an id that was not used before for something else", fact_id)
    return Done(known.number, known.id)


def client_id(value: object) -> str:
    """The id that the browser made, so that a repeated post is the same fact."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise BadInput("id", "a UUID made by the client", value) from None


def moment(value: object, name: str) -> datetime:
    """A time with offset out of a request."""
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadInput(name, "an ISO 8601 time with offset", value) from None
    if when.tzinfo is None:
        raise BadInput(name, "an ISO 8601 time with offset", value)
    return when


def text(body: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    """A word or sentence out of a request."""
    value = body.get(name)
    if isinstance(value, str) and (value.strip() or not required):
        return value.strip()
    if value is None and not required:
        return ""
    raise BadInput(name, "text", value)


def whole(body: Mapping[str, Any], name: str, *, or_none: bool = False) -> int:
    """A counted amount out of a request: whole micrograms or microlitres, more than nothing.

    `or_none`: 0 where the form of the dose has no such amount and nothing was sent.
    """
    value = body.get(name)
    if or_none and value in (None, 0):
        return 0
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise BadInput(name, "a whole number above 0", value)
