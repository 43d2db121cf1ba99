"""Somebody at a browser: signs in, presses by role and name; what the console says is kept."""

import re
from contextlib import contextmanager

from tests.end_to_end.house import PASSWORD

DESK, TABLET = {"width": 1440, "height": 900}, {"width": 1180, "height": 820}
# A considered no of the server is an answer, though Chromium writes it into the console.
_NO = re.compile(r"status of (400|401|403|409|422) ")
_NO_LINK = re.compile(r"net::ERR_|status of 50[0-9]|Failed to fetch")


class Complaints:
    """What the browsers complained about, and what of it was to be expected."""

    def __init__(self):
        self.heard = []
        self._link_may_break = False

    def hear(self, said):
        if said.type in ("error", "warning"):
            self._note(said.text)

    def thrown(self, error):
        self._note(f"thrown: {error}")

    def _note(self, text):
        if _NO.search(text) or (self._link_may_break and _NO_LINK.search(text)):
            return
        self.heard.append(text)

    @contextmanager
    def link_may_break(self):
        """Inside, a browser may say that the server does not answer; nothing else."""
        self._link_may_break = True
        try:
            yield
        finally:
            self._link_may_break = False


class Somebody:
    """One person at one browser window."""

    def __init__(self, page, house, name):
        self.page, self.house, self.name = page, house, name
        self.taps = 0

    def open(self, path):
        """Go to an address of the clinic."""
        self.page.goto(f"{self.house.url}{path}")
        return self

    def console(self, session):
        """The session console, as soon as it shows a phase."""
        self.open(f"/sessions/{session}/")
        self.region("Now").get_by_text(re.compile(r"\w")).first.wait_for()
        self.page.locator("#charting button, #content").first.wait_for()
        return self

    def region(self, name):
        """A part of the page by its name."""
        return self.page.get_by_role("region", name=name, exact=True)

    def sheet(self, title):
        """The sheet that is open."""
        return self.page.get_by_role("dialog", name=title)

    def button(self, name, within=None):
        return (within or self.page).get_by_role("button", name=name, exact=True)

    def tap(self, name, within=None):
        """One tap on a button, counted."""
        self.press(self.button(name, within))

    def charting(self, name):
        """Open what is charted under this name: in the bar where it fits, else under "All"."""
        bar = self.page.get_by_role("navigation", name="Chart something")
        bar.get_by_role("button").first.wait_for()
        if self.button(name, bar).count():
            return self.tap(name, bar)
        self.press(bar.get_by_role("button", name=re.compile("^All ")))
        return self.tap(name, self.sheet("Chart something"))

    def press(self, target):
        """One tap on anything, counted."""
        self.taps += 1
        target.tap() if self.is_touch else target.click()

    @property
    def is_touch(self):
        return self.page.viewport_size == TABLET

    def write(self, sheet, label, text):
        """Type into a field; where it does not have the focus yet, that costs a tap."""
        field = sheet.get_by_label(label, exact=True)
        if not field.evaluate("one => one === document.activeElement"):
            self.press(field)
        field.fill(text)

    def prove(self, sheet, who, password=PASSWORD):
        """Somebody else gives their name and their own secret."""
        sheet.get_by_label("User name", exact=True).fill(who)
        sheet.get_by_label("Password", exact=True).fill(password)

    def refusal(self, sheet):
        """What the sheet says against it."""
        said = sheet.get_by_role("alert")
        said.wait_for()
        return said.inner_text()

    def state(self, session):
        """What the server says of a session."""
        answer = self.page.request.get(f"{self.house.url}/sessions/{session}/state")
        assert answer.ok, answer.status
        return answer.json()

    def ask(self, session, verb, **body):
        """A request to the server by the same door as the console's."""
        return self._post(f"/sessions/{session}/requests/{verb}", body)

    def chart(self, session, fact):
        """A fact to the server by the same door as the console's outbox."""
        return self._post(f"/sessions/{session}/facts", fact)

    def _post(self, path, body):
        cookies = {one["name"]: one["value"] for one in self.page.context.cookies()}
        headers = {"X-CSRFToken": cookies["openketamine_csrf"], "Referer": self.house.url}
        return self.page.request.post(f"{self.house.url}{path}", data=body, headers=headers)


class Staffroom:
    """Opens browser windows for the cast; a person signs in once and is known after that."""

    def __init__(self, browser, house, cookies, complaints):
        self._browser, self._house, self._cookies = browser, house, cookies
        self._complaints = complaints
        self._open = []

    def window(self, username, *, tablet=False, scheme="light", **more):
        """A window of a person who is signed in."""
        kept = self._cookies.get(username)
        page = self._page(storage_state=kept, tablet=tablet, scheme=scheme, **more)
        if kept is None:
            sign_in(page, self._house, username)
            self._cookies[username] = page.context.storage_state()
        return Somebody(page, self._house, username)

    def stranger(self, *, scheme="light"):
        """A window of nobody."""
        return Somebody(self._page(scheme=scheme), self._house, "")

    def close(self):
        for context in self._open:
            context.close()

    def _page(self, *, tablet=False, scheme="light", **more):
        context = self._browser.new_context(
            viewport=TABLET if tablet else DESK,
            has_touch=tablet,
            color_scheme=scheme,
            timezone_id=self._house.zone,
            **more,
        )
        context.set_default_timeout(30_000)
        context.on("console", self._complaints.hear)
        context.on("weberror", lambda error: self._complaints.thrown(error.error))
        self._open.append(context)
        return context.new_page()


def sign_in(page, house, username, password=PASSWORD):
    """Through the sign-in page."""
    page.goto(f"{house.url}/account/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "login" not in url)
