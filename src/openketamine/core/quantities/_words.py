"""Numbers and units as they are shown at the bedside (field.md §4.5)."""

from decimal import ROUND_HALF_EVEN, Decimal

from openketamine.core.quantities._quantity import Quantity

_SPELT_OUT = {
    "ug": "micrograms",
    "mm[Hg]": "mmHg",
    "[lb_av]": "lb",
    "[in_i]": "in",
    "uL": "microlitres",
}


def format_number(amount: Decimal, places: int = 3) -> str:
    """No trailing zero, a leading zero before the point, a comma from 1,000 upwards."""
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def words(quantity: Quantity, places: int = 3) -> str:
    """`35 mg`, `0.5 mg/kg`, `120 micrograms`: a space between number and unit, no abbreviation
    that ISMP lists as error-prone."""
    unit = "/".join(_SPELT_OUT.get(part, part) for part in quantity.unit.split("/"))
    return f"{format_number(quantity.amount, places)} {unit}"
