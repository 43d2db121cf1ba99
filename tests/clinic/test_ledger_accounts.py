"""What the database keeps of each account is what the book adds up to, and nobody writes it."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from tests.clinic.test_pharmacy import change

from openketamine.clinic.pharmacy import commands, queries
from openketamine.clinic.pharmacy._watch import lately_late, unsigned
from openketamine.clinic.pharmacy.models import Account
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.ledger import balances

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-11")]


@pytest.fixture
def vial(ines, now):
    return commands.receive_vial(change(site="Main", cabinet="Cabinet 1"), ines, now)


@pytest.fixture
def treated(vial, nora, wes, now):
    """A dose, its waste, and a correction of what was given."""
    session, watched = uuid.uuid4(), Proof(wes, now, "password")
    commands.withdraw(session, vial, 1_000, nora, watched, now)
    given = commands.give(session, 40_000, nora, now)
    commands.correct_given(session, given, 35_000, "read again", nora, now)
    commands.waste(session, 10_000, "residual", "sink", nora, watched, now)
    return session


def test_every_account_is_what_the_book_adds_up_to(treated, vial):
    assert queries.accounts_off() == []
    kept = {one.account: one.mass_ug for one in Account.objects.all()}
    assert kept == {one.account: one.mass_ug for one in balances(queries.book())}
    assert queries.held(vial.account).volume_ul == 9_000
    assert queries.tray(treated) == 5_000


def test_an_account_that_was_tampered_with_is_named(treated, vial):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE pharmacy_account SET mass_ug = 1 WHERE account = %s", [vial.account])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert queries.accounts_off() == [vial.account]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pharmacy_account SET mass_ug = 0",
        "DELETE FROM pharmacy_account",
        "INSERT INTO pharmacy_account VALUES ('vial:x', 'vial', 1, 1, 0)",
        "TRUNCATE pharmacy_account",
    ],
)
def test_nobody_writes_an_account_beside_the_book(treated, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_is_in_stock_is_what_holds_something(vial, treated, cast, now):
    empty = commands.receive_vial(change(lot="E1"), cast.ines, now)
    seen = Proof(cast.wes, now, "password")
    commands.destroy([empty], "incineration", "here", now.date(), cast.ines, seen, now)
    assert [one.vial.pk for one in queries.stocked(now)] == [vial.pk]
    assert {one.vial.pk for one in queries.vials(now)} == {vial.pk, empty.pk}


class TestWhatWaits:
    def test_a_correction_waits_for_a_second_signature_and_no_longer(self, treated, wes, now):
        (alone,) = unsigned()
        assert alone.session == str(treated)
        commands.countersign(alone.entry_id, Proof(wes, now, "password"), now)
        assert unsigned() == []

    @pytest.mark.parametrize(("minutes", "late"), [(60, 0), (61, 1)])
    def test_late_waste_is_named_by_its_place_in_the_book(
        self, vial, nora, wes, now, minutes, late
    ):
        session, then = uuid.uuid4(), now + timedelta(minutes=minutes)
        commands.withdraw(session, vial, 1_000, nora, Proof(wes, now, "password"), now)
        commands.give(session, 40_000, nora, now)
        wasted = commands.waste(
            session, 10_000, "residual", "sink", nora, Proof(wes, then, "password"), then
        )
        found = lately_late(then)
        assert [one.entry_id for one in found] == [wasted] * late
        assert [one.place for one in found] == [str(queries.entry(wasted).number)] * late
        assert lately_late(then + timedelta(days=31)) == []
