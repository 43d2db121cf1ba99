"""The patterns of some days of the book, beside what other records say of them."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy._around import around
from openketamine.clinic.pharmacy._cases import open_trays
from openketamine.clinic.pharmacy._entries import written
from openketamine.clinic.pharmacy._pieces import MOST
from openketamine.core.ledger import Pattern
from openketamine.core.ledger import book as make_book
from openketamine.core.ledger import patterns as find_patterns


def patterns(since: date, until: date) -> tuple[Pattern, ...]:
    """Every pattern of these days (both ends are in it), the flagged ones first. A session with
    drug on its tray that goes on now is none yet."""
    zone = timezone.get_current_timezone()
    start = datetime.combine(since, time(), zone)
    end = datetime.combine(until + timedelta(days=1), time(), zone)
    facts = queries.book_facts().filter(at__gte=start, at__lt=end, kind__in=("transfer", "count"))
    going_on = open_trays()
    lines = (one.entry for one in written(facts.iterator(chunk_size=MOST)))
    book = make_book(one for one in lines if getattr(one, "session", "") not in going_on)
    return find_patterns(book, around(book.transfers.values(), start, end))
