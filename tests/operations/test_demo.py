"""The demonstration: set through the real commands, found again, and continued on a later day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from openketamine.clinic.journal import clock
from openketamine.clinic.journal import queries as journal
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.papers import queries as papers
from openketamine.clinic.patients.models import Person
from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import facts, history, summary, wanted_tasks
from openketamine.core.history import read_bundle
from openketamine.core.screening import evaluate
from openketamine.knowledge import document
from openketamine.operations._people import DEMO_PEOPLE
from openketamine.operations.demo import _readings, set_scene
from openketamine.operations.demo._cast import bundles
from openketamine.operations.demo._courses import COURSES

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
# Who is not treated today and has a course behind them.
OLD = [told.family for told in COURSES]


@pytest.fixture
def at(monkeypatch, settings):
    """Set the scene at so many minutes after `NOW`."""
    # A demonstration tells its password on its first page.
    settings.OPENKETAMINE_DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A thinner past than in the real demonstration: the same way, fewer messages.
    monkeypatch.setattr(_readings, "EVERY", timedelta(seconds=150))

    def go(minutes):
        moment = NOW + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda: moment)
        set_scene()
        return moment

    return go


def phases(now):
    return {
        one.person.family: queries.state_json(one, now)["phase"]
        for one in Session.objects.select_related("person").exclude(person__family__in=OLD)
    }


def test_everybody_in_it_reads_without_a_fault_and_shows_something_of_their_own():
    records = [read_bundle(raw, TODAY) for raw in bundles(TODAY)]
    seen = {one.person.family: evaluate(one, "iv-depression", TODAY) for one in records}
    decisions = {family: evaluation.decision for family, evaluation in seen.items()}
    assert decisions["Holt"] == "proceed"
    assert decisions["Barrett"] == "block"
    assert decisions["Sørby"] == "override"
    assert "CI-03" in {finding.rule for finding in seen["Barrett"].findings}
    assert {"weight", "birth-date"} <= {one.question for one in seen["Morrow"].unknown}
    assert {one.allergies.state for one in records} == {
        "known",
        "none",
        "not_recorded",
        "unavailable",
    }


def test_its_past_has_no_silence_that_would_raise_an_alarm():
    silence = document("alarms", "freshness").body["silence"]["delay"]
    assert timedelta(seconds=int(silence["value"])) > _readings.EVERY


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("HZ-11")
def test_it_opens_found_again_and_continues_with_others_when_time_has_passed(at):
    now = at(0)
    assert Staff.objects.count() == len(DEMO_PEOPLE)
    assert Person.objects.count() == len(bundles(TODAY))
    assert phases(now) == {"Karim": "recovery", "Lindgren": "infusing", "Holt": "planned"}

    here = Session.objects.select_related("person").exclude(person__family__in=OLD)
    by_family = {one.person.family: one for one in here}
    states = {family: queries.state_json(one, now) for family, one in by_family.items()}
    infusion = states["Lindgren"]["infusion"]
    assert infusion["elapsed_s"] == 15 * 60
    assert infusion["given_mg"] == pytest.approx(41 * 15 / 40, rel=0.01)
    waits = [one["summary"] for one in states["Holt"]["gates"]["start"]["waits_for"]]
    assert waits == [
        "No drug has been withdrawn for this session",
        "No second person has verified the dose",
    ]
    assert all(state["contradictions"] == [] for state in states.values())
    assert {"heart_rate", "spo2", "systolic"} <= set(states["Lindgren"]["latest"])

    heads = {one.stream: journal.head(one.stream) for one in by_family.values()}
    later = at(5)
    assert {one.stream: journal.head(one.stream) for one in by_family.values()} == heads
    assert Session.objects.filter(closed_at=None).count() == 3

    # Somebody took the recovering person over: what they did is theirs to end.
    nora = Staff.objects.get(username="nora")
    raw = {
        "id": "0b8a4f55-3b64-4a77-9a40-2f6f3c1a1d01",
        "kind": "note_charted",
        "at": later.isoformat(),
        "body": {"text": "Feels well."},
    }
    commands.record_fact(by_family["Karim"].id, raw, nora, later)

    much_later = at(180)
    now_phases = phases(much_later)
    assert now_phases["Karim"] == "recovery"
    assert now_phases["Lindgren"] == "closed"
    assert now_phases["Holt"] == "closed"
    assert now_phases["Ferreira"] == "infusing"
    assert now_phases["Moser"] == "recovery"
    assert now_phases["Dube"] == "planned"
    assert journal.verify().ok
    in_progress = [str(one.pk) for one in Session.objects.filter(closed_at__isnull=True)]
    assert pharmacy.discrepancies(in_progress) == ()


@pytest.mark.django_db(transaction=True)
def test_it_opens_a_third_time_on_one_day_though_everybody_in_it_was_treated_today(at):
    at(0)
    at(180)
    now = at(360)
    assert "infusing" not in phases(now).values()
    assert len(phases(now)) == 6
    assert journal.verify().ok
    # Two days later they may be treated again.
    assert "infusing" in phases(at(360 + 2 * 24 * 60)).values()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("local", ["00:03", "00:20", "23:59"])
def test_it_opens_just_after_midnight_too(at, local):
    hour, minute = (int(part) for part in local.split(":"))
    # New York is five hours behind in November.
    midnight = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    moment = midnight + timedelta(hours=hour, minutes=minute)
    now = at((moment - NOW).total_seconds() / 60)
    assert {"infusing", "recovery"} < set(phases(now).values())


@pytest.mark.django_db(transaction=True)
def test_two_people_have_a_course_behind_them_and_nothing_in_it_asks_for_help(at):
    now = at(0)
    today = now.date()
    for told in COURSES:
        person = Person.objects.get(family=told.family)
        state = outcomes.state_of(person)
        found = summary(state, today)
        assert len(found.course.visits) == len(told.visits)
        assert all(
            one.improvement_percent is not None
            for one in history(state, "iv-depression", today)[-2:]
        )
        assert papers.standings(person, now)[0].state == "in_force"
        assert state.all(facts.WishWritten)
        # A demonstration begins without an alarm: nobody must act on what is made up.
        assert wanted_tasks(state, found, now) == ()
        assert {one.state for one in found.checks} <= {"done", "not due", "due"}
        assert found.primary is not None
    book = pharmacy.accounts_off()
    assert not book
