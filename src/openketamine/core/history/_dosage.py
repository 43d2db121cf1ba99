"""How much of a medicine a day, from its coded dose and timing; None is "not known", never zero."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from openketamine.core.history._fields import codings, items, mapping, number, text

_HOURS = {"h": Decimal(1), "d": Decimal(24), "wk": Decimal(168), "min": Decimal(1) / 60}
_IN_MG = {"mg": Decimal(1), "ug": Decimal("0.001"), "mcg": Decimal("0.001"), "g": Decimal(1000)}
_PIECES = ("", "1", "{tbl}", "tab", "tablet", "tablets", "{tablet}", "capsule", "capsules", "cap")
# Timing abbreviations of HL7 (GTSAbbreviation): so many times a day.
_TIMES = {
    "QD": Decimal(1),
    "AM": Decimal(1),
    "PM": Decimal(1),
    "BED": Decimal(1),
    "BID": Decimal(2),
    "TID": Decimal(3),
    "QID": Decimal(4),
    "Q4H": Decimal(6),
    "Q6H": Decimal(4),
    "Q8H": Decimal(3),
    "QOD": Decimal("0.5"),
    "WK": Decimal(1) / 7,
}


def daily_mg(resource: Mapping[str, Any], names: tuple[str, ...]) -> Decimal | None:
    """Milligrams a day where dose and frequency are coded; of a range the most that it allows."""
    instructions = list(items(resource, "dosageInstruction")) or list(items(resource, "dosage"))
    if not instructions:
        return None
    total = Decimal(0)
    for instruction in instructions:
        each, times = _dose_mg(instruction, names), _times_a_day(instruction)
        as_needed = instruction.get("asNeededBoolean") is True
        if each is None or times is None or as_needed or "asNeededCodeableConcept" in instruction:
            return None
        total += each * times
    return total


def _dose_mg(instruction: Mapping[str, Any], names: tuple[str, ...]) -> Decimal | None:
    for dose in items(instruction, "doseAndRate"):
        quantity = mapping(dose, "doseQuantity") or mapping(mapping(dose, "doseRange"), "high")
        amount = number(quantity, "value")
        unit = (text(quantity, "code") or text(quantity, "unit")).lower()
        if amount is None:
            return None
        if unit in _IN_MG:
            return amount * _IN_MG[unit]
        strength = _strength_mg(names)
        return amount * strength if unit in _PIECES and strength is not None else None
    return None


def _strength_mg(names: tuple[str, ...]) -> Decimal | None:
    """The one strength in `Lorazepam 1 MG Oral Tablet`; None for combinations and solutions."""
    found = {
        m for name in names for m in re.findall(r"(\d{1,6}(?:\.\d{1,4})?) ?mg\b(?!/)", name.lower())
    }
    return Decimal(found.pop()) if len(found) == 1 else None


def _times_a_day(instruction: Mapping[str, Any]) -> Decimal | None:
    timing = mapping(instruction, "timing")
    repeat = mapping(timing, "repeat")
    if not repeat:
        codes, names = codings(mapping(timing, "code"))
        said = {*(code.partition("|")[2].upper() for code in codes), *(n.upper() for n in names)}
        return next((_TIMES[word] for word in sorted(said) if word in _TIMES), None)
    period, unit = number(repeat, "period"), text(repeat, "periodUnit")
    frequency = number(repeat, "frequencyMax") or number(repeat, "frequency")
    if period is None or period <= 0 or unit not in _HOURS:
        return None
    return (frequency if frequency is not None else Decimal(1)) * 24 / (period * _HOURS[unit])
