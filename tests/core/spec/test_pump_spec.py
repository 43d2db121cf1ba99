"""Pump against chart: what is said, after how long, and what clears it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from openketamine.core.monitoring import FindingCleared, FindingRaised, Sample
from openketamine.core.treatment import PumpWatch, pump_heard, pump_reading, pump_step, replay
from openketamine.core.treatment._infusion import Infusion, Segment
from openketamine.core.treatment._pump import charted

START = datetime(2026, 5, 1, 14, 3, tzinfo=UTC)
INFUSION = Infusion(START, 40_000, 1000, 70_000, (Segment(START, None, 52_500, "started"),))


def at(seconds):
    return START + timedelta(seconds=seconds)


def said(seconds, **values):
    numbers = {f"pump_{name}": Decimal(str(value)) for name, value in values.items()}
    return pump_reading(Sample(at(seconds), at(seconds), numbers))


def run(readings, infusion=INFUSION, end=None, zone=UTC, watch=None):
    """Everything that is raised and cleared, reading by reading."""
    watch, changes = watch or PumpWatch(), []
    for reading in readings:
        watch, new = pump_step(pump_heard(watch, reading), infusion, reading.received_at, zone)
        changes += new
    if end is not None:
        watch, new = pump_step(watch, infusion, end, zone)
        changes += new
    return watch, changes


def raised(changes):
    return [one.summary for one in changes if isinstance(one, FindingRaised)]


def every_ten(first, last, **values):
    return [said(second, **values) for second in range(first, last + 1, 10)]


def test_a_pump_that_agrees_raises_nothing():
    assert run(every_ten(0, 600, rate_ml_per_h=52.5, running=1))[1] == []


def test_another_rate_is_said_with_both_numbers_and_the_time_of_the_clinic():
    paris = ZoneInfo("Europe/Paris")
    _, changes = run(every_ten(0, 120, rate_ml_per_h=60), zone=paris)
    assert raised(changes) == ["Pump says 60 mL/h, charted 52.5 mL/h since 16:03"]
    (finding,) = changes
    assert (finding.rule, finding.nature, finding.priority) == ("PU-RATE", "technical", "medium")
    assert (finding.value, finding.evidence) == (Decimal(60), "P")


@pytest.mark.parametrize(("rate", "differs"), [(52.5, 0), (53, 0), (53.1, 1), (52, 0), (51.9, 1)])
def test_the_tolerance_of_the_rate(rate, differs):
    assert len(raised(run(every_ten(0, 120, rate_ml_per_h=rate))[1])) == differs


@pytest.mark.parametrize(("last", "told"), [(50, 0), (60, 1)])
def test_a_minute_to_chart_what_was_set(last, told):
    assert len(raised(run(every_ten(0, last, rate_ml_per_h=60))[1])) == told


def test_one_message_alone_tells_nothing_however_old():
    assert run([said(5, rate_ml_per_h=60)], end=at(59))[1] == []


def test_a_rate_charted_late_with_its_real_time_clears_it():
    watch, _ = run(every_ten(0, 120, rate_ml_per_h=60))
    first = replace(INFUSION.segments[0], end=at(0))
    corrected = replace(INFUSION, segments=(first, Segment(at(0), None, 60_000, "changed")))
    watch, changes = pump_step(watch, corrected, at(121))
    assert [type(one) for one in changes] == [FindingCleared]
    assert watch.active == ()


def test_a_pump_set_right_clears_it_and_one_set_otherwise_is_told_anew():
    watch, _ = run(every_ten(0, 120, rate_ml_per_h=60))
    other, changes = run(every_ten(130, 200, rate_ml_per_h=70), watch=watch)
    assert raised(changes) == ["Pump says 70 mL/h, charted 52.5 mL/h since 14:03"]
    assert sum(isinstance(one, FindingCleared) for one in changes) == 1
    assert len(other.active) == 1
    right, changes = run([said(210, rate_ml_per_h=52.5)], watch=other)
    assert (right.active, [type(one) for one in changes]) == ((), [FindingCleared])


def test_a_pump_that_stands_gives_nothing_whatever_it_is_set_to():
    _, changes = run(every_ten(0, 60, rate_ml_per_h=52.5, running=0))
    assert raised(changes) == ["Pump stands still, charted 52.5 mL/h since 14:03"]


def test_a_pump_that_runs_while_the_chart_says_that_it_stands():
    stopped = replace(INFUSION.segments[0], end=at(5))
    halted = replace(INFUSION, segments=(stopped,), stopped_at=at(5))
    _, changes = run(every_ten(10, 120, rate_ml_per_h=52.5, running=1), halted)
    assert raised(changes) == ["Pump says 52.5 mL/h, charted as standing still"]
    _, changes = run(every_ten(10, 120, rate_ml_per_h=52.5, running=1), None)
    assert raised(changes) == ["Pump says 52.5 mL/h, charted as not started"]


def test_a_state_that_is_not_known_is_not_taken_to_stand():
    assert run(every_ten(0, 120, rate_ml_per_h=52.5))[1] == []


@pytest.mark.parametrize(("ahead", "told"), [(0, 0), (1, 0), (1.1, 1), (-1.1, 1)])
def test_the_tolerance_of_the_volume(ahead, told):
    def one(second):
        exact = charted("pump_volume_delivered_ml", INFUSION, at(second)) + Decimal(str(ahead))
        return pump_reading(Sample(at(second), at(second), {"pump_volume_delivered_ml": exact}))

    _, changes = run([one(second) for second in range(100, 300, 10)])
    assert len(raised(changes)) == told
    if told:
        assert "mL given, charted" in raised(changes)[0]


@pytest.mark.parametrize(("strength", "told"), [(1, 0), (1.01, 0), (1.02, 1), (2, 1)])
def test_the_tolerance_of_the_concentration(strength, told):
    _, changes = run(every_ten(0, 120, concentration_mg_per_ml=strength))
    assert len(raised(changes)) == told


@pytest.mark.parametrize(("waited", "told"), [(60, 0), (61, 1)])
def test_a_pump_that_falls_silent_while_it_should_run(waited, told):
    _, changes = run([said(0, rate_ml_per_h=52.5)], end=at(waited))
    assert raised(changes) == ["The pump is silent"] * told


def test_silence_of_a_pump_that_stands_is_nothing():
    stopped = replace(INFUSION.segments[0], end=at(5))
    halted = replace(INFUSION, segments=(stopped,), stopped_at=at(5))
    assert run([said(10, rate_ml_per_h=0)], halted, end=at(900))[1] == []


def test_a_pump_that_is_detached_leaves_nothing_behind():
    watch, _ = run(every_ten(0, 120, rate_ml_per_h=60))
    watch, changes = pump_step(watch, INFUSION, at(130), attached=False)
    assert ([type(one) for one in changes], watch.active) == ([FindingCleared], ())


def test_the_order_in_which_readings_come_does_not_matter():
    readings = every_ten(0, 120, rate_ml_per_h=60)
    one, other = PumpWatch(), PumpWatch()
    for reading in readings:
        one = pump_heard(one, reading)
    for reading in reversed(readings):
        other = pump_heard(other, reading)
    assert pump_step(one, INFUSION, at(121))[1] == pump_step(other, INFUSION, at(121))[1]


def test_a_monitor_is_no_pump():
    assert pump_reading(Sample(at(0), at(0), {"heart_rate": Decimal(70)})) is None


def test_a_doubted_number_is_not_compared():
    doubted = Sample(at(0), at(0), {"pump_rate_ml_per_h": Decimal(60)}, {"pump_rate_ml_per_h": "x"})
    assert pump_reading(doubted).said("pump_rate_ml_per_h") is None


def test_a_recording_is_judged_in_the_same_way():
    def fact(kind, second, body):
        by = {"id": "x", "name": "X", "role": "nurse"}
        moment = at(second).isoformat()
        return json.dumps(
            {"id": f"{kind}-{second}", "kind": kind, "at": moment, "by": by, "body": body}
        )

    started = {"rate_ul_per_h": 52500, "concentration_ug_per_ml": 1000, "volume_ul": 40000,
               "weight_g": 70000}  # fmt: skip
    lines = [
        fact("session_opened", -60, {"person_id": "p", "protocol_id": "iv-depression"}),
        fact("infusion_started", 0, started),
    ]
    for second in range(10, 200, 10):
        body = {"device_id": "P", "measured_at": at(second).isoformat(),
                "received_at": at(second).isoformat(),
                "values": {"pump_rate_ml_per_h": 60 if second < 150 else 52.5}}  # fmt: skip
        lines.append(fact("reading_taken", second, body))
    said = [one for one in replay(lines)["findings"] if one["rule"] == "PU-RATE"]
    assert [one["summary"] for one in said] == ["Pump says 60 mL/h, charted 52.5 mL/h since 14:03"]
    assert said[0]["cleared_at"] == at(150).isoformat()
