"""Observations to measurements: known code, known unit, possible value, or a reason why not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from openketamine.core.history._fields import (
    NotUnderstoodError,
    codings,
    day,
    first_code,
    items,
    mapping,
    moment,
    number,
    text,
)
from openketamine.core.history._record import Measurement
from openketamine.core.quantities import Quantity, QuantityError, format_number
from openketamine.knowledge import documents

LOINC = "http://loinc.org"
_USED = ("final", "amended", "corrected", "preliminary", "")
_SPELLINGS = {
    "lbs": "[lb_av]",
    "°c": "Cel",
    "degc": "Cel",
    "breaths/min": "/min",
    "{breaths}/min": "/min",
    "{beats}/min": "/min",
    "{beats}": "/min",
    "pounds": "[lb_av]",
    "pound": "[lb_av]",
    "inches": "[in_i]",
    "inch": "[in_i]",
    "kilograms": "kg",
    "kgs": "kg",
    "beats/min": "/min",
    "beats per minute": "/min",
    "bpm": "/min",
    "mmhg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "centimeters": "cm",
    "centimetres": "cm",
    "feet": "[ft_i]",
    "ft": "[ft_i]",
    "percent": "%",
    "kg/m^2": "kg/m2",
    "kg/m²": "kg/m2",
    "msec": "ms",
    "milliseconds": "ms",
    "mg/dl": "mg/dL",
    # An international unit in a litre is a thousandth of one in a millilitre.
    "miu/ml": "m[IU]/mL",
    "m[iu]/ml": "m[IU]/mL",
    "iu/l": "m[IU]/mL",
    "[iu]/l": "m[IU]/mL",
    "u/l": "U/L",
    "ml/min/{1.73_m2}": "mL/min/1.73m2",
    "ml/min/1.73m2": "mL/min/1.73m2",
    "ml/min/1.73 m2": "mL/min/1.73m2",
    "ml/min/1.73m²": "mL/min/1.73m2",
    "ml/min/1.73 m²": "mL/min/1.73m2",
    "ml/min/1.73_m2": "mL/min/1.73m2",
    "ml/min": "mL/min/1.73m2",
}


@dataclass(frozen=True)
class Signal:
    """What a signal is called in LOINC, its unit here, and what is possible in a living adult."""

    name: str
    unit: str
    low: Decimal
    high: Decimal
    against_upper_limit: bool = False
    molar: Decimal | None = None


@cache
def traps() -> Mapping[str, str]:
    """Codes under which a number cannot be what it seems, and why."""
    return {
        str(code): str(node["says"])
        for document in documents("measurements")
        for node in document.body.get("traps", ())
        for code in node["loinc"]
    }


@cache
def signals() -> Mapping[str, Signal]:
    """Signals by LOINC code."""
    found: dict[str, Signal] = {}
    for document in documents("measurements"):
        for name, node in document.body["signals"].items():
            low, high = (Decimal(str(node["possible"][end]["value"])) for end in ("low", "high"))
            for code in node["loinc"]:
                found[str(code)] = _signal(name, node, low, high)
            # By its name only where that is the whole name, since a laboratory has many alike.
            for words in node.get("names", ()):
                found[f"named {_plain(str(words))}"] = _signal(name, node, low, high)
    return found


def _signal(name: str, node: Mapping[str, Any], low: Decimal, high: Decimal) -> Signal:
    upper = bool(node.get("against_upper_limit", False))
    molar = Decimal(str(node["mg_per_mmol"]["value"])) if "mg_per_mmol" in node else None
    return Signal(name, str(node["unit"]), low, high, upper, molar)


def _plain(words: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", words.lower()))


@lru_cache(maxsize=8192)
def _signal_of(codes: tuple[str, ...], names: tuple[str, ...]) -> Signal | None:
    """The signal that an Observation is, by its LOINC code or by its whole name."""
    known = signals()
    for code in codes:
        if found := known.get(code.removeprefix(f"{LOINC}|")):
            return found
    return next((known[k] for name in names if (k := f"named {_plain(name)}") in known), None)


@cache
def signal(name: str) -> Signal:
    """A signal by its own name."""
    return next(found for found in signals().values() if found.name == name)


def read_measurements(
    label: str, resource: Mapping[str, Any], today: date | None
) -> tuple[list[Measurement], list[str]]:
    """What one Observation measures: none where we have no use for it; faults where it is wrong."""
    if text(resource, "status") not in _USED:
        return [], []
    parts = list(_parts(resource))
    if not parts:
        return [], _trapped(resource)
    taken, at = _when(resource, today)
    found, faults = [], []
    for known, part in parts:
        try:
            value = read_value(known, _quantity(known, part), part)
            found.append(Measurement(label, known.name, value, known.unit, taken, at))
        except NotUnderstoodError as fault:
            faults.append(f"{known.name}: {fault}")
    return found, faults


def _quantity(known: Signal, part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The quantity; a score may also stand there as a bare integer."""
    if "valueInteger" in part and known.unit == "{score}":
        return {"value": part["valueInteger"], "unit": "{score}"}
    if "dataAbsentReason" in part and "valueQuantity" not in part:
        why = first_code(mapping(part, "dataAbsentReason"))
        raise NotUnderstoodError(f"the source says that there is no value ({why[:40]})")
    return mapping(part, "valueQuantity")


