"""Whatever happens in a session, and in whatever order we hear of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from openketamine.core.findings import Refusal
from openketamine.core.treatment import (
    Author,
    Context,
    Fact,
    advance,
    facts,
    fold,
    may,
    state_as_json,
)

DAY = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NORA = Author("nora", "Nora", "nurse")
RATES = st.integers(0, 200_000)
BODIES = st.one_of(
    st.just(facts.SessionOpened("p1", "iv-depression")),
    st.builds(facts.InfusionStarted, RATES, st.just(1000), st.integers(1, 60_000), st.just(70_000)),
    st.builds(facts.RateChanged, RATES),
    st.builds(facts.InfusionResumed, RATES),
    st.sampled_from([facts.InfusionPaused(), facts.InfusionStopped(), facts.SessionClosed()]),
    st.builds(lambda v: facts.ObservationCharted({"systolic": Decimal(v)}), st.integers(60, 220)),
    st.just(facts.Discharged("Ann", "555", True)),
    st.builds(facts.NoteCharted, st.sampled_from(["a", "b"])),
    st.builds(facts.Corrected, st.integers(1, 12).map(str), st.just("slip")),
)


@st.composite
def logs(draw, most=12):
    told = draw(st.lists(st.tuples(st.integers(0, 240), BODIES), max_size=most))
    return [
        Fact(str(n), DAY + timedelta(minutes=minute), NORA, body, None, n)
        for n, (minute, body) in enumerate(told, 1)
    ]


def shown(state, minutes=300):
    return state_as_json(state, DAY + timedelta(minutes=minutes))


@pytest.mark.hazard("HZ-05")
@examples(60)
@given(logs())
def test_folding_never_loses_a_fact(log):
    assert {fact.id for fact in fold(log).facts} == {fact.id for fact in log}
    assert len(shown(fold(log))["events"]) == len(log)


@pytest.mark.hazard("HZ-05")
@examples(60)
@given(logs(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(log, random):
    shuffled = log + log[: len(log) // 2]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(log)


@examples(40)
@given(logs(), st.integers(0, 12))
def test_a_snapshot_and_what_came_after_it_equal_the_stream(log, cut):
    state = fold(log[:cut])
    for fact in log[cut:]:
        state = advance(state, fact)
    assert state == fold(log)
    assert shown(state) == shown(fold(log))


@pytest.mark.hazard("HZ-03")
@examples(60)
@given(logs(), st.integers(0, 400))
def test_no_more_is_given_than_the_bag_holds_and_never_less_as_time_passes(log, minutes):
    infusion = fold(log).infusion
    if infusion is None:
        return
    now = DAY + timedelta(minutes=minutes)
    assert 0 <= infusion.given_ul(now) <= infusion.bag_ul
    assert infusion.given_ul(now) <= infusion.given_ul(now + timedelta(minutes=1))
    assert infusion.given_ug(now) == sum(infusion.given_ul_by_segment(now))


@examples(30)
@given(RATES, st.integers(1, 60), st.integers(1, 60))
def test_a_pause_adds_nothing_however_long_it_is(rate, before, pause):
    def given_at_end(length):
        log = [
            (0, facts.InfusionStarted(rate, 1000, 10**9, 70_000)),
            (before, facts.InfusionPaused()),
            (before + length, facts.InfusionResumed(rate)),
            (before + length + 10, facts.InfusionStopped()),
        ]
        told = [
            Fact(str(n), DAY + timedelta(minutes=m), NORA, body, None, n)
            for n, (m, body) in enumerate(log)
        ]
        return fold(told).infusion.given_ul(DAY + timedelta(minutes=10**4))

    assert given_at_end(pause) == given_at_end(pause + 30)


@examples(40)
@given(logs(), st.integers(-500_000, 500_000))
def test_shifting_all_times_shifts_nothing_else(log, minutes):
    by = timedelta(minutes=minutes)
    later = fold([Fact(f.id, f.at + by, f.by, f.body, None, f.number) for f in log])
    now = DAY + timedelta(minutes=300)
    here, there = fold(log), later
    assert here.phase == there.phase
    if here.infusion is not None:
        assert here.infusion.given_ug(now) == there.infusion.given_ug(now + by)
    ours, theirs = state_as_json(here, now), state_as_json(there, now + by)
    assert ours["contradictions"] == theirs["contradictions"]
    assert [one["text"] for one in ours["events"]] == [one["text"] for one in theirs["events"]]


@pytest.mark.hazard("HZ-08")
@pytest.mark.hazard("HZ-09")
@examples(40)
@given(logs())
def test_no_gate_opens_for_a_log_in_which_nothing_was_asked(log):
    state, now = fold(log), DAY + timedelta(minutes=300)
    for request in ("start", "withdraw", "verify", "discharge"):
        assert isinstance(may(request, state, now, Context(actor=NORA)), Refusal)


@examples(25)
@given(st.data())
def test_taking_away_one_needed_fact_never_opens_a_gate(new_story, data):
    told = new_story().recovered().told
    missing = data.draw(st.sets(st.integers(0, len(told) - 1), min_size=1))
    before = may("discharge", fold(told), new_story.time(119), Context())
    left = [fact for place, fact in enumerate(told) if place not in missing]
    after = may("discharge", fold(left), new_story.time(119), Context())
    assert not isinstance(before, Refusal)
    needed = (facts.ChecklistAnswered, facts.RecoveryScored, facts.InfusionStopped)
    gone = [told[place].body for place in missing]
    if any(
        isinstance(body, needed) and getattr(body, "checklist", "discharge") == "discharge"
        for body in gone
    ):
        assert isinstance(after, Refusal)
