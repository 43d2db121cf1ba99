"""The pages of who is treated at 200 % on a phone, in Spanish: nothing runs out at the side."""

import pytest
from tests.chromium import chromium
from tests.clinic.pages.test_screens import faults
from tests.clinic.test_check_ins import (  # noqa: F401  (fixtures)
    address_in,
    office,
    opens,
    person,
    time,
    work,
)

from openketamine.clinic.checkins import links
from openketamine.clinic.outcomes.commands import record
from openketamine.core.course import facts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# A phone of 390 by 844 whose page is shown at twice its size.
TWICE = {"width": 195, "height": 422}


@pytest.fixture
def addresses(person, cast, office, time, settings):  # noqa: F811
    """The link of a check-in and that of the own page, with every number to call."""
    settings.OPENKETAMINE_LOCALE, settings.OPENKETAMINE_CLINIC_PHONE = "us", "+15205550100"
    opens(person, cast.priya, time.now)
    record(person, facts.LanguageChosen("es"), cast.fran, time.now)
    work(time)
    own = links.issue(person, "own:page", time.now)
    return address_in(office.letters[0]), f"/c/{own.split('/c/')[1]}"


@pytest.fixture
def browser(live_server, addresses):
    """It opens after the data are made, as in test_screens.py."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def phone(browser, live_server):
    """A page of a link, opened as it is from a letter."""

    def begin(path, scheme):
        page = browser.new_context(viewport=TWICE, color_scheme=scheme).new_page()
        page.goto(f"{live_server.url}{path}")
        assert faults(page) == []
        with page.expect_navigation():
            page.get_by_role("button", name="Empezar").click()
        return page

    return begin


def test_every_question_fits_and_so_does_whom_to_call(phone, addresses):
    page, read = phone(addresses[0], "dark"), set()
    while "/c/i/" in page.url:
        form = page.locator("input[name=form]").get_attribute("value")
        item = page.locator("input[name=item]").get_attribute("value")
        assert (form, item, faults(page)) == (form, item, [])
        if (form, item) == ("phq-9", "9"):
            assert page.get_by_role("link", name="Llamar al +15205550100").is_visible()
        read.add(form)
        # By a key: the finger's own rest after a screen is tested elsewhere.
        page.locator(".mine-answers button").first.focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert read == {"phq-9", "gad-7", "audit-c"}
    assert faults(page) == []


def test_the_own_page_and_the_papers_fit(phone, addresses, person):  # noqa: F811
    page, born = phone(addresses[1], "light"), person.birth_date
    for name in ("day", "month", "year"):
        page.fill(f"#{name}", str(getattr(born, name)))
    assert faults(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Ver mi página").click()
    assert page.get_by_role("heading", name="Su propia página").is_visible()
    assert faults(page) == []
    with page.expect_navigation():
        page.locator("form[action='papers/'] button").click()
    assert page.get_by_role("heading", name="Sus papeles").is_visible()
    assert faults(page) == []
