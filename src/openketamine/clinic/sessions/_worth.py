"""Which device readings a state is given: of thousands the newest few of each signal.

The newest ten before the start (for the baseline) and since, believed and not believed apart. Some
monitors repeat the last cuff pressure every second, and a gate asks for two that lie minutes apart:
so of the last hour one reading a minute is kept as well.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from openketamine.clinic.journal.queries import SIGNALS, Reading, as_fact, has_number, measured_us
from openketamine.core.treatment import Fact, facts

_KEPT_READINGS = 10
_KEPT_US = 65 * 60 * 10**6
_MINUTE_US = 60 * 10**6

Signal = tuple[str, bool]


class Said(NamedTuple):
    """A reading: when it was measured (µs since 1970), which signals it has, each with whether its
    number is believed, and the reading itself, made a fact only where it is kept."""

    at: int
    signals: tuple[Signal, ...]
    source: Fact | Reading

    @property
    def fact(self) -> Fact:
        """As the core reads it."""
        return as_fact(self.source) if isinstance(self.source, Reading) else self.source


def said(source: Fact | Reading) -> Said:
    """What a reading says, in either form."""
    if isinstance(source, Reading):
        there = tuple(map(has_number, source.tenths))
        return Said(measured_us(source), _signals(there, source.doubts), source)
    body = source.body
    assert isinstance(body, facts.ReadingTaken)  # noqa: S101  (the caller chose it so)
    signals = ((name, name not in body.doubts) for name, n in body.values.items() if n is not None)
    return Said(int(source.at.timestamp() * 10**6), tuple(signals), source)


@lru_cache(maxsize=256)
def _signals(there: tuple[bool, ...], doubts: str) -> tuple[Signal, ...]:
    """Nearly all readings of a bed have the same signals: the same object for all of them."""
    return tuple(
        (signal, f'"{signal}":' not in doubts)
        for signal, has in zip(SIGNALS, there, strict=True)
        if has
    )


def worth_keeping(readings: Sequence[Said], started_at: datetime | None) -> tuple[Said, ...]:
    """The newest few before the start, for the baseline, and the newest few since."""
    if started_at is None:
        return _newest(readings)
    start = int(started_at.timestamp() * 10**6)
    before = [one for one in readings if one.at <= start]
    since = [one for one in readings if one.at > start]
    return (*_newest(before), *_newest(since))


def _newest(readings: Sequence[Said]) -> tuple[Said, ...]:
    if not readings:
        return ()
    seen: dict[Signal, int] = {}
    minutes: set[tuple[Signal, int]] = set()
    begin = readings[-1].at - _KEPT_US
    kept = []
    # Signals that all were seen often enough, and the minute and signals of the one before: most
    # readings are like their neighbour, and say nothing new.
    settled: tuple[Signal, ...] | None = None
    neighbour: tuple[int, tuple[Signal, ...]] = (0, ())
    for one in reversed(readings):
        keep = one.signals is not settled and _count(seen, one.signals)
        settled = settled if keep else one.signals
        minute = one.at // _MINUTE_US
        like = neighbour[0] == minute and neighbour[1] is one.signals
        if one.at >= begin and not like:
            neighbour = (minute, one.signals)
            before = len(minutes)
            minutes.update([(signal, minute) for signal in one.signals])
            keep = keep or len(minutes) > before
        if keep:
            kept.append(one)
    return tuple(reversed(kept))


def _count(seen: dict[Signal, int], signals: Iterable[Signal]) -> bool:
    """Whether one of these was not seen often enough yet."""
    few = False
    for signal in signals:
        times = seen.get(signal, 0)
        seen[signal] = times + 1
        few = few or times < _KEPT_READINGS
    return few
