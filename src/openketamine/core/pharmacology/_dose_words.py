"""Doses, times and weights as people write them, turned into a regimen in minutes and mg."""

import itertools
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._regimen import Bolus, Dose, Segment
from openketamine.core.quantities import Quantity, QuantityError, parse

_MOST_POINTS = 200_000
_MOST_DOSES = 10_000
# Beyond these a word was mistyped: no person weighs so, and a float would run out of digits.
_WEIGHTS_KG = (Decimal("0.2"), Decimal(1000))
_MOST_MG = Decimal(1_000_000)
_MOST_MINUTES = Decimal(20 * 366 * 1440)


class Doses(Protocol):
    """What of a request says what is given."""

    @property
    def route(self) -> str: ...
    @property
    def dose(self) -> tuple[str, ...]: ...
    @property
    def over(self) -> tuple[str, ...]: ...
    @property
    def at(self) -> tuple[str, ...]: ...


def regimen(
    request: "Doses", weight_kg: Decimal, last_min: Decimal
) -> tuple[Segment | Bolus | Dose, ...]:
    """What is given, entry by entry; BadInput for doses and times that do not fit together."""
    if not request.dose:
        raise BadInput("dose", "an amount such as 0.5 mg/kg")
    # One dose with many starts is a course of the same dose.
    count = len(request.at) if len(request.dose) == 1 and request.at else len(request.dose)
    if count > _MOST_DOSES:
        raise BadInput("at", f"no more than {_MOST_DOSES:,} doses", count)
    doses = list(request.dose) * (count if len(request.dose) == 1 else 1)
    over = _one_each("over", request.over, count, "0 min")
    at = _one_each("at", request.at, count, "0 min" if count == 1 else None)
    entries = [
        _entry(request.route, dose, length, start, weight_kg)
        for dose, length, start in zip(doses, over, at, strict=True)
    ]
    _refuse_impossible_times(entries, last_min)
    return tuple(entries)


def _one_each(field: str, given: tuple[str, ...], count: int, missing: str | None) -> Sequence[str]:
    """One word a dose. A mismatch is never guessed at: a shifted column is a wrong dose."""
    if not given and missing is not None:
        return [missing] * count
    if len(given) == 1 and field == "over":
        return list(given) * count
    if len(given) != count:
        raise BadInput(field, f"one for each of the {count} doses", len(given))
    return given


def _entry(route: str, dose: str, over: str, at: str, weight_kg: Decimal) -> Segment | Bolus | Dose:
    start, length = minutes("at", at), minutes("over", over)
    if length < 0:
        raise BadInput("over", "a time that is not negative", over)
    if route != "iv" and length > 0:
        raise BadInput("over", f"nothing: a dose by {route} is given at one moment", over)
    mass = _mass_mg(dose, length, weight_kg)
    if mass > _MOST_MG:
        raise BadInput("dose", "less than a kilogram of drug", dose)
    if route != "iv":
        return Dose(float(start), float(mass), route)
    if length == 0:
        return Bolus(float(start), float(mass))
    return Segment(float(start), float(start + length), float(mass / length))


def _mass_mg(dose: str, length_min: Decimal, weight_kg: Decimal) -> Decimal:
    amount = quantity("dose", dose)
    if amount.amount < 0:
        raise BadInput("dose", "an amount that is not negative", dose)
    ways = {
        "mg": Decimal(1),
        "mg/kg": weight_kg,
        "mg/min": length_min,
        "mg/kg/min": weight_kg * length_min,
    }
    for unit, factor in ways.items():
        if amount.dimension == Quantity(Decimal(1), unit).dimension:
            if unit.endswith("/min") and length_min == 0:
                raise BadInput("over", f"how long the rate {dose} runs")
            return amount.in_unit(unit) * factor
    raise BadInput("dose", "a mass such as 35 mg or 0.5 mg/kg, or a rate such as 0.5 mg/kg/h", dose)


def _refuse_impossible_times(entries: Sequence[Segment | Bolus | Dose], last_min: Decimal) -> None:
    for entry in entries:
        start = entry.start_min if isinstance(entry, Segment) else entry.at_min
        if not 0 <= start <= last_min:
            raise BadInput("at", f"a time from 0 to until ({last_min:g} min)", f"{start:g} min")
    infusions = sorted((e for e in entries if isinstance(e, Segment)), key=lambda e: e.start_min)
    for earlier, later in itertools.pairwise(infusions):
        if later.start_min < earlier.end_min - 1e-9:
            expected = f"infusions one after the other: one runs until {earlier.end_min:g} min"
            raise BadInput("at", expected, f"{later.start_min:g} min")


def weight(text: str | None) -> Decimal:
    """Kilograms; a bare number counts as kg."""
    if text is None or not text.strip():
        raise BadInput("weight", "the body weight in kg: dose and models depend on it")
    bare = text.strip()
    if re.fullmatch(r"[+-]?[0-9]+([.][0-9]+)?", bare):
        bare = f"{bare} kg"
    weight = quantity("weight", bare, "kg").in_unit("kg")
    if weight <= 0:
        raise BadInput("weight", "more than 0 kg", text)
    lowest, most = _WEIGHTS_KG
    if not lowest <= weight <= most:
        raise BadInput("weight", f"the weight of a person, {lowest:f} to {most:,f} kg", text)
    return weight


def grid(every: str, until: str) -> tuple[float, ...]:
    """The times of the answer, from 0 to until."""
    step, last = minutes("every", every), minutes("until", until)
    if step <= 0 or last < step:
        raise BadInput("every", f"more than 0 and not more than until ({until})", every)
    count = int(last / step)
    if count >= _MOST_POINTS:
        raise BadInput("every", f"a step that gives fewer than {_MOST_POINTS:,} points", every)
    return tuple(float(step * place) for place in range(count + 1))


def years(text: str) -> Decimal:
    """A number of years."""
    if not re.fullmatch(r"[0-9]{1,3}([.][0-9]+)?", text.strip()):
        raise BadInput("age", "a number of years", text)
    return Decimal(text.strip())


def minutes(field: str, text: str) -> Decimal:
    """A time in minutes."""
    found = quantity(field, text, "min").in_unit("min")
    if abs(found) > _MOST_MINUTES:
        raise BadInput(field, "no more than 20 years", text)
    return found


def quantity(field: str, text: str, like: str | None = None) -> Quantity:
    """An amount with its unit; BadInput that names the field."""
    try:
        return parse(text, like=like, field=field)
    except QuantityError:
        example = {"kg": "70 kg", "min": "40 min", "cm": "170 cm", None: "0.5 mg/kg"}[like]
        raise BadInput(field, f"a number and a unit such as {example}", text) from None


def within(field: str, count: int, most: int) -> None:
    """BadInput unless the count lies from 0 to most."""
    if count < 0 or count > most:
        raise BadInput(field, f"a number from 0 to {most:,}", count)
