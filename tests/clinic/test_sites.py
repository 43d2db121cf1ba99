"""Two sites in one database: whoever works at one reaches nothing of the other by any door."""

import asyncio
import json
import uuid
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from django.test import Client
from django.urls import resolve
from tests.clinic.bedside import MONITOR, Bedside
from tests.clinic.conftest import CAST, PASSWORD, Cast, hire
from tests.clinic.test_access import GUARDED, address, addresses, ask, places  # noqa: F401
from tests.clinic.test_every_door import _no_pages, key_of
from tests.clinic.test_patients import bundle, patient, weight
from tests.clinic.test_pharmacy import LABEL

from openketamine.clinic.calls.walls import open_wall, redeem, wall_of
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access
from openketamine.clinic.live._who import admitted, guest
from openketamine.clinic.live.app import live_front
from openketamine.clinic.patients.commands import import_bundle
from openketamine.clinic.patients.models import Person
from openketamine.clinic.pharmacy.commands import receive_vial
from openketamine.clinic.sessions import _calls, commands, queries
from openketamine.clinic.sessions.models import QuarantinedMessage, Session
from openketamine.clinic.staff import accounts, glass, sites
from openketamine.clinic.staff.commands import system_account
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.places import open_site
from openketamine.clinic.staff.proofs import prove
from openketamine.clinic.staff.whose import ELSEWHERE, is_known, model_of, path_of
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]
NAMED = [one for one in GUARDED if "_id>" in one[0] and ("uuid:" in one[0] or "site_id" in one[0])]
LISTS = [one for one in GUARDED if one not in NAMED]
# What stands on pages of the main site and on no page of another.
CANARIES = ("HOLT", "Maren", "K2291", "Nurses&#x27; room", "Nora Lindqvist", MONITOR)


@pytest.fixture
def south(cast, now):
    """A second site with people of its own, one of each role; everything else is at the first."""
    opened, _ = open_site("south", "Southside", [], sam(now), now)
    people = {name: hire(f"s-{name}", role, f"South {name}") for name, (role, _) in CAST.items()}
    opened.people.set(people.values())
    return Cast(people)


def sam(now):
    return system_account(now)


@pytest.fixture
def theirs(places, cast, now):  # noqa: F811
    """Every argument of an address, each of something real at the first site."""
    asked = accounts.ask(cast.theo, "prescriber", None, "finished residency", cast.sam, now)
    proof = prove("priya", PASSWORD, now=now)
    words = "she cannot be reached and must be treated"
    grant = glass.break_glass(proof, uuid.UUID(places["person_id"]), "treating", words, now)
    session = uuid.UUID(places["session_id"])
    commands.assign_chair(session, "Chair 1", cast.nora, now)
    commands.attach_device(session, MONITOR, "monitor", cast.nora, now)
    return {**places, "asked_id": asked, "grant_id": grant.id}


def client_of(who):
    client = Client()
    client.force_login(who)
    return client


