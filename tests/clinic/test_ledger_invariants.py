"""Invariants of the drug book that no other test asks of the database: see the table in
docs/explanation/drug-book.md."""

import uuid
from datetime import timedelta

import pytest
from tests.clinic.test_pharmacy import change

from openketamine.clinic.pharmacy import commands, queries
from openketamine.clinic.pharmacy._entries import new_id, post
from openketamine.clinic.pharmacy.packet import Packet
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Count, check, whereabouts

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-11")]


@pytest.fixture
def vial(ines, now):
    return commands.receive_vial(change(), ines, now)


@pytest.fixture
def watched(wes, now):
    return Proof(wes, now, "password")


def dose(session, vial, drawn_ul, given_ug, cast, now):
    """A dose and the waste of its rest."""
    watched = Proof(cast.wes, now, "password")
    commands.withdraw(session, vial, drawn_ul, cast.nora, watched, now)
    commands.give(session, given_ug, cast.nora, now)
    if rest := queries.tray(session):
        commands.waste(session, rest, "residual", "sink", cast.nora, watched, now)


def test_the_worked_vial_of_the_specification(vial, cast, now):
    """500 mg in 10 mL. 50 mg drawn, 40 given, 10 wasted; 100 mg drawn and given: 7 mL on hand. A
    count of 6.8 mL is 0.2 mL (10 mg) short, and somebody must answer."""
    dose(uuid.uuid4(), vial, 1_000, 40_000, cast, now)
    dose(uuid.uuid4(), vial, 2_000, 100_000, cast, now)
    held = queries.held(vial.account)
    assert (held.volume_ul, held.mass_ug) == (7_000, 350_000)
    own = whereabouts(queries.book())[str(vial.pk)]
    assert (own.gone["patient"], own.gone["waste"]) == (140_000, 10_000)
    assert own.filled_ug == own.on_hand_ug + sum(own.gone.values())
    assert check(queries.book()).balances_ok
    commands.count(vial, 6_800, cast.ines, now)
    (case,) = queries.cases()
    assert (case.difference, case.discrepancy.difference_ug) == (-200, -10_000)


@pytest.mark.parametrize(("drawn_ul", "micrograms"), [(1, 50), (20, 1_000), (1_000, 50_000)])
def test_i7_what_is_posted_is_volume_times_strength_exactly(
    vial, nora, watched, now, drawn_ul, micrograms
):
    session = uuid.uuid4()
    commands.withdraw(session, vial, drawn_ul, nora, watched, now)
    assert queries.tray(session) == micrograms


def test_i7_a_volume_that_holds_no_whole_microgram_is_refused(ines, nora, watched, now):
    odd = commands.receive_vial(change(concentration_ug_per_ml=50_500), ines, now)
    with pytest.raises(BadInput, match="whole micrograms"):
        commands.withdraw(uuid.uuid4(), odd, 1, nora, watched, now)


@pytest.mark.parametrize(("hours", "said"), [(24, []), (25, ["BK-BACKDATED"])])
def test_i11_what_is_written_more_than_a_day_late_by_one_person_is_an_exception(
    vial, ines, now, hours, said
):
    late = Count(id=new_id(), at=now, container=str(vial.pk), volume_ul=10_000, by=str(ines.pk))
    later = now + timedelta(hours=hours)
    post(late, ines, None, later)
    rows = Packet(now.date(), later.date(), later, "x").tables()["exceptions"]()
    assert [row["Rule"] for row in rows] == said


def test_i14_a_single_dose_vial_is_for_one_person(ines, nora, watched, now):
    single = commands.receive_vial(change(doses="single"), ines, now)
    first = uuid.uuid4()
    commands.withdraw(first, single, 100, nora, watched, now)
    commands.withdraw(first, single, 100, nora, watched, now)
    with pytest.raises(BadInput, match="for one person"):
        commands.withdraw(uuid.uuid4(), single, 100, nora, watched, now)


def test_i13_what_left_one_cabinet_for_another_site_is_under_way_or_there(vial, cast, now):
    seen = Proof(cast.wes, now, "password")
    sent = commands.send(vial, "North", cast.ines, seen, now)
    assert queries.held(vial.account).mass_ug == 0
    assert queries.held(f"transit:{sent}").mass_ug == 500_000
    commands.arrive(sent, "Cabinet 1", cast.ines, seen, now)
    assert queries.held(vial.account).mass_ug == 500_000
    assert queries.under_way() == []
