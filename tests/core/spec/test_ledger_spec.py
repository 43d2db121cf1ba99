"""The book of a controlled substance: small books that an inspector can read."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from openketamine.core.findings import BadInput
from openketamine.core.ledger import (
    Count,
    Transfer,
    balances,
    book,
    broken_rules,
    check,
    check_lines,
    discrepancies,
    encode_entry,
    pump_agrees,
)

DAY = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def move(minute, source, destination, mg, ml, **more):
    fields = {
        "id": f"e{minute}", "at": DAY + timedelta(minutes=minute), "source": source,
        "destination": destination, "mass_ug": int(mg * 1000), "volume_ul": int(ml * 1000),
        "lot": "LOT1", "container": "K1" if "vial:K1" in (source, destination) else "",
        "session": "", "by": "nora", "witness": "", "reason": "",
    }  # fmt: skip
    for account in (source, destination):
        if account.startswith(("tray:", "patient:")):
            fields["session"] = account.partition(":")[2]
    return Transfer(**(fields | more))


def counted(minute, ml, **more):
    fields = {"container": "K1", "volume_ul": int(ml * 1000), "by": "ines", "witness": "wes"}
    return Count(f"e{minute}", DAY + timedelta(minutes=minute), **(fields | more))


RECEIVED = move(0, "supplier:Hospira", "vial:K1", 500, 10)
FIXTURE = (
    RECEIVED,
    move(1, "vial:K1", "tray:S1", 50, 1),
    move(2, "tray:S1", "patient:S1", 40, 0.8),
    move(3, "tray:S1", "waste:S1", 10, 0.2, witness="wes", reason="residual"),
    move(4, "vial:K1", "tray:S2", 100, 2),
    move(5, "tray:S2", "patient:S2", 100, 2),
)


def rules_of(*entries):
    return [(one.rule, one.entry) for one in broken_rules(book(entries))]


@pytest.mark.hazard("HZ-11")
def test_the_worked_book_balances_to_the_microgram():
    held = {one.account: one.mass_ug for one in balances(book(FIXTURE))}
    assert held == {
        "supplier:Hospira": -500_000,
        "vial:K1": 350_000,
        "tray:S1": 0,
        "tray:S2": 0,
        "patient:S1": 40_000,
        "patient:S2": 100_000,
        "waste:S1": 10_000,
    }
    assert sum(held.values()) == 0
    assert check(book(FIXTURE)).balances_ok


def test_volume_balances_per_vial_and_nowhere_else():
    volumes = {one.account: one.volume_ul for one in balances(book(FIXTURE))}
    assert volumes["vial:K1"] == 7_000
    assert volumes["tray:S1"] is None


@pytest.mark.parametrize(
    ("counted_ml", "opens"), [(7.0, False), (6.95, False), (6.949, True), (6.8, True), (7.06, True)]
)
@pytest.mark.hazard("HZ-11")
def test_a_count_within_the_tolerance_matches_and_beyond_it_opens_a_discrepancy(counted_ml, opens):
    assert bool(discrepancies(book((*FIXTURE, counted(9, counted_ml))))) is opens


def test_a_discrepancy_says_how_much_is_missing_and_changes_no_balance():
    with_count = book((*FIXTURE, counted(9, 6.8)))
    (found,) = discrepancies(with_count)
    assert (found.difference_ug, found.entry, found.account) == (-10_000, 7, "vial:K1")
    assert balances(with_count) == balances(book(FIXTURE))
    assert not check(with_count).balances_ok


@pytest.mark.hazard("HZ-11")
def test_a_tray_that_is_not_empty_is_a_discrepancy_unless_its_session_goes_on():
    taken = book(FIXTURE[:2])
    assert [one.account for one in discrepancies(taken)] == ["tray:S1"]
    assert discrepancies(taken, open_sessions=["S1"]) == ()


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        (move(9, "vial:K1", "tray:S1", 501, 10.02), "BK-NEGATIVE"),
        (move(9, "vial:K1", "tray:S1", 50, 2), "BK-STRENGTH"),
        (move(9, "vial:K1", "tray:S1", 500, 1), "BK-STRENGTH"),
        (move(9, "tray:S1", "patient:S1", 1, 1), "BK-TRAY"),
        (move(9, "vial:K1", "tray:S1", 0, 0), "BK-AMOUNT"),
        (move(9, "patient:S1", "vial:K1", 50, 1), "BK-WAY"),
        (move(9, "vial:K1", "tray:S1", 50, 1, session="S2"), "BK-SESSION"),
        (move(9, "vial:K1", "tray:S1", 50, 1, container="K2"), "BK-CONTAINER"),
        (move(9, "vial:K1", "tray:S1", 50, 1, witness="nora"), "BK-WITNESS-SAME"),
        (move(9, "vial:K1", "tray:S1", 50, 1, by=""), "BK-ACTOR"),
        (move(9, "vial:K1", "tray:S1", 50, 1, id="e0"), "BK-TWICE"),
        (move(9, "vial:K1", "waste:K1", 50, 1, reason="expired"), "BK-WITNESS-MISSING"),
        (move(9, "vial:K1", "lost", 50, 1, reason="theft"), "BK-WITNESS-MISSING"),
        (move(9, "vial:K1", "waste:K1", 50, 1, reason="spilt", witness="wes"), "BK-REASON"),
        (move(9, "vial:K1", "tray:S1", 50, 1, corrects="e77"), "BK-CORRECTS"),
    ],
)
@pytest.mark.hazard("HZ-11")
def test_each_broken_rule_is_named_with_the_number_of_its_entry(entry, rule):
    assert (rule, 2) in rules_of(RECEIVED, entry)


@pytest.mark.hazard("HZ-12")
def test_waste_that_nobody_else_saw_breaks_two_different_rules():
    alone = move(3, "tray:S1", "waste:S1", 10, 0.2, witness="", reason="residual")
    same = move(3, "tray:S1", "waste:S1", 10, 0.2, witness="nora", reason="residual")
    assert rules_of(*FIXTURE[:3], alone) == [("BK-WITNESS-MISSING", 4)]
    assert rules_of(*FIXTURE[:3], same) == [("BK-WITNESS-SAME", 4)]


def test_an_infusion_is_given_in_the_volume_of_its_bag_and_balances_by_mass():
    bag = (
        RECEIVED,
        move(1, "vial:K1", "tray:S1", 35, 0.7),
        move(2, "tray:S1", "patient:S1", 35, 35),
    )
    assert check(book(bag)).balances_ok


def test_a_correction_takes_its_target_back_and_keeps_both():
    wrong = move(1, "vial:K1", "tray:S1", 50, 1)
    back = move(
        2, "tray:S1", "vial:K1", 50, 1, corrects="e1", witness="wes", reason="wrong session"
    )
    corrected = book((RECEIVED, wrong, back))
    assert check(corrected).balances_ok
    assert len(corrected.entries) == 3
    half = move(2, "tray:S1", "vial:K1", 25, 0.5, corrects="e1", witness="wes", reason="half")
    assert ("BK-CORRECTS", 3) in rules_of(RECEIVED, wrong, half)
    again = move(3, "tray:S1", "vial:K1", 50, 1, corrects="e1", witness="wes", reason="again")
    assert ("BK-CORRECTS", 4) in rules_of(RECEIVED, wrong, back, again)
    alone = move(2, "tray:S1", "vial:K1", 50, 1, corrects="e1", reason="wrong session")
    assert rules_of(RECEIVED, wrong, alone) == [("BK-WITNESS-MISSING", 3)]


def test_a_vial_has_one_strength_for_ever():
    other = move(1, "supplier:Hospira", "vial:K1", 500, 5)
    assert rules_of(RECEIVED, other) == [("BK-STRENGTH", 2)]


def test_an_entry_that_is_written_down_late_counts_from_when_it_happened():
    assert rules_of(FIXTURE[1], RECEIVED) == []


@pytest.mark.parametrize(
    ("infused_ml", "given_mg", "agrees"),
    [
        (39.0, 40, True),
        (38.999, 40, False),
        (35.0, 35, True),
        (98.0, 100, True),
        (97.9, 100, False),
    ],
)
def test_pump_and_book_may_differ_by_two_percent_or_one_milligram(infused_ml, given_mg, agrees):
    assert pump_agrees(round(infused_ml * 1000), 1000, given_mg * 1000) is agrees


def test_a_book_is_checked_from_lines_of_json():
    lines = [json.dumps(encode_entry(one)) for one in (*FIXTURE, counted(9, 7))]
    answer = check_lines([*lines, ""]).as_json()
    assert answer["balances_ok"] is True
    assert answer["sum_ug"] == 0
    assert answer["balances"]["vial:K1"] == {"mass_ug": 350_000, "volume_ul": 7_000}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("mass_ug", 12.5, "line 1, mass_ug: expected a whole number, got 12.5"),
        ("mass_ug", True, "line 1, mass_ug: expected a whole number, got True"),
        ("at", "2026-11-22T09:00", "line 1, at: expected an ISO 8601 time with offset"),
        ("by", 7, "line 1, by: expected text, got 7"),
        ("source", "", "line 1, source: expected text"),
        (
            "kind",
            "gift",
            "line 1, kind: expected one of transfer, count, label, handling, got 'gift'",
        ),
        ("colour", "red", "line 1, colour: expected a field of a transfer"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_its_field(field, value, says):
    raw = encode_entry(RECEIVED) | {field: value}
    with pytest.raises(BadInput) as error:
        check_lines([json.dumps(raw)])
    assert str(error.value).startswith(says)


def test_a_line_that_is_no_json_is_named():
    with pytest.raises(BadInput, match="line 2: expected one JSON object"):
        check_lines([json.dumps(encode_entry(RECEIVED)), "{"])
