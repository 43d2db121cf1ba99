"""The pump card: what goes into the bag and onto the pump, every number with its unit spelt out."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openketamine.core.dosing import DoseProposal
from openketamine.core.quantities import format_number

ROUTES: Mapping[str, str] = {"iv": "intravenous", "im": "intramuscular", "sc": "subcutaneous"}


@dataclass(frozen=True)
class PumpCard:
    """Text for each line of the card."""

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
    hourly_ug = Decimal(fields["rate_ul_per_h"]) * fields["concentration_ug_per_ml"] / 1000
    weight_kg = Decimal(fields["weight_g"]) / 1000
    return PumpCard(
        drug=str(fields["drug"]),
        route=ROUTES.get(str(fields["route"]), str(fields["route"])),
        dose=f"{_thousandth(fields['dose_ug'])} mg",
        dose_per_kg=f"{_number(Decimal(fields['dose_ug']) / 1000 / weight_kg)} mg/kg",
        over=f"{_number(Decimal(fields['over_s']) / 60)} min",
        concentration=f"{_thousandth(fields['concentration_ug_per_ml'])} mg in 1 mL",
        volume=f"{_thousandth(fields['volume_ul'])} mL",
        rate=f"{_thousandth(fields['rate_ul_per_h'])} mL/h",
        rate_mass=f"{_number(hourly_ug / 1000)} mg/h",
        rate_per_kg=f"{_number(hourly_ug / 1000 / weight_kg)} mg/kg/h",
        weight=f"{_number(weight_kg)} kg",
        weight_basis=str(fields["weight_basis"]),
    )


def _thousandth(amount: int) -> str:
    return _number(Decimal(amount) / 1000)


def _number(amount: Decimal) -> str:
    return format_number(amount, 3)


def preparation(proposed: DoseProposal) -> str:
    """How the bag or syringe is made up, in one sentence."""
    stock = _thousandth(proposed.stock_concentration_ug_per_ml)
    drawn = _thousandth(proposed.draw_volume_ul)
    volume = _thousandth(proposed.volume_ul)
    if proposed.draw_volume_ul == proposed.volume_ul:
        return f"{drawn} mL of {stock} mg in 1 mL, undiluted"
    return f"{drawn} mL of {stock} mg in 1 mL, made up to {volume} mL with {proposed.diluent}"
