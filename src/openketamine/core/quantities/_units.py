"""The units that a clinic writes, each with its dimension and its size in the base unit.

A dimension is a map of base symbol to exponent, so that mg/kg/h divided by mg/mL is an error and
mg divided by mL is a concentration. Codes are UCUM's where UCUM has one; `aliases` are what people
type. Temperature is left out on purpose: Celsius is not a multiple of anything that we divide by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Unit:
    """One atomic unit: its size in the base unit of its one dimension."""

    symbol: str
    base: str
    size: Decimal


# Base units: microgram, microlitre, second, gram of body weight, metre, mmHg, beat, one.
# Body weight has a base of its own, so that mg/kg never cancels against itself.
_ATOMS = {
    "ng": ("mass", "0.001"),
    "ug": ("mass", "1"),
    "mg": ("mass", "1000"),
    "g": ("mass", "1000000"),
    "uL": ("volume", "1"),
    "mL": ("volume", "1000"),
    "L": ("volume", "1000000"),
    "s": ("time", "1"),
    "min": ("time", "60"),
    "h": ("time", "3600"),
    "d": ("time", "86400"),
    "wk": ("time", "604800"),
    "kg": ("body_weight", "1000"),
    "[lb_av]": ("body_weight", "453.59237"),
    "m": ("length", "1"),
    "cm": ("length", "0.01"),
    "[in_i]": ("length", "0.0254"),
    "[ft_i]": ("length", "0.3048"),
    "mm[Hg]": ("pressure", "1"),
    "kPa": ("pressure", "7.50061682704"),
    "%": ("fraction", "1"),
}

ATOMS: Mapping[str, Unit] = MappingProxyType(
    {symbol: Unit(symbol, base, Decimal(size)) for symbol, (base, size) in _ATOMS.items()}
)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "mcg": "ug",
        "µg": "ug",
        "μg": "ug",
        "microgram": "ug",
        "micrograms": "ug",
        "milligram": "mg",
        "milligrams": "mg",
        "ml": "mL",
        "µL": "uL",
        "μL": "uL",
        "l": "L",
        "sec": "s",
        "second": "s",
        "seconds": "s",
        "mins": "min",
        "minute": "min",
        "minutes": "min",
        "hr": "h",
        "hour": "h",
        "hours": "h",
        "day": "d",
        "days": "d",
        "week": "wk",
        "weeks": "wk",
        "lb": "[lb_av]",
        "lbs": "[lb_av]",
        "in": "[in_i]",
        "ft": "[ft_i]",
        "mmHg": "mm[Hg]",
        "/min": "/min",
        "bpm": "/min",
    }
)
