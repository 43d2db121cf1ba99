"""The book of the controlled drug, as the clinic writes it."""

import threading
import uuid
from datetime import date, timedelta

import pytest
from django.db import connections

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.pharmacy import commands, queries
from openketamine.clinic.pharmacy.commands import Label
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import broken_rules

SESSION = uuid.UUID("6a1d0f0e-0000-4000-8000-000000000001")
LABEL = Label(
    drug="ketamine",
    ndc="67457-001-10",
    lot="K2291",
    expiry=date(2027, 6, 30),
    concentration_ug_per_ml=50_000,
    volume_ul=10_000,
    supplier="Northside Medical Supply",
)


@pytest.fixture
def vial(ines, now):
    return commands.receive_vial(LABEL, ines, now)


@pytest.fixture
def watched(wes, now):
    return Proof(wes, now, "password")


def change(**values):
    return Label(**{**vars(LABEL), **values})


@pytest.mark.django_db
class TestReceiving:
    def test_a_received_vial_is_sealed_and_full(self, vial, now):
        (shelf,) = queries.vials(now.date())
        assert (shelf.status, shelf.on_hand_ul, shelf.on_hand_ug) == ("sealed", 10_000, 500_000)

    def test_the_same_delivery_twice_is_one_vial(self, ines, now):
        same = uuid.uuid4()
        first = commands.receive_vial(LABEL, ines, now, vial_id=same)
        assert commands.receive_vial(LABEL, ines, now, vial_id=same) == first
        assert Vial.objects.count() == 1

    @pytest.mark.parametrize(
        ("label", "sentence"),
        [
            (change(lot=" "), "lot: expected what the label"),
            (change(volume_ul=0), "volume_ul: expected an amount above 0, got 0"),
            (change(expiry=date(2026, 11, 21)), "expiry: expected a day that has not passed"),
        ],
    )
    def test_a_label_that_cannot_be_is_named(self, ines, now, label, sentence):
        with pytest.raises(BadInput) as refused:
            commands.receive_vial(label, ines, now)
        assert str(refused.value).startswith(sentence)

    @pytest.mark.hazard("HZ-16")
    def test_the_front_desk_receives_no_drug(self, fran, now):
        with pytest.raises(BadInput, match="Front desk may not do this"):
            commands.receive_vial(LABEL, fran, now)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-11")
