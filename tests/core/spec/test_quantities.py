"""Amounts carry their unit: what is read, what is refused, how it is shown."""

from decimal import Decimal

import pytest

from openketamine.core.quantities import Quantity, QuantityError, format_number, parse, words

READ = [
    # text,            unit,     amount in that unit
    ("0.5 mg/kg", "mg/kg", "0.5"),
    ("500 mcg/kg", "mg/kg", "0.5"),
    ("500 µg/kg", "mg/kg", "0.5"),
    ("35mg", "ug", "35000"),
    ("40 min", "h", "0.6666666666666666666666666667"),
    ("52.5 mL/h", "uL/h", "52500"),
    ("50 mg/mL", "ug/uL", "50"),
    ("154 lb", "kg", "69.85322498"),
    ("170 cm", "m", "1.7"),
    ("0.05 mg/kg/min", "mg/kg/h", "3"),
]


@pytest.mark.parametrize(("text", "unit", "amount"), READ)
def test_it_reads_what_a_clinician_writes(text: str, unit: str, amount: str) -> None:
    assert parse(text).in_unit(unit) == Decimal(amount)


REFUSED = [
    # text,          why it would be dangerous to guess
    ("0.5", "a bare number"),
    ("mg", "no number"),
    ("0,5 mg", "a comma is a thousand to one reader and a point to another"),
    (".5 mg", "a point that is easily missed"),
    ("5e2 mg", "an exponent"),
    ("0.5 mg/stone", "a unit that we do not know"),
    ("", "nothing"),
    ("5 5 mg", "two numbers"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_it_refuses_what_would_have_to_be_guessed(text: str, why: str) -> None:
    with pytest.raises(QuantityError, match="dose"):
        parse(text, field="dose")


def test_it_refuses_the_wrong_kind_of_amount_and_names_the_field() -> None:
    with pytest.raises(QuantityError, match=r"over: expected an amount in min, got '40 mg'"):
        parse("40 mg", like="min", field="over")


@pytest.mark.hazard("HZ-03")
def test_a_rate_cannot_be_taken_for_a_dose() -> None:
    with pytest.raises(QuantityError):
        parse("52.5 mL/h").to("mg/h")


def test_a_dose_by_weight_times_the_weight_is_a_dose() -> None:
    assert parse("0.5 mg/kg") * parse("70 kg") == Quantity(Decimal("35.0"), "mg")
    assert (parse("52.5 mL/h") * parse("40 min")).in_unit("mL").quantize(Decimal("0.001")) == 35


def test_a_dose_times_a_dose_means_nothing() -> None:
    with pytest.raises(QuantityError, match="cannot multiply"):
        parse("1 mg") * parse("1 mg")


SHOWN = [
    ("0.50 mg/kg", "0.5 mg/kg"),
    ("35.0 mg", "35 mg"),
    ("1250 mL", "1,250 mL"),
    ("120 ug", "120 micrograms"),
    ("128 mmHg", "128 mmHg"),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_it_shows_no_trailing_zero_and_no_error_prone_abbreviation(text: str, shown: str) -> None:
    assert words(parse(text)) == shown


def test_it_keeps_a_leading_zero() -> None:
    assert format_number(Decimal("0.05")) == "0.05"
