"""Stock without a patient: counted blind, kept apart, sent, destroyed; differences with a clock."""

import random
import threading
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connections, transaction
from tests.clinic.test_pharmacy import LABEL, SESSION, change

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.pharmacy import commands, queries
from openketamine.clinic.pharmacy.commands import Distributor
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import (
    broken_rules,
    check,
    form_106_by,
    inventory_by,
    notify_by,
    whereabouts,
)

FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def vial(ines, now):
    return commands.receive_vial(change(site="Main", cabinet="Cabinet 1"), ines, now)


@pytest.fixture
def pack(ines, now):
    label = change(
        form="troche", unit_ug=100_000, units=30, concentration_ug_per_ml=0, volume_ul=0, lot="T1",
        site="Main", cabinet="Cabinet 1",
    )  # fmt: skip
    return commands.receive_vial(label, ines, now)


@pytest.fixture
def watched(wes, now):
    return Proof(wes, now, "password")


def on_shelf(vial, now):
    return next(one for one in queries.vials(now) if one.vial.pk == vial.pk)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-11")
class TestBlindCount:
    def first(self, vial, pack, ines, now, **more):
        lines = {str(vial.pk): 10_000, str(pack.pk): 30}
        return commands.begin_sheet([vial, pack], lines, ines, now, **more)

    def test_two_people_who_agree_write_one_count_by_both(self, vial, pack, ines, nora, now):
        sheet = self.first(vial, pack, ines, now)
        lines = {str(vial.pk): 9_980, str(pack.pk): 30}
        assert commands.finish_sheet(sheet, lines, nora, now) == []
        counts = [e for e in queries.book().entries if type(e).__name__ == "Count"]
        assert [(one.by, one.witness) for one in counts] == [(str(ines.pk), str(nora.pk))] * 2
        assert queries.cases() == []

    def test_i16_the_same_person_cannot_count_twice(self, vial, pack, ines, now):
        sheet = self.first(vial, pack, ines, now)
        with pytest.raises(BadInput, match="another person"):
            commands.finish_sheet(sheet, {str(vial.pk): 1, str(pack.pk): 1}, ines, now)

    def test_where_they_do_not_agree_nothing_is_in_the_book(self, vial, pack, ines, nora, now):
        sheet = self.first(vial, pack, ines, now)
        lines = {str(vial.pk): 9_000, str(pack.pk): 29}
        assert set(commands.finish_sheet(sheet, lines, nora, now)) == {str(vial.pk), str(pack.pk)}
        assert queries.cases() == []
        assert queries.sheet(sheet).apart

    def test_both_finding_less_is_a_case(self, vial, pack, ines, nora, now):
        lines = {str(vial.pk): 9_800, str(pack.pk): 29}
        sheet = commands.begin_sheet([vial, pack], lines, ines, now)
        commands.finish_sheet(sheet, lines, nora, now)
        assert sorted(one.difference for one in queries.cases()) == [-200, -1]

    def test_what_was_not_counted_is_not_nothing(self, vial, pack, ines, now):
        with pytest.raises(BadInput, match="1 are missing"):
            commands.begin_sheet([vial, pack], {str(vial.pk): 1}, ines, now)

    @pytest.mark.parametrize("purpose", ["initial", "biennial"])
    def test_an_inventory_of_the_law_names_every_line(self, vial, pack, ines, nora, now, purpose):
        sheet = self.first(vial, pack, ines, now, purpose=purpose, moment="opening")
        commands.finish_sheet(sheet, {str(vial.pk): 10_000, str(pack.pk): 30}, nora, now)
        (taken,) = queries.notes("inventory_taken")
        assert (taken.body["counter"], taken.body["verifier"]) == ("Inés Marín", "Nora Lindqvist")
        assert taken.body["moment"] == "opening"
        assert [row["counted"] for row in taken.body["rows"]] == [10_000, 30]

    def test_an_initial_inventory_of_nothing_is_recorded_as_nothing(self, ines, nora, now):
        sheet = commands.begin_sheet([], {}, ines, now, purpose="initial")
        commands.finish_sheet(sheet, {}, nora, now)
        assert queries.notes("inventory_taken")[0].body["rows"] == []


