"""The next dose from one end to the other: reckoned from what was charted, signed, given, seen.

Four sessions of one person, told as the browser tells them. Nobody writes a dose but a prescriber.
"""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from tests.clinic.bedside import PASSWORD, PRE_DOSE, Bedside

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.outcomes import commands as outcomes
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.core.course import facts
from openketamine.core.findings import BadInput, Refusal
from openketamine.core.treatment import PlanSigned
from openketamine.operations._simulated_year import fill

MONDAY = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
UG_PER_UL = 50  # of the vial: 50 mg/mL
C_SSRS = [0, 0, None, None, None, 0]
WELL = {
    "dissociation": 2, "nausea": 0, "moaas": 4, "spo2": 97, "systolic": 138, "diastolic": 84,
}  # fmt: skip
SEVERE = WELL | {"dissociation": 8}
STEP_UP = "one step up from 0.5 mg/kg to 0.6 mg/kg"
BAD, BETTER = [3] * 6 + [0] * 3, [2] * 6 + [0] * 3  # 18 and 12 of 27: a third better

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bed(cast):
    bed = Bedside(cast, MONDAY).opened()
    opened = facts.CourseOpened("course-1", "iv-depression", "depression", "phq-9", 6)
    outcomes.record(bed.session.person, opened, cast.priya, bed.now)
    return bed


def again(bed):
    """Three days later, the same person."""
    bed.later(days=3)
    bed.now = bed.now.replace(hour=15, minute=0)
    person = bed.session.person_id
    bed.session = commands.open_session(person, "iv-depression", bed.cast.nora, bed.now)
    return bed


def asked_how_it_is(bed, answers):
    return bed.scored("phq-9", answers).scored("c-ssrs-screen", C_SSRS)


def given(bed, charted):
    """Signed as it is proposed, drawn up, read by a second person, given in whole."""
    dose_ug = bed.planned().proposal().dose_ug
    for item in PRE_DOSE:
        body = {"checklist": "pre-dose", "item": item, "answer": "yes"}
        bed.tell("checklist_answered", body)
    bed.vitals().later(minutes=6).vitals().withdrawn(dose_ug // UG_PER_UL)
    bed.checked(bed.ask("verify", **bed.read_off())).checked(bed.ask("start"))
    half_s = bed.state["plan"]["over_s"] // 2
    bed.later(seconds=half_s).tell("observation_charted", {"values": charted})
    bed.later(seconds=half_s).tell("infusion_stopped", {"reason": "complete"})
    return dose_ug


def signed(bed):
    """What a prescriber signed in this session, and who."""
    (one,) = [fact for fact in queries.facts(bed.session) if isinstance(fact.body, PlanSigned)]
    return one.body.dose_ug, one.by.name


def course_page(bed, clock_at):
    """As the prescriber sees it, signed in on that day."""
    clock_at(bed.now)
    client = Client()
    client.force_login(bed.cast.priya)
    answer = client.get(reverse("course", args=[bed.session.person_id]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.hazard("HZ-03")
def test_a_step_up_and_a_step_down_go_from_the_chart_to_the_signature_to_the_pump(bed, clock_at):
    assert given(asked_how_it_is(bed, BAD), WELL) == 35_000
    assert given(asked_how_it_is(again(bed), BETTER), WELL) == 35_000

    # Nobody knows yet what the second session did: no step rests on that.
    assert STEP_UP not in course_page(bed, clock_at)
    asked_how_it_is(again(bed), BETTER)
    page = course_page(bed, clock_at)
    assert STEP_UP in page
    assert "42 mg" in page

    # Proposed is not ordered: nothing of it stands in the session until a prescriber signs.
    proposal = bed.proposal()
    assert (proposal.session_number, proposal.dose_ug) == (3, 42_000)
    assert bed.state["plan"] is None
    assert isinstance(bed.ask("start"), Refusal)
    assert given(bed, SEVERE) == 42_000
    assert signed(bed) == (42_000, "Dr Priya Raman")
    assert bed.state["plan"]["dose_ug"] == 42_000

    page = course_page(bed, clock_at)
    assert page.count('class="dose"') == 3
    assert "0.6 mg/kg" in page
    assert "33 % better" in page
    assert "severe dissociation or panic (dissociation 8 of 10)" in page

    # A fifth less of 0.6 mg/kg is 33.6 mg, down to half a milligram; and slower.
    asked_how_it_is(again(bed), BETTER)
    assert given(bed, WELL) == 33_500
    assert signed(bed) == (33_500, "Dr Priya Raman")
    assert bed.state["plan"]["over_s"] == 60 * 60
    page = course_page(bed, clock_at)
    assert page.count('class="dose"') == 4
    assert "33.5 mg" in page


@pytest.mark.hazard("HZ-03")
def test_another_dose_than_the_one_proposed_is_not_signed(bed):
    """A number that came from a page of yesterday is no order today."""
    dose = asked_how_it_is(bed, BAD).asked().proposal()
    with pytest.raises(BadInput, match="the dose that is proposed now"):
        bed.ask("sign_plan", bed.cast.priya, password=PASSWORD, dose_ug=dose.dose_ug + 7000)
    assert bed.state["plan"] is None


@pytest.mark.django_db
def test_a_step_of_the_simulated_year_stands_on_the_persons_own_page(cast, clock_at):
    """Proposed, signed by somebody else than who gave it, given, and beside it what it did."""
    clock_at(NOW)
    fill(12, 7, NOW)
    plans = list(Fact.objects.filter(kind="plan_signed").order_by("at"))
    assert {one.by_name for one in plans} == {"A simulated prescriber"}
    stepped = next(one for one in plans if STEP_UP in " ".join(one.body["proposal"]["steps"]))
    whose = Session.objects.get(pk=stepped.stream.partition(":")[2]).person_id
    client = Client()
    client.force_login(cast.priya)
    page = client.get(reverse("course", args=[whose])).content.decode()
    assert page.count('class="dose"') == Session.objects.filter(person_id=whose).count()
    assert "0.5 mg/kg" in page
    assert "0.6 mg/kg" in page
    assert "% better" in page
