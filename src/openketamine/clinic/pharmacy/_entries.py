"""Entries of the book on their way into and out of the streams `pharmacy:<site>`.

Each site is a registration with records of its own (21 CFR 1301.12, 1304.04): its book is a stream
of its own, numbered and chained by itself. A house with one site has one book, `pharmacy:main`.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Q, QuerySet

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff import sites, whose
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.ledger import Entry, decode_entry, encode_entry, kind_of

# The words of the partial indexes (migration 0007): whoever asks without them reads the journal.
BOOKS = "pharmacy:"
MAIN_BOOK = f"{BOOKS}{sites.MAIN}"
BOOK_KINDS = ("transfer", "count", "label", "handling")


@dataclass(frozen=True)
class Written:
    """An entry with its place, the names of the people in it, and how drug was destroyed."""

    stream: str
    number: int
    entry: Entry
    by_name: str
    witness_name: str
    method: str

    @property
    def place(self) -> str:
        """How it is named: its number in the book, before it the site where that is not `main`."""
        return place_in_book(self.stream, self.number)


def place_in_book(stream: str, number: int) -> str:
    """`pharmacy:main`, 12 → `12`; `pharmacy:north`, 12 → `north 12`."""
    site = "" if stream == MAIN_BOOK else site_of_book(stream)
    return f"{site} {number}".strip()


def written(facts: Iterable[Fact]) -> list[Written]:
    """The entries that these rows hold, in the order of the book."""
    return [
        Written(
            fact.stream,
            fact.number,
            decode_entry(fact.body["entry"], fact.recorded_at),
            fact.by_name,
            fact.body["witness_name"],
            fact.body["method"],
        )
        for fact in facts
    ]


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Rows of one book or several as they were written: each book by its numbers, one between the
    others by the time of writing (which a clock that was set back cannot turn round within one)."""
    latest: dict[str, datetime] = {}
    placed: dict[Any, datetime] = {}
    found = sorted(facts, key=attrgetter("stream", "number"))
    for fact in found:
        latest[fact.stream] = max(fact.recorded_at, latest.get(fact.stream, fact.recorded_at))
        placed[fact.pk] = latest[fact.stream]
    # The sort keeps what is equal as it stands: by stream and number.
    return sorted(found, key=lambda one: placed[one.pk]) if len(latest) > 1 else found


def naming_one(facts: QuerySet[Fact], vial: str | None, session: str | None) -> list[Written]:
    """Of these rows, the entries that name this container or this session, as they were written."""
    if vial is not None:
        facts = facts.filter(body__entry__container=vial)
    if session is not None:
        facts = facts.filter(body__entry__session=session)
    return written(in_order(facts))


def post(
    entry: Entry, by: Staff, witness: Staff | None, now: datetime, method: str = "",
    site: str | None = None,
) -> None:  # fmt: skip
    """Write one entry at the end of the book of its site: where the session is, else where the
    container is kept. `site`: where it is written although the container is kept elsewhere."""
    site = site or site_of(entry.container, getattr(entry, "session", ""))
    body = {
        "entry": encode_entry(entry),
        "witness_name": witness.display_name if witness else "",
        "method": method,
        **_at_site(site),
    }
    fact = journal.Entry(entry.id, kind_of(entry), body, entry.at, author_of(by), origin="pharmacy")
    journal.append(book_at(site), [fact], now)


def note(
    kind: str, body: Mapping[str, Any], by: Staff, now: datetime, identity: str | None = None,
    site: str | None = None,
) -> str:  # fmt: skip
    """Write down what goes with the book and is no entry of it (a form, a sheet); its id."""
    identity, site = identity or new_id(), site or sites.here()
    body = {**body, **_at_site(site)}
    fact = journal.Entry(identity, kind, body, now, author_of(by), origin="pharmacy")
    journal.append(book_at(site), [fact], now)
    return identity


def hold(container: str = "", session: str = "") -> None:
    """Take the write lock of the book in which this container or session is, or of the book here,
    until the transaction ends: what was checked is still true when it is written."""
    named = container or session
    journal.lock(book_at(site_of(container, session) if named else sites.here()))


def book_at(site: str) -> str:
    """The stream of a site's book."""
    return f"{BOOKS}{site}"


def site_of_book(stream: str) -> str:
    """Whose book this stream is."""
    return stream.removeprefix(BOOKS)


def books() -> list[str]:
    """The books of the sites that are seen now."""
    seen = sites.seen()
    return [book_at(site) for site in sorted(sites.all_of_the_house() if seen is None else seen)]


def rows(*kinds: str) -> QuerySet[Fact]:
    """Rows of these kinds of every book of the house, in no order."""
    return Fact.objects.filter(stream__startswith=BOOKS, kind__in=kinds)


def own_rows(*kinds: str) -> QuerySet[Fact]:
    """The same of the sites that are seen now."""
    return at_these_sites(rows(*kinds))


def at_these_sites(facts: QuerySet[Fact]) -> QuerySet[Fact]:
    """Of these rows of the books, those of the sites that are seen now."""
    seen = sites.seen()
    if seen is None:
        return facts
    return facts.filter(says_one_of(seen), stream__in=sorted({*books(), MAIN_BOOK}))


def says_one_of(seen: frozenset[str]) -> Q:
    """Whether a row says one of these sites. What was written before each site had a book of its
    own stands in the main one and says its site; the main site says none."""
    mine = Q(body__site__in=sorted(seen))
    return mine | ~Q(body__has_key="site") if sites.MAIN in seen else mine


def _at_site(site: str) -> dict[str, str]:
    """What is written down beside an entry of another site than the main one, which needs none."""
    return {} if site == sites.MAIN else {"site": site}


def site_of(container: str, session: str = "") -> str:
    """The site of a session, else of a container; of several that filled one tray, all are of the
    same."""
    if session and (found := whose.sites_of_argument("session_id", uuid.UUID(session))):
        return next(iter(found))
    first = container.partition(", ")[0]
    kept = Vial.everywhere.filter(pk=first) if len(first) == 36 else Vial.everywhere.none()
    return kept.values_list("kept_at_id", flat=True).first() or sites.MAIN


def new_id() -> str:
    """An id for an entry that nobody sends twice."""
    return str(uuid.uuid4())
