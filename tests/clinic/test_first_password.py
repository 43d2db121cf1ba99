"""A first password is made here, ends soon, opens one page; who lost theirs comes back by two."""

import io
import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client
from tests.clinic.conftest import PASSWORD

from openketamine.clinic.journal import clock, queries
from openketamine.clinic.journal.models import Access
from openketamine.clinic.live._who import guest
from openketamine.clinic.staff import first_password, recovery
from openketamine.clinic.staff.accounts import STREAM
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import prove
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]
OWN = "correct-horse-battery-staple"
KNOWN = "In person; passport seen, number as on file."


def nora():
    return Staff.objects.get(username="nora")


def sign_in(password, username="nora"):
    client = Client()
    client.post("/account/login/", {"login": username, "password": password})
    return client


def is_in(client):
    return "_auth_user_id" in client.session


def change(client, old, new):
    said = {"oldpassword": old, "password1": new, "password2": new}
    return client.post("/account/password/change/", said)


class TestAFirstPassword:
    @pytest.fixture
    def first(self, cast, clock_at, now):
        return first_password.give(nora(), now)

    def test_is_random_and_keeps_the_rules_of_every_password(self):
        made = {first_password.made_up() for _ in range(50)}
        assert len(made) == 50
        assert all(len(one.replace("-", "")) == 16 for one in made)

    def test_opens_the_page_that_changes_it_and_no_other(self, first):
        client = sign_in(first)
        assert is_in(client)
        for path in ("/", "/people/", "/staff/me/", "/account/2fa/", "/home/"):
            answer = client.get(path)
            assert (answer.status_code, answer["Location"]) == (
                HTTPStatus.FOUND, "/account/password/change/",
            ), path  # fmt: skip
        posted = client.post("/staff/passkey/ask", "{}", content_type="application/json")
        assert posted.status_code == HTTPStatus.FORBIDDEN
        assert client.get("/account/password/change/").status_code == HTTPStatus.OK
        assert guest(client.session.session_key, clock.now()) is None, "no stream either"

    def test_ends_when_an_own_one_is_chosen(self, first):
        client = sign_in(first)
        assert change(client, first, OWN).status_code == HTTPStatus.FOUND
        assert nora().first_password_until is None
        assert client.get("/people/").status_code == HTTPStatus.OK
        assert not is_in(sign_in(first))
        assert is_in(sign_in(OWN))

    def test_never_becomes_the_own_one(self, first):
        assert change(sign_in(first), first, first).status_code == HTTPStatus.OK
        assert nora().first_password_until is not None

    def test_ends_after_a_day(self, first, clock_at, now):
        clock_at(now + first_password.LASTS)
        assert not is_in(sign_in(first))
        right, wrong = (self.answer(one) for one in (first, "not-it-at-all"))
        assert right == wrong, "nobody learns that it was right"

    def test_an_account_that_has_ended_takes_no_right_password(self, cast, clock_at, now):
        """The library signs in who only `has_ended`, and leaves it to the next request."""
        Staff.objects.filter(username="nora").update(ends_at=now)
        assert not is_in(sign_in(PASSWORD))
        assert not Access.objects.filter(what="signed in").exists()

    def answer(self, password):
        said = {"login": "nora", "password": password}
        page = Client().post("/account/login/", said).content.decode()
        return re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", page)

    def test_proves_nothing_to_anybody(self, first, now):
        with pytest.raises(BadInput):
            prove("nora", first, now=now)

    def test_who_is_hired_at_the_command_line_gets_one(self, db, clock_at):
        said = io.StringIO()
        call_command("hire", "eve", name="Eve Novak", role="nurse", stdout=said)
        given = said.getvalue().strip().rpartition(" ")[2]
        assert Staff.objects.get(username="eve").first_password_until is not None
        assert is_in(sign_in(given, "eve"))


