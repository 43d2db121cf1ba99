"""The doors that are no pages: streams, the gateway's, downloads, the command line. And every look
at a person through any of them is on record with whose it was."""

import asyncio
from http import HTTPStatus

import httpx
import pytest
from django.test import Client
from tests.clinic.conftest import CAST
from tests.clinic.test_access import GUARDED, address, places  # noqa: F401  (a fixture)
from tests.clinic.test_patients import bundle, patient, weight

from openketamine import cli
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access
from openketamine.clinic.live._who import Guest, admitted
from openketamine.clinic.live.app import live_front
from openketamine.clinic.patients.models import BundleImport
from openketamine.clinic.staff import commands
from openketamine.clinic.staff.roles import TASKS, can

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]

GATEWAYS = {"/live/gateway/readings", "/live/gateway/heartbeat", "/live/demo/patients"}
STREAMS = {
    "/live/sessions/{session_id:uuid}/events": "session.read",
    "/live/board/events": "board.read",
}
# What the command line does to a clinic is done by whoever owns its data folder (mode 0600 of its
# secrets), and stands in the record under the name of the command line.
OF_A_CLINIC = {
    "bounce",
    "demo",
    "serve",
    "doctor",
    "import",
    "export",
    "packet",
    "backup",
    "restore",
    "audit",
    "devices",
    "populate",
}


async def _no_pages(scope, receive, send):
    raise AssertionError(f"no page is asked for here: {scope['path']}")


def key_of(who):
    client = Client()
    client.force_login(who)
    return client.session.session_key


class TestTheLiveFront:
    def test_every_address_of_it_has_a_guard_that_is_known_here(self):
        known = {getattr(route, "path", "") for route in live_front(_no_pages).routes} - {""}
        assert known == GATEWAYS | set(STREAMS)

    @pytest.mark.parametrize("task", sorted(STREAMS.values()))
    @pytest.mark.parametrize("who", CAST)
    def test_a_stream_opens_to_those_of_the_table_and_is_recorded(self, cast, who, task):
        person = cast.people[who]
        found = admitted(key_of(person), task, None, clock.now())
        may = can(person, task).ok
        assert isinstance(found, Guest) if may else found == HTTPStatus.FORBIDDEN
        access = Access.objects.get(what=f"{task} · stream")
        assert (access.by_name, access.refused) == (person.display_name, not may)

    @pytest.mark.parametrize("key", ["", "x" * 32, "../../etc/passwd", "'; --"])
    def test_a_stranger_gets_no_stream(self, cast, key):
        assert admitted(key, "board.read", None, clock.now()) == HTTPStatus.UNAUTHORIZED

    @pytest.mark.parametrize("path", sorted(GATEWAYS))
    @pytest.mark.parametrize("who", [*CAST, "stranger"])
    def test_no_role_is_a_gateway(self, cast, settings, who, path):
        settings.OPENKETAMINE_DEMO = True
        cookies = {}
        if who in CAST:
            cookies["openketamine_session"] = key_of(cast.people[who])
        verb = "GET" if path.endswith("patients") else "POST"
        for status in asyncio.run(self.ask(verb, path, cookies)):
            assert status == HTTPStatus.UNAUTHORIZED

    async def ask(self, verb, path, cookies):
        """The status of one request to the live front with each token that is none."""
        app = live_front(_no_pages)
        async with (
            # So that its threads give their connections back.
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://localhost", cookies=cookies
            ) as client,
        ):
            return [
                (await client.request(verb, path, headers={"Authorization": token})).status_code
                for token in ("", "Bearer ", "Bearer x", "Basic x")
            ]


OF_SOMEBODY = [one for one in GUARDED if "person_id" in one[0] or "session_id" in one[0]]


class TestEveryLook:
    @pytest.mark.parametrize(
        ("pattern", "name", "view"), OF_SOMEBODY, ids=[one[1] for one in OF_SOMEBODY]
    )
    def test_at_a_person_names_whose_it_was(self, cast, places, pattern, name, view):  # noqa: F811
        who = next(one for one in cast.people.values() if can(one, view.openketamine_task))
        client = Client()
        client.force_login(who)
        answer = client.get(address(pattern, places))
        if answer.status_code != HTTPStatus.OK:
            assert answer.status_code in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.FOUND, 404, 409)
            return
        looked = Access.objects.filter(by_name=who.display_name, person_id=places["person_id"])
        assert looked.exists(), name

    def test_a_refusal_at_a_person_names_whose_it_was(self, cast, places):  # noqa: F811
        client = Client()
        client.force_login(cast.ines)
        client.get(f"/people/{places['person_id']}/notes/")
        refused = Access.objects.get(by_name="Inés Marín")
        assert (refused.refused, str(refused.person_id)) == (True, places["person_id"])


class TestTheCommandLine:
    def test_every_verb_touches_no_clinic_or_is_known_here(self):
        verbs = next(
            one.choices for one in cli.parser()._actions if hasattr(one, "choices") and one.choices
        )
        operates = {
            name
            for name, verb in verbs.items()
            if "data" in {action.dest for action in verb._actions}
        }
        assert operates <= OF_A_CLINIC

    def test_what_it_imports_stands_under_its_own_name_that_nobody_signs_in_with(self, cast, now):
        from openketamine.operations._errands import import_all

        import_all([("one.json", bundle(patient(), weight(70)))])
        account = BundleImport.objects.get().by
        assert (account.username, account.is_active) == ("command-line", False)
        assert not account.has_usable_password()
        assert commands.system_account(now) == account
        assert not any(can(account, task) for task in TASKS)
