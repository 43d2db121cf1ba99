"""A person's course in the journal: one writer, one reader, repeats that are harmless."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.clinic.test_patients import bundle, patient, weight

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.commands import KeyReused
from openketamine.clinic.outcomes import commands, queries
from openketamine.clinic.patients.commands import import_bundle
from openketamine.core.course import facts
from openketamine.core.findings import BadInput

pytestmark = pytest.mark.django_db
TAKEN = facts.ScoreTaken("phq-9", "2 weeks", (2,) * 9, Decimal(18))


@pytest.fixture
def maren(cast, now):
    return import_bundle(bundle(patient(), weight(70)), cast.fran, now).person


class TestWriting:
    def test_a_fact_comes_back_as_it_was_written(self, cast, maren, now):
        written = commands.record(maren, TAKEN, cast.nora, now)
        (found,) = queries.state_of(maren).all(facts.ScoreTaken)
        assert (found.fact.id, found.body, found.by.name) == (written.id, TAKEN, "Nora Lindqvist")

    def test_it_stands_in_the_chain(self, cast, maren, now):
        commands.record(maren, TAKEN, cast.nora, now)
        assert journal.verify_stream(queries.stream_of(maren)).broken == ()

    def test_the_same_under_the_same_id_is_there_once_however_much_later(self, cast, maren, now):
        name = str(uuid.uuid4())
        first = commands.record(maren, TAKEN, cast.nora, now, id=name)
        again = commands.record(maren, TAKEN, cast.nora, now + timedelta(hours=3), id=name)
        assert again == first
        assert len(queries.facts_of(maren).facts) == 1

    def test_another_word_under_the_same_id_is_refused(self, cast, maren, now):
        name = str(uuid.uuid4())
        commands.record(maren, TAKEN, cast.nora, now, id=name)
        other = facts.EventRecorded("hospitalised")
        with pytest.raises(KeyReused):
            commands.record(maren, other, cast.nora, now, id=name)

    def test_another_author_under_the_same_id_is_refused(self, cast, maren, now):
        name = str(uuid.uuid4())
        commands.record(maren, TAKEN, cast.nora, now, id=name)
        with pytest.raises(KeyReused):
            commands.record(maren, TAKEN, cast.wes, now, id=name)

    def test_nothing_happens_in_time_to_come(self, cast, maren, now):
        with pytest.raises(BadInput, match="at"):
            commands.record(maren, TAKEN, cast.nora, now, at=now + timedelta(seconds=1))

    def test_the_person_and_the_clock_are_authors_too(self, maren, now):
        commands.record(maren, TAKEN, commands.the_person(maren), now)
        commands.record(maren, facts.CheckInMissed("c", "bounced"), commands.CLOCK, now)
        assert [one.by.role for one in queries.facts_of(maren).facts] == ["patient", "system"]


class TestCorrecting:
    def test_a_correction_counts_and_the_first_word_stays(self, cast, maren, now):
        wrong = commands.record(maren, TAKEN, cast.nora, now)
        right = facts.ScoreTaken("phq-9", "2 weeks", (1,) * 9, Decimal(9))
        body = facts.Corrected(wrong.id, "typed wrong", commands.encode_body(right))
        commands.record(maren, body, cast.nora, now + timedelta(minutes=1))
        state = queries.state_of(maren)
        assert [one.body.total for one in state.all(facts.ScoreTaken)] == [Decimal(9)]
        assert len(state.facts) == 2
