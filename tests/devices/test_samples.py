"""Messages that others wrote, read where they are: skipped on a machine that lacks them."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openketamine.devices.connectors.mllp.acknowledge import answer, write_answer
from openketamine.devices.connectors.mllp.decode import read_message

FOLDER = Path(os.environ.get("OPENKETAMINE_SHARED", "../shared")) / "data" / "hl7"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared samples are not here")
NOW = datetime(2026, 5, 1, 10, 5, 1, tzinfo=UTC)
KNOWN = {"080019FFFE000001": "MRN0001", "PUMP-0007": "MRN0001"}


def decoded(name):
    raw = (FOLDER / f"{name}.hl7").read_bytes()
    return read_message(raw, received_at=NOW, zone=UTC)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("monitor_oru", [82, 128, 78, 95, 97, 14, None]),
        ("pump_oru", [60, 1, 40, 30, 1]),
    ],
)
def test_a_sample_is_read_whole_and_acknowledged(name, values):
    message = decoded(name)
    (reading,) = message.readings
    assert list(reading.as_json()["values"].values()) == values
    assert (reading.unmapped, reading.remarks, message.faults) == ((), (), ())
    assert [reply.code for reply in answer(message, "new", KNOWN)] == ["AA"]


def test_our_refusal_says_what_the_sample_refusal_says():
    message = decoded("monitor_oru")
    (reply,) = answer(message, "new", {})
    ours = write_answer(message.header, reply, control_id="ACK000002", now=NOW)
    sample = (FOLDER / "nak.hl7").read_bytes()
    assert ours.split(b"\r")[2] == sample.split(b"\r")[2]