class TestTheBook:
    def test_it_balances_from_the_vial_to_the_patient_and_the_waste(self, vial, nora, watched, now):
        commands.withdraw(SESSION, vial, 1000, nora, watched, now)
        commands.give(SESSION, 40_000, nora, now)
        commands.waste(SESSION, 10_000, "residual", "rendered unusable", nora, watched, now)
        page = queries.vial_ledger(vial)
        assert page.balanced
        assert (page.withdrawn_ug, page.given_ug, page.wasted_ug) == (50_000, 40_000, 10_000)
        assert [(row.kind, row.balance_ul, row.balance_ug) for row in page.rows] == [
            ("received", 10_000, 500_000),
            ("withdrawn", 9_000, 450_000),
            ("given", 9_000, 450_000),
            ("wasted", 9_000, 450_000),
        ]
        assert page.rows[1].by == "Nora Lindqvist"
        assert page.rows[1].witness == "Wes Okafor"
        assert broken_rules(queries.book()) == ()
        assert queries.discrepancies() == ()

    def test_drug_left_on_the_tray_is_a_discrepancy_once_the_session_is_over(
        self, vial, nora, watched, now
    ):
        commands.withdraw(SESSION, vial, 1000, nora, watched, now)
        commands.give(SESSION, 40_000, nora, now)
        assert queries.discrepancies([str(SESSION)]) == ()
        (left,) = queries.discrepancies()
        assert (left.kind, left.difference_ug) == ("tray", 10_000)
        assert not queries.vial_ledger(vial).balanced

    @pytest.mark.parametrize(("counted", "found"), [(10_000, 0), (9_950, 0), (9_949, 1), (0, 1)])
    def test_a_count_out_of_tolerance_is_a_discrepancy_and_changes_no_balance(
        self, vial, ines, now, counted, found
    ):
        commands.count(vial, counted, ines, now)
        assert len(queries.discrepancies()) == found
        assert queries.vial_ledger(vial).on_hand_ul == 10_000

    def test_more_than_is_in_the_vial_cannot_be_taken_out(self, vial, nora, watched, now):
        commands.withdraw(SESSION, vial, 9_000, nora, watched, now)
        with pytest.raises(BadInput) as refused:
            commands.withdraw(SESSION, vial, 1_001, nora, watched, now)
        assert str(refused.value) == (
            "volume_ul: expected at most the 1000 µL that the book says is left, got 1001"
        )
        assert queries.tray(SESSION) == 450_000

    @pytest.mark.parametrize("volume_ul", [0, -1])
    def test_nothing_or_less_is_not_withdrawn(self, vial, nora, watched, now, volume_ul):
        with pytest.raises(BadInput, match="an amount is more than nothing"):
            commands.withdraw(SESSION, vial, volume_ul, nora, watched, now)

    def test_an_expired_vial_is_not_opened(self, vial, nora, wes, now):
        later = now + timedelta(days=365)
        with pytest.raises(BadInput, match="a vial that has not expired"):
            commands.withdraw(SESSION, vial, 100, nora, Proof(wes, later, "password"), later)

    def test_more_than_is_on_the_tray_is_not_wasted(self, vial, nora, watched, now):
        commands.withdraw(SESSION, vial, 1000, nora, watched, now)
        with pytest.raises(BadInput, match="at most the 50000 micrograms on the tray"):
            commands.waste(SESSION, 50_001, "residual", "sink", nora, watched, now)

    def test_a_reason_that_nobody_knows_is_refused(self, vial, nora, watched, now):
        commands.withdraw(SESSION, vial, 1000, nora, watched, now)
        with pytest.raises(BadInput, match="'party' is not a reason that we know"):
            commands.waste(SESSION, 1, "party", "sink", nora, watched, now)

    def test_more_given_than_withdrawn_is_written_and_shows_as_a_broken_rule(
        self, vial, nora, watched, now
    ):
        commands.withdraw(SESSION, vial, 100, nora, watched, now)
        commands.give(SESSION, 6_000, nora, now)
        assert [fault.rule for fault in broken_rules(queries.book())] == ["BK-TRAY"]

    def test_nothing_given_writes_nothing(self, nora, now):
        assert commands.give(SESSION, 0, nora, now) == ""
        assert journal.head("pharmacy:main") == 0


@pytest.mark.django_db
@pytest.mark.hazard("HZ-12")
class TestTheWitness:
    def test_is_another_person(self, vial, nora, now):
        with pytest.raises(BadInput, match="witness: expected another person"):
            commands.withdraw(SESSION, vial, 100, nora, Proof(nora, now, "password"), now)

    @pytest.mark.parametrize("age", [timedelta(minutes=2, seconds=1), timedelta(seconds=-1)])
    def test_proved_who_they_are_at_that_moment(self, vial, nora, wes, now, age):
        with pytest.raises(BadInput, match="witness: expected a proof of identity given just now"):
            commands.withdraw(SESSION, vial, 100, nora, Proof(wes, now - age, "password"), now)

    @pytest.mark.parametrize("name", ["fran", "theo", "aude", "sam", "ines"])
    def test_has_a_role_that_may_witness(self, vial, cast, now, name):
        witness = Proof(getattr(cast, name), now, "password")
        with pytest.raises(BadInput, match="witness: expected somebody who may witness"):
            commands.withdraw(SESSION, vial, 100, cast.nora, witness, now)

    @pytest.mark.parametrize("name", ["nora", "wes", "priya"])
    def test_watches_the_waste_too(self, vial, cast, watched, now, name):
        commands.withdraw(SESSION, vial, 1000, cast.nora, watched, now)
        actor = getattr(cast, name)
        same = Proof(actor, now, "password")
        with pytest.raises(BadInput, match="witness"):
            commands.waste(SESSION, 1000, "residual", "sink", actor, same, now)
        assert queries.tray(SESSION) == 50_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("HZ-11")
@pytest.mark.hazard("HZ-17")
def test_two_people_cannot_both_take_the_last_of_a_vial(vial, nora, watched, now):
    done, refused = [], []

    def take():
        try:
            done.append(commands.withdraw(SESSION, vial, 6_000, nora, watched, now))
        except BadInput as sentence:
            refused.append(str(sentence))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 3)
    assert queries.vial_ledger(vial).on_hand_ul == 4_000
