"""Reading the journal, and proving that it is as it was written."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from openketamine.clinic.journal import _reading_rows
from openketamine.clinic.journal._fact_rows import hash_at
from openketamine.clinic.journal._readings import (
    KIND,
    SIGNALS,
    Reading,
    as_fact,
    as_stored,
    columns,
    fact_id,
    has_number,
    id_hash,
    key_hash,
    measured_us,
    microseconds,
    taken,
)
from openketamine.clinic.journal._stored import OFFLINE, StoredFact, stored
from openketamine.clinic.journal._verify import Broken, Verification, verify, verify_stream
from openketamine.clinic.journal.models import Access, Head
from openketamine.clinic.journal.models import Fact as FactRow
from openketamine.clinic.journal.pipeline import together
from openketamine.core.treatment import Fact, ReadingTaken, decode_body, decode_fact

__all__ = [
    "OFFLINE",
    "SIGNALS",
    "Broken",
    "Reading",
    "StoredFact",
    "Verification",
    "accesses",
    "across",
    "as_fact",
    "asked_by_key",
    "bodies_of_readings",
    "but_readings",
    "columns",
    "core_facts",
    "fact",
    "facts",
    "facts_as_core",
    "grown",
    "has_number",
    "hash_at",
    "head",
    "heads",
    "log",
    "mark",
    "measured_us",
    "newest",
    "news",
    "of_kinds",
    "ordinary_readings",
    "packed_by_key",
    "readings",
    "readings_by_key",
    "samples",
    "verify",
    "verify_stream",
]

_Numbered = TypeVar("_Numbered", StoredFact, Fact)


def facts(
    stream: str,
    after: int = 0,
    kinds: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    since: datetime | None = None,
) -> list[StoredFact]:
    """The facts of a stream after a number, in order, of these kinds, without those.

    `since`: only ordinary facts that happened then or later.
    """
    rows = FactRow.objects.filter(stream=stream, number__gt=after).order_by("number")
    if since is not None:
        rows = rows.filter(at__gte=since)
    wanted, leave_out = None if kinds is None else list(kinds), list(exclude)
    if wanted is not None:
        rows = rows.filter(kind__in=wanted)
    if leave_out:
        rows = rows.exclude(kind__in=leave_out)
    found = [stored(row) for row in rows]
    if since is not None or KIND in leave_out or (wanted is not None and KIND not in wanted):
        return found
    small = [
        as_stored(stream, one.reading, one.witness) for one in _reading_rows.rows(stream, after)
    ]
    return sorted((*found, *small), key=lambda one: one.number) if small else found


def readings(stream: str, after: int = 0) -> list[Reading]:
    """The readings of a stream in their small form, in order; those before the small form, and
    those that do not fit it, are `facts`."""
    return [one.reading for one in _reading_rows.rows(stream, after)]


def ordinary_readings(stream: str, after: int = 0) -> list[StoredFact]:
    """Those readings that are facts in the ordinary form, in order."""
    rows = FactRow.objects.filter(stream=stream, number__gt=after, kind=KIND)
    return [stored(row) for row in rows.order_by("number")]


def bodies_of_readings(stream: str) -> list[ReadingTaken]:
    """What every reading of a stream said, in either form, in no order."""
    ordinary = [decode_body(one.kind, one.body) for one in ordinary_readings(stream)]
    said = [taken(one) for one in readings(stream)]
    return said + [body for body in ordinary if isinstance(body, ReadingTaken)]


def samples(numbers: Mapping[str, int], since: datetime, until: datetime) -> dict[str, list[Fact]]:
    """Every reading that was received between two moments, in either form, of sessions that run,
    up to the number given for each.

    Of the ordinary form a few more: those that were recorded since.
    """
    span = (microseconds(since), microseconds(until))
    found: dict[str, list[Fact]] = {}
    for stream, one in _reading_rows.received(list(numbers), span):
        found.setdefault(stream, []).append(as_fact(one.reading))
    ordinary = FactRow.objects.filter(stream__in=numbers, kind=KIND, recorded_at__gte=since)
    for row in ordinary:
        found.setdefault(row.stream, []).append(decode_fact(stored(row).as_json()))
    return {stream: _up_to(known, numbers[stream]) for stream, known in found.items()}


def but_readings(numbers: Mapping[str, int]) -> dict[str, list[Fact]]:
    """All other facts of several streams, in order, up to the number given for each."""
    found: dict[str, list[Fact]] = {stream: [] for stream in numbers}
    for row in FactRow.objects.filter(stream__in=numbers).exclude(kind=KIND):
        found[row.stream].append(decode_fact(stored(row).as_json()))
    return {stream: _up_to(known, numbers[stream]) for stream, known in found.items()}


def _up_to(found: list[Fact], number: int) -> list[Fact]:
    """In order, without what was written since."""
    within = (one for one in found if (one.number or 0) <= number)
    return sorted(within, key=lambda one: one.number or 0)


def log(stream: str, after: int = 0) -> tuple[list[Fact], list[Reading]]:
    """What a stream holds after a number: ordinary facts, and readings in their small form."""
    rows = FactRow.objects.filter(stream=stream, number__gt=after).order_by("number")
    return [decode_fact(stored(row).as_json()) for row in rows], readings(stream, after)


def core_facts(stream: str, after: int = 0) -> list[Fact]:
    """The same as facts of the core, in one order."""
    ordinary, small = log(stream, after)
    return sorted((*ordinary, *map(as_fact, small)), key=lambda one: one.number or 0)


def facts_as_core(stream: str, kinds: Iterable[str]) -> list[Fact]:
    """The facts of a stream of these kinds, in order, as facts of the core."""
    return [decode_fact(one.as_json()) for one in facts(stream, kinds=kinds)]


def readings_by_key(keys: Sequence[str], closed: Collection[str] = ()) -> dict[str, ReadingTaken]:
    """What was written under these message keys. `closed`: streams that may have been packed."""
    with together():
        answer = asked_by_key(keys)
    return answer() | packed_by_key(keys, closed)


def asked_by_key(keys: Sequence[str]) -> Callable[[], dict[str, ReadingTaken]]:
    """What was written under these keys and is not packed. Among other questions, inside of
    `together`: the answer may be asked for when that has ended."""
    wanted = set(keys)
    ordinary = _reading_rows.asked_ordinary([fact_id(key) for key in wanted])
    small = _reading_rows.asked([key_hash(key) for key in wanted])

    def answer() -> dict[str, ReadingTaken]:
        bodies = [decode_body(kind, body) for kind, body in ordinary()]
        bodies += [taken(one.reading) for _, one in small() if one.reading.key in wanted]
        return {body.message_key: body for body in bodies if isinstance(body, ReadingTaken)}

    return answer


def packed_by_key(keys: Sequence[str], closed: Collection[str]) -> dict[str, ReadingTaken]:
    """What was written under these keys in closed sessions, packed or not."""
    small = [one.reading for stream in closed for one in _reading_rows.rows(stream)]
    wanted = set(keys) if small else ()
    return {one.key: taken(one) for one in small if one.key in wanted}


def grown(after: Mapping[str, int], most: int) -> dict[str, list[StoredFact]]:
    """What several streams hold after the number given for each, in order and without a gap, about
    `most` of each at a time: one look for all who follow them."""
    found: dict[str, list[StoredFact]] = {}
    for stream, marked in _reading_rows.rows_of(after, most).items():
        found[stream] = [as_stored(stream, one.reading, one.witness) for one in marked]
    for row in _reading_rows.facts_of(after, most):
        found.setdefault(row.stream, []).append(stored(row))
    return {stream: _unbroken(known, after[stream]) for stream, known in found.items()}


def news(after: Mapping[str, int], most: int) -> dict[str, list[Fact]]:
    """The same as facts of the core."""
    found: dict[str, list[Fact]] = {}
    for stream, marked in _reading_rows.rows_of(after, most).items():
        found[stream] = [as_fact(one.reading) for one in marked]
    for row in _reading_rows.facts_of(after, most):
        found.setdefault(row.stream, []).append(decode_fact(stored(row).as_json()))
    return {stream: _unbroken(known, after[stream]) for stream, known in found.items()}


def _unbroken(found: list[_Numbered], after: int) -> list[_Numbered]:
    """Up to where one of the two kinds of rows was cut off."""
    in_order = sorted(found, key=lambda one: one.number or 0)
    return [one for place, one in enumerate(in_order, after + 1) if one.number == place]


def fact(identity: str) -> StoredFact | None:
    """One fact by its id."""
    row = FactRow.objects.filter(id=UUID(identity)).first()
    if row is not None:
        return stored(row)
    return next((one for one in _small([UUID(identity)]) if one.id == identity), None)


def _small(ids: list[UUID]) -> list[StoredFact]:
    """Facts in the small form by id; not of sessions that were packed."""
    with together():
        answer = _reading_rows.asked([id_hash(one) for one in ids])
    return [as_stored(stream, one.reading, one.witness) for stream, one in answer()]


def newest(stream: str, kind: str, **said: Any) -> StoredFact | None:
    """The last fact of one kind in a stream whose body says this."""
    rows = FactRow.objects.filter(stream=stream, kind=kind, body__contains=said)
    row = rows.order_by("-number").first()
    return None if row is None else stored(row)


def across(kinds: Iterable[str], most: int, **said: Any) -> tuple[list[StoredFact], int]:
    """The newest facts of these kinds in all streams whose bodies say this, and how many there are.

    Quick for the kinds of the index `journal_decisions` only.
    """
    rows = FactRow.objects.filter(kind__in=list(kinds))
    if said:
        rows = rows.filter(body__contains=said)
    return [stored(row) for row in rows.order_by("-at", "-recorded_at")[:most]], rows.count()


def head(stream: str) -> int:
    """The last number of a stream; 0 where nothing was written yet."""
    return Head.objects.filter(stream=stream).values_list("number", flat=True).first() or 0


def mark(stream: str) -> tuple[int, str]:
    """The last number of a stream and its hash: the same mark, the same facts."""
    row = Head.objects.filter(stream=stream).values_list("number", "hash").first()
    return row or (0, "")


def heads(streams: Iterable[str]) -> dict[str, int]:
    """The last number of each of these streams; those in which nothing was written are left out."""
    rows = Head.objects.filter(stream__in=list(streams))
    return dict(rows.values_list("stream", "number"))


def accesses(person_id: UUID) -> list[Access]:
    """Who opened this person's record, newest first."""
    return list(Access.objects.filter(person_id=person_id).order_by("-at", "-id"))


def of_kinds(streams: Sequence[str], kinds: Iterable[str]) -> dict[str, list[StoredFact]]:
    """The facts of these kinds of many streams at once, in order; no readings.

    One question for a thousand people's sessions instead of one for each.
    """
    found: dict[str, list[StoredFact]] = {stream: [] for stream in streams}
    rows = FactRow.objects.filter(stream__in=streams, kind__in=list(kinds))
    for row in rows.order_by("stream", "number").iterator(chunk_size=5000):
        found[row.stream].append(stored(row))
    return found
