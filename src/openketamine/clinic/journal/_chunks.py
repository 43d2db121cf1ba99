"""Readings of a closed session, packed: column by column, differences only, deflated.

A chunk is the same readings in less room. What is unpacked is what was packed, sign by sign, so
that the chain of hashes goes through a chunk as it went through the rows.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from openketamine.clinic.journal._readings import SIGNALS, Reading
from openketamine.core.findings import BadInput

_FORM = b"r1"
_LEVEL = 9


def packed(marked: Sequence[tuple[Reading, int]]) -> bytes:
    """These readings with their witnesses as one chunk. Deterministic."""
    readings = [reading for reading, _ in marked]
    speakers = sorted({(one.device_id, one.key.rpartition("|")[0]) for one in readings})
    place = {speaker: index for index, speaker in enumerate(speakers)}
    columns = [
        [place[one.device_id, one.key.rpartition("|")[0]] for one in readings],
        _differences(one.number for one in readings),
        _differences(one.received for one in readings),
        _differences(one.measured for one in readings),
        _differences(one.recorded for one in readings),
        *(_differences(one.tenths[n] for one in readings) for n in range(len(SIGNALS))),
    ]
    words = {
        "speakers": speakers,
        "bars": [int("|" in one.key) for one in readings],
        "keys": [one.key.rpartition("|")[2] for one in readings],
        "doubts": [one.doubts for one in readings],
    }
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()
    marks = _little(array("i", [mark for _, mark in marked])).tobytes()
    parts = [text, marks, *(_little(array("q", column)).tobytes() for column in columns)]
    return _FORM + b"".join(_framed(zlib.compress(part, _LEVEL)) for part in parts)


def unpacked(chunk: bytes) -> list[tuple[Reading, int]]:
    """The readings of a chunk with their witnesses. Raises BadInput where it cannot be read."""
    if chunk[:2] != _FORM:
        raise BadInput("chunk", f"a chunk of form {_FORM.decode()}")
    try:
        text, marks, *columns = [zlib.decompress(part) for part in _parts(chunk[2:])]
        words = json.loads(text)
        who, number, received, measured, recorded, *tenths = [_column(one) for one in columns]
        return _together(words, who, (number, received, measured, recorded), tenths, _ints(marks))
    except (zlib.error, ValueError, LookupError, TypeError) as error:
        raise BadInput("chunk", f"a chunk that can be read ({error})") from None


def _together(
    words: Mapping[str, Any],
    who: "array[int]",
    times: Iterable["array[int]"],
    tenths: Iterable["array[int]"],
    marks: "array[int]",
) -> list[tuple[Reading, int]]:
    numbers = zip(*(accumulate(one) for one in times), strict=True)
    values = zip(*(accumulate(one) for one in tenths), strict=True)
    keys = (
        start[1] + "|" * bar + rest
        for start, bar, rest in zip(
            (words["speakers"][one] for one in who), words["bars"], words["keys"], strict=True
        )
    )
    devices = (words["speakers"][one][0] for one in who)
    together = zip(devices, keys, numbers, values, words["doubts"], marks, strict=True)
    return [
        (Reading(at[0], device, key, at[1], at[2], at[3], tuple(value), doubts), mark)
        for device, key, at, value, doubts, mark in together
    ]


def _differences(numbers: Iterable[int]) -> list[int]:
    given = list(numbers)
    return [*given[:1], *(later - earlier for earlier, later in pairwise(given))]


def _framed(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _parts(rest: bytes) -> list[bytes]:
    found = []
    while rest:
        size = int.from_bytes(rest[:4], "big")
        if len(rest) < 4 + size:
            raise ValueError("cut off")
        found.append(rest[4 : 4 + size])
        rest = rest[4 + size :]
    return found


def _column(raw: bytes) -> "array[int]":
    return _read("q", raw)


def _ints(raw: bytes) -> "array[int]":
    return _read("i", raw)


def _read(kind: str, raw: bytes) -> "array[int]":
    column = array(kind)
    column.frombytes(raw)
    return _little(column)


def _little(column: "array[int]") -> "array[int]":
    """A chunk is the same on every machine."""
    if sys.byteorder == "big":
        column.byteswap()
    return column
