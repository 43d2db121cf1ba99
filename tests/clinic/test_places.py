"""A site is opened, renamed and closed on a page; who works there is given by two, taken by one."""

from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from tests.clinic.conftest import CAST, PASSWORD
from tests.clinic.test_patients import bundle, patient, weight
from tests.clinic.test_pharmacy import LABEL

from openketamine.clinic.journal import queries
from openketamine.clinic.patients.commands import import_bundle
from openketamine.clinic.patients.models import Person
from openketamine.clinic.pharmacy.commands import receive_vial
from openketamine.clinic.pharmacy.registrant import registrant
from openketamine.clinic.sessions.commands import open_session
from openketamine.clinic.staff import accounts, places, sites
from openketamine.clinic.staff.commands import STREAM, system_account
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.permission import here
from openketamine.clinic.staff.proofs import prove
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]
ASKED = {
    "site": "south",
    "name": "Southside",
    "address": "12 Mesa Road, Tucson",
    "dea_number": "fm1234563",
    "state": "us-az",
    "time_zone": "America/Phoenix",
    "password": PASSWORD,
}
SAID = {"reason": "the lease has ended", "password": PASSWORD}
AT = "/staff/sites/at/south/"


def client_of(who):
    client = Client()
    client.force_login(who)
    return client


@pytest.fixture
def director(cast):
    return client_of(cast.miriam)


@pytest.fixture
def south(director, cast):
    """Opened on the page; its people: the director who opened it, and who keeps the machine."""
    answer = director.post("/staff/sites/open/", ASKED | {"people": [str(cast.sam.pk)]})
    assert answer.status_code == HTTPStatus.OK
    return Site.objects.get(pk="south")


def kinds():
    return [one.kind for one in queries.facts(STREAM)]


