"""Every number of the results page equals the one that `plain_results` works out of raw facts."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone
from tests.clinic.plain_results import Plain, wilson

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.results.numbers import Asked
from openketamine.clinic.results.queries import report
from openketamine.operations._simulated_year import fill

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
ASKED = [
    Asked(),
    Asked(window="month"),
    Asked(window="two-months"),
    Asked(protocol="iv-depression", since=date(2026, 3, 1), until=date(2026, 9, 30)),
    Asked(protocol="pain-outpatient"),
]


def plain():
    """From the rows of the journal."""
    fields = ("stream", "number", "kind", "body", "at")
    rows = Fact.objects.values_list(*fields)
    return Plain(rows, timezone.get_current_timezone(), NOW.date())


def same(number, who, of):
    """The number of the page, and its people and interval."""
    assert (set(number.who), set(number.of)) == (set(who), set(of)), number.key
    same_share(number, len(who), len(of))


def same_share(number, count, of):
    """The number of the page and its interval."""
    share = number.share
    assert (share.count, share.of) == (count, of), number.key
    expected = wilson(count, of)
    if expected is None:
        assert share.share is None
    else:
        assert (share.share, share.low, share.high) == pytest.approx(expected, abs=1e-9)


def compare_all(asked, by_hand, today):
    """How many numbers were held against each other."""
    found = report(asked, today)
    people = by_hand.chosen(asked.protocol, asked.since, asked.until)
    assert {one.person for one in found.treated} == set(people)
    assert {one.protocol for one in found.protocols} == {p["protocol"] for p in people.values()}
    seen = [_protocol(one, by_hand, people, asked.window) for one in found.protocols]
    same(found.early_stop, *by_hand.early(people))
    seen += [_events(found, by_hand, people), _missing(found, by_hand, people)]
    seen.append(_axes(found.axes, by_hand.axes(people, asked.window), people))
    seen += [_kept(one, by_hand, people) for one in found.kept]
    return sum(seen) + 1


def _protocol(one, by_hand, people, window):
    mine = {name: p for name, p in people.items() if p["protocol"] == one.protocol}
    outcomes = by_hand.outcomes(mine, window)
    judged = set(mine) - outcomes["not evaluable"]
    for number, of in [(n, judged) for n in one.judged] + [(n, mine) for n in one.of_all]:
        same(number, outcomes[number.key.rpartition(".")[2]], of)
    same(one.treated, mine, mine)
    same(one.not_judged, outcomes["not evaluable"], mine)
    same(one.early_stop, *by_hand.early(mine))
    assert {p for number in one.why for p in number.who} == outcomes["not evaluable"]
    return len(one.judged) + len(one.of_all) + 3


def _axes(found, expected, people):
    """Mood and pain: each cell with its people, and each reason why somebody is in none."""
    measured, cells, why, never = expected
    judged = set().union(*cells.values())
    same(found.measured, measured, people)
    for number, of in [(n, judged) for n in found.cells] + [
        (n, measured) for n in found.of_measured
    ]:
        same(number, cells[number.key.rpartition(".")[2]], of)
    same(found.not_judged, measured - judged, measured)
    same(found.not_measured, set(people) - measured, people)
    _reasons(found.why, why, measured - judged)
    _reasons(found.why_not_measured, never, set(people) - measured)
    return len(found.numbers())


def _reasons(numbers, expected, of):
    assert {one.words for one in numbers} == set(expected)
    for one in numbers:
        same(one, expected[one.words], of)


def _events(found, by_hand, people):
    expected, total = by_hand.events(people)
    named = {row.event if place else "": row for place, row in enumerate(found.events)}
    assert set(named) == set(expected) | {""}
    same_share(found.sessions, total, total)
    for event, row in named.items():
        sessions, severe, whose = expected.get(event, (0, 0, set()))
        same_share(row.sessions, sessions, total)
        same_share(row.severe, severe, total)
        same(row.people, whose, people)
        assert set(row.sessions.who) == whose
    return 3 * len(named)


def _missing(found, by_hand, people):
    ends = by_hand.check_ins(people)
    total = sum(ends.values())
    assert {one.key.partition(".")[2] for one in found.check_ins} == set(ends) | {"finished"}
    for one in found.check_ins:
        same_share(one, ends[one.key.partition(".")[2]], total)
    same_share(found.unscored, by_hand.unscored(people), found.sessions.share.count)
    return len(found.check_ins) + 1


def _kept(one, by_hand, people):
    watched, relapsed, days = by_hand.curve(people, one.definition)
    same_share(one.relapsed, relapsed, watched)
    assert (one.curve.people, one.curve.events) == (watched, relapsed)
    drawn = {s.day: (s.at_risk, s.events, s.left, pytest.approx(s.share)) for s in one.curve.steps}
    assert drawn == days
    half = next((day for day, (*_, share) in days.items() if share <= 0.5 + 1e-12), None)
    assert one.curve.median == half
    return 1 + 4 * len(drawn)


@pytest.mark.django_db
@pytest.mark.hazard("HZ-24")
def test_every_number_of_the_page_is_that_of_the_raw_facts(cast):
    fill(70, 14, NOW)
    by_hand = plain()
    counted = [compare_all(asked, by_hand, NOW.date()) for asked in ASKED]
    assert min(counted) > 100
    for window in ("month", "two-months", "last"):
        _measured, cells, why, never = by_hand.axes(by_hand.chosen(), window)
        assert set(cells) == {"both", "mood-only", "pain-only", "neither"}
        assert len(why) > 3
        assert never
