"""The invariants of the drug ledger (pain-pharmacy-regulation.md B3.2) over generated histories.

A history is made by a small clinic that keeps the rules: it holds whatever happens. Then one entry
is bent, and the rule that it breaks is named. What needs people and their secrets (I4, I5), the
chain (I10) and orders (I12) is in tests/clinic.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.effort import examples

from openketamine.core.ledger import (
    Count,
    Handling,
    Label,
    Transfer,
    balances,
    book,
    broken_rules,
    check,
    discrepancies,
    late_entries,
    overfill_allowance,
    pump_agrees,
    whereabouts,
)

DAY = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
REASONS = {"waste": "residual", "lost": "unexplained", "spilled": "spill", "found": "not_posted"}


class Clinic:
    """Writes a book as a clinic that makes no mistakes would."""

    def __init__(self):
        self.entries, self.minute, self.held, self.drawn = [], 0, {}, {}

    def at(self):
        self.minute += 1
        return DAY + timedelta(minutes=self.minute)

    def move(self, source, goal, mass, *, ul=0, units=0, container="", session="", **more):
        at, kind = self.at(), goal.partition(":")[0]
        origin = source.partition(":")[0]
        fields = {
            "id": f"e{self.minute}",
            "at": at,
            "source": source,
            "destination": goal,
            "mass_ug": mass,
            "volume_ul": ul,
            "units": units,
            "lot": "L",
            "container": container,
            "session": session,
            "by": "nora",
            "witness": "wes",
            "reason": REASONS.get(kind) or REASONS.get(origin, "so"),
            "recorded_at": at,
        }
        self.entries.append(Transfer(**(fields | more)))
        return self.entries[-1]

    def receive(self, name, pack, stock):
        at = self.at()
        label = Label(
            f"l{self.minute}",
            at,
            name,
            "troche" if pack else "solution",
            "ketamine",
            "67457-001-10",
            "L",
            date(2027, 6, 30),
            "multiple",
            "ines",
            recorded_at=at,
            **(
                {"unit_ug": 25_000, "units": stock}
                if pack
                else {"concentration_ug_per_ml": 50_000, "volume_ul": stock}
            ),
        )
        self.entries.append(label)
        self.stock_move("supplier:N", f"{'pack' if pack else 'vial'}:{name}", stock, name)
        self.held[name] = stock

    def pack(self, name):
        return next(
            e.form != "solution"
            for e in self.entries
            if isinstance(e, Label) and e.container == name
        )

    def account(self, name):
        return f"{'pack' if self.pack(name) else 'vial'}:{name}"

    def stock_move(self, source, goal, stock, name, **more):
        pack = "pack:" in source + goal
        amount = {"units": stock} if pack else {"ul": stock}
        mass = stock * (25_000 if pack else 50)
        return self.move(source, goal, mass, container=name, **amount, **more)

    def out(self, name, goal, share, **more):
        stock = max(1, int(self.held[name] * share)) if self.held[name] else 0
        if not stock:
            return None
        self.held[name] -= stock
        return self.stock_move(self.account(name), goal, stock, name, **more)

    def dose(self, number, sources, given_share):
        """A tray filled from one or two containers, part of it given, the rest wasted."""
        session, tray = f"S{number}", 0
        for name, share in sources:
            moved = self.out(name, f"tray:{session}", share, session=session)
            tray += moved.mass_ug if moved else 0
        given_ug = int(tray * given_share)
        for goal, mass in (("patient", given_ug), ("waste", tray - given_ug)):
            if mass:
                self.move(f"tray:{session}", f"{goal}:{session}", mass, session=session)

    def taken_back(self, name, share):
        """A withdrawal from the wrong container, corrected before a second person."""
        wrong = self.out(name, "tray:SX", share, session="SX")
        if wrong is None:
            return
        self.held[name] += wrong.units or wrong.volume_ul
        self.stock_move(
            wrong.destination,
            wrong.source,
            wrong.units or wrong.volume_ul,
            name,
            session="SX",
            corrects=wrong.id,
            reason="wrong container",
        )

    def shipped(self, name):
        if not (stock := self.held[name]):
            return
        shipment = f"transit:T{self.minute}"
        self.stock_move(self.account(name), shipment, stock, name)
        self.stock_move(shipment, self.account(name), stock, name)

    def count(self, name, off=0):
        at, pack = self.at(), self.pack(name)
        found = (
            {"volume_ul": 0, "units": self.held[name] + off}
            if pack
            else {"volume_ul": self.held[name] + off}
        )
        self.entries.append(Count(f"e{self.minute}", at, name, by="ines", witness="wes", **found))
        return self.entries[-1]


SHARE = st.floats(0, 1)
NAMES = ("V1", "V2", "P1")
ACTIONS = st.one_of(
    st.tuples(
        st.just("dose"),
        st.lists(st.tuples(st.sampled_from(NAMES), SHARE), min_size=1, max_size=2),
        SHARE,
    ),
    st.tuples(
        st.sampled_from(["destroyed:F1", "spilled:x", "returned:R", "registrant:B", "lost"]),
        st.sampled_from(NAMES),
        SHARE,
    ),
    st.tuples(st.just("back"), st.sampled_from(NAMES), SHARE),
    st.tuples(st.just("ship"), st.sampled_from(NAMES), SHARE),
    st.tuples(st.just("count"), st.sampled_from(NAMES), SHARE),
)


@st.composite
def histories(draw):
    """A clinic with two vials and a pack of troches, and up to a dozen things that happen."""
    size = draw(st.sampled_from([5_000, 10_000, 20_000]))
    pieces = draw(st.integers(1, 30))
    happened = draw(st.lists(ACTIONS, max_size=12))
    clinic = Clinic()
    clinic.receive("V1", False, size)
    clinic.receive("V2", False, 10_000)
    clinic.receive("P1", True, pieces)
    for number, (what, one, share) in enumerate(happened):
        if what == "dose":
            clinic.dose(number, one, share)
        elif what == "back":
            clinic.taken_back(one, share)
        elif what == "ship":
            clinic.shipped(one)
        elif what == "count":
            clinic.count(one)
        else:
            clinic.out(one, what, share)
    return clinic


quick = examples(60)


@pytest.mark.hazard("HZ-11")
@quick
@given(histories())
def test_a_clinic_that_keeps_the_rules_breaks_none(clinic):
    assert check(book(clinic.entries)).balances_ok
    assert sum(one.mass_ug for one in balances(book(clinic.entries))) == 0


@pytest.mark.hazard("HZ-11")
@quick
@given(histories())
def test_i1_what_filled_a_container_is_where_the_book_says(clinic):
    """fill = administered + wasted + spilled + transferred + destroyed + … + on hand."""
    for name, one in whereabouts(book(clinic.entries)).items():
        per = 25_000 if clinic.pack(name) else 50
        assert one.filled_ug == one.on_hand_ug + sum(one.gone.values())
        assert one.on_hand_ug == clinic.held[name] * per
        assert all(mass >= 0 for mass in one.gone.values())


@quick
@given(histories())
def test_i2_every_tray_is_given_or_wasted_whatever_filled_it(clinic):
    trays = [b for b in balances(book(clinic.entries)) if b.account.startswith("tray")]
    assert [one for one in trays if one.mass_ug] == []


@quick
@given(histories())
def test_i2_a_rest_that_nobody_wasted_is_a_discrepancy(clinic):
    wastes = [e for e in clinic.entries if isinstance(e, Transfer) and "waste:" in e.destination]
    assume(wastes)
    left = book([e for e in clinic.entries if e is not wastes[-1]])
    assert [one.account for one in discrepancies(left)] == [wastes[-1].source]


@pytest.mark.hazard("HZ-11")
@quick
@given(histories(), st.sampled_from(NAMES))
def test_i3_no_container_gives_more_than_it_has(clinic, name):
    stock = clinic.held[name] + 1
    clinic.stock_move(clinic.account(name), "tray:S99", stock, name, session="S99")
    faults = broken_rules(book(clinic.entries))
    assert [fault.rule for fault in faults] == ["BK-NEGATIVE"]


@quick
@given(histories(), st.sampled_from(["quarantined", "expired", "opened long ago"]))
def test_i6_nothing_is_drawn_from_what_may_not_be_used(clinic, why):
    clinic.out("V2", "tray:S98", 0.01, session="S98")
    if why == "quarantined":
        clinic.entries.append(Handling("q", clinic.at(), "V2", "quarantined", "ines"))
    if why == "expired":
        clinic.minute += 60 * 24 * 300
    if why == "opened long ago":
        clinic.minute += 60 * 24 * 28 + 1000
    assume(clinic.out("V2", "tray:S98", 0.01, session="S98"))
    rules = {fault.rule for fault in broken_rules(book(clinic.entries))}
    said = {"quarantined": "BK-QUARANTINE", "expired": "BK-EXPIRED"}.get(why, "BK-BEYOND-USE")
    assert said in rules


@quick
@given(histories(), st.integers(1, 400))
def test_i7_milligrams_are_millilitres_times_strength_exactly(clinic, too_many):
    place, last = next(
        (n, e)
        for n, e in reversed(list(enumerate(clinic.entries)))
        if isinstance(e, Transfer) and e.container and e.session != "SX"
    )
    clinic.entries[place] = replace(last, mass_ug=last.mass_ug + too_many)
    assert "BK-STRENGTH" in {fault.rule for fault in broken_rules(book(clinic.entries))}


@quick
@given(st.integers(1, 300_000), st.integers(0, 300_000))
def test_i8_pump_and_book_agree_within_two_percent_or_a_milligram(given_ug, pumped_ug):
    assert pump_agrees(pumped_ug, 1000, given_ug) is (
        abs(pumped_ug - given_ug) * 50 <= max(given_ug, 50_000)
    )


@pytest.mark.parametrize(("minutes", "late"), [(0, 0), (60, 0), (61, 1), (600, 1)])
def test_i9_waste_an_hour_after_the_dose_is_reported_and_breaks_nothing(minutes, late):
    clinic = Clinic()
    clinic.receive("V1", False, 10_000)
    clinic.out("V1", "tray:S1", 0.1, session="S1")
    clinic.move("tray:S1", "patient:S1", 40_000, session="S1")
    clinic.minute += minutes - 1 if minutes else 0
    clinic.move("tray:S1", "waste:S1", 10_000, session="S1")
    answer = check(book(clinic.entries))
    assert len(late_entries(book(clinic.entries))) == late
    assert answer.balances_ok
    assert len(answer.as_json()["exceptions"]) == late


@quick
@given(histories(), st.integers(-50, 50))
def test_i11_nothing_is_written_before_it_happens_nor_a_day_late_alone(clinic, hours):
    place, last = next(
        (n, e) for n, e in reversed(list(enumerate(clinic.entries))) if isinstance(e, Transfer)
    )
    bent = replace(last, recorded_at=last.at + timedelta(hours=hours), reason="", witness="")
    clinic.entries[place] = bent
    rules = {fault.rule for fault in broken_rules(book(clinic.entries))}
    assert ("BK-FUTURE" in rules) is (hours < 0)
    assert ("BK-BACKDATED" in rules) is (hours > 24)


@quick
@given(histories(), st.sampled_from(NAMES))
def test_i13_what_was_sent_and_not_received_is_missing_until_it_is(clinic, name):
    assume(clinic.held[name])
    sent = clinic.out(name, "transit:T9", 1)
    assert [one.kind for one in discrepancies(book(clinic.entries))] == ["transit"]
    clinic.stock_move("transit:T9", clinic.account(name), sent.units or sent.volume_ul, name)
    assert discrepancies(book(clinic.entries)) == ()


def test_i14_a_single_dose_vial_is_for_one_person():
    clinic = Clinic()
    clinic.receive("V1", False, 10_000)
    clinic.entries[0] = replace(clinic.entries[0], doses="single")
    for session in ("S1", "S1", "S2"):
        clinic.out("V1", f"tray:{session}", 0.1, session=session)
    (fault,) = broken_rules(book(clinic.entries))
    assert (fault.rule, fault.entry) == ("BK-ONE-PERSON", 5)


@pytest.mark.parametrize("days", [0, 1, 27, 28, 29, 40])
@pytest.mark.parametrize("printed", [0, 14])
def test_i14_a_multi_dose_vial_ends_28_days_after_it_was_opened_or_sooner(days, printed):
    clinic = Clinic()
    clinic.receive("V1", False, 10_000)
    clinic.entries[0] = replace(clinic.entries[0], beyond_use_days=printed)
    opened = clinic.out("V1", "tray:S1", 0.1, session="S1").at
    clinic.minute = int((opened - DAY) / timedelta(minutes=1)) + days * 24 * 60
    clinic.minute -= 1 if days else 0
    clinic.out("V1", "tray:S1", 0.1, session="S1")
    rules = [fault.rule for fault in broken_rules(book(clinic.entries))]
    assert rules == (["BK-BEYOND-USE"] if days > (printed or 28) else [])


@pytest.mark.parametrize(("size", "allowed"), [(5000, 300), (10_000, 500), (20_000, 600), (7, 0)])
def test_i15_more_than_the_label_says_is_overfill_and_never_a_negative_loss(size, allowed):
    assert overfill_allowance(size) == allowed
    for extra in (allowed, allowed + 1):
        clinic = Clinic()
        clinic.receive("V1", False, size)
        if extra:
            clinic.stock_move("overfill:V1", "vial:V1", extra, "V1")
        faults = [fault.rule for fault in broken_rules(book(clinic.entries))]
        assert faults == (["BK-OVERFILL"] if extra > allowed else [])


@quick
@given(histories(), st.sampled_from(NAMES), st.sampled_from([-1, 1]))
def test_a_piece_too_few_is_a_discrepancy_and_a_drop_is_not(clinic, name, off):
    assume(clinic.held[name] + off >= 0)
    clinic.count(name, off)
    assert bool(discrepancies(book(clinic.entries))) is clinic.pack(name)


@quick
@given(histories(), st.sampled_from(["adjusted", "explained", "silence"]))
def test_a_difference_stands_until_somebody_answers_for_that_count(clinic, answer):
    assume(clinic.held["V2"] >= 200)
    counted = clinic.count("V2", -200)
    if answer == "adjusted":
        clinic.stock_move("vial:V2", "lost", 200, "V2", document=counted.id)
    if answer == "explained":
        clinic.entries.append(
            Handling("x", clinic.at(), "V2", "explained", "miriam", document=counted.id)
        )
    assert bool(discrepancies(book(clinic.entries))) is (answer == "silence")


@pytest.mark.parametrize(
    ("source", "goal", "rule"),
    [
        ("vial:V1", "waste:S1", "BK-REGIME"),
        ("pack:P1", "waste:S1", "BK-REGIME"),
        ("tray:S1", "destroyed:F1", "BK-REGIME"),
        ("tray:S1", "returned:R", "BK-REGIME"),
        ("waste:S1", "destroyed:F1", "BK-WAY"),
        ("tray:S1", "vial:V1", "BK-WAY"),
        ("vial:V1", "patient:S1", "BK-WAY"),
        ("supplier:N", "tray:S1", "BK-WAY"),
    ],
)
def test_wastage_and_destruction_are_two_regimes(source, goal, rule):
    clinic = Clinic()
    clinic.receive("V1", False, 10_000)
    clinic.receive("P1", True, 10)
    clinic.out("V1", "tray:S1", 0.1, session="S1")
    clinic.move(source, goal, 25_000, session="S1")
    assert rule in {fault.rule for fault in broken_rules(book(clinic.entries))}


@quick
@given(histories())
def test_a_late_second_signature_completes_a_correction(clinic):
    moved = clinic.out("V2", "tray:S97", 0.1, session="S97")
    assume(moved)
    clinic.stock_move(
        "tray:S97",
        "vial:V2",
        moved.volume_ul,
        "V2",
        session="S97",
        witness="",
        corrects=moved.id,
        reason="slip",
    )
    alone = clinic.entries[-1]
    assert [f.rule for f in broken_rules(book(clinic.entries))] == ["BK-WITNESS-MISSING"]
    for who, rules in (("nora", ["BK-WITNESS-SAME"]), ("wes", [])):
        signed = Handling("s", clinic.at(), "", "countersigned", who, document=alone.id)
        found = broken_rules(book([*clinic.entries, signed]))
        assert [fault.rule for fault in found] == rules
