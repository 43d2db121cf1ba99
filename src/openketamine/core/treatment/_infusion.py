"""The infusion as segments of constant rate. What was given is derived, in exact fractions.

What does not fit (a stop before a start, a rate change while the pump stands) is listed in words
and never refused: it is what somebody said happened.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from openketamine.core.log import Entry, named
from openketamine.core.treatment._facts import (
    Body,
    Fact,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    RateChanged,
)

_HOUR_US = 3_600_000_000
_LONGEST_H = 1000


@dataclass(frozen=True)
class Segment:
    """The pump ran at one rate from `start` to `end`; None while it still does."""

    start: datetime
    end: datetime | None
    rate_ul_per_h: int
    reason: str

    def pumped_ul(self, now: datetime) -> Fraction:
        """What the pump moved until `now`, as if its bag were endless."""
        end = now if self.end is None else min(self.end, now)
        elapsed_us = max(end - self.start, timedelta(0)) // timedelta(microseconds=1)
        return Fraction(max(0, self.rate_ul_per_h) * elapsed_us, _HOUR_US)


@dataclass(frozen=True)
class Infusion:
    """One bag or syringe on a pump."""

    started_at: datetime
    bag_ul: int
    concentration_ug_per_ml: int
    weight_g: int
    segments: tuple[Segment, ...]
    stopped_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether the pump was last said to run."""
        return bool(self.segments) and self.segments[-1].end is None

    def given_ul_by_segment(self, now: datetime) -> tuple[Fraction, ...]:
        """Volume given in each segment until `now`; in all never more than the bag holds."""
        left = Fraction(max(0, self.bag_ul))
        given = []
        for segment in self.segments:
            volume = min(left, segment.pumped_ul(now))
            left -= volume
            given.append(volume)
        return tuple(given)

    def given_ul(self, now: datetime) -> Fraction:
        """Volume given until `now`."""
        return sum(self.given_ul_by_segment(now), Fraction(0))

    def given_ug(self, now: datetime) -> Fraction:
        """Mass given until `now`."""
        return self.given_ul(now) * Fraction(self.concentration_ug_per_ml, 1000)

    def empty_at(self) -> datetime | None:
        """When the bag is empty at the present rate; None while the pump stands or hardly moves."""
        if not self.running or self.segments[-1].rate_ul_per_h <= 0:
            return None
        last = self.segments[-1]
        left = max(0, self.bag_ul) - self.given_ul(last.start)
        hours = left / last.rate_ul_per_h
        if hours > _LONGEST_H:
            return None
        return last.start + timedelta(microseconds=int(hours * _HOUR_US))


def read_infusion(entries: Sequence[Entry[Body]]) -> tuple[Infusion | None, tuple[str, ...]]:
    """The infusion that the facts tell of, and what in them does not fit together."""
    infusion: Infusion | None = None
    said: list[str] = []
    for fact, body in _pump_facts(entries):
        if infusion is None and not isinstance(body, InfusionStarted):
            said.append(f"{named(fact)}: {_VERBS[type(body)]} before it was started")
        elif infusion is None:
            infusion = _started(fact, body)
        else:
            infusion, odd = _STEPS[type(body)](infusion, fact, body)
            said += [f"{named(fact)}: {odd}"] if odd else []
    return infusion, tuple(said)


PumpBody = InfusionStarted | RateChanged | InfusionPaused | InfusionResumed | InfusionStopped
_Step = tuple[Infusion, str]


def _pump_facts(entries: Sequence[Entry[Body]]) -> Iterator[tuple[Fact, PumpBody]]:
    for entry in entries:
        if isinstance(entry.body, PumpBody):
            yield entry.fact, entry.body


def _started(fact: Fact, body: object) -> Infusion | None:
    if not isinstance(body, InfusionStarted):
        return None
    first = Segment(fact.at, None, body.rate_ul_per_h, "started")
    return Infusion(fact.at, body.volume_ul, body.concentration_ug_per_ml, body.weight_g, (first,))


def _ended(infusion: Infusion, at: datetime) -> tuple[Segment, ...]:
    *before, last = infusion.segments
    return (*before, last if last.end is not None else replace(last, end=at))


def _run(infusion: Infusion, at: datetime, rate: int, reason: str) -> Infusion:
    segments = (*_ended(infusion, at), Segment(at, None, rate, reason))
    return replace(infusion, segments=segments, stopped_at=None)


def _start_again(infusion: Infusion, fact: Fact, body: InfusionStarted) -> _Step:
    if infusion.running:
        return infusion, "the infusion was started while it already ran"
    # The pump is said to run, so the person is taken to receive drug: the safer of two readings.
    again = _run(infusion, fact.at, body.rate_ul_per_h, "started again")
    return again, "the infusion was started a second time"


def _change_rate(infusion: Infusion, fact: Fact, body: RateChanged) -> _Step:
    if not infusion.running:
        return infusion, "the rate was changed while the pump stood still"
    return _run(infusion, fact.at, body.rate_ul_per_h, body.reason or "rate changed"), ""


def _pause(infusion: Infusion, fact: Fact, _: InfusionPaused) -> _Step:
    if not infusion.running:
        return infusion, "the infusion was paused while the pump stood still"
    return replace(infusion, segments=_ended(infusion, fact.at)), ""


def _resume(infusion: Infusion, fact: Fact, body: InfusionResumed) -> _Step:
    odd = ""
    if infusion.running:
        odd = "the infusion was resumed while it ran"
    elif infusion.stopped_at is not None:
        odd = "the infusion was resumed after it was stopped for good"
    return _run(infusion, fact.at, body.rate_ul_per_h, body.reason or "resumed"), odd


def _stop(infusion: Infusion, fact: Fact, _: InfusionStopped) -> _Step:
    if infusion.stopped_at is not None:
        return infusion, "the infusion was stopped a second time"
    return replace(infusion, segments=_ended(infusion, fact.at), stopped_at=fact.at), ""


_STEPS: Mapping[type, Callable[[Infusion, Fact, Any], _Step]] = {
    InfusionStarted: _start_again,
    RateChanged: _change_rate,
    InfusionPaused: _pause,
    InfusionResumed: _resume,
    InfusionStopped: _stop,
}
_VERBS: Mapping[type, str] = {
    RateChanged: "the rate was changed",
    InfusionPaused: "the infusion was paused",
    InfusionResumed: "the infusion was resumed",
    InfusionStopped: "the infusion was stopped",
}
