"""Broken rules and late entries of a range: each judged beside all that its rule looks at."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

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
    alone = sorted({*names, *(part for name in names for part in name.split(", "))})
    read = _facts(last)
    own = _by_number(read.filter(body__entry__container__in=alone))
    sessions = {said["session"] for said in _said(own)} - {""}
    own |= _by_number(
        read.filter(body__entry__session__in=sorted(sessions)).exclude(
            body__entry__container__in=alone
        )
    )
    others = {part for said in _said(own) for part in said["container"].split(", ")} - {*alone}
    if others:
        own |= _by_number(read.filter(body__entry__container__in=sorted(others)))
    if corrections := _unsigned(own):
        signed = read.filter(kind="handling", body__entry__document__in=corrections)
        own |= _by_number(signed)
    return written(own[number] for number in sorted(own))


def _said(own: Mapping[int, Any]) -> Iterator[Mapping[str, Any]]:
    return (one.body["entry"] for one in own.values() if one.kind == "transfer")


def _unsigned(own: Mapping[int, Any]) -> list[str]:
    return [said["id"] for said in _said(own) if said.get("corrects") and not said["witness"]]


def _facts(last: int) -> QuerySet[Fact]:
    return Fact.objects.filter(stream=STREAM, kind__in=BOOK_KINDS, number__lte=last)


def _by_number(rows: QuerySet[Fact]) -> dict[int, Any]:
    """Rows with what an entry is read from, and nothing more: a year has many."""
    read = rows.values_list("number", "kind", "body", "recorded_at", "by_name", named=True)
    return {one.number: one for one in read}
