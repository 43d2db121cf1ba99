"""Every count on the director's page opens exactly what it counts: people, sessions, check-ins.

The page is read as its user gets it, so that a count which somebody adds and forgets to link fails.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http import HTTPStatus

import pytest

from openketamine.clinic.journal.models import Access
from openketamine.clinic.outcomes.commands import record
from openketamine.clinic.patients.models import Person
from openketamine.clinic.results import queries, views
from openketamine.clinic.results.numbers import Asked
from openketamine.clinic.results.queries import relapse_titles, report
from openketamine.clinic.sessions.models import Session
from openketamine.core.course import facts, measures
from openketamine.operations._simulated_year import fill

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
TODAY = NOW.date()
PEOPLE, SEED = 24, 3
BEHIND = "/results/people/"
# Causes for which no message left, that a simulated year does not have, as the page says them.
UNSENT = {"not_asked": "Not asked", "not_known": "Nobody knows", "no_words": "no licensed words"}
_EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-24")]


@dataclass
class Link:
    """A link to people: where it goes and what it says."""

    href: str
    text: str = ""


class Read(HTMLParser):
    """A page: its links to people, and its words outside of them and of what counts nobody.

    What counts nobody says so itself (`data-uncounted`): percentages, intervals, other clinics'
    people, the words of a definition. Pictures are drawn of the tables that stand beside them.
    """

    def __init__(self, html):
        super().__init__()
        self.links, self.words, self._open = [], [], []
        self.feed(html[html.index("<main") : html.index("</main>")])

    def handle_starttag(self, tag, attributes):
        if tag in _EMPTY:
            return
        named = dict(attributes)
        kind = "passed" if "data-uncounted" in named or tag in ("svg", "form") else ""
        if tag == "a" and named["href"].startswith(BEHIND):
            kind = "link"
            self.links.append(Link(named["href"]))
        self._open.append((tag, kind))

    def handle_endtag(self, tag):
        while tag not in _EMPTY and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        kinds = {kind for _, kind in self._open}
        if "link" in kinds:
            self.links[-1].text += data
        elif "passed" not in kinds:
            self.words.append(data)


def unlinked(html, found):
    """Counts on the page that open nobody; nobody at all is behind a zero."""
    words = " ".join(" ".join(Read(html).words).split())
    said = {one.words for one in found.numbers()} | {one.of_words for one in found.numbers()}
    said |= {one.says for one in measures().windows} | set(relapse_titles().values())
    for one in sorted(said, key=len, reverse=True):
        words = re.sub(re.escape(one), " ", words, flags=re.IGNORECASE)
    return [count for count in re.findall(r"\d+", words) if int(count)]


@pytest.fixture(scope="module")
def asked():
    """How the page is asked in these tests: by query and as a value."""
    return (
        ({}, Asked(window="month")),
        (
            {"protocol": "iv-depression", "since": "2026-03-01", "until": "2026-09-30"}
            | {"window": "last", "relapse": "phq-9-half-lost"},
            Asked(
                "iv-depression",
                datetime(2026, 3, 1, tzinfo=UTC).date(),
                datetime(2026, 9, 30, tzinfo=UTC).date(),
                "last",
                "phq-9-half-lost",
            ),
        ),
    )


@pytest.fixture
def clinic(cast, clock_at):
    """A small clinic that does not exist. Three of its people no message could reach."""
    clock_at(NOW)
    fill(PEOPLE, SEED, NOW)
    for cause, one in zip(UNSENT, Person.objects.order_by("pk"), strict=False):
        missed = facts.CheckInMissed(f"not-sent-{one.pk}", cause)
        record(one, missed, cast.nora, NOW - timedelta(hours=1))
    return cast


@pytest.fixture
def page(clinic, client, monkeypatch):
    """As the director sees it. What was asked before is not counted again: some hundred pages."""
    made = {}

    def once(asked, today):
        if asked not in made:
            made[asked] = queries.report(asked, today)
        return made[asked]

    monkeypatch.setattr(views, "report", once)
    client.force_login(clinic.miriam)
    return client


def rows(client, href):
    """Every line of the list behind a link, over all its pages, and what its head says."""
    found, number = [], 1
    while True:
        answer = client.get(f"{href}&page={number}")
        assert answer.status_code == HTTPStatus.OK, href
        found += answer.context["page"].object_list
        html = answer.content.decode()
        shown = html[html.index("<main") :].count('<th scope="row">')
        assert shown == len(answer.context["page"].object_list), href
        if not answer.context["page"].has_next():
            return found, " ".join(re.sub("<[^>]+>", "", html).split())
        number += 1


@pytest.mark.parametrize("place", [0, 1])
def test_no_count_stands_on_the_page_that_opens_nobody(page, asked, place):
    query, value = asked[place]
    html = page.get("/results/", query).content.decode()
    assert unlinked(html, report(value, TODAY)) == []
    more = html.replace("</main>", "<p>17 people were referred elsewhere.</p></main>")
    assert unlinked(more, report(value, TODAY)) == ["17"]


@pytest.mark.parametrize("place", [0, 1])
def test_behind_every_count_stand_exactly_so_many(page, asked, place):
    query, value = asked[place]
    links = Read(page.get("/results/", query).content.decode()).links
    opened = {}
    for link in links:
        count = int(link.text)
        if link.href not in opened:
            opened[link.href] = rows(page, link.href)
        found, words = opened[link.href]
        assert len(found) == count, link
        kind = r"(person|people|sessions?|check-ins?)"
        assert re.search(rf"\b{count} {kind}[.,]", words), (link, words[:400])
    assert len(opened) > 100
    assert any("of=1" in one for one in opened)
    assert sum("session" in words for _, words in opened.values()) > 10
    for part in ("relapse.", "check-in.", "event.", "unscored", "early-stop", "axes.", "sessions"):
        assert any(f"number={part}" in one for one in opened), part
    assert {one.key for one in report(value, TODAY).numbers() if one.who} >= {
        re.search("number=([^&]+)", one)[1] for one in opened if "of=1" not in one
    }


def test_every_number_of_the_report_is_on_the_page_with_its_people(page, asked):
    """The other way round: nothing that can be opened is left out."""
    query, value = asked[0]
    links = {one.href for one in Read(page.get("/results/", query).content.decode()).links}
    keys = {re.search("number=([^&]+)", one)[1] for one in links if "of=1" not in one}
    wholes = {re.search("number=([^&]+)", one)[1] for one in links if "of=1" in one}
    numbers = list(report(value, TODAY).numbers())
    alone = {"treated", "sessions", "axes.measured"}
    for one in numbers:
        assert not one.who or one.key in keys, one.key
        is_alone = one.key in alone or one.key.endswith(".treated") or re.search(r"\.\d+$", one.key)
        assert is_alone or not one.of or one.key in wholes, one.key


def test_a_count_of_sessions_lists_each_session_with_its_day_and_report(page):
    found = report(Asked(window="month"), TODAY)
    number = found.events[0].sessions
    assert number.share.count > len(number.who) > 1, "somebody has several"
    listed, words = rows(page, f"{BEHIND}?number={number.key}")
    assert {one.case.session for one in listed} == {case.session for case in number.cases}
    assert len({one.case.session for one in listed}) == number.share.count
    of = {str(pk): str(person) for pk, person in Session.objects.values_list("pk", "person_id")}
    for one in listed:
        assert of[one.case.session] == str(one.person.pk)
    assert f"{number.share.count} sessions, of {len(number.who)} people" in words
    report_page = page.get(f"/sessions/{listed[0].case.session}/report/")
    assert report_page.status_code == HTTPStatus.OK


def test_sessions_without_a_score_are_those_before_the_next_of_which_nobody_scored(page):
    number = report(Asked(window="month"), TODAY).unscored
    listed, _ = rows(page, f"{BEHIND}?number=unscored")
    assert {one.case.says for one in listed} == {"none"}
    every, _ = rows(page, f"{BEHIND}?number=unscored&of=1")
    assert sum(one.case.says == "none" for one in every) == len(listed) == number.share.count
    assert len(every) == report(Asked(), TODAY).sessions.share.count


def test_whom_no_message_could_reach_is_missing_and_not_left_out(page):
    """A check-in that nobody could be sent is one of those expected, with its cause."""
    found = {one.key: one for one in report(Asked(window="month"), TODAY).check_ins}
    for cause, words in UNSENT.items():
        number = found[f"check-in.{cause}"]
        assert number.share.count == len(number.who) == 1
        assert words in number.words
        listed, _ = rows(page, f"{BEHIND}?number=check-in.{cause}")
        assert [str(one.person.pk) for one in listed] == list(number.who)
        assert words in listed[0].case.says
    assert sum(one.share.count for one in found.values()) == number.share.of


def test_days_in_the_table_of_the_curve_count_who_is_watched_and_who_relapsed(clinic):
    found = report(Asked(window="month"), TODAY)
    assert len(found.days) > 2
    for on in found.days:
        assert len(on.watched.who) == on.row.at_risk
        assert len(on.relapsed.who) == on.row.relapsed
        assert not set(on.watched.who) - set(on.watched.of)


def test_the_whole_is_noted_in_the_record_of_each_and_closed_to_others(page, clinic, client):
    number = report(Asked(window="month"), TODAY).protocols[0].judged[0]
    page.get(BEHIND, {"number": number.key, "of": "1"})
    noted = Access.objects.filter(by_id=str(clinic.miriam.pk), person_id__isnull=False)
    assert {str(one) for one in noted.values_list("person_id", flat=True)} == set(number.of)
    client.force_login(clinic.nora)
    refused = client.get(BEHIND, {"number": number.key, "of": "1"})
    assert refused.status_code == HTTPStatus.FORBIDDEN
