"""A regimen in a few words, as a heading has it: `35 mg by vein over 40 min`."""

import itertools
from collections.abc import Sequence

from openketamine.core.pharmacology._regimen import ROUTE_WORDS, Bolus, Dose, Regimen, Segment

Entry = Segment | Bolus | Dose


def given_in_words(regimen: Regimen, weight_kg: float | None) -> str:
    """What is given, by which route and for what weight, if that is known."""
    what = "nothing" if not regimen else _one(regimen[0]) if len(regimen) == 1 else _many(regimen)
    return what if weight_kg is None else f"{what}, {_number(weight_kg)} kg"


def _one(entry: Entry) -> str:
    if isinstance(entry, Segment):
        return f"{_mass(entry)} by vein over {_time(entry.end_min - entry.start_min)}"
    return f"{_mass(entry)} {_way(entry)}" + (" at once" if isinstance(entry, Bolus) else "")


def _many(regimen: Regimen) -> str:
    """The same dose again and again is named once; other regimens by their sum and length."""
    ways = " and ".join(dict.fromkeys(_way(entry) for entry in regimen))
    starts = sorted(_start(entry) for entry in regimen)
    kinds = {(type(entry), _mass(entry), _length(entry)) for entry in regimen}
    if len(kinds) == 1:
        alike = _one(regimen[0])
        return f"{len(regimen)} × {alike}{_apart(starts)}"
    total = _number(sum(_milligrams(entry) for entry in regimen))
    last = max(_start(entry) + _length(entry) for entry in regimen)
    return f"{total} mg in {len(regimen)} parts {ways} within {_time(last - starts[0])}"


def _apart(starts: Sequence[float]) -> str:
    gaps = {round(after - before, 6) for before, after in itertools.pairwise(starts)}
    if len(gaps) == 1:
        return f", {_time(gaps.pop())} apart"
    return f", within {_time(starts[-1] - starts[0])}"


def _start(entry: Entry) -> float:
    return entry.start_min if isinstance(entry, Segment) else entry.at_min


def _length(entry: Entry) -> float:
    return entry.end_min - entry.start_min if isinstance(entry, Segment) else 0.0


def _milligrams(entry: Entry) -> float:
    return entry.mass_mg


def _mass(entry: Entry) -> str:
    return f"{_number(entry.mass_mg)} mg"


def _way(entry: Entry) -> str:
    route = entry.route if isinstance(entry, Dose) else "iv"
    return ROUTE_WORDS.get(route, route)


def _time(minutes: float) -> str:
    if minutes < 180:
        return f"{_number(minutes)} min"
    return f"{_number(minutes / 60)} h" if minutes < 2880 else f"{_number(minutes / 1440)} days"


def _number(value: float) -> str:
    return f"{round(value, 2):,.6g}"
