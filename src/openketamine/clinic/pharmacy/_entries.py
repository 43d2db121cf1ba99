"""Entries of the book on their way into and out of the stream `pharmacy:main`."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.ledger import Entry, decode_entry, encode_entry, kind_of

STREAM = "pharmacy:main"
BOOK_KINDS = ("transfer", "count", "label", "handling")


@dataclass(frozen=True)
class Written:
    """An entry with the names of the people in it, and how drug was destroyed."""

    number: int
    entry: Entry
    by_name: str
    witness_name: str
    method: str


def written(facts: Iterable[Fact]) -> list[Written]:
    """The entries that these rows hold, in the order of the book."""
    return [
        Written(
            fact.number,
            decode_entry(fact.body["entry"], fact.recorded_at),
            fact.by_name,
            fact.body["witness_name"],
            fact.body["method"],
        )
        for fact in facts
    ]


def post(entry: Entry, by: Staff, witness: Staff | None, now: datetime, method: str = "") -> None:
    """Write one entry at the end of the book."""
    body = {
        "entry": encode_entry(entry),
        "witness_name": witness.display_name if witness else "",
        "method": method,
        **_at_site(_kept_at(entry.container)),
    }
    fact = journal.Entry(entry.id, kind_of(entry), body, entry.at, author_of(by), origin="pharmacy")
    journal.append(STREAM, [fact], now)


def note(
    kind: str, body: Mapping[str, Any], by: Staff, now: datetime, identity: str | None = None
) -> str:
    """Write down what goes with the book and is no entry of it (a form, a sheet); its id."""
    identity = identity or new_id()
    body = {**body, **_at_site(sites.here())}
    fact = journal.Entry(identity, kind, body, now, author_of(by), origin="pharmacy")
    journal.append(STREAM, [fact], now)
    return identity


def at_these_sites(facts: QuerySet[Fact]) -> QuerySet[Fact]:
    """Of these rows of the book, those of the sites that are seen now."""
    seen = sites.seen()
    if seen is None:
        return facts
    mine = Q(body__site__in=sorted(seen))
    return facts.filter(mine | ~Q(body__has_key="site") if sites.MAIN in seen else mine)


def _at_site(site: str) -> dict[str, str]:
    """What is written down beside an entry of another site than the main one, which needs none."""
    return {} if site == sites.MAIN else {"site": site}


def _kept_at(container: str) -> str:
    """The site of a container; of several that filled one tray, all are of the same."""
    first = container.partition(", ")[0]
    found = Vial.objects.filter(pk=first).values_list("kept_at_id", flat=True).first()
    return found or sites.MAIN


def new_id() -> str:
    """An id for an entry that nobody sends twice."""
    return str(uuid.uuid4())
