"""Reading the journal, and proving that it is as it was written."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from openketamine.clinic.journal import _reading_rows
from openketamine.clinic.journal._readings import KIND, Reading, as_stored, id_hash
from openketamine.clinic.journal._stored import OFFLINE, StoredFact, stored
from openketamine.clinic.journal._verify import Broken, Verification, verify
from openketamine.clinic.journal.models import Access, Fact, Head

__all__ = [
    "OFFLINE",
    "Broken",
    "StoredFact",
    "Verification",
    "accesses",
    "across",
    "fact",
    "facts",
    "grown",
    "head",
    "newest",
    "readings",
    "verify",
]


def facts(
    stream: str,
    after: int = 0,
    kinds: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
) -> list[StoredFact]:
    """The facts of a stream after a number, in order, of these kinds, without those."""
    rows = Fact.objects.filter(stream=stream, number__gt=after).order_by("number")
    wanted, leave_out = None if kinds is None else list(kinds), list(exclude)
    if wanted is not None:
        rows = rows.filter(kind__in=wanted)
    if leave_out:
        rows = rows.exclude(kind__in=leave_out)
    found = [stored(row) for row in rows]
    if KIND in leave_out or (wanted is not None and KIND not in wanted):
        return found
    small = [
        as_stored(stream, one.reading, one.witness) for one in _reading_rows.rows(stream, after)
    ]
    return sorted((*found, *small), key=lambda one: one.number) if small else found


def readings(stream: str, after: int = 0, received_from: int | None = None) -> list[Reading]:
    """The readings of a stream in their small form, in order; those before the small form, and
    those that do not fit it, are `facts`.

    `received_from`, µs since 1970, leaves out those that were received earlier and are not packed.
    """
    return [one.reading for one in _reading_rows.rows(stream, after, received_from)]


def grown(after: Mapping[str, int], most: int) -> dict[str, list[StoredFact]]:
    """What several streams hold after the number given for each, in order and without a gap, about
    `most` of each at a time: one look for all who follow them."""
    found: dict[str, list[StoredFact]] = {}
    for stream, marked in _reading_rows.rows_of(after, most).items():
        found[stream] = [as_stored(stream, one.reading, one.witness) for one in marked]
    for row in _reading_rows.facts_of(after, most):
        found.setdefault(row.stream, []).append(stored(row))
    return {stream: _unbroken(known, after[stream]) for stream, known in found.items()}


def _unbroken(found: list[StoredFact], after: int) -> list[StoredFact]:
    """Up to where one of the two kinds of rows was cut off."""
    in_order = sorted(found, key=lambda one: one.number)
    return [one for place, one in enumerate(in_order, after + 1) if one.number == place]


def fact(fact_id: str) -> StoredFact | None:
    """One fact by its id."""
    row = Fact.objects.filter(id=UUID(fact_id)).first()
    if row is not None:
        return stored(row)
    return next((one for one in _small([UUID(fact_id)]) if one.id == fact_id), None)


def _small(ids: list[UUID]) -> list[StoredFact]:
    """Facts in the small form by id; not of sessions that were packed."""
    rows = _reading_rows.known([id_hash(one) for one in ids])
    return [as_stored(stream, one.reading, one.witness) for stream, one in rows]


def newest(stream: str, kind: str, **said: Any) -> StoredFact | None:
    """The last fact of one kind in a stream whose body says this."""
    rows = Fact.objects.filter(stream=stream, kind=kind, body__contains=said)
    row = rows.order_by("-number").first()
    return None if row is None else stored(row)


def across(kinds: Iterable[str], most: int, **said: Any) -> tuple[list[StoredFact], int]:
    """The newest facts of these kinds in all streams whose bodies say this, and how many there are.

    Quick for the kinds of the index `journal_decisions` only.
    """
    rows = Fact.objects.filter(kind__in=list(kinds))
    if said:
        rows = rows.filter(body__contains=said)
    return [stored(row) for row in rows.order_by("-at", "-recorded_at")[:most]], rows.count()


def head(stream: str) -> int:
    """The last number of a stream; 0 where nothing was written yet."""
    return Head.objects.filter(stream=stream).values_list("number", flat=True).first() or 0


def accesses(person_id: UUID) -> list[Access]:
    """Who opened this person's record, newest first."""
    return list(Access.objects.filter(person_id=person_id).order_by("-at", "-id"))
