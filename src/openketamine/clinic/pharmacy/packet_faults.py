"""Broken rules and late entries of a range: each judged beside all that its rule looks at."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import BOOK_KINDS, STREAM, Written, written
from openketamine.clinic.pharmacy._pieces import pieces
from openketamine.core.ledger import book as make_book
from openketamine.core.ledger import broken_rules, late_entries

_CONTAINERS = 400


def faults(chosen: QuerySet[Fact], last: int) -> Iterator[dict[str, str]]:
    """A row for each rule that one of these entries broke. `last`: how far the book is read.

    A rule looks at one container, one session or one correction: the whole book is not needed.
    """
    names = chosen.values_list("body__entry__container", flat=True).distinct().order_by()
    for some in pieces(sorted({str(name or "") for name in names}), _CONTAINERS):
        wanted = chosen.filter(body__entry__container__in=some)
        yield from _of(set(map(str, wanted.values_list("pk", flat=True))), _beside(some, last))


def _of(chosen: set[str], lines: Sequence[Written]) -> Iterator[dict[str, str]]:
    numbers = {one.entry.id: one.number for one in lines}
    known = make_book(one.entry for one in lines)
    found = [(one.entry_id, one.rule, one.summary) for one in broken_rules(known)]
    found += [(one.entry_id, "BK-LATE-WASTE", one.summary) for one in late_entries(known)]
    for entry, rule, words in sorted(found, key=lambda one: numbers[one[0]]):
        if entry in chosen:
            yield {"Rule": rule, "Entry": str(numbers[entry]), "What": words}


def _beside(names: Sequence[str], last: int) -> list[Written]:
    """All entries of these containers, of the sessions that they were taken for, of whatever else
    filled the same trays, and the second signatures under any of them."""
    alone = {part for name in names for part in name.split(", ")}
    own = _facts(last, body__entry__container__in=sorted({*names, *alone}))
    sessions = {one.body["entry"].get("session") for one in own.values()} - {"", None}
    own |= _facts(last, body__entry__session__in=sorted(sessions))
    others = {one.body["entry"]["container"] for one in own.values()}
    parts = {part for name in others for part in name.split(", ")}
    own |= _facts(last, body__entry__container__in=sorted(parts - alone))
    own |= _facts(last, Q(kind="handling"), body__entry__document__in=_unsigned(own))
    return written(own[number] for number in sorted(own))


def _unsigned(own: dict[int, Fact]) -> list[str]:
    alone = (
        one for one in own.values() if one.kind == "transfer" and not one.body["entry"]["witness"]
    )
    return [str(one.pk) for one in alone if one.body["entry"].get("corrects")]


def _facts(last: int, *more: Q, **asked: Sequence[str]) -> dict[int, Fact]:
    if not next(iter(asked.values())):
        return {}
    rows = Fact.objects.filter(*more, stream=STREAM, kind__in=BOOK_KINDS, number__lte=last, **asked)
    return {one.number: one for one in rows}
