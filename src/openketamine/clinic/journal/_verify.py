"""Proving that every stream is as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Any

from openketamine.clinic.journal import _reading_rows
from openketamine.clinic.journal._chain import content_hash
from openketamine.clinic.journal._reading_rows import Marked
from openketamine.clinic.journal._readings import chained, witness
from openketamine.clinic.journal._stored import row_hash
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
    broken: list[Broken] = []
    counted = 0
    heads = list(Head.objects.order_by("stream"))
    for top in heads:
        number, found = _walk(top)
        counted += number
        broken.extend(found)
    known = {top.stream for top in heads}
    for stream in sorted(_streams() - known):
        broken.append(Broken(stream, 1, "the stream has no head"))
    return Verification(len(heads), counted, tuple(broken))


def verify_stream(stream: str) -> Verification:
    """Walk one chain from its first fact to its head."""
    top = Head.objects.filter(stream=stream).first()
    if top is None:
        return Verification(0, 0, ())
    counted, broken = _walk(top)
    return Verification(1, counted, tuple(broken))


def _streams() -> set[str]:
    kinds = (Fact, Voice, Chunk)
    return {
        stream
        for kind in kinds
        for stream in kind.objects.values_list("stream", flat=True).distinct()
    }


def _walk(top: Head) -> tuple[int, list[Broken]]:
    """How many facts the chain holds, and its first break."""
    expected, previous = 1, ""
    try:
        for one in in_order(top.stream):
            if why := _wrong(top.stream, one, expected, previous):
                return expected - 1, [Broken(top.stream, expected, why)]
            expected, previous = expected + 1, _hash(top.stream, one, previous)
    except BadInput as error:
        return expected - 1, [Broken(top.stream, expected, f"packed readings: {error}")]
    if top.number != expected - 1:
        return expected - 1, [Broken(top.stream, expected, "the last facts are missing")]
    if top.hash != previous:
        return expected - 1, [Broken(top.stream, expected - 1, "its content was changed")]
    return expected - 1, []


def in_order(stream: str) -> Iterator[Fact | Marked]:
    """Every fact of a stream as it is stored, readings in their small form among them."""
    facts = Fact.objects.filter(stream=stream).order_by("number").iterator(chunk_size=1000)
    return merge(facts, _reading_rows.rows(stream), key=_number)


def _number(one: Fact | Marked) -> int:
    return one.number if isinstance(one, Fact) else one.reading.number


def _hash(stream: str, one: Fact | Marked, previous: str) -> str:
    return one.hash if isinstance(one, Fact) else chained(stream, one.reading, previous)


def _wrong(stream: str, one: Fact | Marked, expected: int, previous: str) -> str:
    if _number(one) != expected:
        return "a fact is missing" if _number(one) > expected else "a number stands here twice"
    if isinstance(one, Fact):
        return _wrong_fact(one, previous)
    if one.witness != witness(chained(stream, one.reading, previous)):
        return "its content was changed"
    return ""


def _wrong_fact(row: Fact, previous: str) -> str:
    if row.prev_hash != previous:
        return "it does not follow the fact before it"
    if row.hash != row_hash(row):
        return "its content was changed"
    if row.content_hash != content_hash(row.stream, row.kind, row.at, row.by_id, row.body):
        return "its content key was changed"
    return ""
