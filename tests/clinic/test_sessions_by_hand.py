"""A dose without a pump, from plan to book: given by muscle, charted as what it was."""

import uuid
from datetime import UTC, date, timedelta

import pytest
from tests.clinic.bedside import Bedside

from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.pharmacy.commands import Label, countersign, receive_vial
from openketamine.clinic.reports.plan_and_delivery import plan_and_delivery
from openketamine.clinic.reports.times import Clock
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions._past import history
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.dosing import protocols
from openketamine.core.findings import BadInput, Refusal
from openketamine.core.ledger import account_kind, balances, broken_rules


@pytest.fixture
def bed(cast, now):
    return Bedside(cast, now).opened("im-depression")


@pytest.mark.django_db
@pytest.mark.hazard("HZ-04")
class TestAnInjection:
    def test_one_press_gives_it_and_the_book_knows(self, bed):
        bed.ready().checked(bed.ask("start", place="left deltoid"))
        assert bed.state["phase"] == "recovery"
        assert bed.state["doses"]["given_mg"] == 35
        assert bed.kinds()[-2:] == ["DoseGiven", "DoseFinished"]
        assert bed.state["drug"]["tray_ug"] == 0
        assert pharmacy.tray(bed.session.id) == 0

    def test_it_stands_in_the_record_in_words(self, bed):
        bed.ready().checked(bed.ask("start", place="left deltoid"))
        words = [one["text"] for one in bed.state["events"]]
        assert "Given: 35 mg (0.7 mL) im, left deltoid" in words

    def test_the_same_press_sent_again_gives_nothing_more(self, bed):
        press = {"id": str(uuid.uuid4()), "place": "left deltoid"}
        bed.ready()
        first = bed.ask("start", **press)
        assert bed.ask("start", **press).fact_id == first.fact_id
        assert bed.kinds().count("DoseGiven") == 1

    def test_a_second_start_is_refused(self, bed):
        bed.ready().checked(bed.ask("start"))
        refused = bed.ask("start")
        assert isinstance(refused, Refusal)
        assert "ST-01" in [one.rule for one in refused.findings]

    def test_what_a_nurse_says_was_given_is_kept_even_without_a_gate(self, bed):
        bed.tell("dose_given", {"route": "im", "dose_ug": 10_000, "volume_ul": 200})
        assert bed.state["phase"] == "giving"
        assert any("without a signed plan" in one for one in bed.state["contradictions"])

    def test_stopped_early_the_rest_stays_on_the_tray(self, bed):
        bed.ready()
        bed.tell("dose_given", {"route": "im", "dose_ug": 20_000, "volume_ul": 400})
        bed.tell("dose_stopped", {"reason": "the person asked to stop"})
        assert bed.state["phase"] == "recovery"
        assert bed.state["drug"]["tray_ug"] == 15_000
        assert pharmacy.tray(bed.session.id) == 15_000

    def test_the_report_tells_where_and_how_much_and_no_rate(self, bed):
        bed.ready().checked(bed.ask("start", place="left deltoid"))
        rows = {row["what"]: row for row in plan_and_delivery(bed.state, Clock(UTC))["rows"]}
        assert rows["Dose"]["delivered"] == "35 mg"
        assert rows["Given"]["delivered"].endswith("left deltoid")
        assert "Rate" not in rows

    def test_it_counts_as_a_session_before_the_next(self, bed, cast):
        bed.ready().checked(bed.ask("start"))
        later = commands.open_session(
            bed.session.person_id, "im-depression", cast.nora, bed.later(days=4).now
        )
        assert [one.dose_ug for one in history(later)] == [35_000]


@pytest.fixture
def pack(cast, now):
    """Thirty capsules of 25 mg."""
    label = Label(
        "ketamine", "12345-678-90", "C77", date(2027, 6, 30), 0, 0, "Compounding pharmacy",
        form="capsule", unit_ug=25_000, units=30,
    )  # fmt: skip
    return receive_vial(label, cast.ines, now)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-11")
class TestByMouth:
    @pytest.fixture
    def bed(self, cast, now):
        return Bedside(cast, now).opened("oral-depression")

    def took(self, bed, pack, units):
        asked = bed.draw_from(pack) | {"units": units}
        return bed.checked(bed.ask("withdraw", **asked))

    def test_every_form_can_be_given_here(self):
        assert set(queries.given_here()) == set(protocols())

    def test_capsules_are_counted_out_given_and_the_book_balances(self, bed, pack):
        bed.prepared()
        ordered = bed.state["plan"]["dose_ug"] // 25_000
        self.took(bed, pack, ordered)
        bed.checked(bed.ask("verify", **bed.read_off())).checked(bed.ask("start"))
        while bed.state["phase"] == "giving":
            bed.tell("dose_given", {"route": "oral", "dose_ug": 25_000, "unit": "capsule"})
        shelf = {one.vial.pk: one for one in pharmacy.vials(bed.now)}[pack.pk]
        assert (shelf.on_hand_units, shelf.status) == (30 - ordered, "open")
        assert pharmacy.tray(bed.session.id) == 0
        assert pharmacy.discrepancies() == ()
        assert broken_rules(pharmacy.book()) == ()
        assert f"{ordered} × capsule" in " ".join(one["text"] for one in bed.state["events"])

    def test_a_capsule_that_was_not_swallowed_stays_on_the_tray(self, bed, pack):
        bed.prepared()
        self.took(bed, pack, 2)
        bed.tell("dose_given", {"route": "oral", "dose_ug": 25_000, "unit": "capsule"})
        bed.tell("dose_stopped", {"reason": "nausea"})
        assert bed.state["drug"]["tray_ug"] == 25_000

    @pytest.mark.parametrize(
        ("asked", "said"),
        [({"volume_ul": 700}, "units"), ({"units": 31}, "at most the 30 pieces"), ({}, "units")],
    )
    def test_a_pack_is_counted_and_no_more_than_is_in_it(self, bed, pack, asked, said):
        bed.prepared()
        with pytest.raises(BadInput, match=said):
            bed.ask("withdraw", **bed.draw_from(pack), **asked)

    def test_the_other_drug_is_not_taken_for_this_order(self, bed, cast, now):
        bed.prepared()
        label = Label(
            "esketamine", "50458-028-00", "S1", date(2027, 6, 30), 0, 0, "N", form="device",
            unit_ug=28_000, units=2,
        )  # fmt: skip
        other = receive_vial(label, cast.ines, now)
        with pytest.raises(BadInput, match="a container of ketamine, as ordered"):
            bed.ask("withdraw", **bed.draw_from(other), units=1)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-11")