def _trapped(resource: Mapping[str, Any]) -> list[str]:
    """A number under the code of a whole questionnaire is not its score."""
    codes, _ = codings(mapping(resource, "code"))
    bare = [code.removeprefix(f"{LOINC}|") for code in codes]
    given = "valueQuantity" in resource or "valueInteger" in resource
    return [traps()[code] for code in bare if code in traps()] if given else []


def _parts(resource: Mapping[str, Any]) -> Iterator[tuple[Signal, Mapping[str, Any]]]:
    """The observation itself and its components, those with a code that we use."""
    parts = (resource, *items(resource, "component")) if "component" in resource else (resource,)
    for part in parts:
        known = _signal_of(*codings(mapping(part, "code")))
        if known is not None:
            yield known, part


def _when(resource: Mapping[str, Any], today: date | None) -> tuple[date, Any]:
    taken = day(resource, "effectiveDateTime") or day(mapping(resource, "effectivePeriod"), "start")
    taken = taken or day(resource, "effectiveInstant") or day(resource, "issued")
    if taken is None:
        raise NotUnderstoodError("effectiveDateTime: a measurement without a date")
    if today is not None and taken > today:
        raise NotUnderstoodError(f"effectiveDateTime: {taken} has not come yet")
    return taken, moment(resource, "effectiveDateTime")


def read_value(known: Signal, quantity: Mapping[str, Any], part: Mapping[str, Any]) -> Decimal:
    """The value in the signal's own unit. Raises NotUnderstoodError."""
    amount = number(quantity, "value")
    if amount is None:
        raise NotUnderstoodError("expected a value with a unit")
    if "comparator" in quantity and (comparator := text(quantity, "comparator")):
        raise NotUnderstoodError(f"{comparator[:2]!r} a number is no number")
    if quantity.get("code") == known.unit == quantity.get("unit") and not known.against_upper_limit:
        return possible(known, amount)
    unit = text(quantity, "code") or text(quantity, "unit")
    _agree(known, quantity, amount)
    if known.against_upper_limit:
        return possible(known, amount / _upper_limit(part, unit))
    if known.molar is not None and unit in ("mmol/L", "mmol/l"):
        return possible(known, amount * known.molar)
    return possible(known, convert(amount, unit, known.unit))


def _agree(known: Signal, quantity: Mapping[str, Any], amount: Decimal) -> None:
    """Refuse a value whose unit and whose code of the unit are not the same unit."""
    shown, code = text(quantity, "unit"), text(quantity, "code")
    if not shown or not code or shown == code or known.unit == "{score}":
        return
    try:
        one, other = convert(amount, shown, known.unit), convert(amount, code, known.unit)
    except NotUnderstoodError:
        return
    if abs(one - other) * 100 > abs(other):
        raise NotUnderstoodError(f"its unit says {shown[:20]!r} and its code {code[:20]!r}")


def _upper_limit(part: Mapping[str, Any], unit: str) -> Decimal:
    """The laboratory's own upper limit of normal, in the unit of the value."""
    for limits in items(part, "referenceRange"):
        high = mapping(limits, "high")
        amount = number(high, "value")
        same = (text(high, "code") or text(high, "unit") or unit) == unit
        if amount is not None and amount > 0 and same:
            return amount
    raise NotUnderstoodError("no upper limit of normal stands with it, so nobody can judge it")


def convert(amount: Decimal, unit: str, wanted: str) -> Decimal:
    """`amount` in the wanted unit; a missing unit is a fault, never a guess."""
    unit = _SPELLINGS.get(unit.strip().lower(), unit.strip())
    if unit == wanted:
        return amount
    if unit in ("", "1") and wanted != "{score}":
        raise NotUnderstoodError(f"the unit is missing; expected {wanted}")
    if wanted == "{score}":
        return amount
    if wanted == "Cel" and unit in ("[degF]", "degF", "F", "°F", "Fahrenheit"):
        return ((amount - 32) * 5 / 9).quantize(Decimal("0.01"))
    # In core.quantities "g" is an amount of drug, so that mg/kg cannot cancel itself out.
    if wanted == "kg" and unit == "g":
        amount, unit = amount / 1000, "kg"
    try:
        return Quantity(amount, unit).in_unit(wanted)
    except QuantityError:
        raise NotUnderstoodError(
            f"{unit[:20]!r} is not a unit of this; expected {wanted}"
        ) from None


def possible(known: Signal, value: Decimal) -> Decimal:
    """The value again, where a person can have it."""
    if not known.low <= value <= known.high:
        shown = f"{format_number(value)} {known.unit}"
        raise NotUnderstoodError(
            f"{shown} is not possible; expected {known.low} to {known.high} {known.unit}"
        )
    return value
