"""Reading the journal, and proving that it is as it was written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from openketamine.clinic.journal._chain import content_hash
from openketamine.clinic.journal._stored import OFFLINE, StoredFact, row_hash, stored
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
    "head",
    "newest",
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
    if kinds is not None:
        rows = rows.filter(kind__in=list(kinds))
    if leave_out := list(exclude):
        rows = rows.exclude(kind__in=leave_out)
    return [stored(row) for row in rows]


def fact(fact_id: str) -> StoredFact | None:
    """One fact by its id."""
    row = Fact.objects.filter(id=UUID(fact_id)).first()
    return None if row is None else stored(row)


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


@dataclass(frozen=True)
class Broken:
    """The first place where a stream is not what was written."""

    stream: str
    number: int
    why: str


@dataclass(frozen=True)
class Verification:
    """What `openketamine audit verify` says."""

    streams: int
    facts: int
    broken: tuple[Broken, ...]

    @property
    def ok(self) -> bool:
        """Whether every fact is as it was written, and none is missing."""
        return not self.broken

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        broken = [{"stream": b.stream, "number": b.number, "why": b.why} for b in self.broken]
        return {"ok": self.ok, "streams": self.streams, "facts": self.facts, "broken": broken}


def verify() -> Verification:
    """Walk every chain from its first fact to its head."""
    broken: list[Broken] = []
    counted = 0
    heads = list(Head.objects.order_by("stream"))
    for top in heads:
        number, found = _walk(top)
        counted += number
        broken.extend(found)
    known = [top.stream for top in heads]
    for stream in (
        Fact.objects.exclude(stream__in=known).values_list("stream", flat=True).distinct()
    ):
        broken.append(Broken(stream, 1, "the stream has no head"))
    return Verification(len(heads), counted, tuple(broken))


def _walk(top: Head) -> tuple[int, list[Broken]]:
    """How many facts the chain holds, and its first break."""
    expected, previous = 1, ""
    for row in Fact.objects.filter(stream=top.stream).order_by("number").iterator(chunk_size=1000):
        if why := _wrong(row, expected, previous):
            return expected - 1, [Broken(top.stream, expected, why)]
        expected, previous = expected + 1, row.hash
    if (top.number, top.hash) != (expected - 1, previous):
        return expected - 1, [Broken(top.stream, expected, "the last facts are missing")]
    return expected - 1, []


def _wrong(row: Fact, expected: int, previous: str) -> str:
    if row.number != expected:
        return "a fact is missing"
    if row.prev_hash != previous:
        return "it does not follow the fact before it"
    if row.hash != row_hash(row):
        return "its content was changed"
    if row.content_hash != content_hash(row.stream, row.kind, row.at, row.by_id, row.body):
        return "its content key was changed"
    return ""