class TestEveryAddress:
    @pytest.mark.parametrize("path", sorted({path for path, _, _ in NAMED}))
    def test_names_things_whose_site_is_known_by_their_name_alone(self, path):
        for part in path.split("/"):
            name = part.partition("<uuid:")[2].partition(">")[0]
            assert not name or is_known(name), f"{name}: no model and no fact is called so"

    @pytest.mark.parametrize("who", CAST)
    def test_that_names_something_is_refused_to_another_site(self, south, theirs, who):
        """The table of addresses decides what is tried: one that is new is tried too."""
        client, wrong = client_of(south.people[who]), {}
        for pattern, name, _ in NAMED:
            status = ask(client, address(pattern, theirs)).status_code
            if status != HTTPStatus.FORBIDDEN:
                wrong[name] = status
        assert wrong == {}

    def test_and_is_open_to_who_works_there_as_before(self, south, theirs, cast):
        client = client_of(cast.priya)
        assert client.get(f"/people/{theirs['person_id']}/").status_code == HTTPStatus.OK
        assert client.get(f"/sessions/{theirs['session_id']}/state").status_code == HTTPStatus.OK

    def test_the_refusal_is_a_sentence_and_on_record(self, south, theirs):
        answer = client_of(south.priya).get(f"/people/{theirs['person_id']}/")
        assert ELSEWHERE in answer.content.decode()
        looked = Access.objects.get(by_name="South priya", person_id=theirs["person_id"])
        assert (looked.refused, looked.what.endswith("another site")) == (True, True)

    @pytest.mark.parametrize("who", CAST)
    def test_no_list_shows_anything_of_another_site(self, south, theirs, who):
        client, shown = client_of(south.people[who]), {}
        for pattern, name, _ in LISTS:
            content = client.get(address(pattern, theirs)).content.decode(errors="replace")
            found = [one for one in CANARIES if one in content]
            if found:
                shown[name] = found
        assert shown == {}

    def test_and_the_same_lists_do_at_the_own_site(self, south, theirs, cast):
        """The canaries sing where they live: or the test above would prove nothing."""
        client = client_of(cast.miriam)
        content = "".join(
            client.get(path).content.decode()
            for path in ("/people/", "/vials/", "/walls/", "/staff/", "/devices/")
        )
        assert [one for one in CANARIES if one not in content] == []


class TestNamesInAForm:
    def test_a_device_is_not_joined_to_a_chair_of_another_site(self, south, theirs):
        said = {"session": theirs["session_id"], "device_id": "m-2", "device_kind": "monitor"}
        client_of(south.nora).post("/devices/join/", said)
        assert not Session.objects.get(pk=theirs["session_id"]).attachments.filter(device_id="m-2")

    def test_drug_is_not_drawn_from_a_container_of_another_site(self, south, theirs, now):
        mine = self.open_in_south(south, now)
        asked = {
            "id": str(uuid.uuid4()), "password": PASSWORD, "witness": "s-wes",
            "witness_password": PASSWORD, "vial_id": theirs["vial_id"], "volume_ul": 100,
        }  # fmt: skip
        path = f"/sessions/{mine.pk}/requests/withdraw"
        answer = client_of(south.nora).post(path, json.dumps(asked), "application/json")
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert "a vial of this clinic" in answer.json()["error"]

    def test_nobody_of_another_site_is_asked_about_or_planned(self, south, cast):
        said = {"person": str(cast.theo.pk), "what": "close", "role": "nurse", "reason": "left us"}
        answer = client_of(south.sam).post("/staff/accounts/ask/", said)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert Staff.objects.get(pk=cast.theo.pk).is_active

    def test_a_witness_works_at_the_same_site(self, south, theirs, now):
        """One who knows a secret of another house proves nothing at this bedside."""
        with sites.only({"south"}), pytest.raises(BadInput):
            prove("wes", PASSWORD, now=now)

    def test_an_import_makes_a_person_of_ones_own_and_touches_no_other(self, south, cast, now):
        first = import_bundle(bundle(patient(), weight(70)), cast.fran, now).person
        with sites.only({"south"}):
            second = import_bundle(bundle(patient(), weight(60)), south.fran, now)
        assert (second.is_new, second.person.site_id, second.person.mrn) == (
            True, "south", first.mrn,
        )  # fmt: skip
        assert Person.objects.get(pk=first.pk).imports.count() == 1

    def open_in_south(self, south, now):
        with sites.only({"south"}):
            named = patient(identifier=[{"type": {"coding": [{"code": "MR"}]}, "value": "S-1"}])
            person = import_bundle(bundle(named, weight(70)), south.fran, now).person
        return commands.open_session(person.pk, "iv-depression", south.fran, now)