class TestTheWayBack:
    def asked(self, cast, now, what="password", whose="nora"):
        return recovery.ask(cast.people[whose], what, KNOWN, cast.sam, now)

    def test_two_people_give_a_first_password_and_it_is_on_record(self, cast, clock_at, now):
        asked = self.asked(cast, now)
        said = recovery.approve(asked, prove("miriam", PASSWORD, now=now), now)
        assert is_in(sign_in(said))
        assert not is_in(sign_in(PASSWORD))
        one, other = queries.facts(STREAM)
        assert (one.kind, one.by.name, one.body["known_by"]) == (
            "recovery_asked",
            "Sam Iyer",
            KNOWN,
        )
        assert (other.kind, other.by.name) == ("recovery_approved", "Dr Miriam Adeyemi")
        assert said not in str([fact.body for fact in queries.facts(STREAM)])

    def test_a_new_password_leaves_the_second_factor_where_it_is(self, cast, clock_at, now):
        factor = Authenticator.objects.create(user=nora(), type="totp", data={"secret": "x"})
        said = recovery.approve(self.asked(cast, now), prove("miriam", PASSWORD, now=now), now)
        assert Authenticator.objects.filter(pk=factor.pk).exists()
        assert not is_in(sign_in(said)), "the code is asked for first"

    def test_a_lost_factor_leaves_the_password(self, cast, clock_at, now):
        for kind in ("totp", "webauthn", "recovery_codes"):
            Authenticator.objects.create(user=nora(), type=kind, data={"secret": "x"})
        asked = self.asked(cast, now, "factor")
        assert recovery.approve(asked, prove("miriam", PASSWORD, now=now), now) == ""
        assert not Authenticator.objects.filter(user=nora()).exists()
        assert is_in(sign_in(PASSWORD))

    @pytest.mark.parametrize("who", ["sam", "nora", "aude", "priya"])
    def test_nobody_approves_who_may_not(self, cast, now, who):
        asked = self.asked(cast, now)
        with pytest.raises(BadInput):
            recovery.approve(asked, prove(who, PASSWORD, now=now), now)
        assert nora().check_password(PASSWORD)

    def test_nobody_approves_for_themselves(self, cast, now):
        asked = self.asked(cast, now, whose="miriam")
        with pytest.raises(BadInput, match="second person"):
            recovery.approve(asked, prove("miriam", PASSWORD, now=now), now)

    def test_an_approval_counts_once_and_a_decline_ends_it(self, cast, now):
        first, second = self.asked(cast, now), self.asked(cast, now, "factor")
        recovery.approve(first, prove("miriam", PASSWORD, now=now), now)
        recovery.decline(second, prove("miriam", PASSWORD, now=now), now)
        for asked in (first, second):
            with pytest.raises(BadInput, match="still waits"):
                recovery.approve(asked, prove("miriam", PASSWORD, now=now), now)

    def test_an_old_proof_is_none(self, cast, now):
        proof = prove("miriam", PASSWORD, now=now)
        with pytest.raises(BadInput, match="just now"):
            recovery.approve(self.asked(cast, now), proof, now + timedelta(minutes=3))

    @pytest.mark.parametrize("wrong", [{"known_by": "me"}, {"what": "both"}])
    def test_how_they_were_known_is_said(self, cast, now, wrong):
        said = {"what": "password", "known_by": KNOWN} | wrong
        with pytest.raises(BadInput):
            recovery.ask(cast.nora, said["what"], said["known_by"], cast.sam, now)

    def test_on_the_page_from_the_question_to_the_password(self, cast):
        sam, miriam = Client(), Client()
        sam.force_login(cast.sam)
        miriam.force_login(cast.miriam)
        said = {"person": str(cast.nora.pk), "what": "password", "known_by": KNOWN}
        assert sam.post("/staff/accounts/recover/", said).status_code == HTTPStatus.FOUND
        assert KNOWN in miriam.get("/staff/accounts/").content.decode()
        (waits,) = recovery.waiting()
        there = f"/staff/accounts/recover/{waits.id}/"
        signed = {"verdict": "approve", "password": PASSWORD}
        assert sam.post(there, signed).status_code == HTTPStatus.FORBIDDEN
        wrong = miriam.post(there, signed | {"password": "not-hers"})
        assert wrong.status_code == HTTPStatus.BAD_REQUEST
        page = miriam.post(there, signed).content.decode()
        given = page.partition('id="first-password">')[2].partition("<")[0]
        assert is_in(sign_in(given))
        assert recovery.waiting() == []

    def test_the_only_director_is_let_in_at_the_machine_and_that_is_on_record(self, cast, clock_at):
        said = io.StringIO()
        reason = "the only director; known in person"
        call_command("first_password", "miriam", reason=reason, stdout=said)
        assert is_in(sign_in(said.getvalue().strip().rpartition(" ")[2], "miriam"))
        (fact,) = queries.facts(STREAM)
        assert (fact.kind, fact.body["reason"]) == ("first_password_by_hand", reason)
