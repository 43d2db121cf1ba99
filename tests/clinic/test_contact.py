"""Where somebody who works here is told: their own address and number, changed by nobody else."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.core import mail
from django.test import Client
from tests.clinic.conftest import CAST, PASSWORD

from openketamine.clinic.journal import queries
from openketamine.clinic.journal.models import Access
from openketamine.clinic.staff.contact import (
    Contact,
    changes_of,
    contact_of,
    set_contact,
    stream_of,
)
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import prove
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db]
SAID = {"email": "nora@clinic.example", "phone": "+1 520 555 0123", "password": PASSWORD}


@pytest.fixture
def client(cast):
    client = Client()
    client.force_login(cast.nora)
    return client


def nora():
    return Staff.objects.get(username="nora")


class TestTheCommand:
    def test_a_change_is_kept_with_what_was_before(self, cast, now):
        proof = prove("nora", PASSWORD, now=now)
        set_contact("nora@clinic.example", "", proof, now)
        set_contact("", "+1 (520) 555-0123", proof, now)
        assert contact_of(nora()) == Contact("", "+15205550123")
        assert [one.contact.email for one in changes_of(nora())] == ["", "nora@clinic.example"]
        assert queries.facts(stream_of(nora()))[0].origin == "proof password"

    def test_nothing_is_written_for_no_change(self, cast, now):
        set_contact("", "", prove("nora", PASSWORD, now=now), now)
        assert changes_of(nora()) == []

    def test_a_number_rings_before_a_letter_is_read(self):
        assert Contact("a@b.example", "+15205550123").ways == (
            ("text", "+15205550123"),
            ("email", "a@b.example"),
        )
        assert Contact().ways == ()

    @pytest.mark.parametrize("phone", ["5205550123", "+1520555", "+1" + "5" * 15, "+1520555012x"])
    def test_a_number_that_cannot_be_dialled_is_refused(self, cast, now, phone):
        with pytest.raises(BadInput, match="with its country"):
            set_contact("", phone, prove("nora", PASSWORD, now=now), now)

    @pytest.mark.parametrize("email", ["nora", "nora@", "a@b.example, c@d.example", "a@b\nBcc: x"])
    def test_what_is_no_one_address_is_refused(self, cast, now, email):
        with pytest.raises(BadInput, match="e-mail"):
            set_contact(email, "", prove("nora", PASSWORD, now=now), now)

    def test_an_old_proof_is_none(self, cast, now):
        proof = prove("nora", PASSWORD, now=now)
        with pytest.raises(BadInput, match="just now"):
            set_contact("", "+15205550123", proof, now + timedelta(minutes=3))


@pytest.mark.hazard("HZ-16")
class TestThePage:
    def test_shows_what_is_lacking_and_what_was_given(self, client):
        assert "Nobody can tell you anything" in client.get("/staff/me/").content.decode()
        assert client.post("/staff/me/", SAID).status_code == HTTPStatus.FOUND
        page = client.get("/staff/me/").content.decode()
        assert "Nobody can tell you anything" not in page
        assert '<td data-label="Telephone">+15205550123</td>' in page

    def test_nobody_changes_it_without_a_proof_of_who_they_are(self, client):
        """A tablet left open redirects nobody's calls."""
        for wrong in ({"password": ""}, {"password": "not-hers-at-all"}):
            assert client.post("/staff/me/", SAID | wrong).status_code == HTTPStatus.BAD_REQUEST
        assert contact_of(nora()) == Contact()
        assert Access.objects.filter(what="proof of identity failed").count() == 1

    def test_nobody_changes_anybody_elses(self, client, cast):
        client.post("/staff/me/", SAID | {"staff_id": str(cast.wes.pk), "username": "wes"})
        assert contact_of(Staff.objects.get(username="wes")) == Contact()

    @pytest.mark.parametrize("who", [one for one in CAST if one != "aude"])
    def test_everybody_who_works_here_has_one(self, cast, who):
        client = Client()
        client.force_login(cast.people[who])
        assert client.get("/staff/me/").status_code == HTTPStatus.OK


@pytest.mark.hazard("HZ-16")
class TestMailOpensNoAccount:
    """An address for being told is no way in: whoever reads the mail resets no password."""

    CLOSED = (
        "password/reset/", "password/reset/done/", "password/reset/key/1-abc/",
        "password/reset/key/done/", "password/set/", "email/", "confirm-email/",
        "confirm-email/abc/", "login/code/confirm/", "signup/",
    )  # fmt: skip

    @pytest.mark.parametrize("path", CLOSED)
    def test_these_pages_do_not_exist(self, client, path):
        for someone in (client, Client()):
            assert someone.get(f"/account/{path}").status_code == HTTPStatus.NOT_FOUND
            answer = someone.post(f"/account/{path}", {"email": "nora@clinic.example"})
            assert answer.status_code == HTTPStatus.NOT_FOUND
        assert mail.outbox == []

    def test_the_pages_that_are_used_do(self, client):
        for path in ("password/change/", "2fa/", "sessions/", "logout/"):
            assert client.get(f"/account/{path}", follow=True).status_code == HTTPStatus.OK
