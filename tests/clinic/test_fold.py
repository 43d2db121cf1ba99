"""A board reads many sessions together: each is what it is when it is read alone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.clinic.bedside import Bedside

from openketamine.clinic.sessions import _fold, queries

# Folds are kept once they are committed: not in a transaction that is rolled back.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beds(cast, now):
    _fold._kept.clear()
    return [
        Bedside(cast, now).opened(mrn=f"MRN{n:04d}").attached(f"MON-{n}").later(seconds=5)
        for n in range(4)
    ]


def says(bed, n, name, **values):
    bed.later(seconds=1)
    bed.hear(bed.message(name, values=values, device_id=f"MON-{n}", mrn=f"MRN{n:04d}"))


def content(found):
    """What is in a fold, in whichever form its readings were read."""
    return {
        stream: (one.number, one.others, one.started_at, [said.fact for said in one.readings])
        for stream, one in found.items()
    }


def alone(streams):
    _fold._kept.clear()
    return {stream: _fold.folded(stream) for stream in streams}


def test_what_grew_what_is_new_and_what_stood_still(beds):
    streams = [one.session.stream for one in beds]
    for n, bed in enumerate(beds[:3]):
        says(bed, n, f"a-{n}", heart_rate=70 + n, spo2=97)
    _fold.folded_many(streams[:3])
    # One says a number in its small form, and one that does not fit it; one is charted by hand.
    says(beds[0], 0, "b-0", heart_rate=80)
    says(beds[0], 0, "c-0", heart_rate=80.123)
    beds[1].tell("note_charted", {"text": "calm"})
    together = _fold.folded_many(streams)
    assert content(together) == content(alone(streams))
    assert content(_fold.folded_many(streams)) == content(together)


def test_the_looks_into_the_journal_do_not_grow_with_the_sessions(beds):
    queries.board(beds[0].now)
    for n, bed in enumerate(beds):
        says(bed, n, f"d-{n}", heart_rate=75)
    with CaptureQueriesContext(connection) as asked:
        assert len(queries.board(beds[0].now)) == 4
    # The sessions, their heads, their readings, their other facts.
    assert len(asked) == 4
