"""What is given, and when: infusions, boluses and doses by other routes, in min and mg."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from openketamine.core.findings import BadInput

ROUTE_WORDS = {
    "iv": "by vein",
    "im": "by muscle",
    "in": "by nose",
    "po": "by mouth",
    "sl": "under the tongue",
    "sc": "under the skin",
}


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


@dataclass(frozen=True)
class Dose:
    """A mass given at one moment by a route other than a vein: im, in, po or sl."""

    at_min: float
    mass_mg: float
    route: str

    def __post_init__(self) -> None:
        _finite("at_min", self.at_min)
        _amount("mass_mg", self.mass_mg)


Regimen = Sequence[Segment | Bolus | Dose]


@dataclass(frozen=True)
class Piece:
    """A stretch between two events: what enters at its start, and the rate throughout."""

    start_min: float
    mass_mg: float
    rate_mg_per_min: float


def routes(regimen: Regimen) -> tuple[str, ...]:
    """Every route of a regimen once, in the order of its entries."""
    used = (entry.route if isinstance(entry, Dose) else "iv" for entry in regimen)
    return tuple(dict.fromkeys(used))


def pieces(regimen: Sequence[Segment | Bolus]) -> tuple[Piece, ...]:
    """The regimen cut at every start, stop and bolus; what overlaps is added up."""
    boluses: dict[float, list[float]] = {}
    changes: dict[float, list[tuple[int, float]]] = {}
    for number, entry in enumerate(regimen):
        if isinstance(entry, Bolus):
            boluses.setdefault(entry.at_min, []).append(entry.mass_mg)
        else:
            changes.setdefault(entry.start_min, []).append((number, entry.rate_mg_per_min))
            changes.setdefault(entry.end_min, []).append((number, 0.0))
    running: dict[int, float] = {}
    found = []
    for cut in sorted({*boluses, *changes}):
        for number, rate in changes.get(cut, ()):
            running[number] = rate
        running = {number: rate for number, rate in running.items() if rate > 0}
        found.append(Piece(cut, math.fsum(boluses.get(cut, ())), math.fsum(running.values())))
    return tuple(found)


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


def given_until(given: Regimen, now_min: float) -> Regimen:
    """The part of any regimen that lies before now: a dose at this moment is in."""
    segments = [entry for entry in given if isinstance(entry, Segment)]
    others = [e for e in given if not isinstance(e, Segment) and e.at_min <= now_min]
    return (*until(segments, now_min), *others)


def after(planned: Sequence[Segment], now_min: float) -> tuple[Segment, ...]:
    """The part of the segments that lies after now."""
    to_come = (segment for segment in planned if segment.end_min > now_min)
    return tuple(replace(segment, start_min=max(segment.start_min, now_min)) for segment in to_come)


def _finite(field: str, value: float) -> None:
    if not math.isfinite(value):
        raise BadInput(field, "a finite number of minutes", value)


def _amount(field: str, value: float) -> None:
    if not math.isfinite(value) or value < 0:
        raise BadInput(field, "a finite amount that is not negative", value)
