"""What every answer of the clinic carries, and what its logs leave out."""

import logging
import sys

import pytest
from django.conf import settings as configured
from django.test import Client

from openketamine.clinic.site._database import database_from_url
from openketamine.clinic.site._logging import WithoutPersonalData


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
class TestHeaders:
    def test_no_inline_script_no_framing_no_shared_cache(self):
        answer = Client().get("/account/login/")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"

    def test_nobody_makes_an_account_for_themselves(self):
        answer = Client().post(
            "/account/signup/", {"username": "eve", "password1": "correct-horse-battery"}
        )
        assert configured.AUTH_USER_MODEL == "staff.Staff"
        from openketamine.clinic.staff.models import Staff

        assert not Staff.objects.exists()
        assert b"<form" not in answer.content or b"password1" not in answer.content


class TestLogs:
    def test_an_exception_is_logged_without_its_words(self):
        try:
            int("MRN" + "0001")
        except ValueError:
            record = logging.LogRecord(
                "x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info()
            )
        line = WithoutPersonalData().format(record)
        assert "builtins.ValueError" in line
        assert "test_site.py" in line
        assert "MRN0001" not in line


class TestDatabaseAddress:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            (
                "postgresql://openketamine@/openketamine?host=/srv/data/db",
                ("openketamine", "openketamine", "", "/srv/data/db", ""),
            ),
            (
                "postgresql://ana:p%40ss@db.example:6432/clinic",
                ("clinic", "ana", "p@ss", "db.example", "6432"),
            ),
            ("", ("openketamine-not-configured", "", "", "", "")),
        ],
    )
    def test_its_parts_reach_django(self, url, expected):
        entry = database_from_url(url)
        names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
        assert tuple(entry[name] for name in names) == expected

    def test_options_such_as_encryption_are_kept(self):
        entry = database_from_url("postgresql://a@db.example/clinic?sslmode=verify-full")
        assert entry["OPTIONS"] == {"sslmode": "verify-full"}
