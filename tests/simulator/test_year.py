"""A year of a clinic that does not exist: repeatable, readable, true to what it was drawn from."""

from datetime import UTC, datetime
from itertools import islice, pairwise

import pytest

from openketamine.core import course, treatment
from openketamine.core.course import Visit, cohort, fold_course, history
from openketamine.core.course._tolerated import tolerated
from openketamine.core.dosing import propose, protocol
from openketamine.core.history import read_bundle
from openketamine.core.screening import Override, evaluate
from openketamine.simulator.year import PRESCRIBER, year

UNTIL = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def people():
    """Five hundred of them."""
    return list(year(500, 7, UNTIL))


def test_the_same_seed_is_the_same_clinic_and_another_is_another(people):
    assert list(year(5, 7, UNTIL)) == people[:5]
    assert list(islice(year(1000, 7, UNTIL), 5)) == people[:5]
    assert list(year(5, 8, UNTIL)) != people[:5]


def test_every_fact_can_be_read_back_and_lies_in_the_past(people):
    for person in people[:60]:
        for one in person.course:
            kind = course.kind_of(one.body)
            assert course.decode_body(kind, course.encode_body(one.body)) == one.body
            assert one.at < UNTIL
        for session in person.sessions:
            assert session.closed_at < UNTIL
            for one in session.facts:
                kind = treatment.kind_of(one.body)
                assert treatment.decode_body(kind, treatment.encode_body(one.body)) == one.body


def test_every_id_is_given_once(people):
    ids = [one.id for person in people for one in person.course]
    ids += [one.id for p in people for session in p.sessions for one in session.facts]
    ids += [one.id for one in people] + [s.id for p in people for s in p.sessions]
    assert len(ids) == len(set(ids))


def test_each_session_gives_drug_once_it_is_folded(people):
    for person in people[:60]:
        for session in person.sessions:
            facts = [treatment.Fact(one.id, one.at, AUTHOR, one.body) for one in session.facts]
            state = treatment.fold(facts)
            assert state.started_at is not None
            assert state.phase == "closed"
            assert state.opened.person_id == person.id


AUTHOR = treatment.Author("t", "a test", "system")


def test_as_many_stop_after_one_session_as_was_published(people):
    """Of those who had time to come twice; 500 people are near a share within some points."""
    old = [p for p in people if p.sessions and (UNTIL - p.sessions[0].opened_at).days > 30]
    share = 100 * sum(len(p.sessions) == 1 for p in old) / len(old)
    assert share == pytest.approx(float(cohort("osmind-practices").results[0].value), abs=6)


def test_each_protocol_is_judged_by_its_own_instrument(people):
    primary = {
        p.sessions[0].protocol_id: one.body.primary
        for p in people
        for one in p.course
        if p.sessions and isinstance(one.body, course.facts.CourseOpened)
    }
    assert primary == {"iv-depression": "phq-9", "spravato-trd": "phq-9", "pain-outpatient": "peg"}


def scores(person, instrument):
    """Every score of this instrument, of sessions and of check-ins."""
    facts = [one for session in person.sessions for one in session.facts]
    return [
        one.body
        for one in (*facts, *person.course)
        if getattr(one.body, "instrument", "") == instrument
    ]


def test_who_is_treated_for_pain_is_asked_about_mood_and_some_of_the_others_about_pain(people):
    treated = [p for p in people if p.sessions]
    pain = [p for p in treated if p.sessions[0].protocol_id == "pain-outpatient"]
    others = [p for p in treated if p not in pain]
    assert sum(len(scores(p, "phq-9")) for p in pain) > len(pain)
    asked = [p for p in others if scores(p, "peg")]
    assert 100 * len(asked) / len(others) == pytest.approx(35, abs=8)
    for person in (*pain, *asked):
        assert len(scores(person, "peg")) == len(scores(person, "phq-9"))


def test_a_form_beside_the_first_comes_back_empty_sometimes_and_the_first_never_does(people):
    for person in people:
        opened = [o.body for o in person.course if isinstance(o.body, course.facts.CourseOpened)]
        for one in scores(person, opened[0].primary):
            assert one.total is not None
    second = [one for p in people for one in scores(p, "peg")]
    empty = [one for one in second if one.total is None]
    assert 0 < len(empty) < len(second) / 4
    assert all(set(one.answers) == {None} for one in empty)


