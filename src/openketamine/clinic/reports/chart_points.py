"""What the time chart shows, taken out of a session: points, bars, events. Nothing is averaged.

A monitor speaks each second; the chart has room for one mark a minute. It shows the first believed
reading of each minute as it was, and says so. Extremes are read from every reading, elsewhere.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from openketamine.clinic.reports.times import moment
from openketamine.core.monitoring import Sample

LANE = timedelta(minutes=15)
DRAWN = ("systolic", "diastolic", "mean_pressure", "heart_rate", "spo2", "respiratory_rate")
SCORED = ("moaas", "dissociation", "nausea", "distress", "pain")
_TOLD = frozenset(
    {
        "infusion_started",
        "rate_changed",
        "infusion_paused",
        "infusion_resumed",
        "infusion_stopped",
        "dose_given",
        "dose_stopped",
        "medicine_given",
        "adverse_event_charted",
        "note_charted",
        "finding_raised",
    }
)


@dataclass(frozen=True)
class Point:
    """One number as it was measured, by a device or by hand."""

    at: datetime
    signal: str
    value: float
    manual: bool


@dataclass(frozen=True)
class Doubted:
    """A number that a device sent and nobody believes: its time is shown, never its value."""

    at: datetime
    signal: str


@dataclass(frozen=True)
class Bar:
    """The pump at one rate."""

    start: datetime
    end: datetime
    rate: str


@dataclass(frozen=True)
class Event:
    """Something that happened, with its number in the list below the chart."""

    number: int
    at: datetime
    text: str


@dataclass(frozen=True)
class ChartData:
    """Everything that is drawn, between two round quarter hours."""

    first: datetime
    last: datetime
    points: tuple[Point, ...]
    doubted: tuple[Doubted, ...]
    bars: tuple[Bar, ...]
    events: tuple[Event, ...]


def chart_data(state: Mapping[str, Any], samples: Sequence[Sample], now: datetime) -> ChartData:
    """From the state as JSON (`state_as_json`) and the session's samples."""
    bars, events = _bars(state, now), _events(state)
    points, doubted = _points(samples), _doubted(samples)
    moments = [
        *(point.at for point in points),
        *(event.at for event in events),
        *(moment for bar in bars for moment in (bar.start, bar.end)),
    ] or [now]
    first = _quarter(min(moments), math.floor)
    last = max(_quarter(max(moments), math.ceil), first + 4 * LANE)
    return ChartData(first, last, points, doubted, bars, events)


def _quarter(moment: datetime, rounded: Any) -> datetime:
    seconds = LANE.total_seconds()
    return datetime.fromtimestamp(rounded(moment.timestamp() / seconds) * seconds, moment.tzinfo)


def _bars(state: Mapping[str, Any], now: datetime) -> tuple[Bar, ...]:
    infusion = state.get("infusion") or {}
    return tuple(
        Bar(
            moment(segment["start"]),
            moment(segment["end"]) if segment.get("end") else now,
            rate_words(segment),
        )
        for segment in infusion.get("segments", ())
        if segment["rate_ul_per_h"] > 0
    )


def rate_words(segment: Mapping[str, Any]) -> str:
    """`52.5 mL/h = 52.5 mg/h`, for the label of a bar."""
    volume, mass = segment["rate_ul_per_h"] / 1000, segment["rate_ug_per_h"] / 1000
    return f"{volume:,.4g} mL/h = {mass:,.4g} mg/h"


def _events(state: Mapping[str, Any]) -> tuple[Event, ...]:
    told = [
        event
        for event in state.get("events", ())
        if event["kind"] in _TOLD and not event.get("corrected")
    ]
    return tuple(
        Event(number, moment(event["at"]), str(event["text"]))
        for number, event in enumerate(sorted(told, key=lambda event: str(event["at"])), 1)
    )


def _points(samples: Iterable[Sample]) -> tuple[Point, ...]:
    """Every manual number, and the first believed device number of each minute."""
    seen: set[tuple[str, datetime]] = set()
    points: list[Point] = []
    for sample in sorted(samples, key=lambda sample: sample.at):
        minute = sample.at.replace(second=0, microsecond=0)
        for signal in (*DRAWN, *SCORED):
            value = sample.believed(signal)
            if value is None or (sample.source == "device" and (signal, minute) in seen):
                continue
            seen.add((signal, minute))
            points.append(Point(sample.at, signal, float(value), sample.source == "manual"))
    return tuple(points)


def _doubted(samples: Iterable[Sample]) -> tuple[Doubted, ...]:
    """One mark a minute and signal where a number came and was not believed."""
    marks = {
        (signal, sample.at.replace(second=0, microsecond=0))
        for sample in samples
        for signal in sample.doubts
        if signal in DRAWN
    }
    return tuple(Doubted(at, signal) for signal, at in sorted(marks, key=lambda mark: mark[1]))
