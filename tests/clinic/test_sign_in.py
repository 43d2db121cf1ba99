"""Signing in: wrong attempts hold up who makes them, and nobody learns who works here."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth import hashers
from django.core.cache import cache
from django.test import Client
from tests.clinic.conftest import PASSWORD

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access
from openketamine.clinic.staff import attempts, presence, proofs
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput

LOGIN = "/account/login/"
STRANGER, CLINIC = "203.0.113.9", "192.0.2.1"
pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-12")]


@pytest.fixture(autouse=True)
def fresh_counts():
    cache.clear()


@pytest.fixture
def clock_at(monkeypatch, now):
    def set_to(moment):
        monkeypatch.setattr(clock, "now", lambda: now + moment)

    set_to(timedelta(0))
    return set_to


def sign_in(username, password, *, address=STRANGER, client=None):
    """The browser that tried, and whether it is signed in now."""
    client = client or Client(REMOTE_ADDR=address)
    answer = client.post(LOGIN, {"login": username, "password": password})
    return client, answer.status_code == HTTPStatus.FOUND, answer


class TestTheWait:
    @pytest.mark.parametrize(
        ("failures", "seconds"),
        [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (400, 900)],
    )
    def test_it_grows_and_has_an_end(self, failures, seconds):
        assert attempts.wait(failures) == timedelta(seconds=seconds)

    def test_each_further_failure_doubles_it(self, cast, clock_at):
        for _ in range(5):
            sign_in("nora", "wrong")
        clock_at(timedelta(seconds=29))
        assert not sign_in("nora", PASSWORD)[1]
        clock_at(timedelta(seconds=31))
        sign_in("nora", "wrong")
        clock_at(timedelta(seconds=31 + 59))
        _, came_in, answer = sign_in("nora", PASSWORD)
        assert not came_in
        assert b"Too many wrong attempts from here" in answer.content
        clock_at(timedelta(seconds=31 + 61))
        assert sign_in("nora", PASSWORD)[1]

    def test_what_is_tried_while_waiting_is_not_even_looked_at(self, cast, clock_at):
        for _ in range(9):
            sign_in("nora", "wrong")
        failed = Access.objects.filter(what=attempts.SIGN_IN_FAILED, source__startswith="nora@")
        assert failed.count() == 5


class TestNobodyIsLockedOutByAnother:
    def test_a_stranger_elsewhere_does_not_hold_up_the_nurse(self, cast, clock_at):
        for _ in range(20):
            sign_in("nora", "wrong", address=STRANGER)
        assert sign_in("nora", PASSWORD, address=CLINIC)[1]

    def test_not_even_from_the_same_address_where_she_has_signed_in_before(self, cast, clock_at):
        """Behind one proxy the whole clinic has one address."""
        tablet, came_in, _ = sign_in("nora", PASSWORD, address=CLINIC)
        assert came_in
        tablet.post("/account/logout/")
        for one in range(60):
            sign_in(f"name-{one}", "wrong", address=CLINIC)
            sign_in("nora", "wrong", address=CLINIC)
        assert not sign_in("nora", PASSWORD, address=CLINIC)[1]
        assert sign_in("nora", PASSWORD, client=tablet)[1]

    def test_who_tries_many_names_waits_for_all_of_them(self, cast, clock_at):
        for one in range(attempts.FREE_OF_AN_ADDRESS):
            sign_in(f"name-{one}", "wrong")
        assert not sign_in("wes", PASSWORD)[1]
        assert sign_in("wes", PASSWORD, address=CLINIC)[1]

    def test_a_stolen_tablet_has_a_count_of_its_own(self, cast, clock_at):
        tablet, _, _ = sign_in("nora", PASSWORD, address=CLINIC)
        device = tablet.cookies[attempts.COOKIE].value
        thief = Client(REMOTE_ADDR=STRANGER)
        thief.cookies[attempts.COOKIE] = device
        for _ in range(5):
            sign_in("nora", "wrong", client=thief)
        assert not sign_in("nora", PASSWORD, client=thief)[1]
        assert sign_in("nora", PASSWORD, address=CLINIC)[1]

    def test_a_cookie_that_somebody_made_up_is_an_unknown_browser(self, cast, clock_at, rf):
        request = rf.post(LOGIN, REMOTE_ADDR=STRANGER)
        request.COOKIES[attempts.COOKIE] = "eyJpZCI6IngiLCJuYW1lcyI6WyJub3JhIl19:1x:forged"
        assert attempts.source_of(request, "nora") == attempts.Source(f"address:{STRANGER}", False)

    def test_the_cookie_of_one_person_knows_no_other(self, cast, clock_at, rf):
        tablet, _, _ = sign_in("nora", PASSWORD)
        request = rf.post(LOGIN, REMOTE_ADDR=STRANGER)
        request.COOKIES[attempts.COOKIE] = tablet.cookies[attempts.COOKIE].value
        assert attempts.source_of(request, "nora").known
        assert not attempts.source_of(request, "wes").known


class TestNobodyLearnsWhoWorksHere:
    WRONG = (("nora", "wrong"), ("nobody-of-this-name", "wrong"), ("left", PASSWORD))

    @pytest.fixture
    def left(self, cast):
        Staff.objects.create(
            username="left",
            role="nurse",
            display_name="Left",
            is_active=False,
            password=hashers.make_password(PASSWORD),
        )

    def test_the_words_are_the_same(self, cast, clock_at):
        said = set()
        for name, password in self.WRONG[:2]:
            answer = sign_in(name, password)[2]
            said.add(answer.content.replace(name.encode(), b"NAME").split(b'role="alert"')[1][:200])
        assert len(said) == 1

    @pytest.mark.parametrize(("name", "password"), WRONG[:2])
    def test_sign_in_costs_one_hash_whoever_it_is(
        self, cast, clock_at, monkeypatch, name, password
    ):
        """Time is measured by what takes the time: the slow hash, once and never not."""
        assert self.hashes(monkeypatch, lambda: sign_in(name, password)) == 1

    @pytest.mark.parametrize(("name", "password"), WRONG)
    def test_a_proof_costs_one_hash_whoever_it_is(self, left, now, monkeypatch, name, password):
        def wrong():
            with pytest.raises(BadInput):
                proofs.prove(name, password, now=now)

        assert self.hashes(monkeypatch, wrong) == 1

    def hashes(self, monkeypatch, run):
        """How often a password was hashed meanwhile."""
        made = []
        encode = hashers.MD5PasswordHasher.encode
        monkeypatch.setattr(
            hashers.MD5PasswordHasher,
            "encode",
            lambda self, *args: made.append(1) or encode(self, *args),
        )
        run()
        return len(made)


class TestSessions:
    def test_the_key_from_before_sign_in_is_worth_nothing_after_it(self, cast):
        client = Client()
        client.get(LOGIN)
        session = client.session
        session["planted"] = "by somebody else"
        session.save()
        client.cookies["openketamine_session"] = planted = session.session_key
        client.post(LOGIN, {"login": "nora", "password": PASSWORD})
        assert client.session.session_key != planted
        thief = Client()
        thief.cookies["openketamine_session"] = planted
        assert thief.get("/").status_code == HTTPStatus.FOUND

    def test_a_key_that_was_made_up_is_not_taken_over(self, cast):
        client = Client()
        client.cookies["openketamine_session"] = "a" * 32
        client.post(LOGIN, {"login": "nora", "password": PASSWORD})
        assert client.session.session_key != "a" * 32

    def test_signing_out_ends_it_on_the_server(self, cast):
        client, _, _ = sign_in("nora", PASSWORD)
        stolen = client.cookies["openketamine_session"].value
        client.post("/account/logout/")
        thief = Client()
        thief.cookies["openketamine_session"] = stolen
        assert thief.get("/").status_code == HTTPStatus.FOUND

    def test_a_new_password_ends_what_the_old_one_opened(self, cast):
        client, _, _ = sign_in("nora", PASSWORD)
        assert client.get("/").status_code == HTTPStatus.OK
        cast.nora.set_password("another-good-password")
        cast.nora.save()
        assert client.get("/").status_code == HTTPStatus.FOUND

    def test_signing_in_and_failing_to_are_on_record(self, cast, clock_at):
        sign_in("nora", "wrong")
        sign_in("nora", PASSWORD)
        assert Access.objects.filter(what="sign-in failed", refused=True).exists()
        assert Access.objects.filter(what="signed in", by_name="Nora Lindqvist").count() == 1


class TestTheSecondFactor:
    @pytest.fixture
    def nora(self, cast, settings):
        settings.OPENKETAMINE_SECOND_FACTOR = "required"
        client = Client()
        client.force_login(cast.nora)
        return client

    def test_where_it_is_required_nobody_works_before_it_is_set_up(self, cast, nora):
        assert nora.get("/")["Location"] == "/account/2fa/"
        answer = nora.post("/sessions/x/facts", b"{}", content_type="application/json")
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert nora.get("/account/2fa/").status_code == HTTPStatus.OK
        TOTP.activate(cast.nora, "JBSWY3DPEHPK3PXP")
        assert nora.get("/").status_code == HTTPStatus.OK

    def test_recovery_codes_alone_are_none(self, cast, nora):
        RecoveryCodes.activate(cast.nora)
        assert nora.get("/")["Location"] == "/account/2fa/"

    def test_with_one_the_password_alone_opens_nothing(self, cast, clock_at):
        TOTP.activate(cast.nora, "JBSWY3DPEHPK3PXP")
        client, _, answer = sign_in("nora", PASSWORD)
        assert "2fa/authenticate" in answer["Location"]
        assert client.get("/")["Location"].startswith("/account/login/")

    def test_wrong_codes_come_to_an_end(self, cast, clock_at):
        TOTP.activate(cast.nora, "JBSWY3DPEHPK3PXP")
        client, _, _ = sign_in("nora", PASSWORD)
        said = {
            client.post("/account/2fa/authenticate/", {"code": f"{one:06}"}).content[-4000:]
            for one in range(7)
        }
        assert any(b"Too many failed" in one for one in said)

    def test_no_sign_in_outlives_a_long_day(self, cast, clock_at):
        client, _, _ = sign_in("nora", PASSWORD)
        for minutes in range(0, 12 * 60, 10):
            clock_at(timedelta(minutes=minutes))
            assert client.get("/").status_code == HTTPStatus.OK, minutes
        clock_at(timedelta(hours=12, minutes=5))
        assert client.get("/").status_code == HTTPStatus.FOUND

    def test_but_a_dose_that_runs_then_is_watched_to_its_end(self, cast, clock_at, now):
        client, _, _ = sign_in("nora", PASSWORD)
        key = client.session.session_key
        for minutes in range(13 * 60):
            presence.still_watching(key, now + timedelta(minutes=minutes))
        assert not presence.is_idle(client.session, now + timedelta(hours=12, minutes=59))
        assert presence.is_idle(client.session, now + timedelta(hours=13, minutes=5))
