"""Courses of every shape: no order, no late correction and no gap changes what is true."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.courses import IV, at, fact, on, peg, phq, visit
from tests.effort import examples

from openketamine.core.course import facts, fold_course, summary, tasks, wanted_tasks
from openketamine.core.course._next import next_interval
from openketamine.core.dosing import protocol
from openketamine.core.log import Corrected

LAST = 120
DAYS = st.integers(-20, LAST - 1)
SCORES = st.one_of(
    st.builds(phq, st.one_of(st.none(), st.integers(0, 27)), DAYS, st.integers(0, 23)),
    st.builds(peg, st.one_of(st.none(), st.integers(0, 10)), DAYS, st.integers(0, 23)),
)
OTHERS = st.one_of(
    st.builds(
        lambda domain, result, day: fact(facts.CheckDone(domain, result), day),
        st.sampled_from(["bladder", "liver", "cognition", "misuse"]),
        st.sampled_from(["normal", "abnormal", "not_known"]),
        DAYS,
    ),
    st.builds(
        lambda kind, day: fact(facts.EventRecorded(kind), day),
        st.sampled_from(["hospitalised", "mania"]),
        DAYS,
    ),
)
LOGS = st.lists(st.one_of(SCORES, OTHERS), max_size=14, unique_by=lambda one: one.id)
SESSIONS = st.lists(st.integers(0, LAST - 1), max_size=12, unique=True).map(
    lambda days: [visit(day) for day in sorted(days)]
)


def said(told, sessions, today=LAST):
    """All that is said of a course, as words that can be compared."""
    return repr(replace(summary(fold_course(told, sessions), on(today)), course=None))


@examples(60)
@given(LOGS, SESSIONS, st.randoms())
def test_the_order_in_which_facts_arrive_changes_nothing(told, sessions, order):
    before = said(told, sessions)
    order.shuffle(told)
    order.shuffle(sessions)
    assert said(told, sessions) == before


@examples(60)
@given(LOGS, SESSIONS)
def test_a_fact_sent_twice_counts_once(told, sessions):
    assert said([*told, *told], sessions) == said(told, sessions)


@examples(60)
@given(LOGS, SESSIONS, st.data())
def test_a_fact_struck_out_is_as_if_it_had_never_been_written(told, sessions, data):
    if not told:
        return
    wrong = data.draw(st.sampled_from(told))
    struck = fact(Corrected(wrong.id, "slip"), LAST, name="correction")
    left = [one for one in told if one.id != wrong.id]
    assert said([*told, struck], sessions) == said(left, sessions)


@pytest.mark.hazard("HZ-23")
@examples(80)
@given(LOGS, SESSIONS)
def test_a_missing_score_is_never_read_as_no(told, sessions):
    found = summary(fold_course(told, sessions), on(LAST))
    for one in found.outcomes:
        if one.baseline is None or one.current is None:
            assert one.verdict == "not evaluable"
            assert one.remission is None
            assert one.missing
        assert 0 <= one.scored <= one.sessions
    for axis in (found.quadrant.mood, found.quadrant.pain):
        assert (axis.better is None) == bool(axis.missing)
    if found.quadrant.mood.better is None or found.quadrant.pain.better is None:
        assert found.quadrant.name == "not evaluable"


@pytest.mark.hazard("HZ-23")
@examples(60)
@given(LOGS, SESSIONS)
def test_taking_all_scores_away_leaves_nothing_that_is_said_of_them(told, sessions):
    bare = [one for one in told if not isinstance(one.body, facts.ScoreTaken)]
    found = summary(fold_course(bare, sessions), on(LAST))
    assert found.quadrant.name == "not evaluable"
    assert found.warning.level == "not evaluable"
    assert {one.verdict for one in found.stop} <= {"not known", "not reached"}
    assert {one.verdict for one in found.relapses} == {"not evaluable"}


@examples(60)
@given(LOGS, SESSIONS, st.integers(1, 400))
def test_all_days_later_is_the_same_course(told, sessions, days):
    later = timedelta(days=days)
    moved = [replace(one, at=one.at + later) for one in told]
    seen = [
        replace(
            one,
            on=one.on + later,
            state=type(one.state)(tuple(replace(f, at=f.at + later) for f in one.state.facts)),
        )
        for one in sessions
    ]
    here, there = fold_course(told, sessions), fold_course(moved, seen)
    first = summary(here, on(LAST))
    second = summary(there, on(LAST) + later)
    assert [one.verdict for one in first.outcomes] == [one.verdict for one in second.outcomes]
    assert first.quadrant.name == second.quadrant.name
    assert [one.verdict for one in first.relapses] == [one.verdict for one in second.relapses]
    assert [one.count for one in first.exposure] == [one.count for one in second.exposure]
    assert first.warning.level == second.warning.level


@examples(60)
@given(LOGS, SESSIONS)
def test_what_a_course_asked_for_once_it_does_not_ask_for_again(told, sessions):
    state = fold_course(told, sessions)
    asked = wanted_tasks(state, summary(state, on(LAST)), at(LAST))
    assert len({one.task_id for one in asked}) == len(asked)
    written = [fact(one, LAST, name=one.task_id) for one in asked]
    after = fold_course([*told, *written], sessions)
    again = wanted_tasks(after, summary(after, on(LAST)), at(LAST))
    assert {one.task_id for one in again} & {one.task_id for one in asked} == set()


@examples(60)
@given(
    st.lists(st.sampled_from(["nurse", "prescriber", "medical_director"]), min_size=1, max_size=3),
    st.integers(0, 72),
    st.lists(st.integers(0, 400), min_size=2, max_size=8),
)
def test_a_task_only_ever_goes_forward_and_the_clock_says_when(roles, hours, looks):
    body = facts.TaskOpened("t", "other", "x", at(0, 12 + hours), tuple(roles))
    (task,) = tasks(fold_course([fact(body, 0)]))
    steps = [task.step(at(0, 12 + hour)) for hour in sorted(looks)]
    assert steps == sorted(steps)
    assert all(0 <= step < len(roles) for step in steps)
    now = at(0, 12)
    while (following := task.next_at(now)) is not None:
        assert following > now or task.step(following) > task.step(now) or hours == 0
        assert task.step(following) >= task.step(now) + 1
        now = following


@examples(60)
@given(
    st.integers(1, 25),
    st.sampled_from(["none", "warning", "relapse", "not evaluable"]),
    st.sampled_from([True, False, None]),
)
def test_an_interval_is_a_range_and_never_below_what_the_protocol_allows(count, level, responds):
    from openketamine.core.course import history

    sessions = [visit(3 * place) for place in range(count)]
    past = history(fold_course([phq(20, -1)], sessions), IV)
    found = next_interval(protocol(IV), past, level=level, responds=responds)
    assert found.soonest <= found.least_days <= found.most_days
    if responds is not True:
        kept = next_interval(protocol(IV), past, level="none", responds=None)
        assert found.most_days <= kept.most_days