@pytest.mark.django_db
@pytest.mark.hazard("HZ-11")
class TestADifference:
    @pytest.fixture
    def case(self, vial, ines, now):
        commands.count(vial, 9_800, ines, now)
        return queries.cases()[0]

    def test_its_clock_runs_from_the_count(self, case):
        assert case.discovered_at.date() == date(2026, 11, 22)
        assert (case.notify_by, case.form_106_by) == (date(2026, 11, 23), date(2027, 1, 6))
        assert [step for step, _ in case.due()] == ["dea_notified", "form_106_submitted"]

    @pytest.mark.parametrize("name", ["ines", "nora", "priya", "aude", "sam"])
    def test_only_the_medical_director_adjusts(self, case, cast, watched, now, name):
        with pytest.raises(BadInput, match="It is done by: Medical director"):
            commands.adjust(case.id, "unexplained", "so", getattr(cast, name), watched, now)

    def test_the_director_adjusts_with_a_cause_before_another(self, case, vial, cast, now):
        ines = Proof(cast.ines, now, "password")
        with pytest.raises(BadInput, match="'bad luck' is not a reason"):
            commands.adjust(case.id, "bad luck", "so", cast.miriam, ines, now)
        commands.adjust(case.id, "measuring_loss", "dead space", cast.miriam, ines, now)
        assert queries.vial_ledger(vial).on_hand_ul == 9_800
        assert check(queries.book()).balances_ok
        after = queries.case(case.id)
        assert after.answered
        # The law's days run on where the drug was found or explained.
        assert not after.closed
        with pytest.raises(BadInput, match="nobody has answered yet"):
            commands.adjust(case.id, "unexplained", "again", cast.miriam, ines, now)

    def test_it_is_closed_when_it_is_answered_and_judged_or_reported(self, case, cast, now):
        commands.explain(case.id, "held against the light wrongly", cast.miriam, now)
        assert not queries.case(case.id).closed
        commands.add_step(case.id, "not_significant", "0.2 mL of 10", cast.miriam, now)
        assert queries.case(case.id).closed

    def test_a_significant_loss_is_closed_by_notice_and_form(self, case, cast, now):
        commands.explain(case.id, "so", cast.miriam, now)
        commands.add_step(case.id, "significant", "a pattern", cast.miriam, now)
        commands.add_step(case.id, "dea_notified", "fax 12", cast.ines, now)
        assert [step for step, _ in queries.case(case.id).due()] == ["form_106_submitted"]
        commands.add_step(case.id, "form_106_submitted", "no. 77", cast.ines, now)
        assert queries.case(case.id).closed

    def test_the_inventory_officer_does_not_judge(self, case, cast, now):
        with pytest.raises(BadInput, match="Medical director"):
            commands.add_step(case.id, "not_significant", "so", cast.ines, now)

    def test_too_much_is_found_not_a_negative_loss(self, vial, cast, now):
        commands.count(vial, 10_400, cast.ines, now)
        (case,) = queries.cases()
        ines = Proof(cast.ines, now, "password")
        commands.adjust(case.id, "measuring_gain", "overfill", cast.miriam, ines, now)
        assert queries.vial_ledger(vial).on_hand_ul == 10_400
        assert broken_rules(queries.book()) == ()

    def test_a_tray_of_a_closed_session_is_a_case_of_its_own(self, vial, cast, watched, now):
        commands.withdraw(SESSION, vial, 1000, cast.nora, watched, now)
        assert queries.cases() == []
        closed(now)
        (case,) = queries.cases()
        assert (case.discrepancy.kind, case.id) == ("tray", str(SESSION))
        ines = Proof(cast.ines, now, "password")
        commands.adjust(case.id, "unexplained", "not found", cast.miriam, ines, now)
        assert queries.tray(SESSION) == 0
        assert queries.case(case.id).answered


def closed(now):
    """The fact that the session of the tray has been closed."""
    from openketamine.clinic.journal import commands as writer
    from openketamine.core.treatment import Author

    entry = writer.Entry(
        str(uuid.uuid4()), "session_closed", {"reason": "so"}, now, Author("x", "X", "nurse")
    )
    writer.append(f"session:{SESSION}", [entry], now)


@pytest.mark.parametrize(
    ("found", "by"),
    [
        (date(2026, 11, 16), date(2026, 11, 17)),
        (date(2026, 11, 19), date(2026, 11, 20)),
        (date(2026, 11, 20), date(2026, 11, 23)),
        (date(2026, 11, 21), date(2026, 11, 23)),
        (date(2026, 11, 22), date(2026, 11, 23)),
    ],
)
def test_the_notice_is_due_on_the_next_business_day(found, by):
    assert notify_by(found) == by


def test_the_form_is_due_in_45_days_and_the_inventory_in_two_years():
    assert form_106_by(date(2026, 11, 22)) == date(2027, 1, 6)
    assert inventory_by(date(2026, 11, 22)) == date(2028, 11, 22)
    assert inventory_by(date(2024, 2, 29)) == date(2026, 2, 28)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-11")
