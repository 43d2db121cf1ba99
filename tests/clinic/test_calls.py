"""Who is told of a finding, who next; once, in order, and after a restart as before it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.clinic.bedside import Bedside
from tests.clinic.conftest import hire

from openketamine.clinic.sessions import _calls, _lately, _watchers, commands, queries
from openketamine.clinic.staff import duty
from openketamine.core.findings import BadInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def bed(cast, now):
    return Bedside(cast, now).opened().planned().attached().later(seconds=5)


def told(bed):
    found = [f.body for f in queries.facts(bed.session) if type(f.body).__name__ == "PersonCalled"]
    return [(one.step, one.names) for one in found]


def look(bed, **time):
    """As the live front does, once a second."""
    commands.note_calls(bed.later(**time).now)
    return told(bed)


def falls(bed):
    """The heart rate falls: of high priority with the first number."""
    bed.hear(bed.message("m-1", values={"spo2": 97, "heart_rate": 35}))
    return bed


@pytest.mark.hazard("HZ-19")
def test_who_ordered_is_told_then_the_director_then_everybody_who_treats(bed):
    # Priya is the only prescriber: the step of the others has nobody in it and costs no time.
    priya, miriam = ("Dr Priya Raman",), ("Dr Miriam Adeyemi",)
    assert look(falls(bed), seconds=10) == [(0, priya)]
    assert look(bed, seconds=44) == [(0, priya)]
    assert look(bed, seconds=1) == [(0, priya), (2, miriam)]
    assert look(bed, seconds=45)[-1] == (
        3,
        ("Dr Miriam Adeyemi", "Dr Priya Raman", "Nora Lindqvist", "Wes Okafor"),
    )
    assert len(look(bed, hours=1)) == 3


@pytest.mark.hazard("HZ-19")
def test_after_a_restart_the_clock_goes_on_where_it_was_and_nobody_is_told_twice(bed):
    look(falls(bed), seconds=10)
    for seconds in (10, 34):
        _calls._looked_at.clear()
        _watchers._kept.clear()
        assert len(look(bed, seconds=seconds)) == 1
    _calls._looked_at.clear()
    _watchers._kept.clear()
    assert len(look(bed, seconds=1)) == 2
    assert len(look(bed)) == 2


@pytest.mark.hazard("HZ-19")
def test_an_answer_stops_the_list_and_it_goes_on_where_the_condition_outlasts_it(bed, cast):
    look(falls(bed), seconds=10)
    (finding,) = bed.state["findings"]
    body = {"finding_id": finding["finding_id"], "answer": "seen"}
    bed.later(seconds=20).tell("call_answered", body, by=cast.priya)
    assert len(look(bed, seconds=179)) == 1
    assert len(look(bed, seconds=1)) == 2
    assert bed.state["calls"][0]["answer"]["by"] == "Dr Priya Raman"


def test_whoever_said_that_they_are_on_duty_comes_after_who_ordered(bed):
    quentin, _ = hire("quentin", "prescriber", "Dr Quentin Ng"), hire("rosa", "prescriber", "Dr R")
    duty.take(quentin, "prescriber", bed.now)
    look(falls(bed), seconds=10)
    assert look(bed, seconds=45)[-1] == (1, ("Dr Quentin Ng",))
    assert duty.on_duty(bed.now + timedelta(hours=12, seconds=1))["prescriber"] == []


def test_a_duty_that_the_role_does_not_fit_is_refused(cast, now):
    with pytest.raises(BadInput):
        duty.take(cast.nora, "prescriber", now)
    duty.take(cast.nora, "charge_nurse", now)
    assert [one.username for one, _ in duty.on_duty(now)["charge_nurse"]] == ["nora"]
    duty.end(cast.nora, now + timedelta(seconds=1))
    assert duty.on_duty(now + timedelta(seconds=2))["charge_nurse"] == []


def test_a_call_is_for_those_who_were_told_in_initials_and_chair(bed, cast):
    commands.assign_chair(bed.session.id, "Chair 3", cast.nora, bed.now)
    look(falls(bed), seconds=10)
    (call,) = queries.calls_for(cast.priya, bed.now)
    assert (call["chair"], call["initials"], call["priority"]) == ("Chair 3", "AO", "high")
    assert "Okonkwo" not in str(call)
    commands.assign_chair(bed.session.id, "Chair 5", cast.nora, bed.now)
    assert queries.calls_for(cast.priya, bed.now)[0]["chair"] == "Chair 5"
    assert queries.calls_for(cast.miriam, bed.now) == []


def test_a_low_finding_and_a_session_that_is_over_call_nobody(bed, cast):
    bed.tell("observation_charted", {"values": {"spo2": 93}})
    assert look(bed) == []


def test_the_board_says_who_was_told(bed):
    look(falls(bed), seconds=10)
    (tile,) = queries.board(bed.now)
    assert tile["call"]["names"] == ["Dr Priya Raman"]
    assert tile["sound"]["priority"] == "high"


def test_sound_and_screens_are_facts_of_the_session(bed):
    falls(bed)
    identity = bed.state["findings"][0]["finding_id"]
    bed.tell("finding_shown", {"finding_id": identity})
    bed.tell("sound_paused", {"seconds": 120})
    assert bed.state["sound"]["paused_until"] == (bed.now + timedelta(seconds=120)).isoformat()
    bed.tell("sound_switched", {"on": False, "screen": "tablet"})
    words = [one["text"] for one in bed.state["events"]]
    assert words[-3:] == [
        "Finding on a screen",
        "Alarm sound paused for 120 s",
        "Sound turned off: tablet",
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("HZ-19")
def test_eight_processes_that_look_at_the_same_second_tell_once(cast, now):
    bed = Bedside(cast, now).opened().planned()
    bed.tell("observation_charted", {"values": {"spo2": 84}})
    bed.later(seconds=10)

    def look_once(_):
        # Each as a process of its own: nothing in memory tells it that another was quicker.
        _calls._looked_at.clear()
        try:
            return commands.note_calls(bed.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(look_once, range(8)))
    assert sum(written) == 1
    assert told(bed) == [(0, ("Dr Priya Raman",))]


@pytest.mark.hazard("HZ-19")
def test_many_who_fall_at_once_are_told_of_in_one_transaction(cast, now):
    beds = [
        Bedside(cast, now).opened(mrn=f"MRN{n:04d}").attached(f"MON-{n}").later(seconds=5)
        for n in range(6)
    ]
    for n, bed in enumerate(beds):
        values = {"spo2": 97, "heart_rate": 35}
        bed.hear(bed.message(f"m-{n}", values=values, device_id=f"MON-{n}", mrn=f"MRN{n:04d}"))
    with CaptureQueriesContext(connection) as asked:
        assert commands.note_calls(beds[0].later(seconds=10).now) == 6
    locks = [one for one in asked if "FOR UPDATE" in one["sql"]]
    # One takes the streams that are free, the journal may ask once more; not two for each bed.
    assert 1 <= len(locks) <= 2
    assert all(len(told(bed)) == 1 for bed in beds)
    assert commands.note_calls(beds[0].now) == 0


@pytest.mark.hazard("HZ-19")
def test_what_a_slow_transaction_wrote_is_found_by_the_next_look_through_all(bed):
    look(bed, seconds=10)
    falls(bed)
    # As if it had been written two minutes ago, and had become visible only now.
    before = _lately._known
    _lately._known = before._replace(at=bed.later(minutes=4).now, numbers={})
    assert look(bed) == []
    assert len(look(bed, seconds=61)) == 1


def test_a_look_asks_for_the_last_minutes_only_and_remembers_the_rest(bed):
    look(falls(bed), seconds=10)
    look(bed, seconds=1)
    bed.later(minutes=3)
    _lately._known = _lately._known._replace(at=bed.now)
    numbers = _lately.newest_of_calls(bed.later(seconds=1).now)
    assert list(numbers) == [bed.session.stream]
    _lately.forget()
    assert _lately.newest_of_calls(bed.now) == numbers
