"""Whatever is written into the book: mass is neither made nor lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from openketamine.core.ledger import Count, Transfer, balances, book, broken_rules, discrepancies

DAY = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACCOUNTS = st.sampled_from(
    ["supplier:H", "vial:K1", "vial:K2", "tray:S1", "patient:S1", "waste:S1", "lost"]
)


@st.composite
def any_transfers(draw):
    """Anything at all: the sums must hold even for a book that breaks every rule."""
    amounts = st.integers(-(10**7), 10**7)
    rows = draw(st.lists(st.tuples(ACCOUNTS, ACCOUNTS, amounts, amounts), max_size=12))
    return [
        Transfer(
            f"e{n}",
            DAY + timedelta(minutes=n),
            a,
            b,
            mass,
            volume,
            "L",
            "K1",
            "S1",
            "nora",
            "wes",
            "residual",
        )
        for n, (a, b, mass, volume) in enumerate(rows)
    ]


@st.composite
def sessions(draw):
    """Vials of 50 mg/mL, and sessions that withdraw, give part and waste the rest, one by one."""
    entries = [
        Transfer("r", DAY, "supplier:H", "vial:K1", 500_000, 10_000, "L", "K1", "", "ines", "", "")
    ]
    for n in range(draw(st.integers(0, 5))):
        drawn_ul = draw(st.integers(20, 1500))
        given_ug = draw(st.integers(1, drawn_ul * 50 - 1))
        tray, at = f"tray:S{n}", DAY + timedelta(minutes=10 * n + 10)
        waste_ug = drawn_ul * 50 - given_ug
        steps = [
            ("vial:K1", tray, drawn_ul * 50, drawn_ul, "K1", "", ""),
            (tray, f"patient:S{n}", given_ug, given_ug, "", "", ""),
            (tray, f"waste:S{n}", waste_ug, 0, "", "wes", "residual"),
        ]
        for step, (a, b, mass, volume, vial, witness, reason) in enumerate(steps):
            moment = at + timedelta(minutes=step)
            entries.append(
                Transfer(
                    f"{n}-{step}",
                    moment,
                    a,
                    b,
                    mass,
                    volume,
                    "L",
                    vial,
                    f"S{n}",
                    "nora",
                    witness,
                    reason,
                )
            )
    return entries


@pytest.mark.hazard("HZ-11")
@examples(60)
@given(any_transfers())
def test_all_accounts_together_always_hold_nothing(entries):
    assert sum(one.mass_ug for one in balances(book(entries))) == 0


@pytest.mark.hazard("HZ-11")
@examples(40)
@given(sessions())
def test_what_was_received_is_in_the_vial_in_people_and_in_the_waste(entries):
    held = {one.account: one.mass_ug for one in balances(book(entries))}
    inside = sum(mass for account, mass in held.items() if not account.startswith("supplier"))
    assert inside == 500_000
    assert broken_rules(book(entries)) == ()
    assert discrepancies(book(entries)) == ()


@examples(40)
@given(sessions(), st.randoms(use_true_random=False))
def test_the_order_in_which_independent_entries_are_written_down_does_not_matter(entries, random):
    shuffled = entries[:]
    random.shuffle(shuffled)
    assert balances(book(shuffled)) == balances(book(entries))
    assert broken_rules(book(shuffled)) == ()


@examples(40)
@given(any_transfers(), st.integers(-20_000, 20_000))
def test_a_count_never_moves_a_balance(entries, volume_ul):
    counted = Count("c", DAY + timedelta(days=1), "K1", volume_ul, "ines", "wes")
    assert balances(book([*entries, counted])) == balances(book(entries))


@examples(40)
@given(any_transfers())
def test_a_transfer_and_its_correction_leave_every_balance_as_it_was(entries):
    back = [
        Transfer(
            f"back-{e.id}",
            e.at + timedelta(hours=1),
            e.destination,
            e.source,
            e.mass_ug,
            e.volume_ul,
            "L",
            "K1",
            "S1",
            "nora",
            "wes",
            "slip",
            e.id,
        )
        for e in entries
    ]
    assert all(one.mass_ug == 0 for one in balances(book(entries + back)))


@examples(40)
@given(sessions(), st.integers(-(10**6), 10**6))
def test_a_book_says_the_same_on_another_day(entries, minutes):
    later = [Transfer(**(vars(e) | {"at": e.at + timedelta(minutes=minutes)})) for e in entries]
    assert balances(book(later)) == balances(book(entries))
    assert broken_rules(book(later)) == broken_rules(book(entries))