class TestCustody:
    def test_what_is_kept_apart_is_on_hand_and_not_drawn_from(self, vial, cast, watched, now):
        commands.quarantine(vial, "cracked stopper", cast.ines, now)
        assert on_shelf(vial, now).status == "kept apart"
        assert on_shelf(vial, now).on_hand_ul == 10_000
        with pytest.raises(BadInput, match=r"vial: .*kept apart"):
            commands.withdraw(SESSION, vial, 100, cast.nora, watched, now)
        commands.release(vial, "sound", cast.ines, watched, now)
        assert commands.withdraw(SESSION, vial, 100, cast.nora, watched, now)

    def test_an_opened_vial_ends_28_days_later(self, vial, cast, watched, now):
        commands.withdraw(SESSION, vial, 100, cast.nora, watched, now)
        assert on_shelf(vial, now).usable_until == now + timedelta(days=28)
        later = now + timedelta(days=28, minutes=1)
        assert on_shelf(vial, later).status == "beyond use"
        with pytest.raises(BadInput, match="opened too long ago"):
            commands.withdraw(SESSION, vial, 1, cast.nora, Proof(cast.wes, later, "x"), later)

    def test_another_cabinet_is_a_move_another_site_a_shipment(self, vial, cast, watched, now):
        commands.put(vial, "", "Cabinet 2", cast.ines, now)
        assert on_shelf(vial, now).place.cabinet == "Cabinet 2"
        with pytest.raises(BadInput, match="another site is a shipment"):
            commands.put(vial, "North", "A", cast.ines, now)
        shipment = commands.send(vial, "North", cast.ines, watched, now)
        assert on_shelf(vial, now).status == "empty"
        assert [one.kind for one in queries.discrepancies()] == ["transit"]
        commands.arrive(shipment, "Safe", cast.ines, watched, now)
        assert vars(on_shelf(vial, now).place) == {"site": "North", "cabinet": "Safe"}
        assert on_shelf(vial, now).on_hand_ul == 10_000
        assert check(queries.book()).balances_ok
        with pytest.raises(BadInput, match="not been received yet"):
            commands.arrive(shipment, "Safe", cast.ines, watched, now)

    def test_two_people_destroy_and_the_form_has_every_column(self, vial, pack, cast, now):
        nora = Proof(cast.nora, now, "password")
        form = commands.destroy(
            [vial, pack], "incineration", "Site", now.date(), cast.ines, nora, now
        )
        body = queries.note(form, "form_41")
        assert [row["full_packages"] for row in body["rows"]] == [1, 1]
        assert [row["total_destroyed"] for row in body["rows"]] == [10_000, 30]
        assert len({one["id"] for one in body["employees"]}) == 2
        assert {on_shelf(one, now).status for one in (vial, pack)} == {"empty"}
        assert check(queries.book()).balances_ok

    @pytest.mark.parametrize("name", ["ines", "priya", "fran", "aude"])
    def test_the_second_of_a_destruction_is_a_nurse_or_the_director(self, vial, cast, now, name):
        with pytest.raises(BadInput, match="witness"):
            commands.destroy(
                [vial], "incineration", "Site", now.date(), cast.ines,
                Proof(getattr(cast, name), now, "password"), now,
            )  # fmt: skip

    def test_a_partial_vial_goes_back_with_a_list(self, vial, cast, watched, now):
        commands.withdraw(SESSION, vial, 2_000, cast.nora, watched, now)
        to = Distributor("Returns Ltd", "1 Road", "RR1234563")
        listed = commands.give_back([vial], to, now.date(), cast.ines, watched, now)
        (row,) = queries.note(listed, "reverse_distribution")["rows"]
        assert (row["full_packages"], row["partial_count"]) == (0, 8_000)

    def test_what_broke_before_two_people_is_no_loss(self, vial, cast, watched, now):
        commands.spill(vial, 4_000, "breakage", "fell off the tray", cast.ines, watched, now)
        assert on_shelf(vial, now).on_hand_ul == 6_000
        assert queries.cases() == []
        assert check(queries.book()).balances_ok

    def test_overfill_is_booked_as_such_and_only_as_much_as_is_usual(
        self, vial, cast, watched, now
    ):
        commands.withdraw(SESSION, vial, 10_000, cast.nora, watched, now)
        commands.overfill(vial, 500, cast.nora, watched, now)
        commands.withdraw(SESSION, vial, 500, cast.nora, watched, now)
        with pytest.raises(BadInput, match="are usual for its size"):
            commands.overfill(vial, 1, cast.nora, watched, now)
        assert check(queries.book()).broken_rules == ()

    def test_waste_is_never_destruction_nor_the_other_way_round(self, vial, cast, watched, now):
        commands.withdraw(SESSION, vial, 10_000, cast.nora, watched, now)
        nora = Proof(cast.nora, now, "password")
        with pytest.raises(BadInput, match="containers that hold something"):
            commands.destroy([vial], "incineration", "Site", now.date(), cast.ines, nora, now)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-11")
