"""What waits for somebody: corrections without a second signature, waste that was written late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._entries import STREAM, written
from openketamine.core.ledger import LateEntry, book, late_entries

# How far back the page looks; the packet of any range has all of them.
LOOKED_AT = timedelta(days=30)


@dataclass(frozen=True)
class Unsigned:
    """A correction of an amount that one person made alone."""

    number: int
    entry_id: str
    session: str


def unsigned() -> list[Unsigned]:
    """Corrections that nobody has signed as a second person, the oldest first."""
    signatures = Fact.objects.filter(stream=STREAM, kind="handling").annotate(
        signs=KT("body__entry__document")
    )
    rows = (
        queries.book_facts()
        .filter(kind="transfer", body__entry__witness="")
        .annotate(back=KT("body__entry__corrects"), own=KT("body__entry__id"))
        .filter(back__isnull=False)
        .exclude(
            Exists(signatures.filter(signs=OuterRef("own"), body__entry__what="countersigned"))
        )
    )
    return [
        Unsigned(one.number, str(one.pk), one.body["entry"]["session"])
        for one in rows.order_by("number")
    ]


def lately_late(now: datetime) -> list[LateEntry]:
    """Waste of the last weeks that came long after its dose; the entries are named by their number
    in the book."""
    rows = (
        queries.book_facts()
        .filter(kind="transfer", at__gte=now - LOOKED_AT)
        .filter(
            Q(body__entry__destination__startswith="patient:")
            | Q(body__entry__destination__startswith="waste:")
        )
    )
    lines = written(rows.order_by("number"))
    numbers = [one.number for one in lines]
    found = late_entries(book(one.entry for one in lines))
    return [one.numbered(numbers[one.entry - 1]) for one in found]
