"""The simulator's messages are what a monitor sends: by a judge, by the gateway, by the sample."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from openketamine.devices.connectors.mllp import decode
from openketamine.simulator.wire import Bedside, monitor_message, read_acknowledgement

NOW = datetime(2026, 5, 1, 10, 5, 0, tzinfo=UTC)
BED = Bedside("080019FFFE000001", "MRN0001", "TEST", "PATIENT", "CHAIR2")
VALUES = {
    "heart_rate": "82",
    "systolic": "128",
    "diastolic": "78",
    "mean_pressure": "95",
    "spo2": "97",
    "respiratory_rate": "14",
    "etco2": None,
}


def said(values, bed=BED):
    return monitor_message(bed, values, at=NOW, control_id="MON000001")


def heard(payload):
    (reading,) = decode(payload, received_at=NOW, zone=UTC)
    return reading


@pytest.mark.parametrize("values", [VALUES, {"heart_rate": "0"}, dict.fromkeys(VALUES)])
def test_the_judge_calls_it_valid(values):
    assert parse_message(said(values).decode()).validate()


SAMPLE = Path(os.environ.get("OPENKETAMINE_SHARED", "../shared")) / "data/hl7/monitor_oru.hl7"


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the shared sample is not here")
def test_it_is_the_sample_message_but_for_the_visit_number():
    sample = SAMPLE.read_bytes().replace(b"||||||||||||||||V0001", b"").rstrip(b"\r")
    assert said(VALUES).rstrip(b"\r") == sample


def test_the_gateway_hears_what_was_said_and_a_blank_as_no_number():
    reading = heard(said({**VALUES, "systolic": None, "heart_rate": "0.0"}))
    assert reading.values["heart_rate"] == 0
    assert reading.values["systolic"] is None
    assert reading.values["etco2"] is None
    assert reading.device_id == "080019FFFE000001"
    assert reading.unmapped == reading.remarks == ()


@given(st.dictionaries(st.sampled_from(sorted(VALUES)), st.decimals(0, 300, places=1)))
def test_every_number_arrives_as_it_was_sent(values):
    digits = {signal: str(value) for signal, value in values.items()}
    assert heard(said(digits)).values == {s: Decimal(v) for s, v in digits.items()}


@given(st.text(min_size=1, max_size=20).filter(str.strip))
def test_no_name_can_break_out_of_its_field(name):
    bed = Bedside("080019FFFE000001", "MRN0001", name, name, name)
    reading = heard(said({"heart_rate": "61"}, bed))
    assert (reading.mrn, reading.values) == ("MRN0001", {"heart_rate": Decimal(61)})


def test_an_answer_is_read_with_its_reason():
    text = b"MSH|^~\\&|A\rMSA|AE|C2\rERR||PID^1^3|204^x^HL70357|E||||not associated\r"
    answer = read_acknowledgement(text)
    assert (answer.code, answer.control_id, answer.says) == ("AE", "C2", "not associated")
    assert read_acknowledgement(b"MSH|^~\\&|A\r") is None
