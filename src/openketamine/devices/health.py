"""What a technician wants to know of each device: told to the clinic with every heartbeat.

Kept in memory only, and little of it: the readings themselves are in the spool. No name and no
record number of a person is kept here.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from openketamine.devices.connector import Reading

MOST_DEVICES = 500
MOST_SENTENCES = 20
TREND_NEEDS = timedelta(minutes=10)
"""A shorter look at a clock tells its noise, not its drift."""

_MINUTES = 60
_LONGEST = 120
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")


@dataclass
class Said:
    """One kind of sentence, how often it was said, and its latest words."""

    words: str
    count: int
    last: datetime

    def as_json(self) -> dict[str, Any]:
        """The form in which the clinic is told."""
        return {"words": self.words, "count": self.count, "last": self.last.isoformat()}


class Sentences:
    """Remarks or rejections that differ only in their numbers are one kind."""

    def __init__(self) -> None:
        self._said: OrderedDict[str, Said] = OrderedDict()

    def add(self, words: str, now: datetime) -> None:
        """Said once more."""
        kind = _NUMBERS.sub("#", words)[:_LONGEST]
        known = self._said.pop(kind, None)
        self._said[kind] = Said(words[:_LONGEST], (known.count if known else 0) + 1, now)
        while len(self._said) > MOST_SENTENCES:
            self._said.popitem(last=False)

    def as_json(self) -> list[dict[str, Any]]:
        """The latest first."""
        return [one.as_json() for one in reversed(self._said.values())]


@dataclass
class Clock:
    """How far the clock of a device is from ours (device minus gateway), minute by minute."""

    minutes: deque[tuple[datetime, float]] = field(default_factory=lambda: deque(maxlen=_MINUTES))
    _minute: datetime | None = None
    _now: list[float] = field(default_factory=list)

    def add(self, measured_at: datetime, received_at: datetime) -> None:
        """One message more."""
        minute = received_at.replace(second=0, microsecond=0)
        if self._minute is not None and minute != self._minute:
            self.minutes.append((self._minute, median(self._now)))
            self._now.clear()
        self._minute = minute
        self._now = [*self._now[-_MINUTES:], (measured_at - received_at).total_seconds()]

    @property
    def skew_s(self) -> float | None:
        """Median of the last minute, above 0 where the device is ahead; None before it spoke."""
        return median(self._now) if self._now else None

    @property
    def drift_s_per_h(self) -> float | None:
        """By how much that grows in an hour; None before it was watched for a while."""
        if not self.minutes or self._minute is None or not self._now:
            return None
        first, before = self.minutes[0]
        span = self._minute - first
        if span < TREND_NEEDS:
            return None
        return (median(self._now) - before) / (span / timedelta(hours=1))


@dataclass
class DeviceHealth:
    """One device as this gateway has heard it since it started."""

    kind: str = ""
    connector: str = ""
    first_at: datetime | None = None
    last_at: datetime | None = None
    messages: int = 0
    minute: deque[datetime] = field(default_factory=lambda: deque(maxlen=1200))
    clock: Clock = field(default_factory=Clock)
    texts: dict[str, str] = field(default_factory=dict)
    remarks: Sentences = field(default_factory=Sentences)
    rejected: Sentences = field(default_factory=Sentences)

    def per_minute(self, now: datetime) -> int:
        """Messages of the last 60 s."""
        since = now - timedelta(minutes=1)
        while self.minute and self.minute[0] <= since:
            self.minute.popleft()
        return len(self.minute)


class Health:
    """Every device that a gateway hears, the latest last; the longest silent is forgotten first."""

    def __init__(self) -> None:
        self._devices: OrderedDict[str, DeviceHealth] = OrderedDict()
        self._nobody = Sentences()

    def heard(self, readings: Sequence[Reading], connector: str) -> None:
        """One message with these readings, the newest first, was kept."""
        for device_id in dict.fromkeys(reading.device_id for reading in readings):
            own = [reading for reading in readings if reading.device_id == device_id]
            self._note(device_id, own, connector)

    def rejects(self, sender: str, why: str, now: datetime) -> None:
        """Something was not taken. `sender`: the device as far as it named itself, else empty."""
        (self._device(sender).rejected if sender else self._nobody).add(why, now)

    def as_json(self, now: datetime) -> dict[str, Any]:
        """What goes into a heartbeat."""
        return {
            "devices": {name: _as_json(one, now) for name, one in self._devices.items()},
            "rejected": self._nobody.as_json(),
        }

    def _device(self, device_id: str) -> DeviceHealth:
        one = self._devices.pop(device_id[:80], None) or DeviceHealth()
        self._devices[device_id[:80]] = one
        while len(self._devices) > MOST_DEVICES:
            self._devices.popitem(last=False)
        return one

    def _note(self, device_id: str, readings: Sequence[Reading], connector: str) -> None:
        newest = readings[0]
        now = newest.received_at
        one = self._device(device_id)
        one.kind, one.connector = newest.device_kind, connector
        one.first_at, one.last_at = one.first_at or now, now
        one.messages += 1
        one.minute.append(now)
        one.clock.add(newest.measured_at, now)
        one.texts = _short(one.texts | dict(newest.texts))
        for words in _remarks(readings):
            one.remarks.add(words, now)


def _remarks(readings: Iterable[Reading]) -> Iterable[str]:
    return dict.fromkeys(words for reading in readings for words in reading.remarks)


def _short(texts: Mapping[str, str]) -> dict[str, str]:
    return {name[:40]: text[:_LONGEST] for name, text in list(texts.items())[:MOST_SENTENCES]}


def _as_json(one: DeviceHealth, now: datetime) -> dict[str, Any]:
    skew, drift = one.clock.skew_s, one.clock.drift_s_per_h
    return {
        "kind": one.kind,
        "connector": one.connector,
        "first_at": one.first_at.isoformat() if one.first_at else None,
        "last_at": one.last_at.isoformat() if one.last_at else None,
        "messages": one.messages,
        "per_minute": one.per_minute(now),
        "skew_s": None if skew is None else round(skew, 1),
        "drift_s_per_h": None if drift is None else round(drift, 1),
        "texts": one.texts,
        "remarks": one.remarks.as_json(),
        "rejected": one.rejected.as_json(),
    }
