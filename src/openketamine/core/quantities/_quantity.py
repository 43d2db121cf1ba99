"""`Quantity`: a decimal amount with a unit, which refuses to mix dimensions."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

from openketamine.core.quantities._units import ALIASES, ATOMS, Dimension


class QuantityError(ValueError):
    """An amount that cannot be read or converted; the text says which and what was expected."""


@lru_cache(maxsize=512)
def _size_and_dimension(unit: str) -> tuple[Fraction, Dimension]:
    """Size of a unit in base units and its dimension; `mg/kg/h` is mg over kg over h.

    A Fraction, because 1/3600 has no decimal and 52.5 mL/h is exactly 52,500 µL/h.
    """
    size = Fraction(1)
    powers: dict[str, int] = {}
    for place, part in enumerate(unit.split("/")):
        symbol = ALIASES.get(part, part)
        if symbol == "" and place == 0:
            continue
        if symbol not in ATOMS:
            raise QuantityError(f"unit: {unit!r} is not a unit that we know")
        atom = ATOMS[symbol]
        sign = 1 if place == 0 else -1
        size *= Fraction(atom.size) ** sign
        powers[atom.base] = powers.get(atom.base, 0) + sign
    return size, tuple(sorted((base, power) for base, power in powers.items() if power))


def canonical_unit(unit: str) -> str:
    """The unit with people's spellings replaced by UCUM's: `mcg/lb` → `ug/[lb_av]`."""
    unit = ALIASES.get(unit, unit)
    return "/".join(ALIASES.get(part, part) for part in unit.split("/"))


@dataclass(frozen=True)
class Quantity:
    """An amount and its UCUM unit.

    >>> Quantity(Decimal("0.5"), "mg/kg") * Quantity(Decimal(70), "kg")
    Quantity(amount=Decimal('35.0'), unit='mg')
    """

    amount: Decimal
    unit: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise QuantityError(f"amount: expected a finite number, got {self.amount}")
        object.__setattr__(self, "unit", canonical_unit(self.unit))
        _size_and_dimension(self.unit)

    @property
    def dimension(self) -> Dimension:
        """What is measured, as (base, power) pairs."""
        return _size_and_dimension(self.unit)[1]

    def to(self, unit: str) -> "Quantity":
        """The same amount in another unit of the same dimension; QuantityError otherwise."""
        size, dimension = _size_and_dimension(self.unit)
        target_size, target_dimension = _size_and_dimension(canonical_unit(unit))
        if dimension != target_dimension:
            raise QuantityError(f"unit: expected something convertible to {unit}, got {self.unit}")
        exact = Fraction(self.amount) * size / target_size
        return Quantity(Decimal(exact.numerator) / Decimal(exact.denominator), unit)

    def in_unit(self, unit: str) -> Decimal:
        """The bare number in `unit`, for the one line of arithmetic that needs it."""
        return self.to(unit).amount

    def __mul__(self, other: "Quantity") -> "Quantity":
        """A per-something times that something: mg/kg × kg = mg; mL/h × h = mL."""
        for rate, by in ((self, other), (other, self)):
            numerator, _, denominator = rate.unit.rpartition("/")
            if numerator and _size_and_dimension(denominator)[1] == by.dimension:
                return Quantity(rate.amount * by.in_unit(denominator), numerator)
        raise QuantityError(f"unit: cannot multiply {self.unit} by {other.unit}")


_NUMBER_AND_UNIT = re.compile(r"^\s*([+-]?[0-9]+(?:[.][0-9]+)?)\s*([^\s0-9].*?)\s*$")


def parse(text: str, *, like: str | None = None, field: str = "amount") -> Quantity:
    """Read `0.5 mg/kg`. `like` is a unit whose dimension the answer must have.

    Raises QuantityError, naming `field`: no unit, a bare number, an exponent, the wrong kind.
    """
    match = _NUMBER_AND_UNIT.match(text)
    if match is None:
        raise QuantityError(
            f"{field}: expected a number and a unit such as '0.5 mg/kg', got {text!r}"
        )
    try:
        quantity = Quantity(Decimal(match.group(1)), match.group(2).replace(" ", ""))
        return quantity if like is None else _checked(quantity, like, field, text)
    except (InvalidOperation, QuantityError) as error:
        raise QuantityError(
            f"{field}: {error}" if field not in str(error) else str(error)
        ) from None


def _checked(quantity: Quantity, like: str, field: str, text: str) -> Quantity:
    if quantity.dimension != _size_and_dimension(canonical_unit(like))[1]:
        raise QuantityError(f"{field}: expected an amount in {like}, got {text!r}")
    return quantity
