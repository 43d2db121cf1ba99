"""Two gateways, messages out of order and again, clocks that jump: each reading once."""

import random
from datetime import timedelta

import pytest
from tests.clinic.bedside import MONITOR, Bedside

from openketamine.clinic.journal.queries import verify
from openketamine.clinic.sessions import commands, queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def bed(cast, now):
    return Bedside(cast, now).opened().attached().later(seconds=5)


def at(bed, second, **other):
    when = (bed.now + timedelta(seconds=second)).isoformat()
    values = {"heart_rate": 60 + second % 40}
    return bed.message(f"m-{second}", received_at=when, measured_at=when, values=values, **other)


def rates(bed):
    """In the order in which they were measured."""
    rows = sorted(queries.readings(bed.session)["rows"], key=lambda row: row[1])
    place = 3 + queries.readings(bed.session)["signals"].index("heart_rate")
    return [row[place] for row in rows]


@pytest.mark.hazard("HZ-05")
def test_a_monitor_that_tries_both_gateways_is_charted_once(bed):
    messages = [at(bed, second) for second in range(30)]
    later = [
        {**one, "received_at": (bed.now + timedelta(seconds=second + 4)).isoformat()}
        for second, one in enumerate(messages)
    ]
    bed.later(minutes=1)
    first = commands.record_readings("gw-1", messages, bed.now)
    second = commands.record_readings("gw-2", later, bed.now)
    assert {one.outcome for one in first} == {"charted"}
    assert {one.outcome for one in second} == {"duplicate"}
    assert rates(bed) == [60 + number for number in range(30)]


@pytest.mark.hazard("HZ-05")
@pytest.mark.parametrize("seed", range(3))
def test_shuffled_repeated_and_from_both_gateways_is_the_same_chart(bed, seed):
    chance = random.Random(seed)  # noqa: S311  (seeded on purpose)
    messages = [at(bed, second) for second in range(40)]
    arriving = messages + chance.sample(messages, 25)
    chance.shuffle(arriving)
    bed.later(minutes=1)
    while arriving:
        batch, arriving = arriving[: chance.randint(1, 9)], arriving[9:]
        commands.record_readings(chance.choice(["gw-1", "gw-2"]), batch, bed.now)
    commands.record_readings("gw-1", messages, bed.now)
    assert rates(bed) == [60 + number % 40 for number in range(40)]
    assert bed.kinds().count("ReadingTaken") == 40
    assert verify().broken == ()


@pytest.mark.hazard("HZ-01")
@pytest.mark.parametrize("jump_s", [3600, -3600, 180, -400])
def test_a_device_clock_that_jumps_makes_its_numbers_doubted_and_never_older_or_newer(bed, jump_s):
    bed.hear(at(bed, 0))
    bed.later(seconds=10)
    wrong = (bed.now + timedelta(seconds=jump_s)).isoformat()
    bed.hear(bed.message("jumped", measured_at=wrong, values={"heart_rate": 99.0}))
    latest = bed.state["latest"]["heart_rate"]
    # It is the newest number by the time of receipt, and it is not believed.
    assert (latest["value"], bool(latest["doubt"])) == (99, True)
    bed.later(seconds=1).hear(bed.message("again", values={"heart_rate": 71.0}))
    latest = bed.state["latest"]["heart_rate"]
    assert (latest["value"], latest["doubt"]) == (71, None)


@pytest.mark.hazard("HZ-02")
def test_what_a_slow_gateway_brings_later_belongs_to_who_sat_there_then(bed, cast):
    held = [{**at(bed, second), "mrn": None} for second in range(5)]
    bed.later(minutes=5)
    commands.detach_device(bed.session.id, MONITOR, cast.nora, bed.now)
    following = Bedside(cast, bed.now).opened(mrn="MRN0002").attached().later(minutes=1)
    outcomes = commands.record_readings("gw-2", list(reversed(held)), following.now)
    assert {one.outcome for one in outcomes} == {"charted"}
    assert bed.kinds().count("ReadingTaken") == 5
    assert "ReadingTaken" not in following.kinds()
