"""A year of a clinic that does not exist: repeatable, readable, true to what it was drawn from."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from openketamine.core import course, treatment
from openketamine.core.course import cohort
from openketamine.simulator.year import year

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