class TestReceiving:
    @pytest.mark.parametrize(
        "ndc", ["67457-001-10", "1234-5678-90", "12345-6789-1", "12345-6789-01", "123456-7890-12",
                "6745700110"],
    )  # fmt: skip
    def test_an_ndc_of_any_printed_form_stays_as_printed(self, ines, now, ndc):
        assert commands.receive_vial(change(ndc=ndc), ines, now).ndc == ndc

    @pytest.mark.parametrize("ndc", ["67457", "67457-0011-100", "abc", "0067457-001-10"])
    def test_what_is_no_ndc_is_refused(self, ines, now, ndc):
        with pytest.raises(BadInput, match="ndc"):
            commands.receive_vial(change(ndc=ndc), ines, now)

    def test_a_second_person_verifies_and_is_another(self, cast, now):
        nora = Proof(cast.nora, now, "password")
        vial = commands.receive_vial(LABEL, cast.ines, now, verifier=nora)
        assert queries.vial_ledger(vial).rows[0].witness == "Nora Lindqvist"
        with pytest.raises(BadInput, match="witness"):
            commands.receive_vial(LABEL, cast.ines, now, verifier=Proof(cast.ines, now, "password"))

    def test_the_label_is_in_the_chain(self, vial):
        (label,) = [e for e in queries.book().entries if type(e).__name__ == "Label"]
        assert (label.lot, label.concentration_ug_per_ml) == ("K2291", 50_000)


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("HZ-11")
@pytest.mark.hazard("HZ-17")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_hands_at_once_leave_a_book_that_balances(cast, vial, pack, now, seed):
    """Six people do whatever comes, at the same time, on one vial and one pack: the book keeps all
    its rules, its chain and its numbers, and every microgram has a place."""
    chance, failures = random.Random(seed), []  # noqa: S311

    def hands(number):
        mine = random.Random(seed * 100 + number)  # noqa: S311
        try:
            for turn in range(8):
                one_thing(
                    cast, vial, pack, now, mine, uuid.UUID(int=seed << 64 | number << 8 | turn)
                )
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=hands, args=(number,)) for number in range(6)]
    chance.shuffle(threads)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    book = queries.book()
    assert broken_rules(book) == ()
    for one in whereabouts(book).values():
        assert one.filled_ug == one.on_hand_ug + sum(one.gone.values())
    assert journal.verify().ok
    numbers = list(Fact.objects.filter(stream="pharmacy:main").values_list("number", flat=True))
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    for one in queries.vials(now):
        own = whereabouts(book)[str(one.vial.pk)]
        assert one.on_hand_ug == own.on_hand_ug >= 0


def one_thing(cast, vial, pack, now, chance, session):
    """A dose, a count, a breakage or a move; a refusal for lack of drug is an answer."""
    wes, nora = Proof(cast.wes, now, "password"), cast.nora
    what = chance.choice(["dose", "dose", "dose", "tablets", "count", "spill", "put"])
    try:
        if what == "dose":
            drawn = chance.randrange(100, 900)
            commands.withdraw(session, vial, drawn, nora, wes, now)
            given = chance.randrange(0, drawn * 50 + 1)
            commands.give(session, given, nora, now)
            if drawn * 50 > given:
                commands.waste(session, drawn * 50 - given, "residual", "sink", nora, wes, now)
        elif what == "tablets":
            commands.withdraw(session, pack, 0, nora, wes, now, units=chance.randrange(1, 4))
            commands.give(session, queries.tray(session), nora, now)
        elif what == "count":
            commands.count(vial, chance.randrange(0, 10_000), cast.ines, now)
        elif what == "spill":
            commands.spill(vial, chance.randrange(1, 200), "spill", "so", cast.ines, wes, now)
        else:
            commands.put(vial, "", f"Cabinet {chance.randrange(5)}", cast.ines, now)
    except BadInput as refused:
        assert "the book says is left" in str(refused)  # noqa: PT017


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
@pytest.mark.parametrize("statement", ["UPDATE", "DELETE"])
def test_i10_nothing_in_the_book_is_changed_or_removed(vial, statement):
    row = Fact.objects.filter(stream="pharmacy:main")
    with pytest.raises(DatabaseError), transaction.atomic():
        row.update(kind="gift") if statement == "UPDATE" else row.delete()
