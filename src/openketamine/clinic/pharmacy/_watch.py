"""What waits for somebody: corrections without a second signature, waste that was written late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT

from openketamine.clinic.pharmacy._entries import in_order, own_rows, place_in_book, rows, written
from openketamine.core.ledger import book, late_entries

# How far back the page looks; the packet of any range has all of them.
LOOKED_AT = timedelta(days=30)


@dataclass(frozen=True)
class Late:
    """Waste that was written down after its time. `minutes`: since the dose was over."""

    place: str
    entry_id: str
    minutes: int


@dataclass(frozen=True)
class Unsigned:
    """A correction of an amount that one person made alone."""

    place: str
    entry_id: str
    session: str


def unsigned() -> list[Unsigned]:
    """Corrections that nobody has signed as a second person, the oldest first."""
    signatures = rows("handling").annotate(signs=KT("body__entry__document"))
    found = (
        own_rows("transfer")
        .filter(body__entry__witness="")
        .annotate(back=KT("body__entry__corrects"), own=KT("body__entry__id"))
        .filter(back__isnull=False)
        .exclude(
            Exists(signatures.filter(signs=OuterRef("own"), body__entry__what="countersigned"))
        )
    )
    return [
        Unsigned(place_in_book(one.stream, one.number), str(one.pk), one.body["entry"]["session"])
        for one in in_order(found)
    ]


def lately_late(now: datetime) -> list[Late]:
    """Waste of the last weeks that came long after its dose; the entries are named by their place
    in the book of their site."""
    late = (
        own_rows("transfer")
        .filter(at__gte=now - LOOKED_AT)
        .filter(
            Q(body__entry__destination__startswith="patient:")
            | Q(body__entry__destination__startswith="waste:")
        )
    )
    lines = in_order(late)
    places = [place_in_book(one.stream, one.number) for one in lines]
    found = late_entries(book(one.entry for one in written(lines)))
    return [Late(places[one.entry - 1], one.entry_id, one.minutes) for one in found]