class TestStreamsAndScreens:
    def test_a_stream_of_a_session_opens_at_its_own_site_only(self, south, theirs, cast):
        session = Session.objects.get(pk=theirs["session_id"])
        asked = ("session.read", session.person_id, clock.now(), session.site_id)
        assert admitted(key_of(south.nora), *asked) == HTTPStatus.FORBIDDEN
        assert admitted(key_of(cast.nora), *asked).staff == cast.nora

    def test_the_board_is_each_sites_own(self, south, theirs, now):
        (tile,) = queries.board(clock.now())
        assert not guest(key_of(south.nora), clock.now()).sees(tile["site"])

    def test_a_wall_shows_the_board_of_where_it_hangs(self, south, theirs, cast):
        now = clock.now()
        with sites.only({"south"}):
            wall, code = open_wall("South hall", 4, south.nora, now)
        _, key = redeem(code, now)
        assert wall_of(key, now) == wall
        client = Client()
        client.cookies["openketamine_wall"] = key
        assert client.get("/wall/tiles").json()["tiles"] == []

    def test_nobody_of_another_site_is_called(self, south, cast, now):
        with sites.only(sites.apart("main")):
            told = _calls._people("duty_prescribers", None, now, _NobodyYet())
        assert [one.display_name for one in told] == ["Dr Priya Raman"]


class _NobodyYet:
    def tells(self, _):
        return False


class TestGateways:
    @pytest.fixture
    def bed(self, cast, now):
        return Bedside(cast, now).opened().attached().later(seconds=5)

    def test_a_gateway_of_another_site_charts_nothing_here(self, south, bed):
        delivery = commands.Delivery("south/gw-1", [bed.message("m-1")], "south")
        ((said,),) = commands.record_deliveries([delivery], bed.now)
        assert (said.outcome, "another site" in said.why) == ("quarantined", True)
        assert QuarantinedMessage.objects.get().site_id == "south"

    def test_and_learns_of_no_person_here(self, south, bed):
        heard = {"gateway": "gw-1"}
        assert MONITOR in commands.record_heartbeat(heard, bed.now)
        assert commands.record_heartbeat(heard, bed.now, "south") == {}
        assert {one.name for one in queries.gateways()} == {"gw-1", "south/gw-1"}

    @pytest.mark.django_db(transaction=True)
    def test_the_token_says_where_it_stands(self, now, settings):
        nora = hire("nora", "nurse", "Nora Lindqvist")
        _, token = open_site("south", "Southside", ["nora"], nora, now)
        assert asyncio.run(self.beat(token)) == HTTPStatus.OK
        assert asyncio.run(self.beat(settings.OPENKETAMINE_GATEWAY_TOKEN)) == HTTPStatus.OK
        assert asyncio.run(self.beat(token[:-1])) == HTTPStatus.UNAUTHORIZED
        told = {one.name: one.site_id for one in queries.gateways()}
        assert told == {"south/gw-1": "south", "gw-1": "main"}

    async def beat(self, token):
        app = live_front(_no_pages)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://localhost"
            ) as client,
        ):
            answer = await client.post(
                "/live/gateway/heartbeat",
                json={"gateway": "gw-1"},
                headers={"Authorization": f"Bearer {token}"},
            )
        return answer.status_code


