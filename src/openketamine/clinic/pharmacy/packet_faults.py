"""Broken rules and late entries of a range: each judged beside all that its rule looks at."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KT

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy._entries import BOOK_KINDS, Written, in_order, rows, written
from openketamine.clinic.pharmacy._naming import naming
from openketamine.clinic.pharmacy._pieces import pieces
from openketamine.core.ledger import book as make_book
from openketamine.core.ledger import broken_rules, late_entries

_CONTAINERS = 400
_NEEDED = ("id", "stream", "number", "kind", "body", "recorded_at", "by_name")


def faults(chosen: QuerySet[Fact]) -> Iterator[dict[str, str]]:
    """A row for each rule that one of these entries broke.

    A rule looks at one container, one session or one correction: the whole book is not needed.
    """
    names = chosen.order_by().values_list("pk", KT("body__entry__container"))
    found: dict[str, set[str]] = {}
    for pk, name in names.iterator(chunk_size=5000):
        found.setdefault(name or "", set()).add(str(pk))
    for some in pieces(sorted(found), _CONTAINERS):
        wanted = set().union(*(found[name] for name in some))
        yield from _of(wanted, _beside(some))


def _of(chosen: set[str], lines: Sequence[Written]) -> Iterator[dict[str, str]]:
    places = {one.entry.id: (one.stream, one.number, one.place) for one in lines}
    known = make_book(one.entry for one in lines)
    found = [(one.entry_id, one.rule, one.summary) for one in broken_rules(known)]
    found += [(one.entry_id, "BK-LATE-WASTE", one.summary) for one in late_entries(known)]
    for entry, rule, words in sorted(found, key=lambda one: places[one[0]]):
        if entry in chosen:
            yield {"Rule": rule, "Entry": places[entry][-1], "What": words}


def _beside(names: Sequence[str]) -> list[Written]:
    """All entries of these containers, at whatever site, of the sessions that they were taken for,
    of whatever else filled the same trays, and the second signatures under any of them."""
    alone = {*names, *(part for name in names for part in name.split(", "))}
    own = _by_id("container", alone)
    sessions = {said["session"] for said in _said(own)} - {""}
    own |= _by_id("session", sessions, but=naming("container", alone, none_of=True))
    others = {part for said in _said(own) for part in said["container"].split(", ")} - alone
    own |= _by_id("container", others)
    own |= _by_id("document", set(_unsigned(own)), "handling")
    return written(in_order(own.values()))


def _by_id(key: str, names: set[str], *kinds: str, but: RawSQL | None = None) -> dict[Any, Fact]:
    if not names:
        return {}
    asked = [naming(key, names)] + ([but] if but else [])
    needed = rows(*(kinds or BOOK_KINDS)).filter(*asked).only(*_NEEDED)
    return {one.pk: one for one in needed}


def _said(own: Mapping[Any, Fact]) -> Iterator[Mapping[str, Any]]:
    return (one.body["entry"] for one in own.values() if one.kind == "transfer")


def _unsigned(own: Mapping[Any, Fact]) -> list[str]:
    return [said["id"] for said in _said(own) if said.get("corrects") and not said["witness"]]
