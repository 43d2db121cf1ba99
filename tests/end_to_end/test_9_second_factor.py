"""A passkey in a real Chromium, under the strict policy: added, used alone, and a code to get back.

The authenticator is Chromium's own virtual one. A passkey belongs to a name, and a bare address of
the network is none: this browser calls the house `localhost`.
"""

import re

import pytest
from tests.end_to_end.desk import DESK
from tests.end_to_end.house import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.hazard("HZ-12")]


@pytest.fixture
def localhost(house):
    return house.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(browser, house, complaints):
    """A browser of its own, whose person has a fingerprint reader."""
    context = browser.new_context(viewport=DESK, timezone_id=house.zone)
    context.set_default_timeout(60_000)
    context.on("console", complaints.hear)
    context.on("weberror", lambda error: complaints.thrown(error.error))
    page = context.new_page()
    authenticator(page, present=True)
    yield page
    context.close()


def authenticator(page, *, present):
    """Chromium's virtual authenticator: what a fingerprint reader does, without the finger."""
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": present,
    }
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def by_password(page, localhost, username):
    page.goto(f"{localhost}/account/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def leave(page):
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/account/login/"))


def test_a_passkey_is_added_and_is_enough_and_a_password_alone_is_not_any_more(page, localhost):
    by_password(page, localhost, "theo")
    page.wait_for_url(lambda url: "login" not in url)
    codes = add_passkey(page, localhost)
    leave(page)

    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "account" not in url)
    assert page.get_by_role("link", name=re.compile("Theo Brandt")).is_visible()
    leave(page)

    by_password(page, localhost, "theo")
    page.wait_for_url(re.compile("2fa/authenticate"))
    page.goto(f"{localhost}/people/")
    assert "2fa/authenticate" in page.url

    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url(lambda url: "account" not in url)
    leave(page)

    by_password(page, localhost, "theo")
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign In").click()
    page.get_by_text("Incorrect code").wait_for()
    assert "2fa/authenticate" in page.url


def add_passkey(page, localhost):
    """With the password once more; the recovery codes, as they stand on the page that shows them
    once."""
    page.goto(f"{localhost}/account/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("Theo's finger")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add", exact=True).click()
    codes = page.get_by_label("Unused codes")
    codes.wait_for()
    found = re.findall(r"\b\d{12}\b", codes.input_value())
    page.get_by_label("I have saved my recovery codes").check()
    assert len(found) == 10
    return found