class TestOpening:
    def test_a_site_has_what_stands_on_its_papers_and_its_first_people(self, south):
        assert (south.name, south.address) == ("Southside", "12 Mesa Road, Tucson")
        assert (south.dea_number, south.state) == ("FM1234563", "US-AZ")
        assert {one.username for one in south.people.all()} == {"miriam", "sam"}
        assert kinds() == ["site_opened"]

    def test_everybody_from_before_works_at_the_first_one(self, south):
        assert Site.objects.get(pk="main").people.count() == len(CAST)

    def test_the_token_of_its_gateways_is_shown_once_and_only_its_hash_is_kept(
        self, director, cast
    ):
        page = director.post("/staff/sites/open/", ASKED).content.decode()
        token = page.partition('id="gateway-token">')[2].partition("<")[0]
        assert len(token) > 40
        assert token not in director.get(AT).content.decode()
        assert token not in str([one.body for one in queries.facts(STREAM)])

    @pytest.mark.parametrize(
        ("field", "wrong"),
        [
            ("site", "South!"),
            ("site", "main"),
            ("name", "  "),
            ("dea_number", "1234567"),
            ("state", "Arizona"),
            ("time_zone", "Phoenix"),
            ("password", "not-hers-at-all"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_opened(self, director, cast, field, wrong):
        Site.objects.get_or_create(pk="main", defaults={"name": "Main site"})
        answer = director.post("/staff/sites/open/", ASKED | {field: wrong})
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert 'role="alert"' in answer.content.decode()
        assert not Site.objects.exclude(pk="main").exists()
        assert "site_opened" not in kinds()

    @pytest.mark.parametrize("who", [one for one in CAST if one != "miriam"])
    def test_nobody_else_opens_one(self, cast, who):
        answer = client_of(cast.people[who]).post("/staff/sites/open/", ASKED)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert not Site.objects.filter(pk="south").exists()


class TestChanging:
    def test_a_site_is_renamed_with_what_it_was_before(self, director, south):
        assert (
            director.post(f"{AT}change/", ASKED | {"name": "Mesa"}).status_code == HTTPStatus.FOUND
        )
        assert Site.objects.get(pk="south").name == "Mesa"
        last = queries.facts(STREAM)[-1]
        assert (last.kind, last.body["before"]["name"], last.body["name"]) == (
            "site_changed", "Southside", "Mesa",
        )  # fmt: skip

    def test_nothing_is_written_for_no_change(self, director, south):
        director.post(f"{AT}change/", ASKED)
        assert kinds() == ["site_opened"]

    def test_only_by_a_director_who_works_there(self, south, now):
        other = Staff.objects.create(username="d2", role="medical_director", display_name="D Two")
        other.set_password(PASSWORD)
        other.save()
        other.sites.set(["main"])
        client = client_of(other)
        for path in ("change/", "close/", "people/", "token/"):
            assert client.post(AT + path, ASKED).status_code == HTTPStatus.FORBIDDEN
        with pytest.raises(BadInput, match="where you work yourself"):
            places.change("south", places.Details("Mine"), prove("d2", PASSWORD, now=now), now)
        page = client.get("/staff/sites/").content.decode()
        assert "Main site" in page
        assert "Southside" not in page

    def test_a_new_token_ends_the_old_one(self, director, south):
        answer = director.post(f"{AT}token/", {"password": PASSWORD})
        assert "is worth nothing any more" in answer.content.decode()
        assert Site.objects.get(pk="south").gateway_sha256 != south.gateway_sha256


class TestWhatASiteDecides:
    def test_papers_name_the_registration_of_their_place(self, south, monkeypatch):
        monkeypatch.setenv("OPENKETAMINE_REGISTRANT", "Desert Clinic PLLC")
        monkeypatch.setenv("OPENKETAMINE_DEA_NUMBER", "FH0000000")
        with sites.only({"south"}):
            assert registrant() == {
                "name": "Desert Clinic PLLC",
                "address": "12 Mesa Road, Tucson",
                "dea": "FM1234563",
            }
        with sites.only({"main"}):
            assert registrant()["dea"] == "FH0000000"

    def test_each_site_has_the_rules_of_its_state(self, south, settings):
        settings.OPENKETAMINE_STATE = "US-WY"
        with sites.only({"south"}):
            assert [one.state for one in here()] == ["US-AZ"]
        with sites.only({"main"}):
            assert [one.state for one in here()] == ["US-WY"]

    def test_who_is_at_several_is_held_to_the_rules_of_each(self, south, settings):
        settings.OPENKETAMINE_STATE = "US-WY"
        with sites.only({"main", "south"}):
            assert [one.state for one in here()] == ["US-AZ", "US-WY"]

    def test_times_are_those_of_the_clock_on_its_wall(self, south, now):
        with sites.only({"south"}), sites.clock_on_the_wall():
            assert f"{timezone.localtime(now):%H:%M}" == "07:00"
        with sites.only({"main"}), sites.clock_on_the_wall():
            assert timezone.get_current_timezone_name() == timezone.get_default_timezone_name()

    def test_on_every_page_there_and_on_none_elsewhere(self, director, south, cast):
        director.post("/staff/site/", {"site": "south"})
        assert 'data-zone="America/Phoenix"' in director.get("/staff/sites/").content.decode()
        director.post("/staff/site/", {"site": "main"})
        assert 'data-zone="America/Phoenix"' not in director.get("/staff/sites/").content.decode()


class TestPeople:
    def test_a_site_is_given_by_two_who_work_there(self, south, cast, now):
        asked = accounts.ask(
            cast.nora, "nurse", None, "works both", cast.sam, now, ["main", "south"]
        )
        accounts.approve(asked, prove("miriam", PASSWORD, now=now), now)
        assert {one.pk for one in cast.nora.sites.all()} == {"main", "south"}

    def test_and_taken_by_one_at_once(self, director, south, cast):
        said = {"person": str(cast.sam.pk), "reason": "keeps one house only", "password": PASSWORD}
        assert director.post(f"{AT}people/", said).status_code == HTTPStatus.FOUND
        assert [one.pk for one in cast.sam.sites.all()] == ["main"]
        assert kinds()[-1] == "site_left"

    @pytest.mark.parametrize("who", ["miriam", "nora"])
    def test_neither_oneself_nor_who_is_not_there(self, director, south, cast, who):
        said = {"person": str(cast.people[who].pk), "reason": "not any more", "password": PASSWORD}
        assert director.post(f"{AT}people/", said).status_code == HTTPStatus.BAD_REQUEST
        assert south.people.count() == 2

    def test_nobody_is_left_without_a_site(self, south, cast, now):
        cast.sam.sites.set(["south"])
        with pytest.raises(BadInput, match="close the account"):
            places.let_go("south", cast.sam, "left us", prove("miriam", PASSWORD, now=now), now)


class TestClosing:
    def test_nothing_new_is_made_there_and_what_was_is_read(self, director, south, cast, now):
        maren = self.person(cast, now)
        assert director.post(f"{AT}close/", SAID).status_code == HTTPStatus.FOUND
        with sites.only({"south"}):
            with pytest.raises(BadInput, match="was closed"):
                receive_vial(LABEL, cast.miriam, now)
            with pytest.raises(BadInput, match="was closed"):
                open_session(maren.pk, "iv-depression", cast.miriam, now)
        director.post("/staff/site/", {"site": "south"})
        assert director.get(f"/people/{maren.pk}/").status_code == HTTPStatus.OK
        assert "Southside (closed)" in director.get("/staff/sites/").content.decode()

    def test_not_over_drug_that_is_still_there(self, director, south, cast, now):
        with sites.only({"south"}):
            receive_vial(LABEL, cast.miriam, now)
        answer = director.post(f"{AT}close/", SAID)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert "1 container or trays still hold drug" in answer.content.decode()

    def test_not_over_somebody_who_is_treated(self, director, south, cast, now):
        with sites.only({"south"}):
            maren = self.person(cast, now)
            open_session(maren.pk, "iv-depression", cast.miriam, now)
        answer = director.post(f"{AT}close/", SAID)
        assert "1 session is not closed" in answer.content.decode()
        assert Site.objects.get(pk="south").closed_at is None

    def test_what_is_at_another_site_hinders_nothing(self, director, south, cast, now):
        with sites.only({"main"}):
            receive_vial(LABEL, cast.ines, now)
        assert director.post(f"{AT}close/", SAID).status_code == HTTPStatus.FOUND

    def test_the_last_open_one_stays(self, director, south, cast):
        director.post(f"{AT}close/", SAID)
        answer = director.post("/staff/sites/at/main/close/", SAID)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert Site.objects.get(pk="main").closed_at is None

    def test_it_can_be_opened_again(self, director, south):
        director.post(f"{AT}close/", SAID)
        director.post(f"{AT}close/", SAID)
        assert Site.objects.get(pk="south").closed_at is None
        assert kinds()[-2:] == ["site_closed", "site_opened_again"]

    def person(self, cast, now):
        with sites.only({"south"}):
            return Person.objects.get(
                pk=import_bundle(bundle(patient(), weight(70)), cast.fran, now).person.pk
            )


def test_a_house_with_one_site_names_it_and_its_registration_too(cast, now):
    """No second site is needed to write down where one is."""
    Site.objects.get_or_create(pk="main", defaults={"name": "Main site"})
    client = client_of(cast.miriam)
    said = ASKED | {"name": "Desert Clinic"}
    assert client.post("/staff/sites/at/main/change/", said).status_code == HTTPStatus.FOUND
    assert registrant()["dea"] == "FM1234563"
    assert sites.sites_of(cast.nora) is None
    assert system_account(now).sites.count() == 0
