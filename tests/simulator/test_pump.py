"""The virtual pump: valid on the wire, read by the gateway's own table, slow where it says so."""

from datetime import UTC, datetime, timedelta

import pytest
from hl7apy.parser import parse_message

from openketamine.devices.connectors.mllp import decode
from openketamine.simulator.pump import (
    Loaded,
    Set,
    as_set,
    delivered_ml,
    pump_message,
    pump_values,
    read_loaded,
)
from openketamine.simulator.wire import Bedside

START = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
BEDSIDE = Bedside("080019FFFD000001", "MRN0001", application="KETPUMP")


def at(minutes):
    return START + timedelta(minutes=minutes)


def said(charted, now):
    loaded = Loaded(BEDSIDE, "ketamine", 1.0, 40.0, tuple(charted))
    values, words = pump_values(loaded, now)
    raw = pump_message(BEDSIDE, values, words, at=now, control_id="P1")
    assert parse_message(raw.decode()).validate()
    (reading,) = decode(raw, received_at=now, zone=UTC)
    return reading


def test_the_gateway_reads_every_row_of_it():
    reading = said([Set(START, None, 52.5)], at(20))
    assert (reading.device_kind, reading.unmapped, reading.remarks) == ("pump", (), ())
    assert {name: float(value) for name, value in reading.values.items()} == {
        "pump_rate_ml_per_h": 52.5, "pump_volume_delivered_ml": 17.5, "pump_running": 1,
        "pump_concentration_mg_per_ml": 1, "pump_volume_to_infuse_ml": 40,
        "pump_volume_left_ml": 22.5,
    }  # fmt: skip
    assert reading.texts["pump_drug"] == "ketamine"


@pytest.mark.parametrize(("minute", "rate"), [(10, 52.5), (11.4, 52.5), (11.5, 60), (12, 60)])
def test_a_changed_rate_is_set_a_minute_and_a_half_later(minute, rate):
    charted = [Set(START, at(10), 52.5), Set(at(10), None, 60)]
    assert float(said(charted, at(minute)).values["pump_rate_ml_per_h"]) == rate


def test_start_pause_and_stop_are_done_at_once():
    charted = [Set(START, at(5), 52.5), Set(at(8), at(20), 52.5)]
    assert as_set(charted) == tuple(charted)
    assert said(charted, at(6)).values["pump_running"] == 0
    assert said(charted, at(21)).values["pump_running"] == 0


def test_the_volume_is_what_really_ran():
    charted = [Set(START, at(10), 60), Set(at(10), at(20), 120)]
    # 11.5 min at 60 and 8.5 min at 120 mL/h.
    assert delivered_ml(as_set(charted), at(30)) == pytest.approx(11.5 + 17.0)


def test_a_pump_that_was_not_started_stands():
    reading = said([], at(0))
    assert (reading.values["pump_running"], reading.values["pump_rate_ml_per_h"]) == (0, 0)


def test_it_reads_what_the_clinic_tells():
    told = {"device_id": "D", "mrn": "M", "device_kind": "pump", "segments": [
        {"start": START.isoformat(), "end": None, "ml_per_h": 52.5}]}  # fmt: skip
    assert read_loaded(told).charted == (Set(START, None, 52.5),)