class TestWhoWorksAtSeveral:
    @pytest.fixture
    def both(self, south, cast):
        cast.miriam.sites.add("main", "south")
        return client_of(cast.miriam)

    def test_sees_both_and_says_where_something_new_is_made(self, both, theirs, south, now):
        with sites.only({"south"}):
            receive_vial(LABEL, south.ines, now)
        assert both.get("/vials/").content.decode().count("K2291") == 2
        answer = both.post("/walls/", {"place": "Hall", "hours": "4"})
        assert "chosen at the top of the page" in answer.content.decode()

    def test_at_the_chosen_one_there_is_only_that(self, both, theirs):
        both.post("/staff/site/", {"site": "south"})
        assert "K2291" not in both.get("/vials/").content.decode()
        answer = both.post("/walls/", {"place": "Hall", "hours": "4"})
        assert answer.status_code == HTTPStatus.OK

    def test_nobody_chooses_a_site_at_which_they_do_not_work(self, south, theirs, cast):
        client = client_of(south.miriam)
        client.post("/staff/site/", {"site": "main"})
        assert "K2291" not in client.get("/vials/").content.decode()

    def test_a_site_is_given_by_two_who_work_there(self, both, south, cast, now):
        asked = (south.theo, "therapist", None, "works at both from now on")
        with pytest.raises(BadInput, match="sites where you work yourself"):
            accounts.ask(*asked, south.sam, now, ["main"])
        one = accounts.ask(*asked, cast.sam, now, ["main"])
        with pytest.raises(BadInput, match="sites where you work yourself"):
            accounts.approve(one, prove("s-miriam", PASSWORD, now=now), now)
        accounts.approve(one, prove("miriam", PASSWORD, now=now), now)
        assert set(south.theo.sites.values_list("pk", flat=True)) == {"main"}


class TestTheJournal:
    def test_the_export_of_the_house_is_for_who_works_at_all_of_it(self, south, cast):
        refused = client_of(south.aude).get("/staff/export/")
        assert refused.status_code == HTTPStatus.FORBIDDEN
        cast.aude.sites.add("main", "south")
        assert client_of(cast.aude).get("/staff/export/").status_code == HTTPStatus.OK

    def test_the_packet_holds_the_book_of_its_own_site(self, south, theirs):
        asked = {"since": "2026-01-01", "until": "2027-01-01"}
        answer = client_of(south.ines).get("/stock/packet/json/", asked)
        assert answer.status_code == HTTPStatus.OK
        assert b"K2291" not in b"".join(answer)

    def test_who_looked_is_read_at_the_own_site(self, south, theirs, cast):
        client_of(cast.priya).get(f"/people/{theirs['person_id']}/")
        assert "Priya" not in client_of(south.miriam).get("/staff/access/").content.decode()
        assert "Priya" in client_of(cast.miriam).get("/staff/access/").content.decode()


class TestOneSite:
    def test_nothing_is_told_apart_and_nobody_need_be_anywhere(self, cast):
        assert Site.objects.count() == 1
        assert cast.nora.sites.count() == 0
        assert sites.sites_of(cast.nora) is None

    def test_there_is_nothing_to_choose_on_the_page(self, cast):
        assert "site-choice" not in client_of(cast.miriam).get("/staff/").content.decode()

    def test_the_second_opens_with_its_people_and_the_first_keeps_its_own(self, cast, now):
        open_site("south", "Southside", ["wes"], sam(now), now)
        assert sites.sites_of(cast.nora) == {"main"}
        assert sites.sites_of(cast.wes) == {"main", "south"}

    @pytest.mark.parametrize(
        ("site", "name", "people"),
        [("main", "Again", []), ("a b", "X", []), ("s", "X", []), ("ok", " ", []),
         ("ok", "X", ["nobody"])],
    )  # fmt: skip
    def test_a_site_has_a_word_a_name_and_known_people(self, cast, now, site, name, people):
        with pytest.raises(BadInput):
            open_site(site, name, people, sam(now), now)


def test_every_model_that_an_address_may_name_leads_to_a_site():
    known = {thing: path_of(model_of(thing)) for thing in ("person", "session", "vial", "wall")}
    assert known == {"person": "site", "session": "site", "vial": "kept_at", "wall": "site"}
    assert path_of(model_of("staff")) == "sites"


def test_the_guard_stands_before_every_address_and_not_in_a_view():
    """What `allowed` and the two views that guard themselves ask is one function."""
    root = Path(accounts.__file__).parents[1]
    callers = {
        path.name for path in root.rglob("*.py") if "not_here(" in path.read_text(encoding="utf-8")
    }
    assert callers == {"access.py", "views.py"}
    assert resolve("/people/").func.openketamine_task == "person.read"
    assert len(list(addresses())) == len(set(addresses()))
