"""A scanner types; what it typed is read or refused, never guessed."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openketamine.clinic.pharmacy.barcode import Scanned, read_code
from openketamine.core.findings import BadInput


def check_digit(thirteen):
    total = sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(thirteen))
    return str(-total % 10)


GTIN = "0036745700110" + check_digit("0036745700110")


@pytest.mark.parametrize(
    "typed",
    [
        f"01{GTIN}1728063010K2291",
        f"]d201{GTIN}1728063010K2291\r",
        f"(01){GTIN}(17)280630(10)K2291",
        f"01{GTIN}10K2291\x1d17280630",
        f"01{GTIN}10K2291<GS>17280630",
        f"01{GTIN}21S0001\x1d1728063010K2291",
    ],
)
def test_number_lot_and_day_in_every_order_that_scanners_send(typed):
    found = read_code(typed, 2026)
    assert (found.ndc, found.lot, found.expiry) == ("6745700110", "K2291", date(2028, 6, 30))


def test_a_day_of_nothing_is_the_last_of_the_month():
    assert read_code(f"01{GTIN}17280200", 2026).expiry == date(2028, 2, 29)


@pytest.mark.parametrize("typed", ["67457-001-10", "1234-5678-90", "12345-6789-1", "6745700110",
                                   "67457000110", "123456-7890-12", "123456789012"])  # fmt: skip
def test_a_plain_ndc_stays_as_it_is_printed(typed):
    assert read_code(typed, 2026) == Scanned(ndc=typed)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hello", "begins with"),
        (f"01{GTIN[:-1]}{(int(GTIN[-1]) + 1) % 10}", "check digit"),
        (f"01{GTIN}17281340", "a date after"),
        (f"01{GTIN}1728", "6 digits after"),
        (f"01{GTIN}21SERIAL1728063010K2291", "set the scanner to send it"),
        (f"01{GTIN}10K229117280630", "set the scanner to send it"),
        (f"01{GTIN}99X", "no other part"),
        (f"01{GTIN}10A\x1d10B", "once"),
        (f"01{GTIN}10{'A' * 21}", "up to 20"),
    ],
)
def test_what_cannot_be_read_without_guessing_is_refused(typed, said):
    with pytest.raises(BadInput) as refused:
        read_code(typed, 2026)
    assert said in str(refused.value)


@given(st.text(max_size=60))
def test_no_burst_crashes(typed):
    with contextlib.suppress(BadInput):
        read_code(typed, 2026)