def test_sessions_go_on_for_some_at_no_less_than_the_interval_of_the_protocol(people):
    going = [p for p in people if p.sessions and len(p.sessions) > 8]
    assert len(going) > 30
    for person in going:
        plan = protocol(person.sessions[0].protocol_id)
        days = [one.opened_at for one in person.sessions]
        assert len(plan.course) > 1
        for done, (before, after) in enumerate(pairwise(days), start=1):
            least = plan.phase_of(done, (before - days[0]).days // 7 + 1).next_in_days
            assert (after - before).days >= least


def orders(person):
    """(session, plan) of everybody who is treated by the rules of their protocol."""
    for session in person.sessions:
        plans = [o for o in session.facts if isinstance(o.body, treatment.PlanSigned)]
        if session.protocol_id == "iv-depression":
            (plan,) = plans
            yield session, plan
        else:
            assert plans == []


@pytest.mark.hazard("HZ-03")
def test_every_dose_is_what_the_rules_propose_of_all_that_was_on_record_then(people):
    """Reckoned once more, from the facts as they were written; signed before the drug."""
    seen = 0
    for person in people[:80]:
        for session, plan in orders(person):
            day = plan.at.date()
            told = [
                course.Fact(o.id, o.at, AUTHOR, o.body) for o in person.course if o.at < plan.at
            ]
            visits = [visit(one, plan.at) for one in person.sessions if one.opened_at < plan.at]
            past = history(fold_course(told, visits), "iv-depression", day)
            record = read_bundle(person.bundle([one.opened_at.date() for one in person.sessions]))
            aside = tuple(
                Override(o.body.rule, o.body.reason_code, o.body.reason)
                for o in session.facts
                if isinstance(o.body, treatment.OverrideSigned)
            )
            known = evaluate(record, "iv-depression", day, overrides=aside)
            expected = propose(record, "iv-depression", day, past, known)
            assert plan.body.dose_ug == expected.dose_ug
            assert plan.by == PRESCRIBER
            state = visit(session, session.closed_at).state
            assert plan.at < state.started_at
            assert state.infusion.given_ug(session.closed_at) == pytest.approx(
                plan.body.dose_ug,
                rel=0.01,  # the pump counts in tenths of mL/h
            )
            seen += 1
    assert seen > 100


def test_doses_go_up_and_down_and_say_why(people):
    steps = {"up": 0, "down": 0}
    for person in people:
        for (_, before), (_, after) in pairwise(orders(person)):
            words = " ".join(after.body.proposal["steps"])
            if after.body.dose_ug > before.body.dose_ug:
                assert "one step up" in words
                steps["up"] += 1
            if after.body.dose_ug < before.body.dose_ug:
                assert "dissociation" in words or "vomiting" in words or "worse" in words, words
                steps["down"] += 1
    assert steps["up"] > 40
    assert steps["down"] > 8


def visit(session, until):
    """A session as it was known at a moment."""
    told = [treatment.Fact(o.id, o.at, AUTHOR, o.body) for o in session.facts if o.at < until]
    return Visit(session.opened_at.date(), treatment.fold(told), session=session.id)


def test_each_session_says_how_it_was_tolerated(people):
    asked = {"dissociation", "nausea", "moaas", "spo2", "systolic", "diastolic"}
    severe = 0
    for session in (one for p in people[:100] for one in p.sessions):
        bodies = [one.body for one in session.facts]
        (seen,) = [one for one in bodies if isinstance(one, treatment.facts.ObservationCharted)]
        assert set(seen.values) == asked
        assert all(0 <= seen.values[name] <= 10 for name in ("dissociation", "nausea"))
        severe += seen.values["dissociation"] >= 7
        state = treatment.fold(
            treatment.Fact(one.id, one.at, AUTHOR, one.body) for one in session.facts
        )
        assert "not known" not in {one.verdict for one in tolerated(state)}
    assert severe
