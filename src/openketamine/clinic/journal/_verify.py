"""Proving that every stream is as it was written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, takewhile
from typing import Any

from openketamine.clinic.journal import _reading_rows
from openketamine.clinic.journal._fact_rows import FactRow, all_rows, hash_at, hashes, rows_of
from openketamine.clinic.journal._reading_rows import Marked
from openketamine.clinic.journal._readings import chained, witness
from openketamine.clinic.journal.models import Chunk, Fact, Head, Voice
from openketamine.core.findings import BadInput


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
    """Walk every chain from its first fact to its head, through readings in every form."""
    heads = {top.stream: top for top in Head.objects.all()}
    apart, counted = _with_readings(), 0
    broken: list[Broken] = []
    for stream, rows in groupby(all_rows(), key=lambda row: row.stream):
        if stream in heads and stream not in apart:
            number, found = _walked(heads.pop(stream), rows)
            counted, broken = counted + number, broken + found
    # What is left: streams with readings, and heads that lead to no fact.
    for top in heads.values():
        number, found = _walked(top, in_order(top.stream))
        counted, broken = counted + number, broken + found
    known = set(Head.objects.values_list("stream", flat=True))
    broken += [Broken(one, 1, "the stream has no head") for one in _streams() - known]
    return Verification(len(known), counted, tuple(sorted(broken, key=lambda one: one.stream)))


def verify_stream(stream: str, after: int = 0, until: int | None = None) -> Verification:
    """Walk one chain from its first fact to its head. Of a stream without readings, a part: what
    lies behind one number up to another, bound to what stands before it."""
    top = Head.objects.filter(stream=stream).first()
    if top is None:
        return Verification(0, 0, ())
    end = top if until is None or until >= top.number else _as_head(stream, until)
    rows = in_order(stream, after)
    if end is not top:
        rows = takewhile(lambda one: _number(one) <= end.number, rows)
    counted, broken = _walked(end, rows, _as_head(stream, after))
    return Verification(1, counted, tuple(broken))


def _streams() -> set[str]:
    kinds = (Fact, Voice, Chunk)
    return {
        stream
        for kind in kinds
        for stream in kind.objects.values_list("stream", flat=True).distinct()
    }


def _with_readings() -> set[str]:
    """Streams in which a device spoke: their readings lie beside their facts."""
    return {
        stream
        for kind in (Voice, Chunk)
        for stream in kind.objects.values_list("stream", flat=True).distinct()
    }


def _as_head(stream: str, number: int) -> Head:
    """The head as it was when the stream ended with this number."""
    return Head(stream=stream, number=number, hash=hash_at(stream, number))


def _walked(
    top: Head, rows: Iterable[FactRow | Marked], before: Head | None = None
) -> tuple[int, list[Broken]]:
    """How many facts the chain holds up to its head, and its first break. What is written while we
    read is not looked at."""
    start = before.number if before else 0
    number, previous = start, before.hash if before else ""
    found: list[Broken] = []
    try:
        for one in rows:
            if number == top.number:
                found = _beyond(top)
                break
            if why := _wrong(top.stream, one, number + 1, previous):
                return number - start, [Broken(top.stream, number + 1, why)]
            number, previous = number + 1, _hash(top.stream, one, previous)
    except BadInput as error:
        return number - start, [Broken(top.stream, number + 1, f"packed readings: {error}")]
    return number - start, found or _end(top, number, previous)


def _beyond(top: Head) -> list[Broken]:
    """There are facts behind the head: it has moved on since, or somebody moved it back."""
    if Head.objects.filter(stream=top.stream, number__gt=top.number).exists():
        return []
    return [Broken(top.stream, top.number + 1, "it stands behind the end of its stream")]


def _end(top: Head, number: int, previous: str) -> list[Broken]:
    if top.number != number:
        return [Broken(top.stream, number + 1, "the last facts are missing")]
    if top.hash != previous:
        return [Broken(top.stream, number, "its content was changed")]
    return []


def in_order(stream: str, after: int = 0) -> Iterator[FactRow | Marked]:
    """Every fact of a stream as it is stored, readings in their small form among them."""
    both: tuple[Iterable[FactRow | Marked], ...] = (
        rows_of(stream, after),
        _reading_rows.rows(stream, after),
    )
    yield from merge(*both, key=_number)


def _number(one: FactRow | Marked) -> int:
    return one.number if isinstance(one, FactRow) else one.reading.number


def _hash(stream: str, one: FactRow | Marked, previous: str) -> str:
    return one.hash if isinstance(one, FactRow) else chained(stream, one.reading, previous)


def _wrong(stream: str, one: FactRow | Marked, expected: int, previous: str) -> str:
    if _number(one) != expected:
        return "a fact is missing" if _number(one) > expected else "a number stands here twice"
    if isinstance(one, FactRow):
        return _wrong_fact(one, previous)
    if one.witness != witness(chained(stream, one.reading, previous)):
        return "its content was changed"
    return ""


def _wrong_fact(row: FactRow, previous: str) -> str:
    if row.prev_hash != previous:
        return "it does not follow the fact before it"
    content, whole = hashes(row)
    if row.hash != whole:
        return "its content was changed"
    if row.content_hash != content:
        return "its content key was changed"
    return ""
