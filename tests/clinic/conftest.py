"""The cast: one person of each kind who works here, and a stranger."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import make_password

CAST = {
    "fran": ("front_desk", "Fran Desmond"),
    "priya": ("prescriber", "Dr Priya Raman"),
    "nora": ("nurse", "Nora Lindqvist"),
    "wes": ("nurse", "Wes Okafor"),
    "ines": ("inventory_officer", "Inés Marín"),
    "miriam": ("medical_director", "Dr Miriam Adeyemi"),
    "theo": ("therapist", "Theo Brandt"),
    "aude": ("auditor", "Aude Keller"),
    "sam": ("system_admin", "Sam Iyer"),
}
PASSWORD = "a-test-password"


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hashing that is slow on purpose has its own test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Tests share a process, and not what is in the database."""
    from openketamine.clinic.sessions import _lately

    _lately.forget()


@pytest.fixture
def now():
    """The moment at which these tests play."""
    return datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


@pytest.fixture
def clock_at(monkeypatch, now):
    """The clinic's clock stands at that moment, until it is set to another."""
    from openketamine.clinic.journal import clock

    def set_to(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_to(now)
    return set_to


@dataclass(frozen=True)
class Cast:
    """Everybody at once, by user name."""

    people: dict

    def __getattr__(self, name):
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


def hire(username, role, name):
    """One member of staff."""
    from openketamine.clinic.staff.models import Staff

    return Staff.objects.create(
        username=username, role=role, display_name=name, password=make_password(PASSWORD)
    )


@pytest.fixture
def cast(db, settings):
    """All nine of them."""
    return Cast({name: hire(name, role, title) for name, (role, title) in CAST.items()})


@pytest.fixture
def nora(cast):
    """A nurse."""
    return cast.nora


@pytest.fixture
def wes(cast):
    """Another nurse, the witness."""
    return cast.wes


@pytest.fixture
def priya(cast):
    """A prescriber."""
    return cast.priya


@pytest.fixture
def fran(cast):
    """The front desk."""
    return cast.fran


@pytest.fixture
def ines(cast):
    """The inventory officer."""
    return cast.ines


@pytest.fixture
def miriam(cast):
    """The medical director."""
    return cast.miriam


@pytest.fixture
def theo(cast):
    """A therapist."""
    return cast.theo


@pytest.fixture
def aude(cast):
    """The auditor."""
    return cast.aude


@pytest.fixture
def sam(cast):
    """The system administrator."""
    return cast.sam


@pytest.fixture
def stranger(db):
    """Somebody who signed in nowhere."""
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()
