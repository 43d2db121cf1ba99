"""Device readings in their small form: a fact of kind `reading_taken` that fits in one short row.

Thousands an hour come from each bed, so what is the same in all of them (whose stream, which
device, how its message keys begin) stands once in a `Voice`, and the numbers stand in tenths. It is
the same fact all the same: numbered in its stream, chained, and given out as every other fact. What
does not fit (another signal, a third decimal, a time hours off) is written as an ordinary fact.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from openketamine.clinic.journal._stored import StoredFact
from openketamine.core.treatment import Author, Fact, ReadingTaken

KIND = "reading_taken"
ORIGIN = "gateway"
SIGNALS = (
    "heart_rate",
    "pulse_rate",
    "systolic",
    "diastolic",
    "mean_pressure",
    "spo2",
    "respiratory_rate",
    "etco2",
    "temperature",
)
"""The columns, in this order. Part of what is hashed: never changed, only added to."""

ABSENT, NO_NUMBER = -32768, -32767
"""The device did not name the signal; it named it and had no number."""

AT_RECEIPT = 2**31 - 1
_MOST = 32760
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_NAMES = UUID("6f0e3d52-5b0e-4a7c-9d53-5a1f0c3f8a11").bytes
_SPLIT = "\x1f"


class Reading(NamedTuple):
    """One reading. `received`: µs since 1970. `measured`, `recorded`: ms after its whole ms;
    `measured` is AT_RECEIPT where the device gave no time of its own.

    `tenths`: one whole number for each of SIGNALS. `doubts`: JSON, empty where there is none.
    """

    number: int
    device_id: str
    key: str
    received: int
    measured: int
    recorded: int
    tenths: tuple[int, ...]
    doubts: str

    @property
    def fact_id(self) -> str:
        """The id of the fact, made from the key of the message."""
        return fact_id(self.key)


def fact_id(key: str) -> str:
    """The id that every reading of this message key has, whatever its form."""
    return str(UUID(bytes=_named(key)[:16], version=5))


def key_hash(key: str) -> int:
    """The first four bytes of that id, by which a repeated key is found."""
    return int.from_bytes(_named(key)[:4], "big", signed=True)


def id_hash(identity: UUID) -> int:
    """The same four bytes of an id."""
    return int.from_bytes(identity.bytes[:4], "big", signed=True)


@lru_cache(maxsize=8192)
def _named(key: str) -> bytes:
    return hashlib.sha1(_NAMES + b"reading|" + key.encode(), usedforsecurity=False).digest()


def small(
    number: int, key: str, body: ReadingTaken, doubts: Mapping[str, str], now: datetime
) -> Reading | None:
    """The reading in its small form; None where it does not fit."""
    tenths = _tenths(body.values)
    received = microseconds(body.received_at)
    measured = _measured(body, received)
    recorded = microseconds(now) // 1000 - received // 1000
    if tenths is None or measured is None or abs(recorded) >= AT_RECEIPT:
        return None
    if not (body.device_id.isprintable() and key.isprintable()):
        return None
    written = json.dumps(dict(doubts), sort_keys=True, ensure_ascii=False) if doubts else ""
    return Reading(number, body.device_id, key, received, measured, recorded, tenths, written)


def _measured(body: ReadingTaken, received: int) -> int | None:
    if body.measured_at == body.received_at:
        return AT_RECEIPT
    measured = microseconds(body.measured_at)
    after = measured // 1000 - received // 1000
    return after if measured % 1000 == 0 and abs(after) < AT_RECEIPT else None


def _tenths(values: Mapping[str, Decimal | None]) -> tuple[int, ...] | None:
    found = dict.fromkeys(SIGNALS, ABSENT)
    for signal, value in values.items():
        if signal not in found:
            return None
        tenths = NO_NUMBER if value is None else _tenfold(value)
        if tenths is None:
            return None
        found[signal] = tenths
    return tuple(found.values())


@lru_cache(maxsize=8192)
def _tenfold(value: Decimal) -> int | None:
    """In tenths, None where it does not fit. Most numbers of a bedside were heard before."""
    tenfold = value * 10
    fits = -_MOST < tenfold < _MOST and tenfold == int(tenfold)
    return int(tenfold) if fits else None


def chained(stream: str, reading: Reading, before: str) -> str:
    """The hash of this reading at its place, bound to the hash before it."""
    return hashlib.sha256((hashed(stream, reading) + before).encode()).hexdigest()


def hashed(stream: str, reading: Reading) -> str:
    """What of a reading is hashed, before the hash that it follows."""
    number, device_id, key, received, measured, recorded, tenths, doubts = reading
    numbers = ",".join(map(str, tenths))
    return (
        f"reading{_SPLIT}{stream}{_SPLIT}{number}{_SPLIT}{device_id}{_SPLIT}{key}{_SPLIT}"
        f"{received}{_SPLIT}{measured}{_SPLIT}{recorded}{_SPLIT}{numbers}{_SPLIT}{doubts}{_SPLIT}"
    )


def witness(digest: str) -> int:
    """The first four bytes of a hash, as they are kept beside the reading.

    The chain itself goes on in the head and in the next fact, in full; these name the reading that
    was changed.
    """
    short = int(digest[:8], 16)
    return short - 2**32 if short >= 2**31 else short


def moment(us: int) -> datetime:
    """Microseconds since 1970 as a time."""
    return _EPOCH + timedelta(microseconds=us)


def microseconds(at: datetime) -> int:
    """A time as microseconds since 1970."""
    return (at - _EPOCH) // _US


def as_stored(stream: str, reading: Reading, mark: int = 0) -> StoredFact:
    """As the journal gives out every fact."""
    received, measured, recorded = times(reading)
    body = {
        "device_id": reading.device_id,
        "measured_at": measured.isoformat(),
        "received_at": received.isoformat(),
        "values": json_values(reading.tenths),
        "doubts": json.loads(reading.doubts) if reading.doubts else {},
        "message_key": reading.key,
    }
    return StoredFact(
        id=reading.fact_id,
        stream=stream,
        number=reading.number,
        kind=KIND,
        body=body,
        at=measured,
        recorded_at=recorded,
        by=author(reading.device_id),
        origin=ORIGIN,
        hash=f"{mark & 0xFFFFFFFF:08x}",
    )


def as_fact(reading: Reading) -> Fact:
    """As the core reads it."""
    body, recorded = taken(reading), times(reading)[2]
    by = author(reading.device_id)
    return Fact(reading.fact_id, body.measured_at, by, body, recorded, reading.number)


def times(reading: Reading) -> tuple[datetime, datetime, datetime]:
    """Received, measured, recorded."""
    received, whole = moment(reading.received), reading.received // 1000
    measured = received
    if reading.measured != AT_RECEIPT:
        measured = moment((whole + reading.measured) * 1000)
    return received, measured, moment((whole + reading.recorded) * 1000)


def measured_us(reading: Reading) -> int:
    """When it was measured, µs since 1970."""
    if reading.measured == AT_RECEIPT:
        return reading.received
    return (reading.received // 1000 + reading.measured) * 1000


def has_number(tenths: int) -> bool:
    """Whether the device gave a number for a signal."""
    return tenths > NO_NUMBER


def times_ms(reading: Reading) -> tuple[int, int]:
    """Measured and received, ms since 1970, as the browser draws them."""
    received = round(reading.received / 1000)
    if reading.measured == AT_RECEIPT:
        return received, received
    return reading.received // 1000 + reading.measured, received


def taken(reading: Reading) -> ReadingTaken:
    """Its body."""
    received, measured, _ = times(reading)
    return ReadingTaken(
        reading.device_id,
        measured,
        received,
        decimals(reading.tenths),
        json.loads(reading.doubts) if reading.doubts else {},
        reading.key,
    )


def author(device_id: str) -> Author:
    """A device speaks for itself."""
    return Author(device_id, f"Monitor {device_id}", "device")


def json_values(tenths: tuple[int, ...]) -> dict[str, Any]:
    """Signal → number as JSON has it: 72 and 36.6, None where there was none."""
    return {signal: _PLAIN[n] for signal, n in zip(SIGNALS, tenths, strict=True) if n != ABSENT}


def columns(reading: Reading) -> list[Any]:
    """Number, measured and received in ms since 1970, then a number or None for each of SIGNALS."""
    return [reading.number, *times_ms(reading), *map(_PLAIN.__getitem__, reading.tenths)]


class _Plain(dict[int, int | float | None]):
    """Tenths → the number as JSON has it. A bedside says the same few hundred numbers all day."""

    def __missing__(self, n: int) -> int | float | None:
        self[n] = None if n <= NO_NUMBER else n // 10 if n % 10 == 0 else n / 10
        return self[n]


_PLAIN = _Plain()


_DECIMALS: dict[int, Decimal | None] = {NO_NUMBER: None}


def decimals(tenths: tuple[int, ...]) -> dict[str, Decimal | None]:
    """Signal → number as the core has it."""
    found: dict[str, Decimal | None] = {}
    for signal, n in zip(SIGNALS, tenths, strict=True):
        if n == ABSENT:
            continue
        if n not in _DECIMALS:
            _DECIMALS[n] = Decimal(n // 10) if n % 10 == 0 else Decimal(n) / 10
        found[signal] = _DECIMALS[n]
    return found
