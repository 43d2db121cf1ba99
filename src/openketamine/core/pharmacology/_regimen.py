"""What is given, and when: constant-rate segments and boluses, in minutes and milligrams."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from openketamine.core.findings import BadInput


@dataclass(frozen=True)
class Segment:
    """An infusion at a constant rate from `start_min` to `end_min`."""

    start_min: float
    end_min: float
    rate_mg_per_min: float

    def __post_init__(self) -> None:
        _finite("start_min", self.start_min)
        _finite("end_min", self.end_min)
        _amount("rate_mg_per_min", self.rate_mg_per_min)
        if self.end_min <= self.start_min:
            raise BadInput(
                "end_min", f"a time after the start at {self.start_min} min", self.end_min
            )

    @property
    def mass_mg(self) -> float:
        """Milligrams given from start to end."""
        return (self.end_min - self.start_min) * self.rate_mg_per_min


@dataclass(frozen=True)
class Bolus:
    """A mass given at one moment."""

    at_min: float
    mass_mg: float

    def __post_init__(self) -> None:
        _finite("at_min", self.at_min)
        _amount("mass_mg", self.mass_mg)


Regimen = Sequence[Segment | Bolus]


@dataclass(frozen=True)
class Piece:
    """A stretch between two events: what enters at its start, and the rate throughout."""

    start_min: float
    mass_mg: float
    rate_mg_per_min: float


def pieces(regimen: Regimen) -> tuple[Piece, ...]:
    """The regimen cut at every start, stop and bolus; what overlaps is added up."""
    cuts = sorted({moment for entry in regimen for moment in _moments(entry)})
    return tuple(Piece(cut, _mass_at(regimen, cut), _rate_from(regimen, cut)) for cut in cuts)


def remainder(
    given: Sequence[Segment], dose_mg: float, rate_mg_per_min: float, now_min: float
) -> tuple[Segment, ...]:
    """What is still to come from now on, at this rate, until the whole dose is given.

    Segments in `given` that run past `now_min` count only up to now.
    """
    left_mg = dose_mg - sum(segment.mass_mg for segment in until(given, now_min))
    if left_mg <= 0 or rate_mg_per_min <= 0:
        return ()
    return (Segment(now_min, now_min + left_mg / rate_mg_per_min, rate_mg_per_min),)


def until(given: Sequence[Segment], now_min: float) -> tuple[Segment, ...]:
    """The part of the segments that lies before now."""
    started = (segment for segment in given if segment.start_min < now_min)
    return tuple(replace(segment, end_min=min(segment.end_min, now_min)) for segment in started)


def after(planned: Sequence[Segment], now_min: float) -> tuple[Segment, ...]:
    """The part of the segments that lies after now."""
    to_come = (segment for segment in planned if segment.end_min > now_min)
    return tuple(replace(segment, start_min=max(segment.start_min, now_min)) for segment in to_come)


def _moments(entry: Segment | Bolus) -> tuple[float, ...]:
    if isinstance(entry, Bolus):
        return (entry.at_min,)
    return (entry.start_min, entry.end_min)


def _mass_at(regimen: Regimen, moment: float) -> float:
    return math.fsum(e.mass_mg for e in regimen if isinstance(e, Bolus) and e.at_min == moment)


def _rate_from(regimen: Regimen, moment: float) -> float:
    running = (
        entry.rate_mg_per_min
        for entry in regimen
        if isinstance(entry, Segment) and entry.start_min <= moment < entry.end_min
    )
    return math.fsum(running)


def _finite(field: str, value: float) -> None:
    if not math.isfinite(value):
        raise BadInput(field, "a finite number of minutes", value)


def _amount(field: str, value: float) -> None:
    if not math.isfinite(value) or value < 0:
        raise BadInput(field, "a finite amount that is not negative", value)
