"""Somebody at home: out of a letter that a worker sent, through a check-in on a phone."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.end_to_end.house import eventually

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def letters(house, to):
    """The links in the letters to this address, in the order in which they left."""
    found = []
    for path in sorted((house.folder.path / "mail").glob("*")):
        for letter in path.read_text().split("-" * 79):
            if f"To: {to}" in letter:
                found += re.findall(r"\n(http://\S+/c/[^/\s]+/)\n", letter)
    return found


@pytest.fixture
def phone(browser, complaints):
    """A phone that nobody signed in on; closed after the test."""
    opened = []

    def open_one(**more):
        context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, **more)
        page = context.new_page()
        page.on("console", complaints.hear)
        opened.append(context)
        return page

    yield open_one
    for context in opened:
        context.close()


def serious(page):
    return [
        f"{one['id']}: {node['target']}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


def tap(page, which):
    with page.expect_navigation():
        which.tap()


def begin(page, link):
    page.goto(link)
    assert serious(page) == []
    tap(page, page.get_by_role("button", name="Begin"))


def number_of_questions(page):
    return int(page.get_by_text(re.compile(r"Question 1 of \d+")).inner_text().split()[-1])


@pytest.mark.hazard("HZ-21")
def test_a_phq_9_is_nine_taps_on_a_phone(house, phone):
    links = eventually(
        lambda: (found := letters(house, "quintana@example.org")) and len(found) > 1 and found, 120
    )
    # Two were asked at once; the longer one is that before the course.
    page, other = phone(), phone()
    begin(page, links[0])
    begin(other, links[1])
    if number_of_questions(other) > number_of_questions(page):
        page = other
    taps, begun = 0, 0.0
    while "/c/i/" in page.url:
        form = page.locator("input[name=form]").get_attribute("value")
        begun = begun or (time.monotonic() if form == "phq-9" else 0.0)
        answers = page.locator(".mine-answers button")
        if form == "phq-9" and not taps:
            assert serious(page) == []
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= PHONE["width"]
            assert min(box["height"] for box in map(_box, answers.all())) >= 48
        taps += form == "phq-9"
        seconds = time.monotonic() - begun
        if page.locator("textarea").count():
            tap(page, page.get_by_role("button", name="Go on"))
        else:
            tap(page, answers.first)
        if form == "phq-9":
            print(f"PHQ-9: tap {taps} after {seconds:.1f} s")
    # A tap a second for a slow thumb, and ten times that to read: nine taps are 90 s at most.
    assert taps == 9
    assert page.get_by_role("heading", name="Thank you. That was all.").is_visible()
    assert "Quintana" not in page.content()
    for name, value in (("day", "12"), ("month", "6"), ("year", "1993")):
        page.fill(f"#{name}", value)
    tap(page, page.get_by_role("button", name="Show my page"))
    assert page.get_by_role("heading", name="Mood").is_visible()
    assert serious(page) == []
    found = house.rows(
        "SELECT body FROM journal_fact WHERE kind = 'score_taken' AND body->>'instrument' = 'phq-9'"
        " AND body->>'check_in' <> ''"
    )
    assert [body["total"] for (body,) in found] == [0]


@pytest.mark.hazard("HZ-20")
def test_without_a_script_in_large_letters_in_the_dark_it_works_all_the_same(house, phone):
    links = eventually(
        lambda: (found := letters(house, "whitfield@example.org")) and len(found) > 1 and found, 120
    )
    page = phone(java_script_enabled=False, color_scheme="dark")
    page.goto(links[0])
    tap(page, page.get_by_role("button", name="Begin"))
    for _ in range(3):
        before = page.url, page.get_by_role("heading", level=1).inner_text()
        tap(page, page.locator(".mine-answers button").first)
        assert page.get_by_role("heading", level=1).inner_text() != before[1]
    tap(page, page.get_by_role("link", name="Back"))
    assert page.locator(".mine-answers [aria-pressed=true]").count() == 1
    tap(page, page.get_by_role("link", name="Pause, go on later"))
    assert "Nobody reads this page while you write" in page.content()


def _box(locator):
    return locator.bounding_box()


RIGHT = {
    "driving": "next-day",
    "stop": "say-so",
    "promise": "not-sure",
    "bladder": "tell",
    "crisis": "call",
}


def consent_link(house, staff, family):
    """A link to the treatment's consent, as a nurse shows it on a screen, once."""
    found = house.rows("SELECT id FROM patients_person WHERE family = %s", family)
    staff.open(f"/people/{found[0][0]}/papers/")
    article = staff.page.get_by_role("article").filter(has_text="Treatment with ketamine").first
    article.get_by_role("button", name="Show a link", exact=True).click()
    staff.page.get_by_text("It is shown once").wait_for()
    return re.search(r"http://\S+/c/[\w-]+/", staff.page.locator("main").inner_text())[0]


def everything_logged(house):
    """All that the processes of the house and its database wrote down."""
    files = [*(house.folder.path / "logs").iterdir(), house.folder.database / "server.log"]
    return "\n".join(one.read_text(errors="replace") for one in files if one.is_file())


@pytest.mark.hazard("HZ-16")
@pytest.mark.hazard("HZ-21")
def test_a_consent_is_read_and_no_log_keeps_a_key_or_an_answer(house, phone, nora):
    link = consent_link(house, nora, "Moser")
    page, addresses, told = phone(), [], []
    page.on("request", lambda one: told.append(one.headers.get("referer", "")))
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    begin(page, link)
    tap(page, page.get_by_role("button", name="I have read it"))
    first = page.url
    while page.locator("input[name=question]").count():
        question = page.locator("input[name=question]").get_attribute("value")
        tap(page, page.locator(f"button[name=choice][value={RIGHT[question]}]"))
    page.get_by_label("Your full name").fill("Somebody Else Entirely")
    page.get_by_label("Your date of birth").fill("1900-01-01")
    page.locator("[name=agrees]").check()
    tap(page, page.get_by_role("button", name="Sign", exact=True))
    page.get_by_text("That is not the date of birth that the clinic has.").wait_for()
    refused = page.url
    # Back finds the page with the form, and sends nothing again: wrong dates are counted.
    page.goto(first)
    assert page.go_back().status == 200
    assert page.url == refused
    assert page.get_by_role("heading", name="Your signature").is_visible()
    counted = "SELECT wrong_answers FROM checkins_link WHERE id = %s"
    assert house.rows(counted, refused.split("/")[-2]) == [(1,)]
    # Each of these is complained about by the web server: another device, no cookie, cut short.
    other = phone().context.request
    assert other.get(link).status == 404
    assert other.post(link).status == 403
    assert other.get(f"{refused.partition('?')[0]}more/").status == 404
    said = eventually(lambda: (log := everything_logged(house)) and "/c/…" in log and log)
    for key in (link.split("/")[-2], refused.split("/")[-2], "same-day", "Somebody Else"):
        assert key not in said
    for letter in letters(house, "quintana@example.org") + letters(house, "whitfield@example.org"):
        assert letter.split("/")[-2] not in said
    assert {one.partition("?at=")[2].isdecimal() for one in addresses if "?" in one} == {True}
    assert not any("/c/" in one for one in told)
