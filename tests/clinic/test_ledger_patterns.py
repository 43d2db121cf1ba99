"""The patterns of the book as the database tells them: seen, opened, ordered and scored."""

import uuid
from datetime import timedelta

import pytest
from tests.clinic.test_pharmacy import change

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal.commands import Entry, record_access
from openketamine.clinic.pharmacy import commands
from openketamine.clinic.pharmacy._patterns import patterns
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.proofs import Proof

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]


@pytest.fixture
def vial(ines, now):
    return commands.receive_vial(change(), ines, now - timedelta(days=21))


def told(session, kind, body, by, at):
    journal.append(
        f"session:{session}", [Entry(str(uuid.uuid4()), kind, body, at, author_of(by))], at
    )


def dose(cast, vial, at, person="p1", days=7, total=None, seen=True):
    """One dose of somebody, ordered, observed, scored and with its waste in the book."""
    session, wes = uuid.uuid4(), Proof(cast.wes, at, "password")
    told(session, "session_opened", {"person_id": person, "protocol_id": "x"}, cast.nora, at)
    plan = {"route": "intravenous", "proposal": {"next_in_days": days}}
    told(session, "plan_signed", plan, cast.priya, at)
    if total is not None:
        said = {"instrument": "phq-9", "answers": [], "total": total, "band": ""}
        told(session, "score_recorded", said, cast.nora, at)
    if seen:
        told(session, "observation_charted", {"values": {"moaas": 5}, "note": ""}, cast.nora, at)
    commands.withdraw(session, vial, 100, cast.nora, wes, at)
    commands.give(session, 4_000, cast.nora, at)
    commands.waste(session, 1_000, "residual", "sink", cast.nora, wes, at)
    return session


def found(rule, now):
    said = patterns((now - timedelta(days=90)).date(), now.date())
    return {one.who: one for one in said if one.rule == rule}


def test_waste_is_seen_beside_what_was_charted_in_its_session(cast, vial, now):
    dose(cast, vial, now)
    blind = dose(cast, vial, now, seen=False)
    one = found("DV-UNSEEN", now)[str(cast.nora.pk)]
    assert (one.value, one.n, one.about) == (50, 2, (str(blind),))


def test_looks_at_stock_are_seen_beside_the_book(cast, vial, now):
    dose(cast, vial, now)
    for hours in (0, 3):
        record_access(
            cast.nora, None, "vials.read · GET vial", now - timedelta(hours=hours), refused=False
        )
    record_access(cast.ines, None, "vials.read · GET vial", now)
    record_access(cast.nora, None, "person.read · GET person", now - timedelta(hours=9))
    looks = found("DV-LOOK", now)
    assert set(looks) == {str(cast.nora.pk)}
    assert (looks[str(cast.nora.pk)].value, looks[str(cast.nora.pk)].n) == (50, 2)


def test_doses_are_seen_beside_their_plans_and_scores(cast, vial, now):
    for back, total in ((20, 15), (14, None), (8, 14), (2, 16), (0, None)):
        dose(cast, vial, now - timedelta(days=back), total=total)
    dose(cast, vial, now, person="p2")
    early = found("DV-EARLY", now)[str(cast.priya.pk)]
    assert (early.n, early.value) == (4, 100)
    extra = found("DV-EXTRA", now)["p1"]
    assert (extra.value, extra.about, extra.flagged) == (5, ("phq-9 15 to 16",), True)


def test_days_outside_are_not_counted(cast, vial, now):
    dose(cast, vial, now, seen=False)
    assert patterns((now - timedelta(days=9)).date(), (now - timedelta(days=1)).date()) == ()


def test_a_session_that_goes_on_is_no_pattern_yet(cast, vial, now):
    session, wes = uuid.uuid4(), Proof(cast.wes, now, "password")
    told(session, "session_opened", {"person_id": "p1", "protocol_id": "x"}, cast.nora, now)
    commands.withdraw(session, vial, 100, cast.nora, wes, now)
    assert found("DV-UNGIVEN", now) == {}
    told(session, "session_closed", {"reason": "complete"}, cast.nora, now)
    assert found("DV-UNGIVEN", now)[str(cast.nora.pk)].about == (str(session),)


def test_with_few_of_them_nothing_is_called_usual(cast, vial, now):
    dose(cast, vial, now)
    said = patterns(now.date(), now.date())
    assert said != ()
    assert {one.enough for one in said} == {False}
