"""Group commit: the readings of many streams at the ends of all of them, in one transaction.

The rows of `journal_head` are the queue of every stream: whoever writes, in whatever process on
whatever machine, holds the row of its stream until the commit, so numbers have no gap and are given
once. A group does not wait for a stream that somebody else holds; it leaves that one for its next
turn, so that one slow transaction at one bed holds up no other bed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from openketamine.clinic.journal import _reading_rows
from openketamine.clinic.journal._reading_rows import Voices, voice_of
from openketamine.clinic.journal._readings import Reading
from openketamine.clinic.journal.pipeline import ask, numbers, texts, together

_LONGEST_NOTICE = 7900
"""Bytes; PostgreSQL takes less than 8,000."""

_TAKE = (
    "SELECT stream, number, hash FROM journal_head WHERE stream = ANY(%s::text[]) "
    "ORDER BY stream FOR UPDATE"
)
_TAKE_FREE = f"{_TAKE} SKIP LOCKED"
_MOVE = (
    "UPDATE journal_head h SET number = m.number, hash = m.hash "
    "FROM unnest(%s::text[], %s::int[], %s::text[]) m(stream, number, hash) "
    "WHERE h.stream = m.stream"
)
_NOTIFY = "SELECT pg_notify('journal', said) FROM unnest(%s::text[]) said"

_voices: Voices = {}


@dataclass
class Place:
    """The end of a stream that is ours until the commit."""

    number: int
    hash: str


def take(streams: Iterable[str], *, wait: bool = False) -> dict[str, Place]:
    """The ends of those of these streams that nobody else holds now; with `wait`, of all.

    Only to be used with `wait` for one stream, or by who holds no other: see `commands.lock`.
    """
    with together():
        answer = taking(streams, wait=wait)
    return answer()


def taking(streams: Iterable[str], *, wait: bool = False) -> Callable[[], dict[str, Place]]:
    """`take` among other questions: the answer may be asked for when `together` has ended."""
    cursor = ask(_TAKE if wait else _TAKE_FREE, [texts(sorted(streams))])
    return lambda: {stream: Place(number, digest) for stream, number, digest in cursor.fetchall()}


def append_readings(places: Mapping[str, Place], readings: Mapping[str, Sequence[Reading]]) -> None:
    """Write readings, numbered on from their places, and move the places on."""
    readings = {stream: new for stream, new in readings.items() if new}
    if not readings:
        return
    hashes = {stream: places[stream].hash for stream in readings}
    voices = _known_voices(readings)
    with together():
        _reading_rows.write(readings, hashes, voices)
        for stream, new in readings.items():
            places[stream].number, places[stream].hash = new[-1].number, hashes[stream]
        last = {stream: places[stream].number for stream in readings}
        ask(_MOVE, [texts(list(last)), numbers(last.values()), texts(list(hashes.values()))])
        ask(_NOTIFY, [texts(_notices(last))])


def notify(last: Mapping[str, int]) -> None:
    """`<stream> <number>` of each stream that grew, a line each, in as few notices as they fit;
    delivered when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTIFY, [_notices(last)])


def _notices(last: Mapping[str, int]) -> list[str]:
    notices = [""]
    for line in (f"{stream} {number}" for stream, number in last.items()):
        if len(notices[-1]) + len(line) >= _LONGEST_NOTICE:
            notices.append("")
        notices[-1] += f"\n{line}" if notices[-1] else line
    return [notice for notice in notices if notice]


def _known_voices(readings: Mapping[str, Sequence[Reading]]) -> Voices:
    """The voices of these readings. What is found is remembered once it is committed: a transaction
    that is rolled back takes its new voices with it."""
    wanted = {voice_of(stream, one) for stream, new in readings.items() for one in new}
    fresh = wanted - _voices.keys()
    if not fresh:
        return _voices
    found = _reading_rows.find_voices(sorted(fresh))
    transaction.on_commit(lambda: _voices.update(found))
    return {**{one: _voices[one] for one in wanted - fresh}, **found}
