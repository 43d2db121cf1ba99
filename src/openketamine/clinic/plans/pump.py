"""The pump card: how the dose is made ready and given, every number with its unit spelt out.

A form of dose that has no such number (an injection has no rate, a tablet no volume) has 0 in the
plan and an empty line here, which the page leaves out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openketamine.core.dosing import DoseProposal
from openketamine.core.quantities import format_number

ROUTES: Mapping[str, str] = {
    "iv": "intravenous",
    "im": "intramuscular",
    "sc": "subcutaneous",
    "po": "by mouth",
    "oral": "by mouth",
    "sl": "under the tongue",
    "sublingual": "under the tongue",
    "in": "nasal",
}


@dataclass(frozen=True)
class PumpCard:
    """Text for each line of the card; an empty one is left out."""

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


def pump_card(fields: Mapping[str, Any]) -> PumpCard:
    """From the fields of a plan, proposed or signed: integers in µg, µL, g and s."""
    dose_mg = Decimal(fields["dose_ug"]) / 1000
    hourly_mg = Decimal(fields["rate_ul_per_h"]) * fields["concentration_ug_per_ml"] / 1_000_000
    weight_kg = Decimal(fields["weight_g"]) / 1000
    return PumpCard(
        drug=str(fields["drug"]),
        route=ROUTES.get(str(fields["route"]), str(fields["route"])),
        dose=f"{_number(dose_mg)} mg",
        dose_per_kg=_per_kg(dose_mg, weight_kg, "mg/kg"),
        over=_amount(Decimal(fields["over_s"]) / 60, "min"),
        concentration=_amount(Decimal(fields["concentration_ug_per_ml"]) / 1000, "mg in 1 mL"),
        volume=_amount(Decimal(fields["volume_ul"]) / 1000, "mL"),
        rate=_amount(Decimal(fields["rate_ul_per_h"]) / 1000, "mL/h"),
        rate_mass=_amount(hourly_mg, "mg/h"),
        rate_per_kg=_per_kg(hourly_mg, weight_kg, "mg/kg/h"),
        weight=_amount(weight_kg, "kg"),
        weight_basis=str(fields["weight_basis"] or ""),
    )


def preparation(proposed: DoseProposal) -> str:
    """How the dose is made up, in one line; empty where nobody has to make it up."""
    if proposed.units:
        unit = _amount(Decimal(proposed.unit_ug) / 1000, "mg")
        return f"{proposed.units} × {unit} {proposed.unit_name}"
    if not proposed.draw_volume_ul:
        return ""
    stock = _amount(Decimal(proposed.stock_concentration_ug_per_ml) / 1000, "mg in 1 mL")
    drawn = f"{_amount(Decimal(proposed.draw_volume_ul) / 1000, 'mL')} of {stock}"
    if proposed.draw_volume_ul == proposed.volume_ul or not proposed.volume_ul:
        return f"{drawn}, undiluted"
    # Of a bag that is always made up alike, only a part may be the dose.
    drawn_ug = proposed.draw_volume_ul * proposed.stock_concentration_ug_per_ml
    made_ul = drawn_ug // proposed.concentration_ug_per_ml
    made = f"{drawn}, made up to {_amount(Decimal(made_ul) / 1000, 'mL')} with {proposed.diluent}"
    if made_ul == proposed.volume_ul:
        return made
    return f"{made}; {_amount(Decimal(proposed.volume_ul) / 1000, 'mL')} of it is the dose"


def _per_kg(amount: Decimal, weight_kg: Decimal, unit: str) -> str:
    return _amount(amount / weight_kg, unit) if weight_kg else ""


def _amount(amount: Decimal, unit: str) -> str:
    return f"{_number(amount)} {unit}" if amount else ""


def _number(amount: Decimal) -> str:
    return format_number(amount, 3)
