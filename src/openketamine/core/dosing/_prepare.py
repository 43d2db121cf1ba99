"""From a mass to what a nurse can make ready: always down, never up, never to the nearest."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from openketamine.core.dosing._bounds import Syringe
from openketamine.core.dosing._protocol import Protocol
from openketamine.core.quantities import format_number


@dataclass(frozen=True)
class Prepared:
    """What is really given, and how it is made ready, with each step in words."""

    dose_ug: int
    steps: tuple[str, ...]
    over_s: int = 0
    draw_ul: int = 0
    volume_ul: int = 0
    rate_ul_per_h: int = 0
    runs_s: int = 0
    units: int = 0


def prepare(plan: Protocol, dose_ug: Decimal, over_s: int) -> Prepared:
    """As the form of the protocol asks; a `dose_ug` of 0 says that the dose is too small for it."""
    if plan.form == "infusion":
        return _infusion(plan, dose_ug, over_s)
    if plan.form == "injection":
        return _injection(plan, dose_ug)
    return _counted(plan, dose_ug)


def _infusion(plan: Protocol, dose_ug: Decimal, over_s: int) -> Prepared:
    if plan.bag_ug:
        return _from_a_bag(plan, dose_ug, over_s)
    draw, mass = _drawn(plan, dose_ug)
    volume = mass * 1000 // plan.concentration_ug_per_ml
    mixed = f"With {plan.diluent} to {per_ml(plan.concentration_ug_per_ml)}: {ml(volume)} in all."
    return _pumped(plan, (_drawing(plan, draw, mass), mixed), draw, mass, volume, over_s)


def _from_a_bag(plan: Protocol, dose_ug: Decimal, over_s: int) -> Prepared:
    """The bag is always the same; the pump is set to the part of it that is the dose."""
    draw, mass = _drawn(plan, Decimal(plan.bag_ug))
    concentration = plan.concentration_ug_per_ml
    wanted = min(dose_ug, Decimal(mass)) * 1000 / concentration
    volume = down_to(wanted, plan.smallest_volume_step_ul)
    given = volume * concentration // 1000
    bag = f"Bag: {ml(draw)} of {per_ml(plan.stock_ug_per_ml)} is {mg(mass)}; with {plan.diluent} "
    bag += f"{ml(mass * 1000 // concentration)} in all, {per_ml(concentration)}."
    part = f"Of it {ml(volume)} is {mg(given)}, rounded down."
    return _pumped(plan, (bag, part), draw, given, volume, over_s)


def _pumped(
    plan: Protocol, made: tuple[str, ...], draw: int, mass: int, volume: int, over_s: int
) -> Prepared:
    rate = down_to(Decimal(volume * 3600) / over_s, plan.smallest_rate_step_ul_per_h)
    # Rounding the rate down makes the pump run a little longer; round that time up to be true.
    runs = -(-volume * 3600 // rate) if rate else 0
    pumped = f"{ml(volume)} over {minutes(over_s)}, rounded down for the pump: {ml(rate)}/h."
    return Prepared(mass if rate else 0, (*made, pumped), over_s, draw, volume, rate, runs)


def _injection(plan: Protocol, dose_ug: Decimal) -> Prepared:
    draw, mass = _drawn(plan, dose_ug)
    words = f"One injection of {ml(draw)}, undiluted."
    return Prepared(mass, (_drawing(plan, draw, mass), words), draw_ul=draw, volume_ul=draw)


def _counted(plan: Protocol, dose_ug: Decimal) -> Prepared:
    units = int((dose_ug / plan.unit_ug).quantize(Decimal(1), rounding=ROUND_DOWN))
    mass = units * plan.unit_ug
    over = plan.between_units_s * max(0, units - 1)
    words = f"{units} × {plan.unit_name} of {mg(plan.unit_ug)}, rounded down: {mg(mass)}."
    rest = (f"{minutes(plan.between_units_s)} of rest between two of them.",) if over else ()
    return Prepared(mass, (words, *rest), over_s=over, units=units)


def _drawn(plan: Protocol, dose_ug: Decimal) -> tuple[int, int]:
    """Volume and mass by the scale of the smallest syringe that holds it."""
    wanted = dose_ug * 1000 / plan.stock_ug_per_ml
    draw = down_to(wanted, _syringe(plan, wanted).step_ul)
    return draw, draw * plan.stock_ug_per_ml // 1000


def _syringe(plan: Protocol, wanted_ul: Decimal) -> Syringe:
    sizes = sorted(plan.syringes, key=lambda one: one.holds_ul)
    return next((one for one in sizes if wanted_ul <= one.holds_ul), sizes[-1])


def _drawing(plan: Protocol, draw: int, mass: int) -> str:
    return f"Drawn up from {per_ml(plan.stock_ug_per_ml)}, rounded down: {ml(draw)} is {mg(mass)}."


def down_to(amount: Decimal, step: int) -> int:
    """The largest whole number of steps that is not more than the amount."""
    return int((amount / step).quantize(Decimal(1), rounding=ROUND_DOWN)) * step


def mg(micrograms: Decimal | int) -> str:
    """In milligrams."""
    return f"{format_number(Decimal(micrograms) / 1000)} mg"


def ml(microlitres: Decimal | int) -> str:
    """In millilitres."""
    return f"{format_number(Decimal(microlitres) / 1000)} mL"


def per_ml(concentration: int) -> str:
    """A concentration in mg/mL."""
    return f"{format_number(Decimal(concentration) / 1000)} mg/mL"


def minutes(seconds: int) -> str:
    """In minutes, to a tenth."""
    return f"{format_number(Decimal(seconds) / 60, 1)} min"
