"""A pump that is joined to a session is compared with what was charted there."""

import pytest
from tests.clinic.bedside import Bedside

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.sessions import _watchers, commands

pytestmark = pytest.mark.django_db
PUMP = "PUMP-7"


@pytest.fixture
def bed(cast, now):
    one = Bedside(cast, now).opened().infusing()
    commands.attach_device(one.session.id, PUMP, "pump", cast.nora, one.now)
    return one.later(seconds=1)


def pump(bed, number, **values):
    said = {f"pump_{name}": value for name, value in values.items()}
    return bed.message(f"p-{number}", device_id=PUMP, device_kind="pump", values=said)


def run(bed, seconds, **values):
    for number in range(seconds // 10):
        bed.later(seconds=10).hear(pump(bed, f"{bed.now:%H%M%S}-{number}", **values))
    return bed


def standing(bed):
    return [one["summary"] for one in bed.state["findings"] if one["cleared_at"] is None]


def charted_rate(bed):
    return bed.state["infusion"]["rate_ml_per_h"]


@pytest.mark.hazard("HZ-03")
def test_another_rate_is_a_technical_finding_until_the_pump_is_set_right(bed):
    rate = charted_rate(bed)
    run(bed, 120, rate_ml_per_h=rate + 7.5, running=1)
    (said,) = standing(bed)
    assert said.startswith(f"Pump says {rate + 7.5:g} mL/h, charted {rate:g} mL/h since ")
    (finding,) = [one for one in bed.state["findings"] if one["rule"] == "PU-RATE"]
    assert finding["nature"] == "technical"
    run(bed, 10, rate_ml_per_h=rate, running=1)
    assert standing(bed) == []


def test_it_is_the_same_after_a_restart_in_the_midst_of_it(bed):
    run(bed, 40, rate_ml_per_h=charted_rate(bed) + 7.5)
    _watchers.forget([bed.session.stream])
    run(bed, 40, rate_ml_per_h=charted_rate(bed) + 7.5)
    assert len(standing(bed)) == 1
    _watchers.forget([bed.session.stream])
    run(bed, 40, rate_ml_per_h=charted_rate(bed) + 7.5)
    assert len([one for one in bed.state["findings"] if one["rule"] == "PU-RATE"]) == 1


def test_charting_what_the_pump_does_clears_it_with_its_next_word(bed):
    rate = charted_rate(bed)
    run(bed, 90, rate_ml_per_h=rate + 7.5)
    body = {"rate_ul_per_h": int((rate + 7.5) * 1000), "reason": "as ordered"}
    bed.tell("rate_changed", body)
    run(bed, 10, rate_ml_per_h=rate + 7.5)
    assert standing(bed) == []


def test_a_pump_that_was_detached_leaves_no_finding(bed):
    run(bed, 90, rate_ml_per_h=charted_rate(bed) + 7.5)
    commands.detach_device(bed.session.id, PUMP, bed.cast.nora, bed.now)
    bed.later(seconds=1).vitals()
    assert standing(bed) == []


def test_a_pump_that_agrees_says_nothing(bed):
    run(bed, 120, rate_ml_per_h=charted_rate(bed), running=1)
    assert standing(bed) == []


def test_a_pump_that_speaks_between_leaves_the_monitors_readings_small(bed):
    bed.attached().later(seconds=1)
    monitor = [bed.message(f"m-{number}", values={"heart_rate": 70}) for number in range(4)]
    said = bed.hear(*monitor[:2], pump(bed, 1, rate_ml_per_h=charted_rate(bed)), *monitor[2:])
    assert [one.outcome for one in said] == ["charted"] * 5
    assert len(journal.readings(bed.session.stream)) == 4
    assert bed.kinds().count("ReadingTaken") == 5
    assert journal.verify().broken == ()