class TestACorrectionAfterTheDose:
    """What a person received is corrected: the book follows with a transfer that points back."""

    def amounts(self, bed):
        entries = pharmacy.book_of(session=str(bed.session.id)).entries
        kinds = [(account_kind(one.source), account_kind(one.destination)) for one in entries]
        return [
            (*ways, one.mass_ug, bool(one.corrects))
            for ways, one in zip(kinds, entries, strict=True)
        ]

    def corrected(self, bed, kind, body, replacement):
        fact = next(f for f in queries.facts(bed.session) if type(f.body).__name__ == kind)
        said = {"target": fact.id, "reason": "misread the pump", "replacement": replacement}
        bed.tell("corrected", said)

    def test_an_injection_of_less_is_put_right_in_record_and_book(self, bed):
        bed.ready().checked(bed.ask("start", place="left deltoid"))
        right = {"route": "im", "dose_ug": 30_000, "volume_ul": 600}
        self.corrected(bed, "DoseGiven", {}, right)
        bed.tell("dose_stopped", {"reason": "the rest stayed in the syringe"})
        assert self.amounts(bed)[1:] == [
            ("tray", "patient", 35_000, False),
            ("patient", "tray", 35_000, True),
            ("tray", "patient", 30_000, False),
        ]
        assert bed.state["drug"]["tray_ug"] == pharmacy.tray(bed.session.id) == 5_000
        closing = bed.state["gates"]["close"]["waits_for"]
        assert "CL-02" in [one["rule"] for one in closing]

    def test_it_waits_for_a_second_signature_and_says_so_until_then(self, bed, cast, wes):
        bed.ready().checked(bed.ask("start"))
        self.corrected(bed, "DoseGiven", {}, {"route": "im", "dose_ug": 30_000, "volume_ul": 600})
        bed.tell("dose_stopped", {"reason": "so"})
        (fault,) = broken_rules(pharmacy.book())
        assert fault.rule == "BK-WITNESS-MISSING"
        with pytest.raises(BadInput, match="another person"):
            countersign(fault.entry_id, Proof(cast.nora, bed.now, "password"), bed.now)
        countersign(fault.entry_id, Proof(wes, bed.now, "password"), bed.now)
        assert broken_rules(pharmacy.book()) == ()

    def test_a_rate_that_comes_late_from_a_tablet_changes_what_was_given(self, cast, now):
        bed = Bedside(cast, now).opened().infusing()
        began = bed.now
        bed.later(minutes=20).tell("infusion_stopped", {"reason": "complete"})
        before = bed.state["drug"]["given_ug"]
        at = began + timedelta(minutes=10)
        half = bed.state["plan"]["rate_ul_per_h"] // 2
        bed.tell("rate_changed", {"rate_ul_per_h": half}, at=at)
        assert bed.state["drug"]["given_ug"] == pytest.approx(before * 0.75, rel=0.001)
        book = pharmacy.book_of(session=str(bed.session.id))
        assert {one.account: one.mass_ug for one in balances(book)}[
            f"patient:{bed.session.id}"
        ] == (bed.state["drug"]["given_ug"])

    def test_a_stop_that_never_was_takes_the_dose_back_until_the_real_one(self, cast, now):
        bed = Bedside(cast, now).opened().infusing().later(minutes=5)
        bed.tell("infusion_stopped", {"reason": "wrong person"})
        self.corrected(bed, "InfusionStopped", {}, None)
        assert bed.state["phase"] == "infusing"
        assert pharmacy.tray(bed.session.id) == 35_000
        bed.later(minutes=35).tell("infusion_stopped", {"reason": "complete"})
        assert bed.state["phase"] == "recovery"
        assert bed.kinds().count("DoseFinished") == 2
        assert pharmacy.tray(bed.session.id) == bed.state["drug"]["tray_ug"]

    def test_a_correction_that_changes_no_amount_moves_no_drug(self, bed):
        bed.ready().checked(bed.ask("start", place="left deltoid"))
        before = self.amounts(bed)
        same = {"route": "im", "dose_ug": 35_000, "volume_ul": 700, "place": "right deltoid"}
        self.corrected(bed, "DoseGiven", {}, same)
        assert self.amounts(bed) == before

    def test_two_vials_in_one_tray_each_answer_for_their_own(self, bed, cast, wes):
        bed.ready()
        first = bed.vial
        bed.withdrawn(700)
        bed.checked(bed.ask("verify", **bed.read_off())).checked(bed.ask("start"))
        rest = {"mass_ug": 35_000, "reason": "residual", "method": "sink"}
        bed.ask("waste", witness="wes", witness_password="a-test-password", **rest)
        for vial, given, wasted in ((first, 35_000, 0), (bed.vial, 0, 35_000)):
            page = pharmacy.vial_ledger(vial)
            assert page.balanced
            assert (page.given_ug, page.wasted_ug) == (given, wasted)
        assert broken_rules(pharmacy.book()) == ()
