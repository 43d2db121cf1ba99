"""The rows of readings: written many sessions in one statement; read back as values."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from openketamine.clinic.journal._chunks import unpacked
from openketamine.clinic.journal._readings import SIGNALS, Reading, chained, key_hash, witness
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.journal.pipeline import ask, numbers, texts

_COLUMNS = {
    "received": "bigint",
    **dict.fromkeys(
        ("key_hash", "key_number", "voice", "number", "measured", "recorded", "witness"), "int"
    ),
    **dict.fromkeys(SIGNALS, "smallint"),
    "key": "text",
    "doubts": "text",
}
_WRITE = (
    f"INSERT INTO journal_reading ({', '.join(_COLUMNS)}) "  # noqa: S608  (constants)
    f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in _COLUMNS.values())})"
)
_WORDS = 2
"""So many of the columns, the last, are text."""

_VALUES = ", ".join(f"r.{signal}" for signal in SIGNALS)
_ROW = (
    "v.key_start, v.key_width, r.key_number, r.key, r.number, v.device_id, r.received, "
    f"r.measured, r.recorded, r.doubts, r.witness, {_VALUES}"
)
_NEW_VOICES = (
    "INSERT INTO journal_voice (stream, device_id, key_start, key_width) "
    "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[]) ON CONFLICT DO NOTHING"
)
_THESE_VOICES = (
    "SELECT stream, device_id, key_start, key_width, id FROM journal_voice "
    "WHERE (stream, device_id, key_start, key_width) IN "
    "(SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[]))"
)
# OFFSET 0: each by the index, however much the table has grown since this was planned.
_KNOWN = (
    f"SELECT v.stream, {_ROW} FROM unnest(%s::int[]) k "  # noqa: S608  (constants)
    "CROSS JOIN LATERAL (SELECT * FROM journal_reading WHERE key_hash = k OFFSET 0) r "
    "JOIN journal_voice v ON v.id = r.voice"
)
_ORDINARY = "SELECT kind, body FROM journal_fact WHERE id = ANY(%s::uuid[])"
_OF_STREAM = (
    f"SELECT {_ROW} FROM journal_voice v "  # noqa: S608  (constants)
    "JOIN journal_reading r ON r.voice = v.id "
    "WHERE v.stream = %s AND r.number > %s AND r.received BETWEEN %s AND %s ORDER BY r.number"
)
_RECEIVED = (
    f"SELECT v.stream, {_ROW} FROM journal_voice v "  # noqa: S608  (constants)
    "JOIN journal_reading r ON r.voice = v.id "
    "WHERE v.stream = ANY(%s) AND r.received BETWEEN %s AND %s"
)
_GROWN = (
    "SELECT w.stream, r.* FROM unnest(%s::text[], %s::int[]) w(stream, after) "  # noqa: S608
    f"CROSS JOIN LATERAL (SELECT {_ROW} FROM journal_voice v "
    "JOIN journal_reading r ON r.voice = v.id "
    "WHERE v.stream = w.stream AND r.number > w.after ORDER BY r.number LIMIT %s) r"
)
_GROWN_FACTS = (
    "SELECT f.* FROM unnest(%s::text[], %s::int[]) w(stream, after) "
    "CROSS JOIN LATERAL (SELECT * FROM journal_fact f WHERE f.stream = w.stream "
    "AND f.number > w.after ORDER BY f.number LIMIT %s) f"
)
Span = tuple[int, int]
"""First and last moment of receipt, µs since 1970."""

ALWAYS: Span = (-(2**62), 2**62)

VoiceName = tuple[str, str, str, int]
Voices = dict[VoiceName, int]
"""(stream, device, beginning and width of its keys) → number of the voice. Never changes once
committed."""

_TEXT = -1
_MOST_DIGITS = 9


class Marked(NamedTuple):
    """A reading as it is stored, with its witness."""

    reading: Reading
    witness: int


def voice_of(stream: str, one: Reading) -> VoiceName:
    """Who says this reading."""
    start, width, _, _ = _split(one.key)
    return stream, one.device_id, start, width


def _split(key: str) -> tuple[str, int, int, str]:
    """What is the same in all keys of a sender, and how wide its number is; number, or text."""
    start, bar, rest = key.rpartition("|")
    if rest.isascii() and rest.isdecimal() and len(rest) <= _MOST_DIGITS:
        width = len(rest) if rest[0] == "0" else 0
        return start + bar, width, int(rest), ""
    return start + bar, 0, _TEXT, rest


def _joined(start: str, width: int, number: int, text: str) -> str:
    # The text is empty behind a number; were it not, somebody changed it, and it must show.
    return start + text if number == _TEXT else f"{start}{number:0{width}d}{text}"


def write(
    readings: Mapping[str, Sequence[Reading]], hashes: dict[str, str], voices: Voices
) -> None:
    """Write these readings, numbered already, to the ends of their streams. Inside `together`.

    `hashes`: the hash of each stream's head, moved on here. `voices` must hold every voice.
    """
    rows = []
    for stream, new in readings.items():
        digest = hashes[stream]
        for one in new:
            digest = chained(stream, one, digest)
            rows.append(_row(stream, one, digest, voices))
        hashes[stream] = digest
    columns = list(zip(*rows, strict=True))
    counted, said = columns[:-_WORDS], columns[-_WORDS:]
    ask(_WRITE, [*map(numbers, counted), *map(texts, said)])


def _row(stream: str, one: Reading, digest: str, voices: Voices) -> tuple[Any, ...]:
    """In the order of `_COLUMNS`."""
    start, width, number, rest = _split(one.key)
    voice = voices[stream, one.device_id, start, width]
    return (
        one.received, key_hash(one.key), number, voice, one.number, one.measured, one.recorded,
        witness(digest), *one.tenths, rest, one.doubts,
    )  # fmt: skip


def find_voices(wanted: Iterable[VoiceName]) -> Voices:
    """The numbers of these voices; those that never spoke before get one. Under the streams' lock,
    or two processes would each make one."""
    columns = [list(column) for column in zip(*wanted, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_NEW_VOICES, columns)
        cursor.execute(_THESE_VOICES, columns)
        return {
            (stream, device, start, width): id_
            for stream, device, start, width, id_ in cursor.fetchall()
        }


def asked(hashes: Sequence[int]) -> Callable[[], list[tuple[str, Marked]]]:
    """(stream, reading) of those with these hashes of their keys that are not packed. Inside
    `together`; answered when it has ended."""
    cursor = ask(_KNOWN, [numbers(hashes)])
    return lambda: [(stream, _marked(row)) for stream, *row in cursor.fetchall()]


def asked_ordinary(ids: Sequence[str]) -> Callable[[], list[tuple[str, Mapping[str, Any]]]]:
    """Kind and body of the ordinary facts with these ids. As `asked`."""
    cursor = ask(_ORDINARY, [texts(ids)])
    return lambda: [(kind, json.loads(body)) for kind, body in cursor.fetchall()]


def rows(stream: str, after: int = 0, received: Span = ALWAYS) -> list[Marked]:
    """The readings of a stream in their small form after a number, packed or not, in order."""
    return sorted((*_packed(stream, after), *_rows(stream, after, received)), key=_number)


def unpacked_rows(stream: str) -> list[Marked]:
    """The readings of a stream that are rows, in order."""
    return _rows(stream, 0, ALWAYS)


def received(streams: Sequence[str], span: Span) -> list[tuple[str, Marked]]:
    """The readings of several streams that were received in this span and are rows."""
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVED, [list(streams), *span])
        return [(stream, _marked(row)) for stream, *row in cursor.fetchall()]


def rows_of(after: Mapping[str, int], most: int) -> dict[str, list[Marked]]:
    """The readings of several streams after the number given for each, at most so many of each.

    Packed ones are left out: this is for who follows sessions that run.
    """
    with connection.cursor() as cursor:
        cursor.execute(_GROWN, [list(after), list(after.values()), most])
        found: dict[str, list[Marked]] = {}
        for stream, *row in cursor.fetchall():
            found.setdefault(stream, []).append(_marked(row))
    return found


def facts_of(after: Mapping[str, int], most: int) -> list[Fact]:
    """The facts of several streams after the number given for each, at most so many of each."""
    return list(Fact.objects.raw(_GROWN_FACTS, [list(after), list(after.values()), most]))


def _rows(stream: str, after: int, received: Span) -> list[Marked]:
    with connection.cursor() as cursor:
        cursor.execute(_OF_STREAM, [stream, after, *received])
        return [_marked(row) for row in cursor.fetchall()]


def _packed(stream: str, after: int) -> list[Marked]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT packed FROM journal_chunk WHERE stream = %s AND last > %s ORDER BY first",
            [stream, after],
        )
        chunks = [bytes(packed) for (packed,) in cursor.fetchall()]
    return [
        Marked(reading, mark)
        for packed in chunks
        for reading, mark in unpacked(packed)
        if reading.number > after
    ]


def _marked(row: Sequence[Any]) -> Marked:
    start, width, digits, text, number, device_id, received, measured, recorded = row[:9]
    key = _joined(start, width, digits, text)
    doubts, mark, tenths = row[9], row[10], tuple(row[11:])
    reading = Reading(number, device_id, key, received, measured, recorded, tenths, doubts)
    return Marked(reading, mark)


def _number(one: Marked) -> int:
    return one.reading.number
