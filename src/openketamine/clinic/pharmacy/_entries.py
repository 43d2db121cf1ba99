"""Entries of the book on their way into and out of the stream `pharmacy:main`."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core.ledger import Count, Transfer, decode_entry, encode_entry

STREAM = "pharmacy:main"


@dataclass(frozen=True)
class Written:
    """An entry with the names of the people in it, and how drug was destroyed."""

    number: int
    entry: Transfer | Count
    by_name: str
    witness_name: str
    method: str


def written(facts: Iterable[Fact]) -> list[Written]:
    """The entries that these rows hold, in the order of the book."""
    return [
        Written(
            fact.number,
            decode_entry(fact.body["entry"]),
            fact.by_name,
            fact.body["witness_name"],
            fact.body["method"],
        )
        for fact in facts
    ]


def post(
    entry: Transfer | Count, by: Staff, witness: Staff | None, now: datetime, method: str = ""
) -> None:
    """Write one entry at the end of the book."""
    body = {
        "entry": encode_entry(entry),
        "witness_name": witness.display_name if witness else "",
        "method": method,
    }
    kind = "transfer" if isinstance(entry, Transfer) else "count"
    fact = journal.Entry(entry.id, kind, body, entry.at, author_of(by), origin="pharmacy")
    journal.append(STREAM, [fact], now)


def new_id() -> str:
    """An id for an entry that nobody sends twice."""
    return str(uuid.uuid4())
