"""One demonstration house for all of these tests, one Chromium a file, windows for the cast."""

import pytest
from tests.chromium import chromium
from tests.end_to_end.desk import Complaints, Staffroom
from tests.end_to_end.house import DemoHouse


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """`openketamine demo`, in a folder of its own."""
    with pytest.MonkeyPatch.context() as patched:
        # The house has a database of its own, whatever the other tests use.
        patched.delenv("DATABASE_URL", raising=False)
        made = DemoHouse(tmp_path_factory.mktemp("demo"))
        made.seat_more_people()
        made.open()
    yield made
    made.close()


@pytest.fixture(scope="session")
def cookies():
    """Who has signed in so far."""
    return {}


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium. For one file only: Playwright's loop must not outlive it in this thread,
    or Django refuses its database to the tests that follow."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def complaints():
    """Whatever a browser writes into its console fails the test that caused it."""
    heard = Complaints()
    yield heard
    assert heard.heard == []


@pytest.fixture
def staffroom(browser, house, cookies, complaints):
    """Windows for the cast."""
    room = Staffroom(browser, house, cookies, complaints)
    yield room
    room.close()


@pytest.fixture
def nora(staffroom):
    """The nurse, at a tablet with touch."""
    return staffroom.window("nora", tablet=True)


@pytest.fixture
def priya(staffroom):
    """The prescriber, at a desk."""
    return staffroom.window("priya")


@pytest.fixture
def fran(staffroom):
    """The front desk."""
    return staffroom.window("fran")
