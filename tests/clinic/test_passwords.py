"""Passwords that are long enough and still no secret; sign-ins that one sees and ends; cookies and
programs under TLS."""

import hashlib
import subprocess
import sys
from http import HTTPStatus

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from tests.clinic.conftest import PASSWORD

from openketamine.clinic.site.context import DEMO_PASSWORD
from openketamine.clinic.staff.commands import hire
from openketamine.clinic.staff.models import Site
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]


class TestWordsOfTheClinic:
    @pytest.mark.parametrize(
        "password",
        ["OpenKetamine1!", "spravato-2026", "ketamineclinic", "Lindqvist2026", "Southside!!2026"],
    )
    def test_a_word_of_the_clinic_with_signs_around_it_is_none(self, cast, password):
        Site.objects.create(pk="south", name="Southside House")
        with pytest.raises(ValidationError, match="word of this clinic"):
            validate_password(password, cast.nora)

    @pytest.mark.parametrize("password", ["correct-horse-battery", "a clinic behind the blue hill"])
    def test_a_sentence_may_have_one_in_it(self, cast, password):
        validate_password(password, cast.nora)

    def test_the_demonstration_has_one_for_all_and_says_so(self, settings, cast):
        with pytest.raises(ValidationError):
            validate_password(DEMO_PASSWORD, cast.nora)
        settings.OPENKETAMINE_DEMO = True
        validate_password(DEMO_PASSWORD, cast.nora)

    def test_nobody_is_hired_with_one(self, db, now):
        with pytest.raises(BadInput, match="word of this clinic"):
            hire("new", "New Person", "nurse", "Esketamine-26", now)


class TestPasswordsThatLeaked:
    @pytest.fixture
    def leaked(self, settings, tmp_path):
        """A file as the list comes: hashes in order, each with how often it was seen."""
        words = [f"a-leaked-password-{number}" for number in range(257)]
        hashes = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in words)  # noqa: S324
        path = tmp_path / "leaked.txt"
        path.write_text("".join(f"{one}:{n}\r\n" for n, one in enumerate(hashes)), "ascii")
        settings.OPENKETAMINE_BREACHED_PASSWORDS = str(path)
        return words

    def test_each_of_the_file_is_refused_the_first_and_the_last_too(self, cast, leaked):
        for one in leaked:
            with pytest.raises(ValidationError, match="leaked"):
                validate_password(one, cast.nora)

    def test_and_no_other(self, cast, leaked):
        for number in range(257, 400):
            validate_password(f"a-leaked-password-{number}", cast.nora)


class TestOwnSignIns:
    def test_somebody_sees_where_they_are_signed_in_and_ends_it_elsewhere(self, cast):
        here, elsewhere = Client(HTTP_USER_AGENT="Desk"), Client(HTTP_USER_AGENT="Lost tablet")
        for browser in (elsewhere, here):
            browser.post("/account/login/", {"login": "nora", "password": PASSWORD})
        listed = here.get("/account/sessions/").content.decode()
        assert "Lost tablet" in listed
        asked = here.post("/account/sessions/")
        assert "/account/reauthenticate/" in asked["Location"]
        assert elsewhere.get("/").status_code == HTTPStatus.OK
        here.post(asked["Location"], {"password": PASSWORD})
        here.post("/account/sessions/")
        assert elsewhere.get("/").status_code == HTTPStatus.FOUND
        assert here.get("/").status_code == HTTPStatus.OK

    def test_nobody_sees_those_of_a_colleague(self, cast):
        other, client = Client(HTTP_USER_AGENT="Of the other nurse"), Client()
        other.post("/account/login/", {"login": "wes", "password": PASSWORD})
        client.post("/account/login/", {"login": "nora", "password": PASSWORD})
        assert "Of the other nurse" not in client.get("/account/sessions/").content.decode()
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        client.post("/account/sessions/")
        assert other.get("/").status_code == HTTPStatus.OK


NAMES = """
from openketamine.clinic.site import settings as s
import django; django.setup()
from openketamine.clinic.calls.views import WALL_COOKIE
from openketamine.clinic.staff.attempts import COOKIE
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, WALL_COOKIE, COOKIE)
"""


class TestUnderTls:
    def test_every_cookie_is_of_this_host_only(self):
        """Settings are read once, so another process reads them."""
        said = subprocess.run(
            [sys.executable, "-c", NAMES],
            env={
                "OPENKETAMINE_HTTPS": "1",
                "DJANGO_SETTINGS_MODULE": "openketamine.clinic.site.settings",
                "PYTHONPATH": ":".join(sys.path),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        names = said.stdout.split()
        assert len(names) == 4
        assert all(one.startswith("__Host-") for one in names)

    def test_a_page_is_led_to_tls_and_a_program_is_told(self, settings):
        settings.SECURE_SSL_REDIRECT = True
        assert Client().get("/people/")["Location"].startswith("https://")
        answer = Client().get("/calls/mine")
        assert (answer.status_code, answer.json()) == (403, {"error": "Only over TLS."})
        assert Client().get("/calls/mine", secure=True).status_code == HTTPStatus.UNAUTHORIZED

    def test_signing_out_empties_the_cache_and_keeps_what_waits_to_be_sent(self, cast):
        client = Client()
        client.force_login(cast.nora)
        assert client.post("/account/logout/")["Clear-Site-Data"] == '"cache"'
