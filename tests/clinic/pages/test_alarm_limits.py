"""A clinic rings earlier than the house: preview on its own sessions, signature, and the bed."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from tests.clinic.bedside import Bedside
from tests.clinic.conftest import PASSWORD

from openketamine.clinic.journal import clock
from openketamine.clinic.library import commands as library
from openketamine.clinic.library import queries
from openketamine.clinic.library.commands import Seen
from openketamine.clinic.rulebook.alarm_replay import of_alarm
from openketamine.clinic.sessions import _watchers, commands
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.monitoring import alarm_limits
from openketamine.core.screening import Tightened

pytestmark = pytest.mark.django_db
LIMIT = "/knowledge/rules/AL-SPO2-3/limits/high.spo2.below/"
WHY = "we are at two thousand metres"


@pytest.fixture(autouse=True)
def no_watch_of_another_test():
    _watchers._kept.clear()
    yield
    _watchers.adopt(())


@pytest.fixture
def bed(cast, now, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: now)
    return Bedside(cast, now).opened().attached().later(seconds=5)


def spo2():
    return next(one for one in alarm_limits() if (one.rule, one.signal) == ("AL-SPO2-3", "spo2"))


def tighten(miriam, now, value=92):
    proof = Proof(miriam, now, "password")
    library.tighten(spo2(), Decimal(value), WHY, proof, now, Seen(0, 0, 0))


def says(bed, value, key):
    bed.hear(bed.message(key, values={"spo2": value, "heart_rate": 72}))
    return [one["rule"] for one in bed.state["findings"]]


def stays(bed, value, key):
    """As long as the rule waits."""
    says(bed, value, key)
    return says(bed.later(seconds=10), value, f"{key}-later")


def page(who, path, **posted):
    client = Client()
    client.force_login(who)
    return client.post(path, posted) if posted else client.get(path)


@pytest.mark.hazard("HZ-07")
def test_from_the_signature_on_it_rings_at_the_clinics_own_limit_and_says_whose_it_is(bed, cast):
    assert says(bed, 91, "m-1") == []
    tighten(cast.miriam, bed.now)
    commands.note_silence(bed.later(seconds=1).now)
    assert stays(bed, 91, "m-2") == ["AL-SPO2-3"]
    (finding,) = bed.state["findings"]
    assert finding["limit"] == "below 92 % (this clinic’s own limit; house 90)"


@pytest.mark.hazard("HZ-07")
def test_it_is_never_looser_whatever_was_signed(bed, cast):
    for value in (89, 90, 80):
        with pytest.raises(BadInput):
            tighten(cast.miriam, bed.now, value)
    assert queries.alarm_site() == ()


def test_an_alarm_is_no_rule_of_screening_and_screening_is_none_of_alarms(bed, cast):
    tighten(cast.miriam, bed.now)
    assert queries.site() == ()
    assert [one.rule for one in queries.alarm_site()] == ["AL-SPO2-3"]


def test_the_preview_counts_how_often_it_would_have_rung_in_the_clinics_own_sessions(bed):
    for second, value in enumerate((97, 91, 91, 97)):
        bed.later(seconds=20)
        says(bed, value, f"m-{second}")
    wish = Tightened("AL-SPO2-3", "high", "spo2", Decimal(92), WHY, "below")
    found = of_alarm(spo2(), (wish,))
    assert (found.before, found.after, len(found.changed)) == (0, 1, 1)
    assert found.hours == pytest.approx(60 / 3600)


def test_the_director_reads_the_preview_says_so_and_signs(bed, cast):
    stays(bed, 91, "m-1")
    shown = page(cast.miriam, f"{LIMIT}?value=92").content.decode()
    assert "would be raised <b>1</b> time instead of <b>0</b>" in shown
    seen = re.search(r'name="seen" value="([^"]*)"', shown).group(1)
    said = {"value": "92", "seen": seen, "reason": WHY, "password": PASSWORD, "otp": ""}
    assert page(cast.miriam, LIMIT, **said).status_code == 400
    assert page(cast.miriam, LIMIT, **said, understood="on").status_code == 302
    assert "92 %" in page(cast.miriam, "/knowledge/rules/AL-SPO2-3/").content.decode()
    back = page(cast.miriam, f"{LIMIT}return/").content.decode()
    assert "would be raised <b>0</b> times instead of <b>1</b>" in back


@pytest.mark.parametrize("who", ["nora", "priya", "aude"])
def test_nobody_else_may(bed, cast, who):
    assert page(getattr(cast, who), LIMIT).status_code == 403


def test_every_limit_of_an_alarm_stands_in_the_rulebook_and_may_be_tightened(bed, cast):
    for one in alarm_limits():
        shown = page(cast.miriam, f"/knowledge/rules/{one.rule}/").content.decode()
        assert f"/limits/{one.action}.{one.signal}.{one.side}/" in shown, one


def test_a_new_session_after_a_restart_is_watched_with_it(bed, cast):
    tighten(cast.miriam, bed.now)
    _watchers._kept.clear()
    assert stays(bed.later(seconds=1), 91, "m-1") == ["AL-SPO2-3"]
