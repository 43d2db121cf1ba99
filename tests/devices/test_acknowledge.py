"""Which answer a message gets; and the answers are valid HL7 by a judge that is not ours."""

from datetime import UTC, datetime

import pytest
from hl7apy.parser import parse_message
from tests.devices.captures import ACK, BPM, FULL_MONITOR, FULL_PUMP, HR, MDS, NAK, message, numeric

from openketamine.devices.connectors.mllp.acknowledge import (
    answer,
    nobody,
    refuse,
    rejected,
    write_answer,
)
from openketamine.devices.connectors.mllp.decode import read_message
from openketamine.devices.connectors.mllp.table import pcd01

NOW = datetime(2026, 7, 3, 7, 0, 1, tzinfo=UTC)
ME, STRANGER = {"0A0B0CFFFE000042": "MRN7007"}, {"0A0B0CFFFE000042": "MRN1"}


def read(payload):
    return read_message(payload, received_at=NOW, zone=UTC)


def codes(payload, kept="new", known=ME):
    return [reply.code for reply in answer(read(payload), kept, known)]


def is_valid(text):
    return parse_message(text).validate()


@pytest.mark.parametrize(
    ("kept", "known", "expected"),
    [
        ("new", ME, "AA"),
        ("duplicate", ME, "AA"),
        ("conflict", ME, "AE"),
        ("new", STRANGER, "AE"),
        ("new", {}, "AE"),
        ("new", None, "AA"),  # the clinic cannot be asked: kept, and decided there later
    ],
)
@pytest.mark.hazard("HZ-02")
def test_an_answer_in_the_mode_of_the_sample(kept, known, expected):
    assert codes(FULL_MONITOR, kept, known) == [expected]


@pytest.mark.parametrize(("known", "expected"), [(ME, "AA"), ({}, "AE")])
def test_a_device_that_names_nobody_speaks_for_whom_it_was_attached_to(known, expected):
    assert codes(FULL_MONITOR.replace(b"MRN7007", b""), known=known) == [expected]


@pytest.mark.parametrize(
    ("accept", "application", "stored", "strange", "clash"),
    [
        ("", "", ["AA"], ["AE"], ["AE"]),
        ("AL", "AL", ["CA", "AA"], ["CA", "AE"], ["CE"]),
        ("AL", "NE", ["CA"], ["CA"], ["CE"]),
        ("NE", "AL", ["AA"], ["AE"], ["AE"]),
        ("NE", "ER", [], ["AE"], ["AE"]),
        ("NE", "SU", ["AA"], [], []),
        ("ER", "NE", [], [], ["CE"]),
        ("NE", "NE", [], [], []),
    ],
)
def test_the_sender_chooses_which_answers_it_wants(accept, application, stored, strange, clash):
    payload = FULL_MONITOR.replace(b"|NE|AL|", f"|{accept}|{application}|".encode())
    assert codes(payload) == stored
    assert codes(payload, known=STRANGER) == strange
    assert codes(payload, kept="conflict") == clash


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("ORU^R01^ORU_R01", "ADT^A01^ADT_A01", "200"),
        ("ORU^R01^ORU_R01", "ORU^R40^ORU_R40", "201"),
        ("ORU^R01^ORU_R01", "ORU^R01^ADT_A01", "201"),
        ("|P|2.6|", "|T|2.6|", "202"),
        ("|P|2.6|", "|P|2.3|", "203"),
        ("|P|2.6|", "|P|2.6|", None),
        ("ORU^R01^ORU_R01", "ORU^R01", None),
    ],
)
def test_what_is_not_for_us_is_rejected_with_its_reason(old, new, reason):
    header = read(FULL_MONITOR.replace(old.encode(), new.encode())).header
    fault = rejected(header, pcd01())
    assert (fault.code if fault else None) == reason
    if fault:
        assert [reply.code for reply in refuse(header, fault)] == ["AR"]


def test_a_rejection_in_enhanced_mode_is_a_commit_reject():
    header = read(FULL_MONITOR.replace(b"|NE|AL|", b"|AL|AL|")).header
    fault = rejected(read(FULL_MONITOR.replace(b"|P|2.6|", b"|P|9|")).header, pcd01())
    assert [reply.code for reply in refuse(header, fault)] == ["CR"]


def test_our_ack_and_nak_are_the_hand_written_ones():
    header = read(FULL_MONITOR.replace(b"UNICODE UTF-8", b"")).header
    (good,) = answer(read(FULL_MONITOR), "new", ME)
    assert _in_zone(write_answer(header, good, control_id="A1", now=NOW)) == ACK
    other = FULL_MONITOR.replace(b"|C1|", b"|C2|").replace(b"UNICODE UTF-8", b"")
    (bad,) = answer(read(other), "new", STRANGER)
    assert _in_zone(write_answer(read(other).header, bad, control_id="A2", now=NOW)) == NAK


def _in_zone(written):
    return written.replace(b"20260703070001+0000", b"20260703090001+0200")


@pytest.mark.parametrize("payload", [FULL_MONITOR, FULL_PUMP])
@pytest.mark.parametrize("known", [ME, STRANGER])
@pytest.mark.parametrize("modes", [b"|NE|AL|", b"|AL|AL|", b"|||"])
def test_every_answer_is_valid_by_the_judge(payload, known, modes):
    decoded = read(payload.replace(b"|NE|AL|", modes))
    for reply in answer(decoded, "new", known):
        text = write_answer(decoded.header, reply, control_id="1a2b-7", now=NOW).decode()
        assert is_valid(text)


def test_the_answer_to_nobody_and_to_an_unreadable_value_are_valid_by_the_judge():
    header, reply = nobody("no readable message")
    assert is_valid(write_answer(header, reply, control_id="1a2b-8", now=NOW).decode())
    decoded = read(message(MDS, numeric(2, HR, "1.5.1.1", "12a", BPM)))
    (reply,) = answer(decoded, "new", ME)
    text = write_answer(decoded.header, reply, control_id="1a2b-9", now=NOW).decode()
    assert "ERR||OBX^2^5|102^Data type error^HL70357|E" in text
    assert is_valid(text)


@pytest.mark.parametrize("payload", [FULL_MONITOR, FULL_PUMP, ACK, NAK])
def test_our_captures_are_valid_by_the_judge(payload):
    assert is_valid(payload.decode())
