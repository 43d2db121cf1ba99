"""Recorded numerics through a real gateway, with their dropouts as the device had them."""

import os
from pathlib import Path

import pytest
from tests.devices.border import wait_for

from openketamine.core.findings import BadInput
from openketamine.simulator import replay_csv
from openketamine.simulator.replay import read_recording
from openketamine.simulator.sender import NobodyAnswersError

CSV = """time_s,HR (bpm),PULSE (bpm),RESP (pm),SpO2 (%),NBPSys (mmHg),NBPDias (mmHg),Humour
0.0,71.5,0.0,14,98,,,good
60.0,72,71,,0.0,121,77.0,
"""
TO = {"host": "127.0.0.1", "mrn": "MRN-R", "device_id": "080019FFFE0000B1"}


@pytest.fixture
def recording(tmp_path):
    def write(text=CSV):
        path = tmp_path / "numerics.csv"
        path.write_text(text)
        return path

    return write


@pytest.mark.hazard("HZ-06")
def test_zeros_are_sent_as_zeros_and_blanks_as_no_number(clinic, start_gateway, recording):
    gateway = start_gateway(clinic.url)
    wait_for(lambda: clinic.heartbeats)
    done = replay_csv(recording(), port=gateway.port, speed=0, **TO)
    assert (done.sent, done.ignored_columns) == (2, ("Humour",))
    assert done.answers == {"AE": 2}  # attached to nobody here, and told so
    wait_for(lambda: len(clinic.received) == 2)
    assert [one["values"] for one in clinic.received] == [
        {
            "heart_rate": 71.5,
            "pulse_rate": 0,
            "respiratory_rate": 14,
            "spo2": 98,
            "systolic": None,
            "diastolic": None,
        },
        {
            "heart_rate": 72,
            "pulse_rate": 71,
            "respiratory_rate": None,
            "spo2": 0,
            "systolic": 121,
            "diastolic": 77,
        },
    ]
    assert {one["mrn"] for one in clinic.received} == {"MRN-R"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a header and at least one row"),
        ("HR (bpm)\n70\n", "a time column"),
        ("time_s,Mood\n0,1\n", "a column such as"),
        ("time_s,HR (bpm)\n0,fast\n", r"row 2, HR \(bpm\)"),
        ("time_s,HR (bpm)\n,70\n", "row 2, time_s"),
        ("time_s,HR (bpm)\n60,70\n0,71\n", "never go back"),
        ("time_s,HR (bpm),HR\n0,70,71\n", "one column only"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_refused_with_its_place(recording, text, sentence):
    with pytest.raises(BadInput, match=sentence):
        read_recording(recording(text))


def test_minutes_are_read_and_short_rows_are_blanks(recording):
    steps = read_recording(recording("time_min,SpO2,HR\n0,98\n2,97,70\n")).steps
    assert [step.at_s for step in steps] == [0, 120]
    assert steps[0].values == {"spo2": "98", "heart_rate": None}


def test_nobody_listening_is_said(recording):
    with pytest.raises(NobodyAnswersError, match=r"nobody acknowledged at 127\.0\.0\.1:1"):
        replay_csv(recording(), port=1, speed=0, tries=1, **TO)


REAL = Path(os.environ.get("OPENKETAMINE_SHARED", "../shared"))
REAL = REAL / "data/vitals/icu-numerics-s25047.csv"


@pytest.mark.skipif(not REAL.is_file(), reason="the shared recording is not here")
def test_a_real_recording_is_read_with_its_dropouts():
    steps = read_recording(REAL).steps
    assert len(steps) == 72
    assert steps[0].values["pulse_rate"] == "0.0"
    assert steps[0].values["systolic"] is None
    assert any(float(step.values["pulse_rate"] or 0) > 270 for step in steps)
