"""Every page in a real browser: no serious fault that axe knows, nothing wider than the screen."""

from datetime import timedelta

import pytest
from tests.chromium import chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREENS = (("dark", 1180, 820), ("light", 390, 844))


@pytest.fixture
def addresses(cast, adaeze, people, fran, now, conditions, story, answered):
    """A page of each kind and who opens it."""
    from openketamine.clinic.pharmacy import commands as pharmacy
    from openketamine.clinic.pharmacy import queries as pharmacy_queries
    from openketamine.clinic.pharmacy.models import Vial
    from openketamine.clinic.sessions import commands

    told = story(adaeze, cast, now - timedelta(hours=4))
    stroke = conditions("c9", "274100004", "Cerebral hemorrhage", "active")
    bled = people(fran, now, mrn="MRN0003", family="Haddad", given="Samira", stroke=stroke)
    fresh = people(fran, now, mrn="MRN0004", family="Weiss", given="Noam", allergies="none")
    answered(fresh, cast.nora, now)
    plan = commands.open_session(fresh.id, "iv-depression", fran, now)
    none = commands.open_session(bled.id, "iv-depression", fran, now)
    vial = Vial.objects.get()
    pharmacy.count(vial, 1000, cast.ines, now)
    (short,) = pharmacy_queries.cases()
    return {
        "ines": ["/stock/dispose/", f"/vials/{vial.id}/spill/"],
        "priya": [
            f"/people/{adaeze.id}/",
            f"/people/{bled.id}/evaluation/iv-depression/",
            f"/sessions/{plan.id}/plan/",
            f"/sessions/{none.id}/plan/",
            f"/sessions/{told.id}/report/",
            "/knowledge/",
            "/knowledge/protocols/iv-depression/",
            "/knowledge/source/SAN17/",
            "/knowledge/rules/",
            "/knowledge/rules/CI-06/",
            "/knowledge/rules/RC-01/uses/",
            "/claims/",
            "/account/2fa/",
        ],
        "fran": ["/people/", "/people/import/", f"/people/{adaeze.id}/", "/vials/"],
        "miriam": [
            "/vials/",
            "/vials/receive/",
            f"/vials/{vial.id}/",
            "/stock/counts/",
            "/stock/counts/new/?purpose=shift&moment=close",
            "/stock/differences/",
            f"/stock/differences/{short.id}/",
            "/stock/packet/",
            "/stock/patterns/",
            "/knowledge/rules/BP-02/",
            "/knowledge/rules/BP-02/limits/defer.systolic.above/?value=120",
            "/knowledge/decisions/",
        ],
    }


@pytest.fixture
def browser(live_server, addresses):
    """Debian's Chromium. It opens after the data are made, because Playwright's loop would give
    Django a second connection in this thread, and closes before the server, whose connections it
    keeps open."""
    with chromium() as opened:
        yield opened


def sign_in(browser, server, who, scheme, width, height):
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    shown = context.new_page()
    shown.goto(f"{server.url}/account/login/")
    shown.get_by_label("Username").fill(who)
    shown.get_by_label("Password").fill("a-test-password")
    shown.get_by_role("button", name="Sign in").click()
    shown.wait_for_url(lambda url: "login" not in url)
    return shown


def faults(shown):
    """What is wrong with the page that is open, in words."""
    from axe_playwright_python.sync_playwright import Axe

    found = [
        f"{one['id']}: {one['nodes'][0]['target']}"
        for one in Axe().run(shown).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    if shown.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("wider than the screen")
    small = shown.evaluate(
        """() => [...document.querySelectorAll('button, select, summary, .button, .choice')]
            .map(one => one.getBoundingClientRect())
            .filter(box => box.height > 0 && box.height < 48).length"""
    )
    return [*found, *([f"{small} targets under 48 px"] if small else [])]


@pytest.mark.parametrize(("scheme", "width", "height"), SCREENS)
def test_every_page_is_accessible_and_fits(
    browser, live_server, addresses, settings, scheme, width, height
):
    settings.OPENKETAMINE_DEMO = True
    wrong, blocked = {}, []
    for who, paths in addresses.items():
        shown = sign_in(browser, live_server, who, scheme, width, height)
        shown.on("console", lambda said: "Refused" in said.text and blocked.append(said.text))
        for path in paths:
            shown.goto(f"{live_server.url}{path}")
            wrong |= {f"{who} {path}": found} if (found := faults(shown)) else {}
        shown.context.close()
    assert wrong == {}
    assert blocked == [], "the content-security policy stopped something of our own"


def test_an_answer_changes_the_evaluation_without_a_new_page(browser, live_server, addresses):
    shown = sign_in(browser, live_server, "priya", "dark", 1180, 820)
    path = next(one for one in addresses["priya"] if "evaluation" in one)
    shown.goto(f"{live_server.url}{path}")
    question = shown.locator("form", has_text="Can the person consent")
    question.get_by_role("button", name="No", exact=True).click()
    shown.get_by_text("No capacity to consent").wait_for()
    assert question.count() == 0


def test_the_patient_banner_stays_in_sight_while_one_scrolls(browser, live_server, addresses):
    shown = sign_in(browser, live_server, "priya", "light", 390, 844)
    shown.goto(f"{live_server.url}{addresses['priya'][0]}")
    shown.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    box = shown.locator(".banner").bounding_box()
    assert box["y"] == 0
    assert "OKONKWO" in shown.locator(".banner").inner_text()
