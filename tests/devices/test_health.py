"""What a gateway knows of each device: told with the heartbeat, small, and without a person."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.devices.border import wait_for
from tests.devices.captures import BPM, FULL_MONITOR, FULL_PUMP, HR, MDS, message, numeric

from openketamine.devices.connector import Reading
from openketamine.devices.connectors.mllp.framing import wrap
from openketamine.devices.health import MOST_DEVICES, MOST_SENTENCES, Health

NOW = datetime(2026, 7, 3, 7, 0, 1, tzinfo=UTC)
READING = Reading("k", "M1", "monitor", "MRN1", NOW, NOW, {"heart_rate": Decimal(70)})


def heard(health, at, ahead_s=0.0, device="M1", **more):
    measured = at + timedelta(seconds=ahead_s)
    one = replace(READING, device_id=device, measured_at=measured, received_at=at, **more)
    health.heard([one], "mllp")


def of(health, device="M1", now=NOW):
    return health.as_json(now)["devices"][device]


def test_rate_and_last_message():
    health = Health()
    for second in range(90):
        heard(health, NOW + timedelta(seconds=second))
    said = of(health, now=NOW + timedelta(seconds=89))
    assert (said["messages"], said["per_minute"]) == (90, 60)
    assert said["last_at"] == (NOW + timedelta(seconds=89)).isoformat()


def test_a_clock_that_is_ahead_and_one_that_runs_fast():
    health = Health()
    for minute in range(31):
        heard(health, NOW + timedelta(minutes=minute), ahead_s=30 + minute)
    said = of(health)
    assert (said["skew_s"], said["drift_s_per_h"]) == (60.0, 60.0)


@pytest.mark.parametrize(("minutes", "known"), [(9, False), (10, True)])
def test_a_trend_needs_ten_minutes(minutes, known):
    health = Health()
    for minute in range(minutes + 1):
        heard(health, NOW + timedelta(minutes=minute), ahead_s=1)
    assert (of(health)["drift_s_per_h"] is not None) == known


def test_remarks_that_differ_in_numbers_only_are_one_with_its_latest_words():
    health = Health()
    heard(health, NOW, remarks=("took 31 of 2",))
    heard(health, NOW, remarks=("took 14 of 2", "another"))
    said = {one["words"]: one["count"] for one in of(health)["remarks"]}
    assert said == {"took 14 of 2": 2, "another": 1}


def test_it_stays_small_whatever_is_said():
    health = Health()
    for number in range(3000):
        heard(health, NOW, device=f"D{number}", remarks=("x" * 4000 + "y" * (number % 97),))
        words = "".join(chr(97 + int(digit)) for digit in str(number))
        health.rejects("D2999", f"no {words}", NOW)
        health.rejects("", f"no {words}", NOW)
    said = health.as_json(NOW)
    assert len(said["devices"]) == MOST_DEVICES
    assert len(said["rejected"]) == MOST_SENTENCES
    assert len(said["devices"]["D2999"]["rejected"]) == MOST_SENTENCES
    assert len(json.dumps(said)) < 400_000


def test_no_person_is_named_in_it():
    health = Health()
    heard(health, NOW)
    assert "MRN1" not in json.dumps(health.as_json(NOW))


def test_the_clinic_is_told_of_texts_remarks_and_what_was_rejected(clinic, attached, connect):
    device = connect(attached.port)
    own = message(MDS, numeric(2, HR, "1.5.1.1", "61", BPM), "ZWX|1|MRN7007", control="Z1")
    old = FULL_MONITOR.replace(b"|P|2.6|", b"|P|2.1|")
    device.put(wrap(FULL_PUMP) + wrap(own) + wrap(old) + wrap(b"PID|nothing"))
    for _ in range(4):
        device.answer()
    wait_for(lambda: clinic.heartbeats[-1]["health"]["rejected"])
    said = clinic.heartbeats[-1]["health"]
    pump, monitor = said["devices"]["PUMP-42"], said["devices"]["0A0B0CFFFE000042"]
    assert pump["texts"] == {"pump_status": "pump-status-paused", "pump_drug": "ketamine"}
    assert (pump["kind"], monitor["kind"]) == ("pump", "monitor")
    assert [one["words"] for one in monitor["remarks"]] == ["segments that are not read: ZWX"]
    assert [one["words"] for one in monitor["rejected"]] == ["Unsupported version id: 2.1"]
    assert [one["words"] for one in said["rejected"]] == ["not readable: message"]
