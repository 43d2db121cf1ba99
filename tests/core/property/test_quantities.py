"""Conversion changes the number and never the amount."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openketamine.core.quantities import Quantity, QuantityError, parse

UNITS = {
    "mass": ("ug", "mg", "g"),
    "rate": ("mL/h", "uL/min", "mL/min"),
    "time": ("s", "min", "h", "d"),
}
amounts = st.decimals(min_value="0.001", max_value="99999", places=3)


@given(amount=amounts, units=st.sampled_from(list(UNITS.values())), data=st.data())
def test_there_and_back_is_the_same(
    amount: Decimal, units: tuple[str, ...], data: st.DataObject
) -> None:
    here, there = data.draw(st.sampled_from(units)), data.draw(st.sampled_from(units))
    back = Quantity(amount, here).to(there).to(here).amount
    assert abs(back - amount) <= amount * Decimal("1e-20")


@given(text=st.text(max_size=30))
def test_it_reads_or_says_why_not(text: str) -> None:
    try:
        read = parse(text)
    except QuantityError as error:
        assert str(error).startswith("amount: ")  # noqa: PT017  (either outcome is right)
    else:
        assert read.amount.is_finite()


@given(amount=amounts)
def test_kinds_do_not_mix(amount: Decimal) -> None:
    with pytest.raises(QuantityError):
        Quantity(amount, "mg").to("mL")
