"""The results page: who may open it, what it shows, and the people behind each number."""

from datetime import UTC, date, datetime
from http import HTTPStatus

import pytest

from openketamine.clinic.checkins import planning
from openketamine.clinic.journal.models import Access, Fact
from openketamine.clinic.patients.models import Person
from openketamine.clinic.results.models import Kept
from openketamine.clinic.results.numbers import Asked
from openketamine.clinic.results.queries import report
from openketamine.clinic.staff.sites import only
from openketamine.operations._simulated_year import fill

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
TODAY = NOW.date()
PEOPLE, SEED = 20, 3

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(cast, clock_at):
    """A small clinic that does not exist, on the day on which its year ends."""
    clock_at(NOW)
    fill(PEOPLE, SEED, NOW)
    return cast


@pytest.fixture
def page(clinic, client):
    """As the director sees it."""
    client.force_login(clinic.miriam)
    return client


def test_the_same_year_again_adds_nobody(clinic):
    before = Person.objects.count()
    fill(PEOPLE, SEED, NOW)
    assert Person.objects.count() == before


def test_the_clinics_worker_finds_nothing_more_to_ask_of_the_year(clinic):
    """Each check-in of the plan that is over by then was asked; nobody has an address, so what it
    closed by itself would look like one that went missing."""
    ended = Fact.objects.filter(kind__in=("check_in_missed", "check_in_finished"))
    before = ended.count()
    planning.plan(NOW)
    assert before > 20 * PEOPLE
    assert ended.count() == before


def test_the_page_shows_every_protocol_with_its_denominators(page):
    answer = page.get("/results/")
    assert answer.status_code == HTTPStatus.OK
    found = report(Asked(window="month"), TODAY)
    text = answer.content.decode()
    for one in found.protocols:
        assert f'id="p-{one.protocol}"' in text
        assert f"<b>{one.number('response').share.count}</b>" in text
    assert "Time to relapse" in text
    assert "Wilson score interval" in text


def test_who_is_behind_a_number_is_shown_and_noted_in_the_record_of_each(page, clinic):
    number = report(Asked(), TODAY).protocols[0].treated
    answer = page.get("/results/people/", {"number": number.key})
    assert answer.status_code == HTTPStatus.OK
    for one in Person.objects.filter(pk__in=number.who):
        assert one.mrn in answer.content.decode()
    noted = Access.objects.filter(by_id=str(clinic.miriam.pk), person_id__isnull=False)
    assert {str(one) for one in noted.values_list("person_id", flat=True)} == set(number.who)
    assert all(one.what.startswith("results-people.read") for one in noted)


def test_every_number_of_the_page_opens(page):
    """Each is found by its own key; some of each kind are opened."""
    numbers = list(report(Asked(window="month"), TODAY).numbers())
    keys = [one.key for one in numbers]
    assert len(set(keys)) == len(keys) > 60
    for number in numbers[::9]:
        answer = page.get("/results/people/", {"number": number.key, "window": "month"})
        assert answer.status_code == HTTPStatus.OK, number.key
        assert f"<b>{len(number.who)}</b> p" in answer.content.decode(), number.key


def test_a_number_that_does_not_exist_is_not_found(page):
    assert page.get("/results/people/", {"number": "x"}).status_code == HTTPStatus.NOT_FOUND
    assert page.get("/results/people/").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("who", ["nora", "priya", "theo", "fran", "ines", "sam"])
def test_results_are_for_the_director_and_the_auditor(clinic, client, who):
    client.force_login(getattr(clinic, who))
    for path in ("/results/", "/results/people/?number=early-stop"):
        assert client.get(path).status_code == HTTPStatus.FORBIDDEN


def test_days_and_protocol_narrow_it_down(page):
    everybody = report(Asked(), TODAY)
    some = report(Asked(protocol="iv-depression", since=date(2026, 6, 1)), TODAY)
    assert 0 < len(some.treated) < len(everybody.treated)
    assert {one.protocol for one in some.treated} == {"iv-depression"}
    answer = page.get("/results/", {"protocol": "iv-depression", "since": "2026-06-01"})
    assert f"<b>{len(some.treated)}</b></a>" in answer.content.decode()


def test_a_time_that_ends_before_it_begins_is_said_at_the_field(page):
    answer = page.get("/results/", {"since": "2026-06-01", "until": "2026-05-01"})
    assert "A day after the first one." in answer.content.decode()


def test_an_empty_clinic_says_so(cast, client):
    client.force_login(cast.miriam)
    answer = client.get("/results/")
    assert "Nobody had a first session" in answer.content.decode()


def test_what_is_kept_can_be_thrown_away_and_comes_back_the_same(clinic):
    before = report(Asked(), TODAY)
    assert Kept.objects.count() == PEOPLE
    Kept.objects.all().delete()
    assert report(Asked(), TODAY) == before


def test_people_of_another_site_are_in_no_number(clinic):
    with only(frozenset({"elsewhere"})):
        assert report(Asked(), TODAY).treated == ()
    with only(frozenset({"main"})):
        assert len(report(Asked(), TODAY).treated) == len(report(Asked(), TODAY).treated) > 0


@pytest.mark.parametrize("path", ["/results/", "/results/people/", "/results/export/"])
def test_without_its_libraries_the_page_says_what_is_missing(cast, client, monkeypatch, path):
    for module in ("views", "export_page"):
        name = f"openketamine.clinic.results.{module}.missing_libraries"
        monkeypatch.setattr(name, lambda: ("lifelines",))
    client.force_login(cast.miriam)
    answer = client.get(path)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "lifelines" in answer.content.decode()


def test_what_another_version_of_the_rules_kept_is_made_again(clinic):
    before = report(Asked(), TODAY)
    Kept.objects.update(made_with="older", result={"never": "read"})
    assert report(Asked(), TODAY) == before


@pytest.mark.hazard("HZ-24")
def test_mood_and_pain_stand_as_two_axes_with_their_people_and_what_is_missing(page):
    found = report(Asked(window="month"), TODAY).axes
    answer = page.get("/results/")
    text = answer.content.decode()
    section = text[text.index('id="axes"') : text.index('id="relapse"')]
    for one in found.numbers():
        if one.who:
            assert f"number={one.key}" in section, one.key
    assert "Why some cannot be judged on both" in section
    assert "Pain was never measured" in section
    assert "better by &gt;= 50 % of a baseline of &gt;= 10 points" in section
    assert "better by &gt;= 30 %" in section
    people = sum(one.share.count for one in found.cells) + found.not_judged.share.count
    assert people == found.measured.share.count > 5
    assert found.measured.share.count + found.not_measured.share.count == PEOPLE


@pytest.mark.hazard("HZ-24")
def test_the_last_score_puts_a_person_into_the_field_of_their_own_page(clinic):
    """The director's four numbers are the quadrants of the people, looked at one by one."""
    from openketamine.clinic.outcomes.queries import state_of
    from openketamine.core.course import summary

    found = report(Asked(), TODAY).axes
    of_page = {person: one.key for one in found.cells for person in one.who}
    own = {str(p.pk): summary(state_of(p), TODAY).quadrant.name for p in Person.objects.all()}
    assert of_page == {
        person: f"axes.judged.{name.replace(' ', '-')}"
        for person, name in own.items()
        if name != "not evaluable"
    }
    assert len(of_page) > 3
