"""The pump card: how the dose is made ready and given, every number with its unit spelt out.

A form of dose that has no such number (an injection has no rate, a tablet no volume) has 0 in the
plan and an empty line here, which the page leaves out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openketamine.core.quantities import format_number

ROUTES: Mapping[str, str] = {
    "iv": "intravenous",
    "im": "intramuscular",
    "sc": "subcutaneous",
    "po": "by mouth",
    "oral": "by mouth",
    "sl": "under the tongue",
    "sublingual": "under the tongue",
    "in": "into the nose",
    "nasal": "into the nose",
}
_GIVEN: Mapping[str, str] = {
    "iv": "into the vein",
    "im": "into the muscle",
    "sc": "under the skin",
}


@dataclass(frozen=True)
class PumpCard:
    """Text for each line of the card; an empty one is left out.

    `counted`: devices, capsules or troches where nothing is drawn up. `in_words`: the whole dose as
    a sentence without one abbreviation, to be read aloud.
    """

    drug: str
    route: str
    dose: str
    dose_per_kg: str
    over: str
    concentration: str
    volume: str
    rate: str
    rate_mass: str
    rate_per_kg: str
    weight: str
    weight_basis: str
    counted: str = ""
    volume_name: str = "Bag or syringe"
    preparation: str = ""
    in_words: str = ""


def pump_card(fields: Mapping[str, Any]) -> PumpCard:
    """From the fields of a plan, proposed or signed: integers in µg, µL, g and s."""
    dose_mg = Decimal(fields["dose_ug"]) / 1000
    hourly_mg = Decimal(fields["rate_ul_per_h"]) * fields["concentration_ug_per_ml"] / 1_000_000
    weight_kg = Decimal(fields["weight_g"]) / 1000
    made: Mapping[str, Any] = fields.get("proposal") or {}
    units = int(made.get("units") or 0)
    # The stock is what an injection is drawn from; a device has a volume that nobody measures.
    strength = Decimal(fields["concentration_ug_per_ml"]) / 1000 if not units else Decimal(0)
    return PumpCard(
        drug=str(fields["drug"]),
        route=ROUTES.get(str(fields["route"]), str(fields["route"])),
        dose=f"{_number(dose_mg)} mg",
        dose_per_kg=_per_kg(dose_mg, weight_kg, "mg/kg") if not units else "",
        over=_amount(Decimal(fields["over_s"]) / 60, "min"),
        concentration=_amount(strength, "mg in 1 mL"),
        volume=_amount(Decimal(fields["volume_ul"]) / 1000, "mL") if not units else "",
        rate=_amount(Decimal(fields["rate_ul_per_h"]) / 1000, "mL/h"),
        rate_mass=_amount(hourly_mg, "mg/h"),
        rate_per_kg=_per_kg(hourly_mg, weight_kg, "mg/kg/h"),
        weight=_amount(weight_kg, "kg"),
        weight_basis=str(fields["weight_basis"] or ""),
        counted=_counted(units, made),
        volume_name="Bag or syringe" if fields["rate_ul_per_h"] else "Injection",
        preparation=preparation(fields),
        in_words=in_words(fields),
    )


def preparation(fields: Mapping[str, Any]) -> str:
    """How the dose is made up, in one line; empty where nobody has to make it up."""
    made: Mapping[str, Any] = fields.get("proposal") or {}
    if not made.get("draw_ml"):
        return ""
    draw, stock = Decimal(str(made["draw_ml"])), Decimal(str(made["stock_mg_per_ml"]))
    drawn = f"{_amount(draw, 'mL')} of {_amount(stock, 'mg in 1 mL')}"
    volume = Decimal(fields["volume_ul"]) / 1000
    if draw == volume or not volume:
        return f"{drawn}, undiluted"
    # Of a bag that is always made up alike, only a part may be the dose.
    made_ul = int(draw * stock * 1_000_000) // int(fields["concentration_ug_per_ml"])
    bag = Decimal(made_ul) / 1000
    up = f"{drawn}, made up to {_amount(bag, 'mL')} with {made['diluent']}"
    return up if bag == volume else f"{up}; {_amount(volume, 'mL')} of it is the dose"


def in_words(fields: Mapping[str, Any]) -> str:
    """`35 milligrams of ketamine into the vein over 40 minutes: …`, as it is read aloud."""
    made: Mapping[str, Any] = fields.get("proposal") or {}
    route = str(fields["route"])
    how = _GIVEN.get(route) or ROUTES.get(route, route)
    said = f"{_spelt(Decimal(fields['dose_ug']) / 1000, 'milligram')} of {fields['drug']} {how}"
    if units := int(made.get("units") or 0):
        each = _spelt(Decimal(str(made["unit_mg"])), "milligram")
        said += f": {units} {_many(str(made['unit_name']), units)} of {each} each"
        rest = int(fields["over_s"]) // 60 // (units - 1) if units > 1 else 0
        return f"{said}, {_spelt(Decimal(rest), 'minute')} between two of them" if rest else said
    volume = _spelt(Decimal(fields["volume_ul"]) / 1000, "millilitre")
    rate = Decimal(fields["rate_ul_per_h"]) / 1000
    if not rate:
        return f"{said}: one injection of {volume}"
    over = _spelt(Decimal(fields["over_s"]) / 60, "minute")
    return f"{said} over {over}: {volume} at {_spelt(rate, 'millilitre')} per hour"


def _counted(units: int, made: Mapping[str, Any]) -> str:
    if not units:
        return ""
    each = _amount(Decimal(str(made["unit_mg"])), "mg")
    return f"{units} {_many(str(made['unit_name']), units)} of {each}"


def _many(name: str, number: int) -> str:
    return name if number == 1 else f"{name}s"


def _spelt(amount: Decimal, unit: str) -> str:
    return f"{_number(amount)} {unit}" if amount == 1 else f"{_number(amount)} {unit}s"


def _per_kg(amount: Decimal, weight_kg: Decimal, unit: str) -> str:
    return _amount(amount / weight_kg, unit) if weight_kg else ""


def _amount(amount: Decimal, unit: str) -> str:
    return f"{_number(amount)} {unit}" if amount else ""


def _number(amount: Decimal) -> str:
    return format_number(amount, 3)
